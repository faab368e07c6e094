"""Tiers that operators lend, over what is earned."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tessera import operators, outlook, tiers
from tessera.journal import Journal
from tessera.member import TierHeld
from tessera.refusals import Conflict, Invalid
from tessera.settlement import due_at, settle
from tests.factories import NOON, RULES, buy, explained, later, line, opened, programme

TIERS = [
    {"id": "low", "name": "Low"},
    {"id": "middle", "name": "Middle", "growth": 100, "multiplier_bp": 15_000},
    {"id": "guest", "name": "Guest", "by_invitation": True, "multiplier_bp": 20_000},
    {"id": "high", "name": "High", "growth": 500, "multiplier_bp": 30_000},
]
PROGRAMME = programme(tiers=RULES["tiers"] | {"ladder": TIERS}, operators={"reasons": {"friend": "A friend"}})
UNTIL = NOON + timedelta(days=30)
BY_HAND: dict[str, Any] = {"reason": "friend", "note": "", "by": "o_1"}


def placed(tier_id: str = "guest", journal: Journal | None = None, until: datetime = UNTIL) -> Journal:
    """Place a member on a tier."""
    journal = journal or opened(rules=PROGRAMME)
    operators.place(journal, tier_id, until, **BY_HAND)
    return journal


def tier_of(journal: Journal, now: datetime) -> str:
    """Answer the tier that the member is on later on."""
    return outlook.outlook(journal.member, PROGRAMME, now).tier.id


def test_a_placement_lasts_to_its_end_to_the_second() -> None:
    journal = placed()
    assert due_at(journal.member, PROGRAMME) == UNTIL
    assert tier_of(journal, UNTIL - timedelta(seconds=1)) == "guest"
    assert tier_of(journal, UNTIL) == "low"


def test_the_entry_says_which_placement_is_over() -> None:
    (entry,) = settle(placed().member, PROGRAMME, UNTIL).entries
    assert (entry.kind, entry.at) == ("placement_end", UNTIL)
    assert explained(entry) == {"placement": {"tier": "guest", "ended": True}}


def test_nobody_earns_a_tier_that_is_by_invitation() -> None:
    journal = opened(rules=PROGRAMME)
    buy(journal, line(unit_price=49_900))
    assert journal.member.tier.id == "middle"
    ahead = tiers.next_tier(journal.member, PROGRAMME, NOON)
    assert ahead
    assert ahead.tier.id == "high"


def test_what_is_lent_multiplies_points() -> None:
    journal = placed()
    buy(journal)
    assert journal.entries[-1].points == 20


def test_what_is_earned_beneath_a_placement_remains_when_it_is_over() -> None:
    journal = later(placed(), days=10)
    buy(journal, line(unit_price=10_000))
    earned = TierHeld(id="middle", since=journal.now, until=journal.now + timedelta(days=365))
    assert (journal.member.tier, tier_of(journal, journal.now)) == (earned, "guest")
    journal = settle(journal.member, PROGRAMME, UNTIL)
    assert (journal.member.tier, journal.member.placement, tier_of(journal, UNTIL)) == (earned, None, "middle")
    assert [(entry.kind, entry.at) for entry in journal.entries] == [("placement_end", UNTIL)]


def test_who_earns_more_than_is_lent_is_on_what_is_earned() -> None:
    journal = placed()
    buy(journal, line(unit_price=50_000))
    assert tier_of(journal, NOON) == "high"


def test_the_term_is_the_placements_only_while_that_is_higher_than_what_is_earned() -> None:
    journal = opened(rules=PROGRAMME)
    assert tiers.term_start(journal.member, PROGRAMME) == NOON
    journal = placed("middle", later(journal, days=1), UNTIL)
    assert tiers.term_start(journal.member, PROGRAMME) == NOON + timedelta(days=1)
    journal = later(journal, days=1)
    buy(journal, line(unit_price=10_000))
    assert (journal.member.tier.id, tiers.is_lent(journal.member, PROGRAMME)) == ("middle", False)
    assert tiers.term_start(journal.member, PROGRAMME) == NOON + timedelta(days=2)


def test_a_placement_replaces_another() -> None:
    journal = placed("high")
    placed("guest", journal, UNTIL + timedelta(days=30))
    assert tier_of(journal, UNTIL) == "guest"


def test_a_placement_ends_before_its_time_when_an_operator_says_so() -> None:
    journal = placed()
    operators.end_placement(journal, **BY_HAND)
    assert tier_of(journal, NOON) == "low"


def test_without_a_placement_there_is_none_to_end() -> None:
    journal = opened(rules=PROGRAMME)
    operators.end_placement(journal, **BY_HAND)
    assert journal.entries == []


def test_nobody_is_placed_on_what_they_have_earned_already() -> None:
    journal = opened(rules=PROGRAMME)
    buy(journal, line(unit_price=10_000))
    with pytest.raises(Conflict) as refused:
        placed("middle", journal)
    assert refused.value.code == "tier_not_higher"


@pytest.mark.parametrize(
    ("tier_id", "until", "pointer"), [("none", UNTIL, "/tier"), ("guest", NOON, "/until")], ids=["no tier", "no time"]
)
def test_a_placement_is_on_a_tier_of_the_ladder_and_ends_in_the_future(
    tier_id: str, until: datetime, pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        placed(tier_id, until=until)
    assert [problem.pointer for problem in refused.value.problems] == [pointer]


def test_an_entry_about_a_placement_is_among_those_that_tell_of_the_tier() -> None:
    journal = placed()
    assert journal.member.tier_entries == (journal.entries[-1].sequence,)
