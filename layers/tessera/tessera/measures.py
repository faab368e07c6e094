"""What tiers ask for beside growth: spend, orders and active days, summed over windows that are exact to the day.

Of each measure that the member's ladder asks for, the days of the longest window are kept with the member, and the sum
of a lifetime; so nothing is read of the past. Spend is in minor units of the programme's currency.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from tessera import growth_days
from tessera.instants import local_day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tessera.growth_days import GrowthDays
    from tessera.programme.ladders import Ladder, Window, Within

COUNTED = ("spend", "orders", "active_days")
"""The measures that are kept as tallies."""

TOLD_LATE = 62
"""Days of which it is kept at least whether the member was active: an activity that is told later adds no day."""

ACTIVITIES = frozenset({"welcome", "sign_in", "make_up", "purchase", "action", "hold", "benefit_use"})
"""The kinds of entries that are something which the member did: they put off expiry and decay by inactivity."""


ANY_NEW_YEARS_EVE = date(2026, 12, 31)
"""The day on which a calendar year reaches back the farthest."""


class Tally(NamedTuple):
    """A measure of one member: by local day of the programme's zone, and of a lifetime."""

    days: GrowthDays
    lifetime: int


def after_entry(  # noqa: PLR0913 - what an entry says of the measures has this many parts
    tallies: Mapping[str, Tally],
    ladder: Ladder,
    zone: str,
    today: date,
    at: datetime,
    detail: Mapping[str, Any],
    *,
    active: bool,
) -> Mapping[str, Tally]:
    """Count what an entry says of spend, orders and active days.

    Args:
        tallies: the member's before the entry.
        ladder: the member's.
        zone: the programme's.
        today: the day of the booking; a day that may have been forgotten since is no new active day.
        at: when it happened.
        detail: what the entry explains itself with: `spend`, `orders`, and for a refund the `order_day`.
        active: whether it is something that the member did and that counts.
    """
    kept = _kept_since(ladder, today, today)
    if not kept:
        return tallies
    day = date.fromisoformat(detail["order_day"]) if "order_day" in detail else local_day(at, zone)
    after = dict(tallies)
    for measure, since in kept.items():
        before = after.get(measure, Tally({}, 0))
        gain = int(detail.get(measure, 0))
        if measure == "active_days":
            gain = int(active and day >= since and day not in before.days)
        if gain:
            after[measure] = Tally(growth_days.counted(before.days, day, gain), before.lifetime + gain)
    return after


def trimmed(tallies: Mapping[str, Tally], ladder: Ladder, first: date, today: date) -> Mapping[str, Tally]:
    """Drop the days that will not be asked for again, and the measures that the ladder does not ask for.

    Args:
        tallies: the member's.
        ladder: the member's.
        first: the first of the days as of which it may be asked what counts.
        today: of active days the last ones are kept in any case, to know them again.
    """
    return {
        measure: Tally({day: n for day, n in tallies[measure].days.items() if day >= start}, tallies[measure].lifetime)
        for measure, start in _kept_since(ladder, first, today).items()
        if measure in tallies
    }


def asks_no_more(ladder: Ladder, earlier: Ladder) -> bool:
    """Whether all that a ladder asks for was kept under an earlier one."""
    day = ANY_NEW_YEARS_EVE
    now, then = _kept_since(ladder, day, day), _kept_since(earlier, day, day)
    return all(measure in then and then[measure] <= since for measure, since in now.items())


def _kept_since(ladder: Ladder, first: date, today: date) -> dict[str, date]:
    """Answer which measures a ladder asks for, and from which day on each is kept.

    Args:
        ladder: the member's.
        first: the first of the days as of which it may be asked what counts.
        today: of active days the last ones are kept in any case, to know them again.
    """
    since: dict[str, date] = {}
    for criterion in ladder.criteria:
        if criterion.measure in COUNTED:
            told_late = today - timedelta(days=TOLD_LATE - 1) if criterion.measure == "active_days" else date.max
            before = since.get(criterion.measure, date.max)
            since[criterion.measure] = min(first_day(criterion.within, first), told_late, before)
    return since


def first_day(within: Within | Window | None, last: date) -> date:
    """Answer the first day of the window that ends with `last`; a lifetime is a sum, and needs none."""
    if within is None or within == "lifetime":
        return date.max
    return last.replace(month=1, day=1) if within == "calendar_year" else last - timedelta(days=within.days - 1)


def value(tally: Tally, within: Within | None, day: date) -> int:
    """Answer what a measure has come to within a window that ends with `day`."""
    if within == "calendar_year":
        return growth_days.of_year(tally.days, day.year)
    if within is None or within == "lifetime":
        return tally.lifetime
    return growth_days.within(tally.days, day, within.days)
