"""Birthdays: each is kept on one day of a year, and seen by the first night after that day has begun for the member."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera import birthdays, occasions
from tessera.instants import local_day
from tests.factories import member

LEAP_DAY = {"month": 2, "day": 29}
ENROLLED = datetime(2026, 3, 2, 12, tzinfo=UTC)

zones = st.sampled_from(sorted(available_timezones()))
days_of_a_leap_year = st.dates(date(2024, 1, 1), date(2024, 12, 31))
born = days_of_a_leap_year.map(lambda day: {"month": day.month, "day": day.day})
instants = st.datetimes(datetime(2026, 1, 1), datetime(2034, 1, 1)).map(  # noqa: DTZ001 - made UTC at once
    lambda instant: instant.replace(microsecond=0, tzinfo=UTC)
)


@pytest.mark.parametrize(("year", "day"), [(2027, 28), (2028, 29), (2100, 28), (2000, 29)])
def test_who_was_born_on_29_february_keeps_it_on_the_28th_of_other_years(year: int, day: int) -> None:
    assert birthdays.kept_on(LEAP_DAY, year) == date(year, 2, day)


@given(born, st.integers(1999, 2101))
def test_each_birthday_is_kept_on_one_day_of_each_year(birthday: dict[str, int], year: int) -> None:
    days = {date(year, 1, 1) + timedelta(days=number) for number in range(365)} | {date(year, 12, 31)}
    on = {day for day in days if birthdays.written(birthday) in birthdays.kept(day)}
    assert on == {birthdays.kept_on(birthday, year)}


@given(zones, instants, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_the_days_of_a_night_are_those_of_every_zone(zone: str, since: datetime, later: timedelta) -> None:
    days = birthdays.days_since(since, since + later)
    assert {local_day(since, zone), local_day(since + later, zone)} <= set(days)
    assert len(days) <= later.days + 4


@given(
    zone=zones,
    birthday=born,
    enrolled_at=instants,
    begun=instants,
    between=st.lists(st.timedeltas(timedelta(minutes=1), timedelta(days=31)), min_size=1, max_size=30),
)
def test_the_first_night_after_it_has_begun_sees_a_birthday_wherever_it_is(
    zone: str, birthday: dict[str, int], enrolled_at: datetime, begun: datetime, between: list[timedelta]
) -> None:
    who = member(time_zone=zone, enrolled_at=enrolled_at)
    seen: dict[int, datetime] = {}
    since = begun
    for step in between:
        night = since + step
        for day in birthdays.days_since(since, night):
            if birthdays.written(birthday) in birthdays.kept(day) and birthdays.is_celebrated(who, day, since, night):
                seen.setdefault(day.year, night)
        since = night
    assert seen == expected(zone, birthday, enrolled_at, begun, between)


def expected(
    zone: str, birthday: dict[str, int], enrolled_at: datetime, begun: datetime, between: list[timedelta]
) -> dict[int, datetime]:
    """Answer by year the first night at or after the birthday's beginning, of those that are not over too early."""
    nights = [begun + sum(between[: number + 1], timedelta(0)) for number in range(len(between))]
    found = {}
    for year in range(begun.year - 1, nights[-1].year + 2):
        on = birthdays.kept_on(birthday, year)
        # By what day it is in the zone: no instant of a midnight is reckoned.
        over = local_day(max(begun, enrolled_at), zone) > on
        first = next((night for night in nights if local_day(night, zone) >= on), None)
        if first and not over:
            found[year] = first
    return found


def test_a_birthday_brings_a_template_once_a_year_whatever_the_day() -> None:
    def told(day: date) -> occasions.Birthdays:
        return occasions.Birthdays(day=day, members=["m_1"], since=ENROLLED, as_of=ENROLLED)

    spring, autumn = told(date(2027, 3, 5)), told(date(2027, 10, 1))
    assert spring.claim_id("cake", "m_1") == autumn.claim_id("cake", "m_1") == "birthday:cake:m_1:2027"
    assert told(date(2028, 3, 5)).claim_id("cake", "m_1") != spring.claim_id("cake", "m_1")


def test_a_message_about_birthdays_is_read_as_it_was_written() -> None:
    told = occasions.Birthdays(
        day=date(2027, 3, 5), members=["m_1", "m_2"], since=ENROLLED, as_of=ENROLLED + timedelta(days=1)
    )
    assert occasions.read(occasions.write(told)) == told
