"""The message of the settlements queue, version 1: what is due, and the instant as of which it is settled."""

from typing import Annotated, Literal

from pydantic import Field

from tessera.shapes import Instant, Shape

BATCH = 25
"""How many of those who are due go into one message."""

Task = Literal["member", "refund"]


class DueWork(Shape):
    """Members whose state is to be settled, or parked refunds to be given up on."""

    schema_version: Annotated[int, Field(ge=1, le=1)] = 1
    task: Task
    ids: Annotated[list[str], Field(min_length=1, max_length=BATCH)]
    as_of: Instant
