"""The nightly work: who is due is found by an index, and handed out in batches."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from tessera.due_work import BATCH, DueWork, Task, write
from tessera.store import queues
from tessera.store.due import due

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class HandedOut:
    """How many were due."""

    members: int
    refunds: int


def hand_out(now: datetime) -> HandedOut:
    """Send all that is due at `now` to the settlements queue, in batches."""
    return HandedOut(
        members=_send("member", due("MEMBERS_TABLE", "member_id", now), now),
        refunds=_send("refund", due("OPERATIONS_TABLE", "operation", now), now),
    )


def _send(task: Task, ids: Iterable[str], now: datetime) -> int:
    count = 0
    for batches in _groups(_groups(ids, BATCH), queues.BATCH):
        bodies = [write(DueWork(task=task, ids=batch, as_of=now)) for batch in batches]
        queues.send_all("SETTLEMENTS_QUEUE_URL", bodies)
        count += sum(len(batch) for batch in batches)
    return count


def _groups(things: Iterable[T], size: int) -> Iterator[list[T]]:
    remaining = iter(things)
    while group := list(islice(remaining, size)):
        yield group
