"""Who is in a bucket: read from the index of the members' table."""

from collections.abc import Iterator

from tessera.store.attributes import attribute, fields
from tessera.store.client import name_of
from tessera.store.query import query


def members_of(bucket: int) -> Iterator[str]:
    """List the ids of a bucket's members; one who enrolled within the last second may be missing still."""
    for stored in query(
        TableName=name_of("MEMBERS_TABLE"),
        IndexName="bucket",
        KeyConditionExpression="#bucket = :bucket",
        ExpressionAttributeNames={"#bucket": "bucket"},  # a reserved word
        ExpressionAttributeValues={":bucket": attribute(bucket)},
    ):
        yield fields(stored)["member_id"]
