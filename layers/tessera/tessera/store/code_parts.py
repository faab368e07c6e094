"""Parts of bulk codes: one item for a thousand codes, from which none of them can be read."""

from dataclasses import dataclass

from tessera.store import client
from tessera.store.attributes import fields, item
from tessera.store.client import call, name_of
from tessera.store.read import batch_get

SCHEMA = 1
_TABLE = "CODES_TABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePart:
    """A part that was made: whose codes they are, and what is kept of them."""

    part: int
    template_id: str
    job_id: str
    digests: bytes


def put(part: CodePart) -> None:
    """Write a part. A part that is made twice is the same.

    Raises:
        Unavailable: the store did not answer; writing it again does no harm.
    """
    content = {
        "part": part.part,
        "schema": SCHEMA,
        "template_id": part.template_id,
        "job_id": part.job_id,
        "digests": part.digests,
    }
    call(client.DYNAMODB.put_item, TableName=name_of(_TABLE), Item=item(content))


def read_part(part: int) -> CodePart | None:
    """Read a part; None if it was never made.

    Raises:
        Unavailable: the store did not answer.
    """
    for _, stored in batch_get({_TABLE: [{"part": part}]}):
        content = fields(stored)
        return CodePart(
            part=content["part"],
            template_id=content["template_id"],
            job_id=content["job_id"],
            digests=content["digests"],
        )
    return None
