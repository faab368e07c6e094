"""Moves between zones: no two sign-ins in a day, and no streak that breaks because of a move."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera.enrolment import enrol
from tessera.history import rebuild
from tessera.instants import local_day, midnight
from tessera.journal import Journal
from tessera.moves import move
from tessera.refusals import Conflict
from tessera.sign_ins import SignInResult, sign_in
from tessera.streaks import is_open, streak_on
from tessera.verification import verify
from tests.factories import NOON, PROGRAMME, explained, later, opened

KIRITIMATI, LONDON, TOKYO = "Pacific/Kiritimati", "Europe/London", "Asia/Tokyo"
LOS_ANGELES, FARTHEST_WEST = "America/Los_Angeles", "Etc/GMT+12"
ZONES = [
    "America/St_Johns",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "UTC",
    FARTHEST_WEST,
    KIRITIMATI,
    LONDON,
    LOS_ANGELES,
    TOKYO,
]


def on(day: int, hour: int, minute: int = 0) -> datetime:
    """Name an instant of March 2026, when no clocks of these zones but those of America are changed."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def at(instant: datetime, journal: Journal) -> Journal:
    """Open the member's next journal."""
    return Journal(journal.member, journal.programme, instant)


def moved(journal: Journal, instant: datetime, zone: str) -> Journal:
    """Move, and answer the journal in which that is booked."""
    moving = at(instant, journal)
    move(moving, zone)
    return moving


def test_a_move_is_an_entry_that_says_from_where_to_where() -> None:
    journal = moved(opened(), NOON, TOKYO)
    (entry,) = journal.entries
    assert (entry.kind, entry.points, explained(entry)) == ("move", 0, {"from": LONDON, "to": TOKYO})
    assert journal.member.time_zone == TOKYO


def test_to_be_there_already_is_no_entry() -> None:
    assert moved(opened(), NOON, LONDON).entries == []


def test_who_has_left_for_good_moves_no_more() -> None:
    with pytest.raises(Conflict) as refusal:
        move(opened(standing="closed"), TOKYO)
    assert refusal.value.code == "member_closed"


def test_who_is_frozen_may_move() -> None:
    assert moved(opened(standing="frozen"), NOON, TOKYO).member.time_zone == TOKYO


def test_a_move_puts_off_no_expiry() -> None:
    assert moved(opened(), NOON + timedelta(days=9), TOKYO).member.active_on == NOON.date()


def test_moving_east_gives_the_next_day_only_when_the_last_is_over_where_it_was() -> None:
    journal = opened(on(2, 16))
    sign_in(journal)
    journal = moved(journal, on(2, 17), TOKYO)  # where it is the 3rd by now
    repeat = at(on(2, 23, 59), journal)
    assert (sign_in(repeat).day, repeat.entries) == (date(2026, 3, 2), [])
    assert sign_in(at(on(3, 0), journal)) == SignInResult(date(2026, 3, 3), 2, 1, 1, new=True)


def test_moving_east_over_most_of_a_day_does_not_break_the_streak() -> None:
    journal = opened(on(2, 23))
    sign_in(journal)
    journal = moved(journal, on(2, 23), KIRITIMATI)  # of whose 3rd there is no more than ten hours left at midnight
    assert streak_on(journal.member.sign_in, KIRITIMATI, date(2026, 3, 4)) == 1
    late = at(on(4, 9), journal)
    assert (sign_in(late).day, late.member.sign_in.streak) == (date(2026, 3, 4), 2)
    assert late.member.sign_in.bridged == {date(2026, 3, 3)}
    assert late.entries[-1].detail["carried"] == 1


def test_a_whole_day_missed_after_a_move_breaks_the_streak() -> None:
    journal = opened(on(2, 23))
    sign_in(journal)
    journal = moved(journal, on(2, 23), KIRITIMATI)
    late = at(on(4, 10), journal)
    assert (sign_in(late).day, late.member.sign_in.streak) == (date(2026, 3, 5), 1)


def test_moving_west_gives_no_day_twice_and_asks_for_none_again() -> None:
    journal = opened(on(2, 12), time_zone=TOKYO)
    sign_in(journal)
    journal = moved(journal, on(2, 13), LOS_ANGELES)
    repeat = at(on(3, 7, 59), journal)
    assert (sign_in(repeat).day, repeat.entries) == (date(2026, 3, 2), [])
    assert sign_in(at(on(4, 7, 59), journal)).streak == 2


def test_a_day_that_a_move_made_longer_is_over_only_where_it_ended_last() -> None:
    journal = opened(on(3, 9, 30), time_zone=KIRITIMATI)
    sign_in(journal)  # of the 3rd, which is over there in half an hour
    journal = moved(journal, on(3, 9, 45), FARTHEST_WEST)  # where it is the 2nd, and then the 3rd
    journal = moved(journal, on(4, 11, 45), KIRITIMATI)  # where it is the 5th, but the 4th was nowhere
    assert not is_open(journal.member.sign_in, KIRITIMATI, on(4, 11, 59))
    assert sign_in(at(on(4, 12), journal)).streak == 2


def test_moves_there_and_back_mend_no_streak() -> None:
    journal = opened(on(2, 12))
    sign_in(journal)
    for zone in (LOS_ANGELES, LONDON):
        journal = moved(journal, on(4, 9), zone)
    assert streak_on(journal.member.sign_in, LONDON, date(2026, 3, 4)) == 0


def test_the_next_sign_in_forgets_the_move() -> None:
    journal = opened()
    sign_in(journal)
    journal = later(moved(journal, NOON, TOKYO), days=1)
    assert journal.member.sign_in.ends_at == on(3, 0)
    sign_in(journal)
    assert journal.member.sign_in.ends_at is None


@dataclass(frozen=True)
class Stay:
    """Some hours in a zone, and when in them, by parts, the member looks in on each day."""

    zone: str
    hours: int
    part: float


STAYS = st.lists(
    st.builds(Stay, st.sampled_from(ZONES), st.integers(1, 80), st.sampled_from([0.0, 0.3, 0.99])),
    min_size=1,
    max_size=12,
)
STARTS = st.sampled_from([on(2, 12), datetime(2011, 12, 28, 3, tzinfo=UTC), datetime(2026, 10, 24, 7, tzinfo=UTC)])


def looks(begin: datetime, end: datetime, stay: Stay) -> list[datetime]:
    """Answer when a member looks in: once on every local day of a stay, or of what a stay has of it."""
    instants = []
    while begin < end:
        tomorrow = midnight(local_day(begin, stay.zone) + timedelta(days=1), stay.zone)
        instants.append(begin + (min(tomorrow, end) - begin) * stay.part)
        begin = tomorrow
    return [instant.replace(microsecond=0) for instant in instants]


@given(STARTS, STAYS)
def test_whoever_travels_gets_one_sign_in_a_day_and_keeps_the_streak(start: datetime, stays: list[Stay]) -> None:
    journal = enrol("m_1", stays[0].zone, PROGRAMME, start)
    ledger = list(journal.entries)
    new: list[tuple[datetime, str, SignInResult]] = []
    for stay in stays:
        journal = moved(journal, start, stay.zone)
        ledger += journal.entries
        for instant in looks(start, start + timedelta(hours=stay.hours), stay):
            journal = at(instant, journal)
            result = sign_in(journal)
            ledger += journal.entries
            assert result.new == bool(journal.entries)
            if result.new:
                new.append((instant, stay.zone, result))
        start += timedelta(hours=stay.hours)

    for (_, zone, earlier), (instant, _, result) in pairwise(new):
        assert local_day(instant, zone) > earlier.day
        assert result.day > earlier.day
    assert [result.streak for *_, result in new] == list(range(1, len(new) + 1))
    assert rebuild(journal.member, ledger, PROGRAMME).sign_in == journal.member.sign_in
    assert verify(journal.member, [(entry, entry.hash) for entry in ledger], PROGRAMME) is None
