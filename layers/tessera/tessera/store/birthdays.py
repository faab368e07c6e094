"""Who was born on a day of the year: read from the sparse, sharded index of the profiles' table."""

from collections.abc import Iterator

from tessera.identities import SHARDS
from tessera.store.attributes import attribute, fields
from tessera.store.client import name_of
from tessera.store.items import birthday_partition
from tessera.store.query import query


def born_on(birthday: str) -> Iterator[str]:
    """List the members who have a birthday, `MM-DD`; one who enrolled within the last second may be missing still."""
    for shard in range(SHARDS):
        for stored in query(
            TableName=name_of("PROFILES_TABLE"),
            IndexName="birthday",
            KeyConditionExpression="birthday_shard = :shard",
            ExpressionAttributeValues={":shard": attribute(birthday_partition(birthday, shard))},
        ):
            yield fields(stored)["member_id"]
