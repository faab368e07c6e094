"""Growth by local day, packed: what lets a rolling window be exact to the day without reading history.

The packed form is the number of the first day, then for each day its growth and one. A 0 stands for so many days
without growth as the next number says, a 1 for so many days more like the day before. Numbers are varints: a week of
daily sign-ins costs three bytes.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from tessera import varints

_NONE, _AGAIN = 0, 1
_LEAST = 1
"""What is added to a day's growth, of which there is at least 1, so that it is neither of those."""
_SHORT = 2
"""So many days alike are as short when each is written."""

GrowthDays = Mapping[date, int]
"""Growth earned on each local day of the programme's zone; days with none are absent."""


def within(days: GrowthDays, last: date, window: int) -> int:
    """Sum the growth of the `window` days that end with `last`, `last` included.

    Growth of the day after counts, too: a shop's clock may be a little ahead of ours across midnight.
    """
    first, day_after = last - timedelta(days=window - 1), last + timedelta(days=1)
    return sum(growth for day, growth in days.items() if first <= day <= day_after)


def of_year(days: GrowthDays, year: int) -> int:
    """Sum the growth of the days of a calendar year."""
    return sum(growth for day, growth in days.items() if day.year == year)


def since(days: GrowthDays, last: date, window: int) -> GrowthDays:
    """Drop what has left the window that ends with `last`, for ever; days after `last` stay."""
    first = last - timedelta(days=window - 1)
    return {day: growth for day, growth in days.items() if day >= first}


def counted(days: GrowthDays, day: date, growth: int) -> GrowthDays:
    """Count growth on a day, or take it away; a day with none is absent."""
    after = {**days, day: days.get(day, 0) + growth}
    return {day: left for day, left in after.items() if left > 0}


def pack(days: GrowthDays) -> bytes:
    """Write the days as few bytes."""
    if not days:
        return b""
    numbers = [min(days).toordinal()]
    expected, before, repeated = numbers[0], 0, 0
    for day in sorted(days):
        gap, growth = day.toordinal() - expected, days[day]
        expected = day.toordinal() + 1
        if growth == before and not gap:
            repeated += 1
            continue
        numbers += _repeated(before, repeated)
        repeated, before = 0, growth
        numbers += [_NONE, gap, growth + _LEAST] if gap else [growth + _LEAST]
    return varints.pack(numbers + _repeated(before, repeated))


def _repeated(growth: int, times: int) -> list[int]:
    return [_AGAIN, times] if times > _SHORT else [growth + _LEAST] * times


def unpack(packed: bytes) -> GrowthDays:
    """Read what `pack` wrote."""
    numbers = varints.unpack(packed)
    ordinal = next(numbers, 0)
    days, growth = {}, 0
    for number in numbers:
        if number == _NONE:
            ordinal += next(numbers)
            continue
        times = 1
        if number == _AGAIN:
            times = next(numbers)
        else:
            growth = number - _LEAST
        for _ in range(times):
            days[date.fromordinal(ordinal)] = growth
            ordinal += 1
    return days
