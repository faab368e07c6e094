"""Streaks: on which days a member has signed in, how many of them in a row, and from when to when the next may come.

A day on which the member signed in ends when it has ended in every zone that the member was in on it. Until then no
other day can be signed in on, so a move gives no two days in one. The streak lives on through the first whole day after
that instant, so neither a move nor a day that a zone leaves out breaks it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tessera.instants import local_day, midnight

if TYPE_CHECKING:
    from datetime import date, datetime

    from tessera.member import SignInState

_A_DAY = timedelta(days=1)


def is_open(state: SignInState, zone: str, now: datetime) -> bool:
    """Answer whether a sign-in now, in the member's `zone`, would be of a new day."""
    if state.day is None:
        return True
    has_ended = state.ends_at is None or state.ends_at <= now
    return has_ended and local_day(now, zone) > state.day


def streak_on(state: SignInState, zone: str, day: date) -> int:
    """Answer the streak as it stands on a day of `zone`: alive until a whole day has been missed."""
    return state.streak if state.day is not None and day <= _last_chance(state, state.day, zone) else 0


def carried(state: SignInState, zone: str, day: date) -> int:
    """Answer how many days after the last one, or after an earlier `day`, no streak ends with, as they were no chance.

    There are some only if the zone left days out, as Pacific/Apia did with 2011-12-30, or if a move shortened them. Of
    those after the last one only what is before `day` counts.
    """
    if state.day is None:
        return 0
    if day < state.day:
        return (_existing(day + _A_DAY, zone) - day).days - 1
    return (min(_last_chance(state, state.day, zone), day) - state.day).days - 1


def is_missed(state: SignInState, zone: str, day: date) -> bool:
    """Answer whether a day that is over was a chance to sign in, and was not taken."""
    if signed_in_on(state, day) or day in state.bridged or _existing(day, zone) != day:
        return False
    return state.day is None or day < state.day or day >= _last_chance(state, state.day, zone)


def signed_in_on(state: SignInState, day: date) -> bool:
    """Answer whether the member signed in on a day, or made it up."""
    return (
        state.first_day is not None and day >= state.first_day and bool(state.days >> (day - state.first_day).days & 1)
    )


def days_in(state: SignInState, month: date) -> list[date]:
    """List the days of the month of `month` on which the member signed in, made-up ones among them."""
    first = month.replace(day=1)
    days = [first + timedelta(days=i) for i in range(31)]
    return [day for day in days if day.month == first.month and signed_in_on(state, day)]


def runs(state: SignInState, day: date) -> tuple[int, int]:
    """Answer how many days in a row were signed in on right before a day, and right after it."""
    return _run(state, day, -_A_DAY), _run(state, day, _A_DAY)


def signed(state: SignInState, day: date, streak: int, points: int, growth: int, carried_over: int = 0) -> SignInState:
    """Answer the state after a sign-in on `day`, later than all before, that was worth this much.

    `carried_over` is what `carried` has answered.
    """
    return replace(
        _with_day(state, day),
        day=day,
        ends_at=None,
        streak=streak,
        longest_streak=max(state.longest_streak, streak),
        answered_streak=streak,
        points=points,
        growth=growth,
        bridged=state.bridged | _following(state.day, carried_over),
    )


def bridged(state: SignInState, day: date, carried_over: int) -> SignInState:
    """Answer the state in which the streak goes on to a missed `day`, or from it, over days that were no chance.

    `carried_over` is what `carried` has answered for the day.
    """
    start = state.day if state.day is None or day > state.day else day
    return replace(state, bridged=state.bridged | _following(start, carried_over))


def made_up(state: SignInState, day: date, points: int, growth: int) -> SignInState:
    """Answer the state, bridged to the day, after a missed day was made up, which gave this much.

    If it is later than the last day of all, it becomes the last.
    """
    last = day if state.day is None else max(day, state.day)
    after = replace(_with_day(state, day), day=last, made_up=state.made_up | {day})
    streak = runs(after, last)[0] + 1
    after = replace(after, streak=streak, longest_streak=max(state.longest_streak, sum(runs(after, day)) + 1))
    if last == day:
        return replace(after, ends_at=None, answered_streak=streak, points=points, growth=growth)
    return after


def moved(state: SignInState, zone: str, now: datetime) -> SignInState:
    """Answer the state after the member left `zone`."""
    if state.day is None:
        return state
    end = midnight(state.day + _A_DAY, zone)
    if state.ends_at is None:
        return replace(state, ends_at=end)
    # In a zone to which the member moved while it was the same day still, that day has lasted until now at least.
    return replace(state, ends_at=max(state.ends_at, end)) if now <= end else state


def _last_chance(state: SignInState, last: date, zone: str) -> date:
    """Answer the day of `zone` through which the streak lives: the first that begins when the last one has ended."""
    earliest = _existing(last + _A_DAY, zone)
    if state.ends_at is None:
        return earliest
    day = local_day(state.ends_at, zone)
    if midnight(day, zone) < state.ends_at:
        day = _existing(day + _A_DAY, zone)
    return max(day, earliest)


def _existing(day: date, zone: str) -> date:
    """Answer the day, or the next one that there is in `zone`."""
    return local_day(midnight(day, zone), zone)


def _run(state: SignInState, day: date, step: timedelta) -> int:
    length = 0
    day += step
    while (is_signed := signed_in_on(state, day)) or day in state.bridged:
        length += is_signed
        day += step
    return length


def _with_day(state: SignInState, day: date) -> SignInState:
    """Mark a day, which may be before the first one so far."""
    first = min(state.first_day or day, day)
    earlier = state.days << ((state.first_day or day) - first).days
    return replace(state, first_day=first, days=earlier | 1 << (day - first).days)


def _following(day: date | None, number: int) -> frozenset[date]:
    return frozenset(day + timedelta(days=i) for i in range(1, number + 1)) if day else frozenset()
