"""The nightly work: who is due is found by an index, handed out in batches, and settled one by one."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Annotated, Literal, TypeVar

from pydantic import Field

from tessera.instants import Instant, write_instant
from tessera.programme import in_force
from tessera.service.attempts import until_committed
from tessera.service.purchases import give_up_on
from tessera.settlement import due_at, settle
from tessera.shapes import Shape, read_json
from tessera.shapes import read as shape
from tessera.store import lists, queues
from tessera.store.read import read
from tessera.store.transaction import Transaction

BATCH = 25
"""How many of those who are due go into one message."""

Task = Literal["member", "refund"]
T = TypeVar("T")


class Batch(Shape):
    """A message of the settlements queue, version 1: what is due, and the instant as of which it is settled."""

    schema_version: Literal[1] = 1
    task: Task
    ids: Annotated[list[str], Field(min_length=1, max_length=BATCH)]
    as_of: Instant


@dataclass(frozen=True, slots=True)
class HandedOut:
    """How many were due."""

    members: int
    refunds: int


def hand_out(now: datetime) -> HandedOut:
    """Send all that is due at `now` to the settlements queue, in batches."""
    return HandedOut(
        members=_send("member", lists.due("MEMBERS_TABLE", "member_id", now), now),
        refunds=_send("refund", lists.due("OPERATIONS_TABLE", "operation", now), now),
    )


def work_off(body: str) -> int:
    """Settle the members, or give up on the parked refunds, of one batch; what is no longer due stays as it is.

    Returns:
        how many changed.
    """
    batch = shape(Batch, read_json(body))
    work = _settle if batch.task == "member" else give_up_on
    return sum(work(id_, batch.as_of) for id_ in batch.ids)


def _settle(member_id: str, now: datetime) -> bool:
    return until_committed(lambda: _settle_once(member_id, now))


def _settle_once(member_id: str, now: datetime) -> bool:
    member = read(member=member_id).members.get(member_id)
    due = due_at(member) if member else None
    if member is None or due is None or due > max(now, member.booked_at):
        return False
    transaction = Transaction()
    transaction.journal(settle(member, in_force(), now))
    transaction.commit()
    return True


def _send(task: Task, ids: Iterable[str], now: datetime) -> int:
    count = 0
    for batches in _groups(_groups(ids, BATCH), queues.BATCH):
        queues.send_all("SETTLEMENTS_QUEUE_URL", [_body(task, batch, now) for batch in batches])
        count += sum(len(batch) for batch in batches)
    return count


def _body(task: Task, ids: list[str], now: datetime) -> str:
    return json.dumps({"schema_version": 1, "task": task, "ids": ids, "as_of": write_instant(now)})


def _groups(things: Iterable[T], size: int) -> Iterator[list[T]]:
    remaining = iter(things)
    while group := list(islice(remaining, size)):
        yield group
