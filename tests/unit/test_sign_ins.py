from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera.journal import Journal
from tessera.refusals import Forbidden
from tessera.sign_ins import sign_in
from tessera.streaks import days_in, streak_on
from tests.factories import NOON, later, opened


def signed_in(days: int, journal: Journal | None = None) -> Journal:
    """Sign in once a day, for so many days in a row."""
    journal = journal or opened()
    sign_in(journal)
    for _ in range(days - 1):
        journal = later(journal, days=1)
        sign_in(journal)
    return journal


def test_a_sign_in_earns_what_the_programme_gives_every_day() -> None:
    journal = opened()
    result = sign_in(journal)
    assert (result.day, result.streak, result.points, result.growth, result.new) == (NOON.date(), 1, 1, 1, True)
    (entry,) = journal.entries
    assert (entry.kind, entry.points, entry.growth, entry.rules) == ("sign_in", 1, 1, ("daily_sign_in",))


def test_a_second_sign_in_on_the_same_day_gives_the_same_answer_and_nothing_more() -> None:
    first = opened()
    given_first = sign_in(first)
    again = later(first, hours=11, minutes=59)
    result = sign_in(again)
    assert not result.new
    assert (result.day, result.streak, result.points, result.growth) == (
        given_first.day,
        given_first.streak,
        given_first.points,
        given_first.growth,
    )
    assert again.entries == []
    assert again.member.sign_in == first.member.sign_in


def test_a_new_day_begins_at_local_midnight() -> None:
    journal = opened()
    sign_in(journal)
    assert sign_in(later(journal, hours=12)).new


@pytest.mark.parametrize(
    ("days", "points", "growth", "rules"),
    [
        (2, 1, 1, ("daily_sign_in",)),
        (3, 6, 1, ("daily_sign_in", "streak_3")),
        (4, 1, 1, ("daily_sign_in",)),
        (7, 11, 3, ("daily_sign_in", "streak_7")),
        (8, 1, 1, ("daily_sign_in",)),
        (30, 51, 1, ("daily_sign_in", "streak_30")),
        (31, 1, 1, ("daily_sign_in",)),
    ],
)
def test_a_streak_is_rewarded_on_the_day_that_completes_it(
    days: int, points: int, growth: int, rules: tuple[str, ...]
) -> None:
    journal = signed_in(days)
    (entry,) = journal.entries
    assert (entry.points, entry.growth, entry.rules) == (points, growth, rules)
    assert journal.member.sign_in.streak == days


def test_a_missed_day_ends_the_streak_and_a_new_one_is_rewarded_again() -> None:
    journal = later(signed_in(5), days=2)
    assert sign_in(journal).streak == 1
    journal = signed_in(2, later(journal, days=1))
    assert journal.member.sign_in.streak == 3
    assert journal.entries[0].rules == ("daily_sign_in", "streak_3")


def test_the_longest_streak_is_remembered() -> None:
    journal = signed_in(2, later(signed_in(5), days=2))
    assert (journal.member.sign_in.streak, journal.member.sign_in.longest_streak) == (2, 5)


def test_a_streak_is_alive_until_a_whole_day_has_been_missed() -> None:
    state = signed_in(4).member.sign_in
    last = NOON.date() + timedelta(days=3)
    assert [streak_on(state, "Europe/London", last + timedelta(days=after)) for after in (0, 1, 2)] == [4, 4, 0]


@given(st.sets(st.integers(0, 120), min_size=1))
def test_the_calendar_shows_exactly_the_days_of_the_sign_ins(offsets: set[int]) -> None:
    journal = opened()
    days = []
    for offset in sorted(offsets):
        journal = opened(NOON + timedelta(days=offset), sign_in=journal.member.sign_in)
        days.append(sign_in(journal).day)
    months = [date(2026, month, 1) for month in range(1, 9)]
    assert [day for month in months for day in days_in(journal.member.sign_in, month)] == days


def test_a_month_may_be_named_by_any_of_its_days() -> None:
    assert days_in(signed_in(3).member.sign_in, date(2026, 3, 31)) == [date(2026, 3, day) for day in (2, 3, 4)]


def test_the_calendar_of_who_never_signed_in_is_empty() -> None:
    assert days_in(opened().member.sign_in, NOON.date()) == []


def test_the_day_of_23_hours_is_one_day() -> None:
    midnight = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    journal = opened(midnight)
    assert sign_in(journal).day == date(2026, 3, 29)
    assert not sign_in(later(journal, hours=22, minutes=59)).new
    assert sign_in(later(journal, hours=23)).streak == 2


def test_the_day_of_25_hours_is_one_day() -> None:
    midnight = datetime(2026, 10, 24, 23, 0, tzinfo=UTC)
    journal = opened(midnight)
    assert sign_in(journal).day == date(2026, 10, 25)
    assert not sign_in(later(journal, hours=24, minutes=59)).new
    assert sign_in(later(journal, hours=25)).streak == 2


def test_the_day_is_the_members_own_wherever_the_programme_is() -> None:
    journal = opened(datetime(2026, 6, 30, 12, 30, tzinfo=UTC), time_zone="Pacific/Auckland")
    assert sign_in(journal).day == date(2026, 7, 1)
    assert not sign_in(later(journal, hours=23)).new
    assert sign_in(later(journal, hours=24)).day == date(2026, 7, 2)


def test_moving_westwards_gives_no_day_twice() -> None:
    journal = opened(datetime(2026, 6, 30, 12, 30, tzinfo=UTC), time_zone="Pacific/Auckland")
    sign_in(journal)
    journal.change(time_zone="America/Los_Angeles")
    repeat = later(journal, hours=6)
    assert sign_in(repeat).day == date(2026, 7, 1)
    assert repeat.entries == []


@pytest.mark.parametrize("standing", ["frozen", "closed"])
def test_a_member_who_is_not_active_cannot_sign_in(standing: str) -> None:
    journal = opened(standing=standing)
    with pytest.raises(Forbidden) as refusal:
        sign_in(journal)
    assert refusal.value.code == f"member_{standing}"
    assert journal.entries == []
