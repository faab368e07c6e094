"""Working off a batch of what was handed out: members whose time has come or who are evaluated, parked refunds."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tessera import runs
from tessera.due_work import DueWork
from tessera.due_work import read as read_message
from tessera.journal import Entry, Journal
from tessera.programme.load import in_force
from tessera.runs import Counts, Summary
from tessera.service.attempts import until_committed
from tessera.service.opening import open_journal
from tessera.service.runs import report
from tessera.settlement import due_at
from tessera.store.client import StaleError
from tessera.store.read import UNREADABLE, Found, read
from tessera.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class WorkedOff:
    """What came of a batch, and, if it was the last of its run, the run's name and summary."""

    counts: Counts
    run: str | None
    summary: Summary | None


def work_off(body: str, at: datetime) -> WorkedOff:
    """Settle or evaluate the members, or give up on the parked refunds, of one batch.

    Who is no longer due stays as they are. Who gets no entry counts as unchanged, even where a date was set anew. A
    batch that comes twice is counted once; where it failed half-way the first time, who was settled then is counted as
    unchanged.

    Args:
        body: the message.
        at: when it was taken up.

    Raises:
        ValueError: the message is none.
        ExceptionGroup: some members could not be settled, or the store did not answer; try again.
        Unavailable: the store did not answer; try again.
    """
    batch = read_message(body)
    counts = _give_up(batch) if batch.task == "refund" else _settle(batch)
    summary = report(batch.run, batch.batch, counts, at) if batch.run else None
    return WorkedOff(counts, batch.run, summary)


def _give_up(batch: DueWork) -> Counts:
    # Refunds whose order never came are rare, and the shapes of messages are slow to import.
    from tessera.service.purchases import give_up_on  # noqa: PLC0415

    return {runs.GIVEN_UP: sum(give_up_on(refund, batch.as_of) for refund in batch.ids)}


def _settle(batch: DueWork) -> Counts:
    """Settle every member of a batch that can be settled, and only then say that one cannot."""
    found = _read_together(batch.ids)
    counts: Counter[str] = Counter()
    failures: list[Exception] = []
    for member_id in batch.ids:
        try:
            entries = _settle_member(member_id, batch, found)
        except Exception as failure:  # noqa: BLE001 - it is raised when the others are settled
            failures.append(failure)
            continue
        counts[runs.SETTLED if entries else runs.UNCHANGED] += 1
        counts.update(runs.count_entries(entries))
    if failures:
        message = "members left unsettled"
        raise ExceptionGroup(message, failures)
    return dict(counts)


def _read_together(member_ids: Sequence[str]) -> Found:
    try:
        return read(members=member_ids)
    except UNREADABLE:
        return Found()  # they are read one by one, and the one that cannot be read fails alone


def _settle_member(member_id: str, batch: DueWork, found: Found) -> list[Entry]:
    """Settle a member as read with the batch or, where that is stale, as read again; answer the entries."""
    try:
        if member_id in found.members:
            return _settle_once(member_id, batch, found)
    except StaleError:
        pass
    return until_committed(lambda: _settle_once(member_id, batch, read(member=member_id)))


def _settle_once(member_id: str, batch: DueWork, found: Found) -> list[Entry]:
    member = found.members.get(member_id)
    if member is None:
        return []
    now = max(batch.as_of, member.booked_at)
    due, stored = due_at(member, in_force()), found.due.get(member_id)
    if batch.task == "member" and (due is None or due > now) and due == stored:
        return []
    journal = open_journal(member, now)
    if batch.task == "evaluate":
        _promote(journal)
        as_before = replace(journal.member, booked_at=member.booked_at) == member
        if as_before and due_at(journal.member, journal.programme) == stored:
            return []
    transaction = Transaction()
    transaction.journal(journal)
    transaction.commit()
    return journal.entries


def _promote(journal: Journal) -> None:
    # Evaluations are rare, and what they need is not imported every night.
    from tessera.promotion import promote  # noqa: PLC0415

    promote(journal)
