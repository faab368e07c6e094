"""Whom a job that grants coupons could not grant one, and why: a record for each batch."""

from collections.abc import Mapping, Sequence

from tessera.store import client
from tessera.store.attributes import fields, item
from tessera.store.client import call, name_of
from tessera.store.read import batch_get

SCHEMA = 1
_TABLE = "OPERATIONS_TABLE"
_READ_AT_ONCE = 100
"""Items that the store reads in one call."""


def put(job_id: str, batch: int, refused: Mapping[str, str]) -> None:
    """Write the members of a batch who were refused, with the code of the refusal; over what was written before.

    Raises:
        Unavailable: the store did not answer; writing it again does no harm.
    """
    content = {"operation": _key(job_id, batch), "kind": "refused_grants", "schema": SCHEMA, "refused": refused}
    call(client.DYNAMODB.put_item, TableName=name_of(_TABLE), Item=item(content))


def read(job_id: str, batches: Sequence[int]) -> dict[str, str]:
    """Read who was refused of these batches, a hundred in a round trip.

    Raises:
        Unavailable: the store did not answer.
    """
    refused: dict[str, str] = {}
    for first in range(0, len(batches), _READ_AT_ONCE):
        keys = [{"operation": _key(job_id, batch)} for batch in batches[first : first + _READ_AT_ONCE]]
        for _, stored in batch_get({_TABLE: keys}):
            refused |= fields(stored)["refused"]
    return refused


def _key(job_id: str, batch: int) -> str:
    return f"refused:{job_id}:{batch}"
