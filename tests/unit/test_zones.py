"""Sign-ins in every zone of the IANA database, around every change of its clocks."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import cycle
from zoneinfo import ZoneInfo, available_timezones

import pytest

from tessera.journal import Journal
from tessera.sign_ins import SignInResult, sign_in
from tests.factories import PROGRAMME, member

FIRST, LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2037, 12, 31, tzinfo=UTC)
TWO_DAYS, A_QUARTER = timedelta(days=2), timedelta(minutes=15)
NEAR = timedelta(days=3)


def offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    """Answer how far a zone's clocks are ahead of UTC."""
    ahead = instant.astimezone(zone).utcoffset()
    assert ahead is not None
    return ahead


def changes(zone: ZoneInfo) -> Iterator[datetime]:
    """Find the instants at which the clocks of a zone are changed."""
    instant, before = FIRST, offset(zone, FIRST)
    while instant < LAST:
        after = offset(zone, instant + TWO_DAYS)
        if after != before:
            low, high = instant, instant + TWO_DAYS
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                low, high = (middle, high) if offset(zone, middle) == before else (low, middle)
            yield high.replace(microsecond=0)
        instant, before = instant + TWO_DAYS, after


@cache
def every_kind_of_change() -> dict[object, tuple[str, datetime]]:
    """Find a zone and an instant for each kind of change that there is.

    Changes are of one kind if the clocks show the same and are changed by as much, and are as far from UTC three days
    before and after.
    """
    contents: dict[bytes, str] = {}
    for name in sorted(available_timezones()):
        contents.setdefault(files("tzdata").joinpath("zoneinfo", name).read_bytes(), name)
    found: dict[object, tuple[str, datetime]] = {}
    for name in contents.values():
        zone = ZoneInfo(name)
        for change in changes(zone):
            times = (change - NEAR, change - timedelta(seconds=1), change, change + NEAR)
            shows = (change - timedelta(seconds=1)).astimezone(zone).time()
            found.setdefault((shows, *(offset(zone, instant) for instant in times)), (name, change))
    return found


def quarters_by_day(name: str, change: datetime) -> dict[date, list[datetime]]:
    """Answer the quarters of an hour around a change, by local day; those after the next day has begun are left out."""
    days: dict[date, list[datetime]] = {}
    instant = change - NEAR
    while instant < change + NEAR:
        day = instant.astimezone(ZoneInfo(name)).date()
        if not days or day >= max(days):
            days.setdefault(day, []).append(instant)
        instant += A_QUARTER
    return days


def signed_in(name: str, instants: list[datetime]) -> list[SignInResult]:
    """Sign in at these instants, and answer the sign-ins that were new."""
    who = member(enrolled_at=instants[0], booked_at=instants[0], time_zone=name, active_on=instants[0].date())
    results = []
    for instant in instants:
        journal = Journal(who, PROGRAMME, instant)
        results.append(sign_in(journal))
        who = journal.member
    return [result for result in results if result.new]


def insist_on_each_day_once(results: list[SignInResult], days: list[date], case: object) -> None:
    """Insist that each day was signed in on once, and that the streak has gone on through all of them."""
    assert [result.day for result in results] == days, case
    assert [result.streak for result in results] == list(range(1, len(days) + 1)), case


@pytest.mark.parametrize("parts", [(0.0,), (0.5,), (1.0,), (0.0, 1.0), (1.0, 0.0)])
def test_who_signs_in_once_on_every_day_that_there_is_keeps_the_streak(parts: tuple[float, ...]) -> None:
    for case in every_kind_of_change().values():
        days = quarters_by_day(*case)
        instants = [quarters[int(part * (len(quarters) - 1))] for quarters, part in zip(days.values(), cycle(parts))]
        insist_on_each_day_once(signed_in(case[0], instants), list(days), case)


def test_who_signs_in_all_the_time_does_so_once_a_day() -> None:
    for case in every_kind_of_change().values():
        days = quarters_by_day(*case)
        instants = [change for quarters in days.values() for change in quarters]
        insist_on_each_day_once(signed_in(case[0], instants), list(days), case)


def test_who_misses_a_day_that_there_is_begins_again() -> None:
    for case in every_kind_of_change().values():
        days = quarters_by_day(*case)
        instants = [quarters[0] for quarters in days.values()]
        for missed in range(1, len(days) - 1):
            results = signed_in(case[0], instants[:missed] + instants[missed + 1 :])
            assert results[missed].streak == 1, (case, missed)
