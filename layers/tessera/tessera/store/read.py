"""Reading what an operation needs, in one round trip and consistently."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tessera.instants import parse_instant
from tessera.refusals import Unavailable
from tessera.store import client
from tessera.store.attributes import fields, item
from tessera.store.client import call, name_of
from tessera.store.items import HEAD

if TYPE_CHECKING:
    from tessera.coupons import Coupon, Uses
    from tessera.member import Member, Profile
    from tessera.stock import Mark
    from tessera.store.operations import Operation
    from tessera.templates import Head

USES = "uses:"
"""What the name of the item begins with that says how much of a template all members together have used."""

_AT_ONCE = 100
"""Items that DynamoDB reads in one call."""

UNREADABLE = (AttributeError, LookupError, TypeError, ValueError)
"""What reading raises of an item that the product has not written."""


@dataclass(slots=True)
class Found:
    """What was found; what is absent is missing here."""

    members: "dict[str, Member]" = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    """By the id that was asked for: the member whose identity it is, too."""
    due: dict[str, datetime] = field(default_factory=dict)
    """By member: when the night is to look at them, as it is stored."""
    profiles: "dict[str, Profile]" = field(default_factory=dict)
    operations: "dict[str, Operation]" = field(default_factory=dict)
    coupons: "dict[str, Coupon]" = field(default_factory=dict)
    templates: "dict[str, Head | Mark]" = field(default_factory=dict)
    """By id, those that an operator has changed, or whose stock is sold out."""
    uses: "dict[str, Uses]" = field(default_factory=dict)
    """By template, how much all members together have used; nothing ever was of one that is missing."""


def read(  # noqa: PLR0913 - all that an operation may need
    *,
    member: str | None = None,
    members: Sequence[str] = (),
    profile: str | None = None,
    operations: Sequence[str] = (),
    coupons: tuple[str, Sequence[str]] | None = None,
    templates: Sequence[str] = (),
    uses: Sequence[str] = (),
    consistent: bool = True,
) -> Found:
    """Read items by their keys: one round trip for a hundred, one read unit for each item of up to 4 KB.

    Args:
        member: the member whose state is wanted.
        members: more members whose states are wanted.
        profile: the member whose profile is wanted.
        operations: the names of the records that are wanted.
        coupons: a member, and the ids of the coupons that are wanted.
        templates: the coupon templates that are wanted as they stand.
        uses: the coupon templates of which it is wanted how much all members together have used.
        consistent: whether all that was written before is wanted; else what was written a second ago may be missing,
            for half the price.

    Raises:
        Unavailable: the store did not answer.
    """
    wanted: dict[str, list[dict[str, object]]] = {}
    if member or members:
        asked = [*([member] if member else []), *members]
        wanted["MEMBERS_TABLE"] = [{"member_id": id_} for id_ in dict.fromkeys(asked)]
    if profile:
        wanted["PROFILES_TABLE"] = [{"member_id": profile}]
    if operations:
        wanted["OPERATIONS_TABLE"] = [{"operation": operation} for operation in dict.fromkeys(operations)]
    if coupons and coupons[1]:
        owner, ids = coupons
        wanted["COUPONS_TABLE"] = [{"member_id": owner, "coupon_id": id_} for id_ in dict.fromkeys(ids)]
    if templates:
        wanted["COUPON_TEMPLATES_TABLE"] = [{"template_id": id_, "part": HEAD} for id_ in dict.fromkeys(templates)]
    if uses:
        wanted["STOCK_TABLE"] = [{"stock_id": USES + id_} for id_ in dict.fromkeys(uses)]
    found = Found()
    for table, stored in batch_get(wanted, consistent=consistent):
        _place(found, table, fields(stored))
    return found


def batch_get(
    wanted: Mapping[str, Sequence[Mapping[str, object]]], *, consistent: bool = True
) -> list[tuple[str, dict[str, Any]]]:
    """Read items by the keys that are wanted of each table, a hundred in a round trip; answer each with its table.

    Raises:
        Unavailable: the store did not answer.
    """
    keys = [(variable, item(key)) for variable, of_table in wanted.items() for key in of_table]
    variables = {name_of(variable): variable for variable in wanted}
    stored: list[tuple[str, dict[str, Any]]] = []
    for first in range(0, len(keys), _AT_ONCE):
        request: dict[str, Any] = {}
        for variable, key in keys[first : first + _AT_ONCE]:
            request.setdefault(name_of(variable), {"Keys": [], "ConsistentRead": consistent})["Keys"].append(key)
        stored += [(variables[name], found) for name, found in _batch(request)]
    return stored


def _batch(request: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    stored: list[tuple[str, dict[str, Any]]] = []
    for _ in range(3):
        answer = call(client.DYNAMODB.batch_get_item, RequestItems=request)
        stored += [(name, found) for name, items_ in answer["Responses"].items() for found in items_]
        request = answer.get("UnprocessedKeys", {})
        if not request:
            return stored
    raise Unavailable("keys left unread")


def _place(found: Found, table: str, content: dict[str, Any]) -> None:
    # Of what there is in the store a function knows a part; all that start would wait for the import of the rest.
    match table:
        case "MEMBERS_TABLE" if "alias_of" in content:
            found.aliases[content["member_id"]] = content["alias_of"]
        case "MEMBERS_TABLE":
            from tessera.store import member_items  # noqa: PLC0415

            found.members[content["member_id"]] = member_items.to_member(content)
            if "due_at" in content:
                found.due[content["member_id"]] = parse_instant(content["due_at"])
        case "PROFILES_TABLE":
            from tessera.store import member_items  # noqa: PLC0415

            found.profiles[content["member_id"]] = member_items.to_profile(content)
        case "OPERATIONS_TABLE":
            from tessera.store import operations  # noqa: PLC0415

            found.operations[content["operation"]] = operations.to_operation(content)
        case "COUPONS_TABLE":
            from tessera.store import coupon_items  # noqa: PLC0415

            found.coupons[content["coupon_id"]] = coupon_items.to_coupon(content)
        case "COUPON_TEMPLATES_TABLE":
            from tessera.store import template_items  # noqa: PLC0415

            found.templates[content["template_id"]] = template_items.to_head(content)
        case "STOCK_TABLE":
            from tessera.coupons import Uses  # noqa: PLC0415

            found.uses[content["stock_id"].removeprefix(USES)] = Uses(content["used"], content["spent"])
