"""Signing in, making up a missed day, and the calendar of both."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from tessera import make_ups, streaks
from tessera import sign_ins as domain
from tessera.access import Caller
from tessera.answers import sign_ins as answers
from tessera.answers import write
from tessera.idempotency import Answer, body_hash
from tessera.instants import local_day
from tessera.programme.load import in_force
from tessera.refusals import Unreadable
from tessera.service.attempts import until_committed
from tessera.service.lookup import access_first, find, named
from tessera.service.opening import open_journal
from tessera.shapes import Shape, read_json
from tessera.shapes import read as read_shape
from tessera.store.items import make_up_key
from tessera.store.read import read
from tessera.store.transaction import Transaction


def _parse_day(text: object) -> date:
    message = "must be a day, written YYYY-MM-DD"
    try:
        day = date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        raise ValueError(message) from None
    if day is None or day.isoformat() != text:
        raise ValueError(message)
    return day


class MakeUpRequest(Shape):
    """The missed day, in the member's time zone, that a make-up card is to be used for."""

    day: Annotated[date, BeforeValidator(_parse_day), WithJsonSchema({"type": "string", "format": "date"})]


@dataclass(frozen=True, slots=True)
class MadeUp:
    """The answer as JSON, and whether the day was made up only now."""

    body: str
    new: bool


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


def make_up(caller: Caller, path_id: str, body: str | None, now: datetime) -> MadeUp:
    """Make up a missed day with a card; a repeat answers, byte for byte, what was answered first.

    Raises:
        NotFound: there is no such member for this caller.
        Unreadable: the body is no JSON.
        Invalid: it names no day.
        Forbidden: the member is frozen or closed.
        Conflict: there is no card, or the day cannot be made up.
    """
    member_id = named(caller, path_id)
    request = access_first(member_id, lambda: read_shape(MakeUpRequest, read_json(body)))

    def attempt() -> MadeUp:
        member, found = find(member_id, lambda id_: read(member=id_, operations=[make_up_key(id_, request.day)]))
        key = make_up_key(member.member_id, request.day)
        if isinstance(earlier := found.operations.get(key), Answer):
            return MadeUp(earlier.body, new=False)
        journal = open_journal(member, now)
        answer = write(answers.make_up(make_ups.make_up(journal, request.day)))
        transaction = Transaction()
        transaction.journal(journal)
        transaction.operation(Answer(key=key, body_hash=body_hash(request.day.isoformat()), body=answer))
        transaction.commit()
        return MadeUp(answer, new=True)

    return until_committed(attempt)


def show_month(caller: Caller, path_id: str, month: str | None, now: datetime) -> answers.SignInMonth:
    """Show the days of a month on which the member signed in, and what can be made up; this month, if none is given.

    Raises:
        NotFound: there is no such member for this caller.
        Unreadable: the month is no `YYYY-MM`.
    """
    member, _ = find(named(caller, path_id), lambda id_: read(member=id_))
    now = max(now, member.booked_at)
    today = local_day(now, member.time_zone)
    first = _first_day(month) if month is not None else today.replace(day=1)
    days = streaks.days_in(member.sign_in, first)
    return {
        "month": first.isoformat()[:7],
        "days": [day.isoformat() for day in days],
        "made_up": [day.isoformat() for day in days if day in member.sign_in.made_up],
        "streak": streaks.streak_on(member.sign_in, member.time_zone, today),
        "longest_streak": member.sign_in.longest_streak,
        "make_up": {
            "cards": member.make_up_cards,
            "days": [day.isoformat() for day in make_ups.days_open(member, in_force(), now)],
        },
    }


def _first_day(month: str) -> date:
    try:
        first = date.fromisoformat(month + "-01")
    except ValueError:
        first = None
    if first is None or first.isoformat()[:7] != month:
        raise Unreadable("bad_month", "month must be written YYYY-MM.")
    return first
