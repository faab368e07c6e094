"""Lists: the entries and the coupons of a member."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from tessera.journal import Entry
from tessera.store import client
from tessera.store.attributes import attribute, fields
from tessera.store.client import call, name_of
from tessera.store.entries import to_entry
from tessera.store.query import query
from tessera.store.read import batch_get

if TYPE_CHECKING:
    from tessera.coupons import Coupon


def entries(member_id: str, limit: int, before: int | None) -> list[Entry]:
    """Read up to `limit` entries of a member, newest first, older than the one numbered `before`."""
    condition = "member_id = :member"
    values = {":member": attribute(member_id)}
    if before is not None:
        condition += " AND #sequence < :before"
        values[":before"] = attribute(before)
    answer = call(
        client.DYNAMODB.query,
        TableName=name_of("LEDGER_TABLE"),
        KeyConditionExpression=condition,
        ExpressionAttributeValues=values,
        **({"ExpressionAttributeNames": {"#sequence": "sequence"}} if before is not None else {}),
        ScanIndexForward=False,
        ConsistentRead=True,
        Limit=limit,
    )
    return [to_entry(fields(stored)) for stored in answer["Items"]]


def entries_numbered(member_id: str, numbers: Collection[int]) -> list[Entry]:
    """Read the entries of a member that have these numbers, at most a hundred, in any order."""
    if not numbers:
        return []
    keys: list[dict[str, object]] = [{"member_id": member_id, "sequence": number} for number in numbers]
    return [to_entry(fields(stored)) for _, stored in batch_get({"LEDGER_TABLE": keys})]


def history(member_id: str, last: int) -> Iterator[tuple[Entry, bytes]]:
    """Read all entries of a member up to the one numbered `last`, in their order, each with the hash that is stored."""
    for stored in query(
        TableName=name_of("LEDGER_TABLE"),
        KeyConditionExpression="member_id = :member AND #sequence <= :last",
        ExpressionAttributeNames={"#sequence": "sequence"},
        ExpressionAttributeValues={":member": attribute(member_id), ":last": attribute(last)},
        ConsistentRead=True,
    ):
        content = fields(stored)
        yield to_entry(content), content["hash"]


def coupons(member_id: str, after: str | None = None) -> "Iterator[Coupon]":
    """Read a member's coupons in the order of their ids, from behind the id `after`, fetched as they are taken."""
    # Others list entries, and do not wait for the import.
    from tessera.store.coupon_items import to_coupon  # noqa: PLC0415

    condition = "member_id = :member"
    values = {":member": attribute(member_id)}
    if after is not None:
        condition += " AND coupon_id > :after"
        values[":after"] = attribute(after)
    for stored in query(
        TableName=name_of("COUPONS_TABLE"),
        KeyConditionExpression=condition,
        ExpressionAttributeValues=values,
        ConsistentRead=True,
    ):
        yield to_coupon(fields(stored))
