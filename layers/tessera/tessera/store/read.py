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

if TYPE_CHECKING:
    from tessera.coupons import Coupon
    from tessera.member import Member, Profile
    from tessera.stock import Mark
    from tessera.store.operations import Operation
    from tessera.templates import Head

HEAD = "head"
"""The part of a coupon template that says how it stands."""

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


def read(
    *,
    member: str | None = None,
    members: Sequence[str] = (),
    profile: str | None = None,
    operations: Sequence[str] = (),
    coupons: tuple[str, Sequence[str]] | None = None,
    template: str | None = None,
) -> Found:
    """Read items by their keys: one round trip, one read unit for each item of up to 4 KB.

    Args:
        member: the member whose state is wanted.
        members: more members whose states are wanted.
        profile: the member whose profile is wanted.
        operations: the names of the records that are wanted.
        coupons: a member, and the ids of the coupons that are wanted.
        template: the coupon template that is wanted as it stands.

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
    if template:
        wanted["COUPON_TEMPLATES_TABLE"] = [{"template_id": template, "part": HEAD}]
    found = Found()
    for table, stored in batch_get(wanted):
        _place(found, table, fields(stored))
    return found


def batch_get(wanted: Mapping[str, Sequence[Mapping[str, object]]]) -> list[tuple[str, dict[str, Any]]]:
    """Read items by the keys that are wanted of each table; answer each with its table.

    Raises:
        Unavailable: the store did not answer.
    """
    variables = {name_of(variable): variable for variable in wanted}
    request: dict[str, Any] = {
        name: {"Keys": [item(key) for key in wanted[variable]], "ConsistentRead": True}
        for name, variable in variables.items()
    }
    stored: list[tuple[str, dict[str, Any]]] = []
    for _ in range(3):
        if not request:
            return stored
        answer = call(client.DYNAMODB.batch_get_item, RequestItems=request)
        stored += [(variables[name], found) for name, items_ in answer["Responses"].items() for found in items_]
        request = answer.get("UnprocessedKeys", {})
    if request:
        raise Unavailable("keys left unread")
    return stored


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
