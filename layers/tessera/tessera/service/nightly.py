"""The nightly work: who is due is found by an index, and handed out in batches, as a run that can be looked at."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, count, islice
from typing import TypeVar

from tessera import runs
from tessera.due_work import BATCH, DueWork, Task, write
from tessera.runs import HandOut, LatestNights, Night, Summary
from tessera.service.attempts import until_committed
from tessera.service.runs import completed, end
from tessera.store import queues
from tessera.store.due import due
from tessera.store.runs import NIGHTS, night_key, read_runs
from tessera.store.transaction import Transaction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class HandedOut:
    """What was due, and the night's summary if all of it is done already: where nothing was due, it is.

    Birthdays are no part of the summary: their coupons are told of where they are issued.
    """

    night_id: str
    members: int
    refunds: int
    birthdays: int
    summary: Summary | None


def hand_out(now: datetime) -> HandedOut:
    """Send all that is due at `now` to the settlements queue, in batches, and birthdays to that of coupon jobs.

    Running it again for the same instant continues the same night: it hands out what is still due.

    Raises:
        Unavailable: the store or the queue did not answer; running it again does no harm.
    """
    night_id = runs.night_id(now)
    number = until_committed(lambda: _begin(night_id, now))
    handed_out = HandOut()
    for works in _groups(_batches(night_id, number, now), queues.BATCH):
        queues.send_all("SETTLEMENTS_QUEUE_URL", [write(work) for work in works])
        handed_out = handed_out.with_batches(len(works), members=_ids(works, "member"), refunds=_ids(works, "refund"))
        if handed_out.batches % runs.CHUNK == 0:
            _record(night_id, number, handed_out)
    celebrated = _hand_out_birthdays(night_id, now)
    ended = replace(handed_out, ended_at=now)
    end(night_key(night_id), number, ended, now)
    _record(night_id, number, ended)
    return HandedOut(night_id, ended.members, ended.refunds, celebrated, completed(night_key(night_id)))


def _hand_out_birthdays(night_id: str, now: datetime) -> int:
    # What knows of coupon templates is imported when everything else is handed out: a start does not wait for it.
    from tessera.service import birthdays  # noqa: PLC0415

    return birthdays.hand_out(night_id, now)


def _begin(night_id: str, now: datetime) -> int:
    """Note that a hand-out of the night begins, and answer its number."""
    key = night_key(night_id)
    found = read_runs([key, NIGHTS])
    night, nights = found.get(key), found.get(NIGHTS)
    if not isinstance(night, Night):
        night = Night(night_id=night_id, as_of=now)
    if not isinstance(nights, LatestNights):
        nights = LatestNights()
    transaction = Transaction()
    transaction.run(replace(night, hand_outs=(*night.hand_outs, HandOut())))
    transaction.run(nights.with_night(night_id))
    transaction.commit()
    return len(night.hand_outs)


def _record(night_id: str, number: int, handed_out: HandOut) -> None:
    """Note how far a hand-out is."""

    def note() -> None:
        night = read_runs([night_key(night_id)])[night_key(night_id)]
        if isinstance(night, Night):
            hand_outs = (*night.hand_outs[:number], handed_out, *night.hand_outs[number + 1 :])
            transaction = Transaction()
            transaction.run(replace(night, hand_outs=hand_outs))
            transaction.commit()

    until_committed(note)


def _batches(night_id: str, number: int, now: datetime) -> Iterator[DueWork]:
    batches = count(runs.first_batch(number))
    members = _groups(due("MEMBERS_TABLE", "member_id", now), BATCH)
    refunds = _groups(due("OPERATIONS_TABLE", "operation", now), BATCH)
    tasks: Iterable[tuple[Task, list[str]]] = chain(
        (("member", ids) for ids in members), (("refund", ids) for ids in refunds)
    )
    for task, ids in tasks:
        yield DueWork(task=task, ids=ids, as_of=now, run=night_key(night_id), batch=next(batches))


def _ids(works: Iterable[DueWork], task: Task) -> int:
    return sum(len(work.ids) for work in works if work.task == task)


def _groups(things: Iterable[T], size: int) -> Iterator[list[T]]:
    remaining = iter(things)
    while group := list(islice(remaining, size)):
        yield group
