"""Growth by local day, packed: what lets a rolling window be exact to the day without reading history.

The packed form is the number of the first day, then one number a day; a 0 is followed by how many days it stands for.
Numbers are varints, so a day of daily sign-ins costs one byte and a year 365.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from tessera import varints

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
    expected = numbers[0]
    for day in sorted(days):
        if gap := day.toordinal() - expected:
            numbers += [0, gap]
        numbers.append(days[day])
        expected = day.toordinal() + 1
    return varints.pack(numbers)


def unpack(packed: bytes) -> GrowthDays:
    """Read what `pack` wrote."""
    numbers = varints.unpack(packed)
    ordinal = next(numbers, 0)
    days = {}
    for number in numbers:
        if number:
            days[date.fromordinal(ordinal)] = number
            ordinal += 1
        else:
            ordinal += next(numbers)
    return days
