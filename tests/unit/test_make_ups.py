from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera import actions
from tessera.enrolment import enrol
from tessera.history import rebuild
from tessera.journal import Entry, Journal
from tessera.make_ups import days_open, make_up
from tessera.member import Member
from tessera.messages import ActionDone
from tessera.moves import move
from tessera.refusals import Conflict, Forbidden
from tessera.sign_ins import sign_in
from tessera.streaks import streak_on
from tessera.verification import verify
from tests.factories import NOON, explained, opened, programme

TODAY = NOON.date()
LONG_AGO = NOON - timedelta(days=400)
STREAKS = [
    {"days": 3, "points": 5},
    {"days": 7, "points": 10, "growth": 2, "make_up_cards": 1},
    {"days": 10, "growth": 7},
    {"days": 12, "points": 50},
]
RULES = {"daily": {"points": 1, "growth": 1}, "streaks": STREAKS, "make_up": {"within_days": 31, "most": 100}}
WITH_CARDS = programme(sign_ins=RULES)


def day(number: int) -> date:
    """Number days: 0 is today."""
    return TODAY + timedelta(days=number)


def lived(days: list[int], cards: int = 9, rules: Any = RULES, **fields: Any) -> Journal:
    """Sign in on these days, and open the journal at noon today."""
    who = opened(LONG_AGO, enrolled_at=LONG_AGO, booked_at=LONG_AGO, make_up_cards=cards).member
    for number in days:
        journal = Journal(who, programme(sign_ins=rules), NOON + timedelta(days=number))
        sign_in(journal)
        who = replace(journal.member, make_up_cards=cards)
    return Journal(replace(who, **fields), programme(sign_ins=rules), NOON)


def refused(journal: Journal, of: date) -> str:
    """Answer the code with which a day is refused."""
    with pytest.raises(Conflict) as refusal:
        make_up(journal, of)
    assert of not in days_open(journal.member, journal.programme, journal.now)
    assert journal.entries == []
    return refusal.value.code


def test_a_made_up_day_joins_what_was_before_and_after_it() -> None:
    journal = lived([-5, -4, -2, -1])
    result = make_up(journal, day(-3))
    assert (result.streak, result.points, result.growth, result.make_up_cards) == (5, 6, 1, 8)
    (entry,) = journal.entries
    assert (entry.kind, entry.source, entry.rules) == (
        "make_up",
        {"day": day(-3).isoformat()},
        ("make_up", "daily_sign_in", "streak_3"),
    )
    assert explained(entry) == {"streak": 5, "make_up_cards": -1}


def test_a_made_up_day_after_the_last_one_becomes_the_last() -> None:
    journal = lived([-4, -3, -2])
    assert make_up(journal, day(-1)).streak == 4
    assert journal.member.sign_in.day == day(-1)
    assert sign_in(journal).streak == 5


def test_a_made_up_day_before_all_others_counts_with_them() -> None:
    journal = lived([-2, -1])
    assert make_up(journal, day(-3)).streak == 3
    assert (journal.member.sign_in.first_day, journal.member.sign_in.longest_streak) == (day(-3), 3)


def test_who_has_never_signed_in_may_make_up_a_day() -> None:
    journal = lived([])
    assert make_up(journal, day(-1)).streak == 1
    assert sign_in(journal).streak == 2


def test_a_streak_goes_on_over_a_day_that_a_move_has_shortened() -> None:
    journal = lived([-5, -4])
    move(journal, "Asia/Tokyo")
    result = make_up(journal, day(-2))
    assert (result.streak, result.points) == (3, 6)


def test_a_streak_of_the_past_may_become_the_longest() -> None:
    journal = lived([-9, -8, -6, -5, -1])
    assert make_up(journal, day(-7)).streak == 1
    assert journal.member.sign_in.longest_streak == 5


def test_what_both_parts_of_a_streak_were_given_is_not_given_twice() -> None:
    """Ten days would have had the rewards of days 3 and 7 once; 3 and 6 days have had that of day 3 twice."""
    journal = lived([*range(-10, -7), *range(-6, 0)])
    result = make_up(journal, day(-7))
    assert (result.streak, result.points, result.growth) == (10, 1 + 10 - 5, 1 + 2 + 7)


def test_nothing_is_taken_back_when_the_parts_had_more() -> None:
    rules = {**RULES, "streaks": STREAKS[:1]}
    assert make_up(lived([-7, -6, -5, -3, -2, -1], rules=rules), day(-4)).points == 1


def test_it_is_something_that_the_member_did() -> None:
    journal = lived([-5])
    make_up(journal, day(-1))
    assert journal.member.active_on == TODAY


def test_the_cards_of_a_streak_that_is_mended_are_not_granted_again() -> None:
    journal = lived([*range(-7, -4), *range(-3, 0)], cards=1)
    assert make_up(journal, day(-4)).make_up_cards == 0


def test_some_days_cannot_be_made_up() -> None:
    journal = lived([-3, -1])
    assert refused(journal, day(0)) == "day_not_over"
    assert refused(journal, day(-3)) == "day_signed_in"
    assert refused(journal, day(-32)) == "day_too_long_ago"
    assert refused(lived([-1], enrolled_at=NOON - timedelta(days=2)), day(-3)) == "before_enrolment"
    assert refused(lived([-1], cards=0), day(-2)) == "no_make_up_card"
    assert refused(lived([-1], rules={**RULES, "streaks": [], "make_up": None}), day(-2)) == "no_make_up"
    make_up(journal, day(-2))
    assert refused(Journal(journal.member, WITH_CARDS, NOON), day(-2)) == "day_signed_in"


@pytest.mark.parametrize("standing", ["frozen", "closed"])
def test_who_is_not_active_makes_nothing_up(standing: str) -> None:
    journal = lived([-3, -1], standing=standing)
    assert days_open(journal.member, journal.programme, NOON) == []
    with pytest.raises(Forbidden) as refusal:
        make_up(journal, day(-2))
    assert refusal.value.code == f"member_{standing}"


def test_a_day_that_the_zone_left_out_is_not_missed_and_breaks_no_mended_streak() -> None:
    """Pacific/Apia went from the 29th to the 31st of December 2011."""
    journal = enrol("m_1", "Pacific/Apia", programme(welcome={"make_up_cards": 1}, sign_ins=RULES), at_apia(27))
    for number in (27, 28, 31):
        journal = Journal(journal.member, journal.programme, at_apia(number))
        assert sign_in(journal).new
    assert journal.member.sign_in.streak == 1
    assert refused(Journal(journal.member, journal.programme, at_apia(32)), date(2011, 12, 30)) == "day_not_missed"
    assert make_up(journal, date(2011, 12, 29)).streak == 4


def at_apia(number: int) -> datetime:
    """Answer an instant on a day of December 2011, of which 32 is the first of January."""
    return datetime(2011, 12, 1, 22 if number < 30 else 0, tzinfo=UTC) + timedelta(days=number - 1)


def test_a_welcome_and_an_action_grant_cards_up_to_the_most() -> None:
    rules = programme(
        welcome={"make_up_cards": 2},
        sign_ins={**RULES, "make_up": {"within_days": 7, "most": 3}},
        actions={"review": {"name": "Review", "points": 2, "make_up_cards": 2, "caps": {"lifetime": {"points": 6}}}},
    )
    journal = enrol("m_1", "Europe/London", rules, NOON)
    assert journal.entries[0].detail["make_up_cards"] == 2
    granted = [act(journal, f"A{number}") for number in range(2)]
    assert (granted, journal.member.make_up_cards) == ([1, None], 3)
    journal.change(make_up_cards=0)
    assert [act(journal, f"B{number}") for number in range(2)] == [2, None]


def act(journal: Journal, action_id: str) -> object:
    """Let the shop report a review, and answer the cards that its entry says it gave."""
    done = ActionDone(type="action", action_id=action_id, member_id="m_1", kind="review", at=NOON)
    actions.count(journal, done, "", "{}")
    return journal.entries[-1].detail.get("make_up_cards")


class Naive:
    """Sign-ins and make-ups as a list of days, reckoned from scratch each time."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.days: set[date] = set()

    def run_to(self, last: date) -> int:
        """Answer how many days in a row end with a day."""
        length = 0
        while last - timedelta(days=length) in self.days:
            length += 1
        return length

    def add(self, new: date) -> tuple[int, int]:
        """Count a day, and answer the points and the growth that it gives."""
        before = self.run_to(new - timedelta(days=1))
        behind = 0
        while new + timedelta(days=behind + 1) in self.days:
            behind += 1
        self.days.add(new)
        due, had = self.rewards(before + 1 + behind), [self.rewards(before), self.rewards(behind)]
        points, growth = (max(0, due[what] - had[0][what] - had[1][what]) for what in (0, 1))
        return 1 + points, 1 + growth

    def rewards(self, length: int) -> tuple[int, int]:
        """Answer what the rewards of a streak of so many days come to."""
        reached = [reward for reward in WITH_CARDS.sign_ins.streaks if reward.days <= length]
        return sum(reward.points for reward in reached), sum(reward.growth for reward in reached)

    def longest(self) -> int:
        """Answer how many days the longest streak has."""
        return max((self.run_to(last) for last in self.days), default=0)


STEPS = st.lists(st.tuples(st.sampled_from([1, 1, 1, 2, 3]), st.lists(st.integers(1, 9), max_size=3)), max_size=25)


@given(STEPS)
def test_sign_ins_and_make_ups_come_to_what_a_list_of_days_does(steps: list[tuple[int, list[int]]]) -> None:
    journal = enrol("m_1", "Europe/London", programme(welcome={"make_up_cards": 100}, sign_ins=RULES), LONG_AGO)
    ledger = list(journal.entries)
    naive = Naive()
    now = LONG_AGO + timedelta(days=40)

    def keep(said: tuple[int, int], was_given: tuple[int, int]) -> None:
        assert said == was_given
        ledger.extend(journal.entries)

    for days_later, missed in steps:
        now += timedelta(days=days_later)
        journal = Journal(journal.member, journal.programme, now)
        result = sign_in(journal)
        keep((result.points, result.growth), naive.add(now.date()))
        for ago in missed:
            wanted = now.date() - timedelta(days=ago)
            journal = Journal(journal.member, journal.programme, now)
            assert (wanted in days_open(journal.member, WITH_CARDS, now)) == (wanted not in naive.days)
            if wanted not in naive.days:
                made_up = make_up(journal, wanted)
                keep((made_up.points, made_up.growth), naive.add(wanted))
                assert made_up.streak == naive.run_to(now.date())
        check(journal.member, naive, now)
    assert rebuild(journal.member, ledger, journal.programme).sign_in == journal.member.sign_in
    assert verify(journal.member, with_hashes(ledger), journal.programme) is None


def check(who: Member, naive: Naive, now: datetime) -> None:
    """Compare how things stand."""
    assert streak_on(who.sign_in, who.time_zone, now.date()) == naive.run_to(now.date())
    assert who.sign_in.longest_streak == naive.longest()


def with_hashes(ledger: list[Entry]) -> list[tuple[Entry, bytes]]:
    """Answer entries as the store keeps them."""
    return [(entry, entry.hash) for entry in ledger]
