"""Lists: the entries and the coupons of a member, and what is due."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tessera.coupons import Coupon
from tessera.identities import SHARDS
from tessera.instants import write_instant
from tessera.journal import Entry
from tessera.store import client, items
from tessera.store.attributes import attribute, fields
from tessera.store.client import call, name_of


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
    return [items.to_entry(fields(stored)) for stored in answer["Items"]]


def coupons(member_id: str, after: str | None = None) -> Iterator[Coupon]:
    """Read a member's coupons in the order of their ids, from behind the id `after`, fetched as they are taken."""
    condition = "member_id = :member"
    values = {":member": attribute(member_id)}
    if after is not None:
        condition += " AND coupon_id > :after"
        values[":after"] = attribute(after)
    for stored in _query(
        TableName=name_of("COUPONS_TABLE"),
        KeyConditionExpression=condition,
        ExpressionAttributeValues=values,
        ConsistentRead=True,
    ):
        yield items.to_coupon(fields(stored))


def due(table: str, key: str, now: datetime) -> Iterator[str]:
    """List the keys of what is due at `now` in a table's sparse index; what is not due costs nothing."""
    for shard in range(SHARDS):
        for stored in _query(
            TableName=name_of(table),
            IndexName="due",
            KeyConditionExpression="due_shard = :shard AND due_at <= :now",
            ExpressionAttributeValues={":shard": attribute(shard), ":now": attribute(write_instant(now))},
        ):
            yield fields(stored)[key]


def _query(**parameters: Any) -> Iterator[dict[str, Any]]:
    while True:
        answer = call(client.DYNAMODB.query, **parameters)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        parameters["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
