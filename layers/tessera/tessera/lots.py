"""Lots: points that share the terms on which they may be spent.

A member's lots are a mapping from terms to points, and a change to them is another such mapping, of differences. The
balance is the sum of the lots, so whatever changes one changes the other. A debt is a negative number of points on
`OPEN` terms; it stands only while nothing else can be spent.

The packed form is, for each lot, which terms it has, its points, and those terms: six to fifteen bytes a lot.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from tessera import varints
from tessera.instants import (
    from_epoch_seconds,
    local_day,
    midnight,
    months_later,
    parse_instant,
    to_epoch_seconds,
    write_instant,
)

if TYPE_CHECKING:
    from tessera.programme.model import FixedDates, Points

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_EXPIRES, _MATURES, _IDLE = 1, 2, 4


class Terms(NamedTuple):
    """When points may be spent: not before they mature, and not from the instant on at which they expire."""

    expires_at: datetime | None = None
    matures_at: datetime | None = None
    idle_days: int | None = None
    """In place of a date: the points expire after so many whole days in which the member did nothing."""

    def end(self, active_on: date, zone: str) -> datetime | None:
        """Answer when the points expire, if the member was active last on the day `active_on` of `zone`."""
        if self.idle_days is None:
            return self.expires_at
        return midnight(active_on + timedelta(days=self.idle_days + 1), zone)


OPEN = Terms()
"""At once and for ever; and the terms of a debt."""

Lots = Mapping[Terms, int]
Parts = tuple[tuple[Terms, int], ...]
"""Points in the order in which they were taken from lots."""

Written = list[list[object]]
"""A change or parts as JSON: points, when they expire, when they mature, after how many idle days."""


def earned(rules: Points, zone: str, at: datetime, now: datetime, *, pending: bool = False) -> Terms:
    """Answer the terms of points that are earned at `at`; those of a purchase are pending while goods may come back."""
    day = local_day(at, zone)
    matures_at = midnight(day + timedelta(days=rules.return_window_days + 1), zone)
    waits = matures_at if pending and rules.return_window_days and matures_at > now else None
    match rules.expiry.policy:
        case "month_end":
            month = months_later(day.replace(day=1), rules.expiry.months + 1)
            return Terms(midnight(month, zone), waits)
        case "dates":
            return Terms(midnight(_last_day(rules.expiry, day) + timedelta(days=1), zone), waits)
        case "inactivity":
            return Terms(None, waits, rules.expiry.days)
    return Terms(None, waits)


def with_grace(terms: Terms, rules: Points, zone: str, active_on: date, now: datetime) -> Terms:
    """Answer the terms on which points come back that had paid: their own, or better ones by the programme's grace."""
    if not rules.returned_grace_days:
        return terms
    least = midnight(local_day(now, zone) + timedelta(days=rules.returned_grace_days + 1), zone)
    end = terms.end(active_on, zone)
    # Points that inactivity ends live on with whatever the member does next; a date would take that from them.
    is_short = end is not None and (end <= now if terms.idle_days is not None else end < least)
    return Terms(least) if is_short else terms


def changed(lots: Lots, change: Lots) -> dict[Terms, int]:
    """Apply a change; what is empty is no lot."""
    after = dict(lots)
    for terms, points in change.items():
        left = after.get(terms, 0) + points
        if left:
            after[terms] = left
        else:
            after.pop(terms, None)
    return after


def gain(parts: Iterable[tuple[Terms, int]], change: Lots | None = None) -> dict[Terms, int]:
    """Answer the change that brings these points, on top of another change."""
    total = dict(change or {})
    for terms, points in parts:
        total[terms] = total.get(terms, 0) + points
    return total


def loss(parts: Iterable[tuple[Terms, int]], change: Lots | None = None) -> dict[Terms, int]:
    """Answer the change that takes these points, on top of another change."""
    return gain(((terms, -points) for terms, points in parts), change)


def available(lots: Lots) -> int:
    """Sum what can be spent, if what has expired or matured is booked; below zero it is a debt."""
    return sum(points for terms, points in lots.items() if terms.matures_at is None)


def pending(lots: Lots) -> int:
    """Sum what has not matured."""
    return sum(points for terms, points in lots.items() if terms.matures_at is not None)


def soonest_first(lots: Lots, active_on: date, zone: str) -> list[Terms]:
    """Order lots by when they expire; what is still pending comes first among those that expire together."""

    def order(terms: Terms) -> tuple[datetime, datetime]:
        return terms.end(active_on, zone) or _NEVER, terms.matures_at or _NEVER

    return sorted((terms for terms, points in lots.items() if points > 0), key=order)


def take(lots: Lots, order: Iterable[Terms], points: int) -> Parts:
    """Take points from lots in an order, as many as are there."""
    parts = []
    left = points
    for terms in order:
        part = min(left, max(0, lots.get(terms, 0)))
        if part:
            parts.append((terms, part))
            left -= part
    return tuple(parts)


def gone(expired: Parts, at: datetime) -> Parts:
    """Answer by what points that expired at `at` are remembered: the instant, and whether inactivity was the reason."""
    return tuple((Terms(terms.expires_at or at, None, terms.idle_days), points) for terms, points in expired)


def between(parts: Parts, start: int, stop: int) -> Parts:
    """Answer the points from number `start` up to number `stop`, counted from 0 in the order of the parts."""
    found = []
    at = 0
    for terms, points in parts:
        part = min(stop, at + points) - max(start, at)
        if part > 0:
            found.append((terms, part))
        at += points
    return tuple(found)


def write(parts: Iterable[tuple[Terms, int]]) -> Written:
    """Write a change or parts as JSON; absent terms at the end are left out."""
    rows: Written = []
    for terms, points in parts:
        row: list[object] = [points, _written(terms.expires_at), _written(terms.matures_at), terms.idle_days]
        while row[-1] is None:
            row.pop()
        rows.append(row)
    return rows


def read(rows: Iterable[Iterable[object]]) -> Parts:
    """Read what `write` wrote."""
    return tuple(_read(*row) for row in rows)


def pack(lots: Iterable[tuple[Terms, int]]) -> bytes:
    """Write lots or parts as few bytes."""
    return varints.pack(_numbers(lots))


def unpack(packed: bytes) -> Parts:
    """Read what `pack` wrote, in the same order."""
    numbers = varints.unpack(packed)
    parts = []
    for kinds in numbers:
        points = next(numbers)
        points = -(points >> 1) if points & 1 else points >> 1
        expires_at = from_epoch_seconds(next(numbers)) if kinds & _EXPIRES else None
        matures_at = from_epoch_seconds(next(numbers)) if kinds & _MATURES else None
        parts.append((Terms(expires_at, matures_at, next(numbers) if kinds & _IDLE else None), points))
    return tuple(parts)


def _last_day(rules: FixedDates, day: date) -> date:
    least = day + timedelta(days=rules.least_days)
    days = (date.fromisoformat(f"{year}-{text}") for year in (least.year, least.year + 1) for text in rules.dates)
    return next(last for last in days if last >= least)


def _numbers(lots: Iterable[tuple[Terms, int]]) -> Iterator[int]:
    for terms, points in lots:
        expires_at, matures_at, idle_days = terms
        yield (
            (_EXPIRES if expires_at is not None else 0)
            | (_MATURES if matures_at is not None else 0)
            | (_IDLE if idle_days is not None else 0)
        )
        yield points << 1 if points >= 0 else -points << 1 | 1
        if expires_at is not None:
            yield to_epoch_seconds(expires_at)
        if matures_at is not None:
            yield to_epoch_seconds(matures_at)
        if idle_days is not None:
            yield idle_days


def _written(instant: datetime | None) -> str | None:
    return write_instant(instant) if instant is not None else None


def _read(
    points: object, expires_at: object = None, matures_at: object = None, idle_days: object = None
) -> tuple[Terms, int]:
    if not isinstance(points, int) or not isinstance(idle_days, int | None):
        message = "a lot needs points and days as integers"
        raise TypeError(message)
    return Terms(
        parse_instant(expires_at) if expires_at is not None else None,
        parse_instant(matures_at) if matures_at is not None else None,
        idle_days,
    ), points
