"""Signing in, and the calendar of it."""

from datetime import date, datetime

from tessera import answers
from tessera import sign_ins as domain
from tessera.access import Caller
from tessera.instants import local_day
from tessera.refusals import Unreadable
from tessera.service.attempts import until_committed
from tessera.service.lookup import find, named
from tessera.service.opening import open_journal
from tessera.store.read import read
from tessera.store.transaction import Transaction


def sign_in(caller: Caller, path_id: str, now: datetime) -> domain.SignInResult:
    """Sign a member in on today's local day; a repeat answers what the first one gave.

    Raises:
        NotFound: there is no such member for this caller.
        Forbidden: the member is frozen or closed.
    """
    member_id = named(caller, path_id)

    def attempt() -> domain.SignInResult:
        member, _ = find(member_id, lambda id_: read(member=id_))
        journal = open_journal(member, now)
        result = domain.sign_in(journal)
        if result.new:
            transaction = Transaction()
            transaction.journal(journal)
            transaction.commit()
        return result

    return until_committed(attempt)


def show_month(caller: Caller, path_id: str, month: str | None, now: datetime) -> answers.SignInMonth:
    """Show the days of a month on which the member signed in; this month, if none is given.

    Raises:
        NotFound: there is no such member for this caller.
        Unreadable: the month is no `YYYY-MM`.
    """
    member, _ = find(named(caller, path_id), lambda id_: read(member=id_))
    today = local_day(max(now, member.booked_at), member.time_zone)
    first = _first_day(month) if month is not None else today.replace(day=1)
    return {
        "month": first.isoformat()[:7],
        "days": [day.isoformat() for day in domain.days_in(member.sign_in, first)],
        "streak": domain.streak_on(member.sign_in, today),
        "longest_streak": member.sign_in.longest_streak,
    }


def _first_day(month: str) -> date:
    try:
        first = date.fromisoformat(month + "-01")
    except ValueError:
        first = None
    if first is None or first.isoformat()[:7] != month:
        raise Unreadable("bad_month", "month must be written YYYY-MM.")
    return first
