"""Growth by local day, packed: what lets a rolling window be exact to the day without reading history.

The packed form is the number of the first day, then one number a day; a 0 is followed by how many days it stands for.
Numbers are varints (seven bits a byte, low first), so a day of daily sign-ins costs one byte and a year 365.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

GrowthDays = Mapping[date, int]
"""Growth earned on each local day of the programme's zone; days with none are absent."""


def within(days: GrowthDays, last: date, window: int) -> int:
    """Sum the growth of the `window` days that end with `last`, `last` included.

    Growth of the day after counts, too: a shop's clock may be a little ahead of ours across midnight.
    """
    return sum(since(days, last, window).values())


def since(days: GrowthDays, last: date, window: int) -> GrowthDays:
    """Drop what has left the window that ends with `last`, for ever; days after `last` stay."""
    first = last - timedelta(days=window - 1)
    return {day: growth for day, growth in days.items() if day >= first}


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
    return b"".join(_varint(number) for number in numbers)


def unpack(packed: bytes) -> GrowthDays:
    """Read what `pack` wrote."""
    numbers = _numbers(packed)
    ordinal = next(numbers, 0)
    days = {}
    for number in numbers:
        if number:
            days[date.fromordinal(ordinal)] = number
            ordinal += 1
        else:
            ordinal += next(numbers)
    return days


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _numbers(packed: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in packed:
        number |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
        else:
            yield number
            number = shift = 0
