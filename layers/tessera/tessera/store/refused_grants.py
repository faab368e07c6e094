"""Whom a job that grants coupons could not grant one, and why: a record for each batch."""

from collections.abc import Mapping, Sequence

from tessera.store import client
from tessera.store.attributes import fields, item
from tessera.store.client import StaleError, call, name_of
from tessera.store.read import batch_get

SCHEMA = 1
_TABLE = "OPERATIONS_TABLE"


def keep(job_id: str, batch: int, refused: Mapping[str, str]) -> Mapping[str, str]:
    """Keep which members of a batch were refused, with the code of the refusal; answer those that are kept already.

    Raises:
        Unavailable: the store did not answer; keeping it again does no harm.
    """
    content = {"operation": _key(job_id, batch), "kind": "refused_grants", "schema": SCHEMA, "refused": refused}
    try:
        call(
            client.DYNAMODB.put_item,
            TableName=name_of(_TABLE),
            Item=item(content),
            ConditionExpression="attribute_not_exists(operation)",
        )
    except StaleError:
        return read(job_id, [batch])
    return refused


def read_batch(job_id: str, batch: int) -> dict[str, str] | None:
    """Read who was refused of a batch; None if it was not worked off yet.

    Raises:
        Unavailable: the store did not answer.
    """
    found = batch_get({_TABLE: [{"operation": _key(job_id, batch)}]})
    return dict(fields(found[0][1])["refused"]) if found else None


def read(job_id: str, batches: Sequence[int]) -> dict[str, str]:
    """Read who was refused of these batches, a hundred in a round trip.

    Raises:
        Unavailable: the store did not answer.
    """
    refused: dict[str, str] = {}
    for _, stored in batch_get({_TABLE: [{"operation": _key(job_id, batch)} for batch in batches]}):
        refused |= fields(stored)["refused"]
    return refused


def _key(job_id: str, batch: int) -> str:
    return f"refused:{job_id}:{batch}"
