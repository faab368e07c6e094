"""The message of the settlements queue, version 1: what is due, and the instant as of which it is settled.

The product writes it and reads it, so its reading is plain; what is none fails, and ends among the dead letters.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tessera.instants import parse_instant, write_instant

BATCH = 25
"""How many of those who are due go into one message."""

Task = Literal["member", "refund"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DueWork:
    """Members whose state is to be settled, or parked refunds to be given up on."""

    task: Task
    ids: Sequence[str]
    as_of: datetime


def write(work: DueWork) -> str:
    """Write a message."""
    content = {"schema_version": 1, "task": work.task, "ids": list(work.ids), "as_of": write_instant(work.as_of)}
    return json.dumps(content)


def read(body: str) -> DueWork:
    """Read a message.

    Raises:
        ValueError: it is none, or one of another version.
    """
    match json.loads(body):
        case {"schema_version": 1, "task": "member" | "refund" as task, "ids": list(ids), "as_of": str(as_of)}:
            return DueWork(task=task, ids=ids, as_of=parse_instant(as_of))
    message = "this is no message of the settlements queue"
    raise ValueError(message)
