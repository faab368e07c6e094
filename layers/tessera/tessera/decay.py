"""Growth that decays: it counts for good, but a member who does nothing for months loses a share of it each month.

Growth is kept as it was earned, in one bucket for each stretch between two decays, beside the decays themselves. What
it is worth is reckoned from these each time, exactly, and rounded down once: so it never matters when a decay was
booked, and a refund takes away what the order's growth has become.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from tessera import varints
from tessera.instants import months_later


class Decayed(NamedTuple):
    """A loss of so many percent on a local day."""

    day: date
    percent: int


Decays = tuple[Decayed, ...]
"""In the order of their days."""


def current(growth: Mapping[date, int], decays: Decays, day: date) -> date:
    """Answer the bucket for growth that begins to count now, on `day`: that of the stretch since the last decay."""
    if not growth:
        return day
    return max([*growth, *(decay.day for decay in decays[-1:])])


def bucket(growth: Mapping[date, int], day: date) -> date | None:
    """Answer the bucket of growth that began to count on `day`, if anything is left in it."""
    return max((start for start in growth if start <= day), default=None)


def value(growth: Mapping[date, int], decays: Decays) -> int:
    """Answer what growth by bucket is worth after the decays, rounded down."""
    if not decays:
        return sum(growth.values())
    total = 0
    for start, earned in growth.items():
        left = earned
        for decay in decays:
            left *= 100 - decay.percent if decay.day > start else 100
        total += left
    return int(total // 100 ** len(decays))


def value_on(day: date, growth: Mapping[date, int], decays: Decays) -> int:
    """Answer what growth, of later days too, would be worth if nothing had decayed after `day`."""
    return value(growth, tuple(decay for decay in decays if decay.day <= day))


def next_day(growth: Mapping[date, int], decays: Decays, active_on: date, idle_months: int, done_until: date) -> date:
    """Answer the day on which growth decays next, if the member does nothing: monthly, `idle_months` after the last.

    Only months count in which there was growth to decay, and days after `done_until`: what has been decided is not
    decided again because an activity is told late.
    """
    since = max([done_until, min(growth), *(decay.day for decay in decays[-1:])])
    months = max(idle_months, (since.year - active_on.year) * 12 + since.month - active_on.month - 1)
    day = active_on
    while day <= since or day == active_on:
        day = months_later(active_on, months) + timedelta(days=1)
        months += 1
    return day


def pack(decays: Iterable[Decayed]) -> bytes:
    """Write decays as few bytes: each by the days since the one before, and its percent."""
    numbers = []
    before = 0
    for decay in decays:
        numbers += [decay.day.toordinal() - before, decay.percent]
        before = decay.day.toordinal()
    return varints.pack(numbers)


def unpack(packed: bytes) -> Decays:
    """Read what `pack` wrote."""
    numbers = varints.unpack(packed)
    decays = []
    ordinal = 0
    for days in numbers:
        ordinal += days
        decays.append(Decayed(date.fromordinal(ordinal), next(numbers)))
    return tuple(decays)
