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


_LONGEST_YEAR = 366


class Tally(NamedTuple):
    """A measure of one member: by local day of the programme's zone, and of a lifetime."""

    days: GrowthDays
    lifetime: int


def kept_days(ladder: Ladder) -> dict[str, int]:
    """Answer of which measures a ladder asks, and for how many days each is to be kept."""
    kept: dict[str, int] = {}
    for criterion in ladder.criteria:
        if criterion.measure in COUNTED:
            longest = max(_days(criterion.within), TOLD_LATE)
            kept[criterion.measure] = max(longest, kept.get(criterion.measure, 0))
    return kept


def _days(within: Within | None) -> int:
    """Answer how many days a window spans at most; a lifetime is a sum, and needs none."""
    if within is None or within == "lifetime":
        return 0
    return _LONGEST_YEAR if within == "calendar_year" else within.days


def after_entry(  # noqa: PLR0913, PLR0917 - what an entry says of the measures has this many parts
    tallies: Mapping[str, Tally],
    ladder: Ladder,
    zone: str,
    today: date,
    kind: str,
    at: datetime,
    detail: Mapping[str, Any],
) -> Mapping[str, Tally]:
    """Count what an entry says of spend, orders and active days.

    Args:
        tallies: the member's before the entry.
        ladder: the member's.
        zone: the programme's.
        today: the day of the booking; what left the windows long ago adds no active day.
        kind: the entry's kind.
        at: when it happened.
        detail: what the entry explains itself with: `spend`, `orders`, and for a refund the `order_day`.
    """
    kept = kept_days(ladder)
    if not kept:
        return tallies
    day = date.fromisoformat(detail["order_day"]) if "order_day" in detail else local_day(at, zone)
    after = dict(tallies)
    for measure in kept:
        before = after.get(measure, Tally({}, 0))
        gain = int(detail.get(measure, 0))
        if measure == "active_days":
            known = day in before.days or day <= today - timedelta(days=kept[measure])
            gain = int(kind in ACTIVITIES and not known)
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
    since: dict[str, date] = {}
    for criterion in ladder.criteria:
        if criterion.measure in COUNTED:
            told_late = today - timedelta(days=TOLD_LATE) if criterion.measure == "active_days" else date.max
            needed = min(first_day(criterion.within, first), told_late, since.get(criterion.measure, date.max))
            since[criterion.measure] = needed
    return {
        measure: Tally({day: n for day, n in tallies[measure].days.items() if day >= start}, tallies[measure].lifetime)
        for measure, start in since.items()
        if measure in tallies
    }


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
