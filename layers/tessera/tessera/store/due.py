"""What is due: read from the sparse, sharded index of a table."""

from collections.abc import Iterator
from datetime import datetime

from tessera.identities import SHARDS
from tessera.instants import write_instant
from tessera.store.attributes import attribute, fields
from tessera.store.client import name_of
from tessera.store.query import query


def due(table: str, key: str, now: datetime) -> Iterator[str]:
    """List the keys of what is due at `now` in a table's sparse index; what is not due costs nothing."""
    for shard in range(SHARDS):
        for stored in query(
            TableName=name_of(table),
            IndexName="due",
            KeyConditionExpression="due_shard = :shard AND due_at <= :now",
            ExpressionAttributeValues={":shard": attribute(shard), ":now": attribute(write_instant(now))},
        ):
            yield fields(stored)[key]
