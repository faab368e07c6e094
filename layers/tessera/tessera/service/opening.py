"""Opening a member's journal: for writing, and for a look."""

from dataclasses import replace
from datetime import datetime

from tessera.journal import Journal
from tessera.member import Member
from tessera.programme.load import in_force
from tessera.settlement import MOST_BOOKED, settle
from tessera.store.client import StaleError
from tessera.store.transaction import Transaction
from tessera.tiers import is_tallied


def open_journal(member: Member, now: datetime) -> Journal:
    """Open a journal with all that is overdue booked.

    Raises:
        StaleError: more was overdue than one transaction holds; a part is committed now, and it is to be tried again.
        Unavailable: the store did not answer.
    """
    journal = settle(tallied(member), in_force(), now, MOST_BOOKED)
    if len(journal.entries) < MOST_BOOKED:
        return journal
    transaction = Transaction()
    transaction.journal(journal)
    transaction.commit()
    raise StaleError


def look(member: Member, now: datetime) -> Journal:
    """Open a journal as everything overdue will have left the member; nothing is written.

    Raises:
        Unavailable: the store did not answer.
    """
    return settle(tallied(member), in_force(), now)


def tallied(member: Member) -> Member:
    """Answer the member with all that the programme asks for.

    What a changed programme asks for and was not kept is counted from the ledger: once, with the first write under it.

    Raises:
        Unavailable: the store did not answer.
    """
    programme = in_force()
    if is_tallied(member, programme):
        return replace(member, tallied_under=programme.version)
    # Programmes change rarely, and what rebuilds a member from the ledger is imported only then.
    from tessera import promotion  # noqa: PLC0415
    from tessera.store import lists  # noqa: PLC0415

    entries = (entry for entry, _ in lists.history(member.member_id, member.sequence))
    return promotion.tallied(member, entries, programme)
