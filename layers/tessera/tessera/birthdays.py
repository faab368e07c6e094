"""Birthdays: on which day of a year one is kept, and which of these days a night has to look at.

A birthday is a day of the member's zone, so it begins at different instants for different members: first fourteen
hours before it does in UTC, last twelve hours after.
"""

from __future__ import annotations

from calendar import isleap
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tessera.instants import midnight

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tessera.member import Member

CAUGHT_UP = timedelta(days=31)
"""How far back a night looks for birthdays that no night has seen."""

_EASTERNMOST, _WESTERNMOST = timedelta(hours=14), timedelta(hours=-12)
"""What the clocks of all zones lie between."""
_LEAP_DAY = (2, 29)


def kept_on(birthday: Mapping[str, int], year: int) -> date:
    """Answer the day of a year on which a birthday is kept: without a 29 February it is the 28th."""
    month, day = birthday["month"], birthday["day"]
    if (month, day) == _LEAP_DAY and not isleap(year):
        day -= 1
    return date(year, month, day)


def written(birthday: Mapping[str, int]) -> str:
    """Write a birthday without its year, `MM-DD`."""
    return f"{birthday['month']:02}-{birthday['day']:02}"


def kept(day: date) -> list[str]:
    """Answer which birthdays are kept on a day, as `written` writes them."""
    leap_day = {"month": _LEAP_DAY[0], "day": _LEAP_DAY[1]}
    own = {"month": day.month, "day": day.day}
    return [written(own)] + ([written(leap_day)] if own != leap_day and kept_on(leap_day, day.year) == day else [])


def days_since(since: datetime, now: datetime) -> list[date]:
    """List the days that it was, somewhere, at some time from `since` to `now`; of one night to the next, three."""
    first, last = (since + _WESTERNMOST).date(), (now + _EASTERNMOST).date()
    return [first + timedelta(days=days) for days in range((last - first).days + 1)]


def is_celebrated(member: Member, day: date, since: datetime, as_of: datetime) -> bool:
    """Answer whether the member was enrolled on a day, where they live, that has begun and was not over at `since`."""
    begins, ends = (midnight(at, member.time_zone) for at in (day, day + timedelta(days=1)))
    return begins <= as_of and max(since, member.enrolled_at) < ends
