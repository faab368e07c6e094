"""What becomes of tiers when the programme has changed."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tessera import outlook, tiers
from tessera.journal import Entry, Journal
from tessera.measures import Tally
from tessera.member import Placement, TierHeld
from tessera.programme.model import Programme
from tessera.promotion import promote, tallied
from tessera.settlement import settle
from tests.factories import (
    NOON,
    PROGRAMME,
    RULES,
    buy,
    later,
    line,
    opened,
    programme,
    refund,
    refund_message,
)

YEAR = timedelta(days=365)


def version(number: int, *ladder: dict[str, Any], **parts: Any) -> Programme:
    """Make a later version of the programme, that knows the first."""
    tiers = [{"id": "low", "name": "Low"}, *ladder]
    after = programme(version=number, tiers=RULES["tiers"] | {"ladder": tiers} | parts)
    return after.following({1: PROGRAMME})


SPENDERS = {
    "id": "spender",
    "name": "Spender",
    "entry": {"measure": "spend", "at_least": 15_000, "within": {"days": 90}},
}
ASKS_FOR_1000 = version(2, {"id": "middle", "name": "Middle", "growth": 1000})
ASKS_FOR_SPEND = version(2, {"id": "middle", "name": "Middle", "growth": 1000}, SPENDERS)


def after_two_orders() -> tuple[Journal, list[Entry]]:
    """Answer a member of the first version's middle tier, with £100 and £60 spent in ten days, and the ledger."""
    first = opened()
    buy(first, line(unit_price=10_000))
    second = later(first, days=10)
    buy(second, line(unit_price=6_000), order_id="O2")
    return second, first.entries + second.entries


def reevaluated(before: Journal, ledger: list[Entry], rules: Programme, now: datetime) -> Journal:
    """Evaluate a member anew under a later version."""
    journal = settle(tallied(before.member, ledger, rules), rules, now)
    promote(journal)
    return journal


def test_what_was_spent_before_the_programme_asked_for_it_is_found_in_the_ledger() -> None:
    journal, ledger = after_two_orders()
    assert journal.member.tallies == {}
    after = reevaluated(journal, ledger, ASKS_FOR_SPEND, journal.now + timedelta(days=1))
    assert after.member.tallies["spend"] == Tally({NOON.date(): 10_000, journal.now.date(): 6_000}, 16_000)
    assert after.member.tier.id == "spender"
    assert [(entry.kind, entry.recorded_at) for entry in after.entries] == [("tier_change", after.now)]


def test_a_second_evaluation_changes_nothing() -> None:
    journal, ledger = after_two_orders()
    once = reevaluated(journal, ledger, ASKS_FOR_SPEND, journal.now)
    twice = reevaluated(once, ledger + once.entries, ASKS_FOR_SPEND, once.now)
    assert (twice.entries, twice.member) == ([], once.member)


def test_a_new_version_that_asks_for_more_lowers_nobody_within_the_term() -> None:
    journal, ledger = after_two_orders()
    after = reevaluated(journal, ledger, ASKS_FOR_1000, journal.now)
    assert (after.member.tier, after.entries) == (journal.member.tier, [])


def test_the_review_under_a_new_version_goes_by_what_that_asks_for() -> None:
    journal, ledger = after_two_orders()
    after = reevaluated(journal, ledger, ASKS_FOR_1000, journal.now)
    assert settle(after.member, ASKS_FOR_1000, NOON + YEAR).member.tier.id == "low"


def test_a_version_that_asks_for_nothing_new_needs_no_look_at_the_ledger() -> None:
    journal, _ = after_two_orders()
    assert tiers.is_tallied(journal.member, ASKS_FOR_1000)
    assert not tiers.is_tallied(journal.member, ASKS_FOR_SPEND)
    assert not tiers.is_tallied(journal.member, programme(version=2))


def test_what_the_version_in_force_has_written_is_never_counted_again() -> None:
    assert tiers.is_tallied(opened().member, PROGRAMME)


@pytest.mark.parametrize(
    ("then", "now", "kept"),
    [
        ({"policy": "lifetime"}, {"policy": "lifetime"}, True),
        ({"policy": "lifetime"}, {"policy": "window", "days": 365}, False),
        ({"policy": "window", "days": 365}, {"policy": "lifetime"}, False),
        ({"policy": "window", "days": 365}, {"policy": "window", "days": 30}, True),
        ({"policy": "window", "days": 365}, {"policy": "window", "days": 366}, False),
        ({"policy": "window", "days": 30}, {"policy": "calendar_year"}, False),
        ({"policy": "window", "days": 366}, {"policy": "calendar_year"}, True),
    ],
)
@pytest.mark.parametrize("account", ["consumer", "business"])
def test_growth_is_counted_from_the_ledger_if_more_of_it_is_asked_for(
    then: dict[str, Any], now: dict[str, Any], account: str, *, kept: bool
) -> None:
    def rules(growth: dict[str, Any], **fields: Any) -> Programme:
        ladder = RULES["tiers"] | {"growth": growth}
        return programme(**({"tiers": ladder} if account == "consumer" else {"ladders": {account: ladder}}), **fields)

    after = rules(now, version=2).following({1: rules(then)})
    member = replace(opened(rules=rules(then)).member, account=account)
    assert tiers.is_tallied(member, after) is kept


def test_what_an_older_version_has_written_is_counted_again() -> None:
    journal, _ = after_two_orders()
    assert not tiers.is_tallied(replace(journal.member, tallied_under=3), ASKS_FOR_SPEND)


def test_growth_of_an_order_that_went_back_late_is_not_found_again() -> None:
    short = programme(tiers=RULES["tiers"] | {"growth": {"policy": "window", "days": 30}})
    first = opened(rules=short)
    order = buy(first, line(unit_price=60_000))
    back = later(first, days=41)
    refund(back, order, refund_message({"1": 1}, refunded_at=back.now))
    year = programme(version=2).following({1: short})
    after = tallied(back.member, first.entries + back.entries, year)
    assert after.growth_days == {}


@pytest.mark.parametrize(("then", "now"), [("lifetime", "window"), ("window", "lifetime")])
def test_growth_is_found_whatever_it_counted_for_before(then: str, now: str) -> None:
    policies = {"window": {"policy": "window", "days": 365}, "lifetime": {"policy": "lifetime"}}
    before, after = (RULES["tiers"] | {"growth": policies[policy]} for policy in (then, now))
    rules = programme(tiers=before)
    first = opened(rules=rules)
    buy(first, line(unit_price=1_000))
    second = later(first, days=400)
    buy(second, line(unit_price=60_000), order_id="O2", placed_at=second.now)
    changed = programme(version=2, tiers=after).following({1: rules})
    found = tallied(second.member, first.entries + second.entries, changed)
    counts = {"window": 600, "lifetime": 610}
    assert tiers.growth(found, changed, second.now) == counts[now]


def test_a_tier_that_was_dropped_is_held_to_the_end_of_its_term_and_ranks_as_the_next_lower_one() -> None:
    bought = opened()
    buy(bought, line(unit_price=50_000))
    rules = version(
        2, {"id": "middle", "name": "Middle", "growth": 100}, {"id": "upper", "name": "Upper", "growth": 900}
    )
    after = later(bought, days=1)
    after = settle(after.member, rules, after.now)
    assert tiers.held(after.member, rules).id == "high"
    assert tiers.held_rank(after.member, rules) == 1
    buy(after, line(unit_price=40_000), order_id="O2")
    assert after.member.tier.id == "high"
    assert settle(after.member, rules, NOON + YEAR).member.tier.id == "middle"


@pytest.mark.parametrize(
    ("review", "tier", "unearned"),
    [
        ({"policy": "to_earned"}, "low", False),
        ({"policy": "one_step"}, "middle", True),
        ({"policy": "keep"}, "middle", True),
    ],
)
def test_the_term_of_a_tier_that_was_dropped_ends_on_what_is_earned_or_on_the_next_lower_one(
    review: dict[str, Any], tier: str, *, unearned: bool
) -> None:
    bought = opened()
    buy(bought, line(unit_price=50_000))
    middle = {"id": "middle", "name": "Middle", "growth": 100}
    short = {"policy": "window", "days": 90}
    rules = version(2, middle, {"id": "upper", "name": "Upper", "growth": 900}, review=review, growth=short)
    ended = settle(bought.member, rules, NOON + YEAR)
    until = NOON + 2 * YEAR if tier == "middle" else None
    held = TierHeld(id=tier, since=NOON + YEAR, until=until, programme_version=2, unearned=unearned)
    assert ended.member.tier == held
    (entry,) = ended.entries
    told = entry.detail["tier"]
    assert isinstance(told, dict)
    assert (entry.kind, told["reason"]) == ("tier_change", "fell")


def test_a_placement_on_a_tier_that_was_dropped_ranks_as_the_next_lower_one() -> None:
    placed = Placement(tier_id="high", since=NOON, until=NOON + YEAR, programme_version=1)
    lent = replace(opened().member, placement=placed)
    rules = version(
        2, {"id": "middle", "name": "Middle", "growth": 100}, {"id": "upper", "name": "Upper", "growth": 900}
    )
    assert (tiers.lent_rank(lent, rules), tiers.held(lent, rules).id) == (1, "high")


def test_an_upgrade_takes_nothing_that_the_term_before_it_had_promised() -> None:
    bought = opened()
    buy(bought, line(unit_price=10_000))
    rules = version(
        2,
        {"id": "middle", "name": "Middle", "growth": 100, "multiplier_bp": 11_000},
        {"id": "high", "name": "High", "growth": 300, "multiplier_bp": 12_000},
    )
    after = settle(bought.member, rules, NOON + timedelta(days=300))
    buy(after, line(unit_price=30_000), order_id="O2")
    assert (after.member.tier.id, tiers.multiplier_bp(after.member, rules)) == ("high", 15_000)
    assert tiers.multiplier_bp(settle(after.member, rules, NOON + YEAR).member, rules) == 12_000


def test_without_its_earlier_version_a_dropped_tier_is_the_lowest() -> None:
    bought = opened()
    buy(bought, line(unit_price=50_000))
    rules = programme(version=2, tiers=RULES["tiers"] | {"ladder": [{"id": "low", "name": "Low"}]})
    assert tiers.held(bought.member, rules).id == "low"


def test_without_its_earlier_version_a_dropped_tier_is_in_the_way_of_no_other() -> None:
    bought = opened()
    buy(bought, line(unit_price=50_000))
    rules = programme(
        version=2,
        tiers=RULES["tiers"] | {"ladder": [{"id": "low", "name": "Low"}, {"id": "new", "name": "New", "growth": 9}]},
    )
    after = settle(replace(bought.member, tallied_under=2), rules, NOON + timedelta(days=1))
    buy(after, line(unit_price=100), order_id="O2")
    assert after.member.tier.id == "new"


def test_within_a_term_points_are_multiplied_by_no_less_than_was_promised() -> None:
    bought = opened()
    buy(bought, line(unit_price=10_000))
    for multiplier_bp, then in ((12_000, 15_000), (18_000, 18_000)):
        rules = version(2, {"id": "middle", "name": "Middle", "growth": 100, "multiplier_bp": multiplier_bp})
        assert tiers.multiplier_bp(settle(bought.member, rules, NOON + timedelta(days=1)).member, rules) == then


def test_a_new_term_promises_what_the_programme_says_when_it_begins() -> None:
    bought = opened()
    buy(bought, line(unit_price=10_000))
    rules = version(2, {"id": "middle", "name": "Middle", "growth": 100, "multiplier_bp": 12_000})
    after = reevaluated(bought, bought.entries, rules, NOON + timedelta(days=300))
    buy(after, line(unit_price=10_000), order_id="O2")
    renewed = settle(after.member, rules, NOON + YEAR).member
    assert (renewed.tier.programme_version, tiers.multiplier_bp(renewed, rules)) == (2, 12_000)


def test_what_keeps_a_tier_is_told_as_of_the_end_of_its_term() -> None:
    bought = opened()
    buy(bought, line(unit_price=10_000))
    keeping = outlook.outlook(bought.member, PROGRAMME, NOON).keeping
    assert keeping
    assert keeping.progress
    (step,) = keeping.progress.nearest
    assert (keeping.tier.id, keeping.by, step.have, step.missing) == ("middle", NOON + YEAR, 0, 100)


def test_what_the_term_before_the_last_had_promised_is_kept_as_long_as_that_runs() -> None:
    generous = {"id": "middle", "name": "Middle", "growth": 100, "multiplier_bp": 30_000}
    one = programme(tiers=RULES["tiers"] | {"ladder": [RULES["tiers"]["ladder"][0], generous]})
    rungs = [
        {"id": rung, "name": rung, "growth": growth} for rung, growth in (("middle", 100), ("high", 500), ("top", 900))
    ]
    two, three = (
        programme(version=number, tiers=RULES["tiers"] | {"ladder": [RULES["tiers"]["ladder"][0], *rungs]})
        for number in (2, 3)
    )
    journal = opened(rules=one)
    for rules, order_id in ((one, "O1"), (two.following({1: one}), "O2"), (three.following({1: one, 2: two}), "O3")):
        journal = settle(journal.member, rules, journal.now + timedelta(days=1))
        buy(journal, line(unit_price=30_000), order_id=order_id)
    assert (journal.member.tier.id, tiers.multiplier_bp(journal.member, journal.programme)) == ("top", 30_000)
