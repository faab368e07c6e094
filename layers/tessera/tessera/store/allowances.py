"""What all members together may redeem of a template, in number and in money: one item for each template.

Every use that may still be given back stands in the item by its name, so that nothing is taken twice, whoever repeats,
and given back once, whoever is first. One item takes a thousand uses a second; it is in no member's transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from tessera.store import client
from tessera.store.attributes import attribute, fields, item
from tessera.store.client import StaleError, call, name_of
from tessera.store.items import SCHEMA
from tessera.store.read import USES, batch_get

if TYPE_CHECKING:
    from tessera.programme.coupons import CouponTemplate

_OPEN = "o:"
"""Begins the names of the attributes that are uses which may be given back; each says the money that it took."""


def take(template: CouponTemplate, use: str, money: int) -> Literal["taken", "used_up", "budget_spent"]:
    """Take a use, and what it takes off, of what a template allows; a use that was taken before is not taken again.

    Args:
        template: its limits.
        use: the name of the use.
        money: minor units that it takes off.

    Raises:
        StaleError: another was at it.
        Unavailable: the store did not answer; taking it again does no harm.
    """
    room = None if template.budget is None else template.budget - money
    if room is not None and room < 0:
        return "budget_spent"
    conditions = ["attribute_not_exists(#use)"]
    if template.redemptions is not None:
        conditions.append("(attribute_not_exists(used) OR used < :most)")
    if room is not None:
        conditions.append("(attribute_not_exists(spent) OR spent <= :room)")
    try:
        call(
            client.DYNAMODB.update_item,
            **_of(template.id),
            UpdateExpression="SET #use = :money, used = if_not_exists(used, :none) + :one, "
            "spent = if_not_exists(spent, :none) + :money",
            ConditionExpression=" AND ".join(conditions),
            ExpressionAttributeNames={"#use": _OPEN + use},
            ExpressionAttributeValues=item(
                {":money": money, ":none": 0, ":one": 1, ":most": template.redemptions, ":room": room}
            ),
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except StaleError as refused:
        there = fields(refused.found or {})
        if _OPEN + use in there:
            return "taken"
        if not there:
            raise
        all_used = template.redemptions is not None and there["used"] >= template.redemptions
        return "used_up" if all_used else "budget_spent"
    return "taken"


def settle(template_id: str, use: str, kept: int | None) -> None:
    """Close a use: it took so much in the end, or nothing and was none. One that is closed already stays as it is.

    Args:
        template_id: which template.
        use: the name of the use.
        kept: minor units that it takes off in the end; None if the use itself is given back.

    Raises:
        Unavailable: the store did not answer; closing it again does no harm.
    """
    stored = batch_get({"STOCK_TABLE": [{"stock_id": USES + template_id}]})
    money = fields(stored[0][1]).get(_OPEN + use) if stored else None
    if money is None:
        return
    given_back = ", used = used - :one" if kept is None else ""
    try:
        call(
            client.DYNAMODB.update_item,
            **_of(template_id),
            UpdateExpression=f"SET spent = spent - :back{given_back} REMOVE #use",
            ConditionExpression="attribute_exists(#use)",
            ExpressionAttributeNames={"#use": _OPEN + use},
            ExpressionAttributeValues=item({":back": money - (kept or 0), ":one": 1 if kept is None else None}),
        )
    except StaleError:
        return  # somebody else has closed it


def give_back(template_id: str, use: str, money: int) -> None:
    """Give a use back that was closed before, with what it took off: once, whoever repeats it.

    Args:
        template_id: which template.
        use: the name of the use.
        money: minor units that it took off.

    Raises:
        StaleError: another was at the same template; it is to be tried again.
        Unavailable: the store did not answer; giving it back again does no harm.
    """
    record = {"operation": f"given_back:{template_id}:{use}", "kind": "given_back", "schema": SCHEMA, "version": 1}
    update = {
        **_of(template_id),
        "UpdateExpression": "SET spent = spent - :money, used = used - :one",
        "ExpressionAttributeValues": item({":money": money, ":one": 1}),
    }
    put = {
        "TableName": name_of("OPERATIONS_TABLE"),
        "Item": item(record),
        "ConditionExpression": "attribute_not_exists(operation)",
    }
    try:
        call(client.DYNAMODB.transact_write_items, TransactItems=[{"Put": put}, {"Update": update}])
    except StaleError:
        # Refused because it is done, or because another transaction was at the template.
        if not batch_get({"OPERATIONS_TABLE": [{"operation": record["operation"]}]}):
            raise


def _of(template_id: str) -> dict[str, Any]:
    return {"TableName": name_of("STOCK_TABLE"), "Key": {"stock_id": attribute(USES + template_id)}}
