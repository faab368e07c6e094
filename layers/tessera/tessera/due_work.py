"""The message of the settlements queue, version 1: who is to be looked at, as of which instant, and for which run.

The product writes it and reads it, so its reading is plain; what is none fails, and ends among the dead letters.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from tessera.instants import parse_instant, write_instant

BATCH = 25
"""How many of those who are due go into one message."""

Task = Literal["member", "evaluate", "refund"]
"""Settle members whose time has come, evaluate members under a changed programme, give up on parked refunds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueWork:
    """A batch of members, or of parked refunds."""

    task: Task
    ids: Sequence[str]
    as_of: datetime
    run: str | None = None
    """The record of the night or the evaluation that it belongs to; a batch that is sent by hand has none."""
    batch: int = 0
    """Its number in that run."""


def write(work: DueWork) -> str:
    """Write a message."""
    content = {"schema_version": 1, "task": work.task, "ids": list(work.ids), "as_of": write_instant(work.as_of)}
    return json.dumps(content | ({"run": work.run, "batch": work.batch} if work.run else {}))


def read(body: str) -> DueWork:
    """Read a message.

    Raises:
        ValueError: it is none, or one of another version.
    """
    match json.loads(body):
        case {
            "schema_version": 1,
            "task": "member" | "evaluate" | "refund" as task,
            "ids": list(ids),
            "as_of": str(as_of),
            **rest,
        }:
            work = DueWork(task=task, ids=ids, as_of=parse_instant(as_of))
            match rest:
                case {"run": str(run), "batch": int(batch)}:
                    return replace(work, run=run, batch=batch)
            return work
    message = "this is no message of the settlements queue"
    raise ValueError(message)
