"""Instants and days: the only place that knows how time is written.

Instants are aware datetimes in UTC, whole seconds; on the wire they are RFC 3339 with `Z`. Days are dates in a named
IANA zone. Nothing here, or anywhere in the domain, reads a clock: now is always an argument.
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, reset_tzpath

# A day must begin at the same instant wherever this runs: zones come from the locked tzdata, never from the machine.
reset_tzpath(to=())

FUTURE_TOLERANCE = timedelta(minutes=5)
"""How far ahead of now an event may claim to have happened: clocks differ."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339_UTC = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z", re.ASCII)


def parse_instant(text: object) -> datetime:
    """Read an RFC 3339 instant in UTC, from 1970 on (`2026-11-22T08:26:00Z`); fractions of a second are cut off.

    Raises:
        ValueError: it is no such string.
    """
    if isinstance(text, datetime):
        return text
    if not isinstance(text, str) or not _RFC3339_UTC.fullmatch(text):
        message = "must be an RFC 3339 time in UTC, such as 2026-11-22T08:26:00Z"
        raise ValueError(message)
    return _parse(text[:19])


@lru_cache(maxsize=1024)
def _parse(seconds: str) -> datetime:
    try:
        instant = datetime.fromisoformat(seconds).replace(tzinfo=UTC)
    except ValueError:
        message = "must be a time that exists"
        raise ValueError(message) from None
    if instant < _EPOCH:
        message = "must not be before 1970"
        raise ValueError(message)
    return instant


def write_instant(instant: datetime) -> str:
    """Write an instant as RFC 3339 in UTC with `Z`, to the second."""
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")


def from_epoch_millis(millis: int) -> datetime:
    """Turn what API Gateway and SQS say of time into an instant, cut to the second."""
    return datetime.fromtimestamp(millis // 1000, tz=UTC)


def from_epoch_seconds(seconds: int) -> datetime:
    """Turn the seconds since 1970 by which an instant is stored into the instant."""
    return datetime.fromtimestamp(seconds, tz=UTC)


def to_epoch_seconds(instant: datetime) -> int:
    """Write an instant as the seconds since 1970."""
    return int(instant.timestamp())


def local_day(instant: datetime, zone: str) -> date:
    """Answer which day it is in `zone` at `instant`."""
    return instant.astimezone(ZoneInfo(zone)).date()


def midnight(day: date, zone: str) -> datetime:
    """Answer the instant at which a day begins in `zone`."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def months_later(day: date, months: int) -> date:
    """Answer the same day so many months later, or the last of that month if it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
