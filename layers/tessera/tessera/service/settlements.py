"""Working off what the night has handed out, one member or parked refund after the other."""

from datetime import datetime

from tessera.due_work import read as read_message
from tessera.programme.load import in_force
from tessera.service.attempts import until_committed
from tessera.service.opening import open_journal
from tessera.settlement import due_at
from tessera.store.read import read
from tessera.store.transaction import Transaction


def work_off(body: str) -> int:
    """Settle the members, or give up on the parked refunds, of one batch; what is no longer due stays as it is.

    Returns:
        how many changed.

    Raises:
        ValueError: the message is none.
        Unavailable: the store did not answer; try again.
    """
    batch = read_message(body)
    work = _settle if batch.task == "member" else _give_up_on
    return sum(work(id_, batch.as_of) for id_ in batch.ids)


def _give_up_on(refund: str, now: datetime) -> bool:
    # Refunds whose order never came are rare, and the shapes of messages are slow to import.
    from tessera.service.purchases import give_up_on  # noqa: PLC0415

    return give_up_on(refund, now)


def _settle(member_id: str, now: datetime) -> bool:
    return until_committed(lambda: _settle_once(member_id, now))


def _settle_once(member_id: str, now: datetime) -> bool:
    member = read(member=member_id).members.get(member_id)
    due = due_at(member, in_force()) if member else None
    if member is None or due is None or due > max(now, member.booked_at):
        return False
    transaction = Transaction()
    transaction.journal(open_journal(member, now))
    transaction.commit()
    return True
