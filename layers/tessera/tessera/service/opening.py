"""Opening a member's journal for writing."""

from datetime import datetime

from tessera.journal import Journal
from tessera.member import Member
from tessera.programme.load import in_force
from tessera.settlement import MOST_BOOKED, settle
from tessera.store.client import StaleError
from tessera.store.transaction import Transaction


def open_journal(member: Member, now: datetime) -> Journal:
    """Open a journal with all that is overdue booked.

    Raises:
        StaleError: more was overdue than one transaction holds; a part is committed now, and it is to be tried again.
        Unavailable: the store did not answer.
    """
    journal = settle(member, in_force(), now, MOST_BOOKED)
    if len(journal.entries) < MOST_BOOKED:
        return journal
    transaction = Transaction()
    transaction.journal(journal)
    transaction.commit()
    raise StaleError
