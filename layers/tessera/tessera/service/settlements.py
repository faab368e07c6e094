"""Working off what the night has handed out, one member or parked refund after the other."""

from datetime import datetime

from tessera.due_work import DueWork
from tessera.programme.load import in_force
from tessera.service.attempts import until_committed
from tessera.service.opening import open_journal
from tessera.service.purchases import give_up_on
from tessera.settlement import due_at
from tessera.shapes import read as shape
from tessera.shapes import read_json
from tessera.store.read import read
from tessera.store.transaction import Transaction


def work_off(body: str) -> int:
    """Settle the members, or give up on the parked refunds, of one batch; what is no longer due stays as it is.

    Returns:
        how many changed.
    """
    batch = shape(DueWork, read_json(body))
    work = _settle if batch.task == "member" else give_up_on
    return sum(work(id_, batch.as_of) for id_ in batch.ids)


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
