"""Who is in a bucket: read from the index of the members' table."""

from collections.abc import Iterator

from tessera.store.attributes import attribute, fields
from tessera.store.client import name_of
from tessera.store.query import query


def members_of(bucket: int, after: str | None = None, most: int | None = None) -> Iterator[str]:
    """List the ids of a bucket's members in their order; one who enrolled within the last second may be missing still.

    Args:
        bucket: the bucket.
        after: the id behind which to begin.
        most: how many to read at a time, for who takes no more.
    """
    condition = "#bucket = :bucket"
    values = {":bucket": attribute(bucket)}
    if after is not None:
        condition += " AND member_id > :after"
        values[":after"] = attribute(after)
    for stored in query(
        TableName=name_of("MEMBERS_TABLE"),
        IndexName="bucket",
        KeyConditionExpression=condition,
        ExpressionAttributeNames={"#bucket": "bucket"},  # a reserved word
        ExpressionAttributeValues=values,
        **({"Limit": most} if most else {}),
    ):
        yield fields(stored)["member_id"]
