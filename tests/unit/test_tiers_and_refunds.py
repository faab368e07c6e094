"""What a refund makes of a tier: as if the order had never been, and nothing beyond that."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from tessera import tiers
from tessera.enrolment import enrol
from tessera.journal import Journal
from tessera.purchases import Order
from tests.factories import NOON, RULES, buy, later, line, opened, programme, refund, refund_message


def begun(zone: str = "UTC", **parts: Any) -> Journal:
    rules = programme(zone=zone, welcome={}, tiers=RULES["tiers"] | {"refunds": "review"} | parts)
    return enrol("m_1", None, rules, NOON)


def bought(journal: Journal, order_id: str, pounds: int) -> Order:
    return buy(journal, line(unit_price=pounds * 100), order_id=order_id, placed_at=journal.now)


def returned(journal: Journal, order: Order) -> Journal:
    refund(journal, order, refund_message({"1": 1}, order_id=order.order_id, refunded_at=journal.now))
    return journal


@pytest.mark.parametrize("back", list(permutations(range(3))))
def test_orders_that_came_and_went_leave_no_tier_in_whatever_order_they_go(back: tuple[int, ...]) -> None:
    journal = begun()
    orders = []
    for number, pounds in enumerate((120, 400, 30)):
        orders.append(bought(journal, f"O{number}", pounds))
        journal = later(journal, days=1)
    assert journal.member.tier.id == "high"
    for number in back:
        journal = later(returned(journal, orders[number]), days=1)
    assert (journal.member.tier.id, journal.member.tier.until, journal.member.growth_days) == ("low", None, {})


def test_what_is_left_may_be_enough_for_the_tier_between() -> None:
    journal = begun()
    big = bought(journal, "O1", 400)
    bought(journal := later(journal, days=2), "O2", 150)
    journal = returned(later(journal, days=1), big)
    assert (journal.member.tier.id, journal.member.tier.since) == ("middle", journal.now)


def test_the_tier_that_was_held_before_comes_back_with_its_own_end() -> None:
    journal = begun()
    bought(journal, "O1", 150)
    first = journal.member.tier
    later_on = later(journal, days=300)
    big = bought(later_on, "O2", 500)
    journal = returned(later(later_on, days=5), big)
    assert journal.member.tier == first


def test_the_tier_that_was_held_before_is_gone_when_its_term_is_over() -> None:
    journal = begun()
    bought(journal, "O1", 150)
    journal = later(journal, days=300)
    big = bought(journal, "O2", 500)
    journal = returned(later(journal, days=100), big)
    assert journal.member.tier.id == "low"


def test_an_order_that_came_after_the_tier_was_reached_takes_nothing_with_it() -> None:
    journal = begun()
    bought(journal, "O1", 500)
    journal = later(journal, days=364)
    small = bought(journal, "O2", 5)
    reached = journal.member.tier
    assert returned(later(journal, hours=1), small).member.tier == reached


@pytest.mark.parametrize(("goes_back", "tier"), [("small", "middle"), ("big", "low")])
def test_in_january_an_order_of_december_counts_as_it_did_when_the_year_ended(goes_back: str, tier: str) -> None:
    journal = begun(term={"policy": "calendar_year"}, growth={"policy": "calendar_year"})
    journal = later(journal, days=(datetime(2026, 12, 28, tzinfo=UTC) - NOON).days)
    orders = {"big": bought(journal, "O1", 100), "small": bought(journal, "O2", 5)}
    journal = later(journal, days=14)
    assert (journal.member.tier.id, journal.member.tier.until) == ("middle", datetime(2028, 1, 1, tzinfo=UTC))
    assert returned(journal, orders[goes_back]).member.tier.id == tier


def test_a_tier_on_which_a_fall_ended_softly_is_not_taken_by_a_refund() -> None:
    journal = begun(review={"policy": "to_earned", "soft_landing": True})
    bought(journal, "O1", 600)
    journal = later(journal, days=366)
    assert journal.member.tier.id == "middle"
    small = bought(journal, "O2", 5)
    landed = journal.member.tier
    assert returned(later(journal, days=1), small).member.tier == landed


def test_in_its_grace_a_tier_is_not_taken_by_a_refund() -> None:
    journal = begun(review={"grace_days": 30})
    bought(journal, "O1", 600)
    journal = later(journal, days=366)
    small = bought(journal, "O2", 5)
    assert returned(later(journal, days=1), small).member.tier.grace


def test_who_reached_the_tier_by_tenure_keeps_it_when_an_order_goes_back() -> None:
    ladder = [{"id": "low", "name": "Low"}, {"id": "old", "name": "Old", "entry": {"measure": "tenure", "at_least": 9}}]
    journal = later(begun(ladder=ladder), days=20)
    small = bought(journal, "O1", 5)
    assert returned(later(journal, days=1), small).member.tier.id == "old"
    assert journal.member.tier.since == NOON.replace(hour=0) + timedelta(days=9)


FOUR_RUNGS = [
    {"id": rung, "name": rung, "growth": growth} for rung, growth in zip("abcd", (0, 100, 500, 1000), strict=True)
]


def test_what_came_since_may_be_enough_for_the_tier_itself_whose_term_then_runs_on() -> None:
    journal = begun()
    big = bought(journal, "O1", 500)
    bought(journal := later(journal, days=10), "O2", 500)
    reached = journal.member.tier
    assert returned(later(journal, days=1), big).member.tier == reached


def test_the_tier_that_was_held_before_is_gone_at_the_instant_at_which_its_term_ends() -> None:
    journal = begun()
    bought(journal, "O1", 150)
    first = journal.member.tier
    journal = later(journal, days=300)
    big = bought(journal, "O2", 500)
    assert first.until == NOON + timedelta(days=365)
    assert returned(later(journal, days=65), big).member.tier.id == "low"


def test_of_several_tiers_that_were_held_before_the_one_that_stands_comes_back() -> None:
    journal = begun(ladder=FOUR_RUNGS)
    bought(journal, "O1", 150)
    first = journal.member.tier
    second = bought(journal := later(journal, days=10), "O2", 500)
    third = bought(journal := later(journal, days=10), "O3", 900)
    assert journal.member.tier.id == "d"
    journal = returned(later(journal, days=1), second)
    assert journal.member.tier.id == "d"
    assert returned(later(journal, days=1), third).member.tier == first


def test_what_is_earned_now_is_more_than_what_was_held_before() -> None:
    journal = begun(ladder=FOUR_RUNGS)
    bought(journal, "O1", 150)
    big = bought(journal := later(journal, days=10), "O2", 1000)
    bought(journal := later(journal, days=10), "O3", 500)
    journal = returned(later(journal, days=1), big)
    assert (journal.member.tier.id, journal.member.tier.since) == ("c", journal.now)


def test_a_term_that_is_kept_forgets_the_tier_that_was_held_before_it() -> None:
    journal = begun()
    bought(journal, "O1", 150)
    bought(journal := later(journal, days=300), "O2", 500)
    assert journal.member.tier.before
    bought(journal := later(journal, days=100), "O3", 500)
    kept = later(journal, days=265).member.tier
    assert (kept.id, kept.renewed_at, kept.before) == ("high", NOON + timedelta(days=665), None)


def test_it_may_be_asked_what_counted_when_the_terms_began_that_run() -> None:
    journal = begun()
    bought(journal, "O1", 150)
    bought(journal := later(journal, days=300), "O2", 500)
    began = [NOON.date(), NOON.date() + timedelta(days=300)]
    for days, first in ((10, began[0]), (64, began[0]), (66, began[1])):
        after = later(journal, days=days)
        assert tiers.earliest_day(after.member, after.programme, after.now.date()) == first


def test_refunds_are_reviewed_by_the_ladder_of_the_members_kind() -> None:
    rules = programme(zone="UTC", ladders={"business": RULES["tiers"] | {"refunds": "review"}})
    for account, first in (("business", NOON.date()), ("consumer", NOON.date() + timedelta(days=9))):
        journal = opened(rules=rules, account=account)
        bought(journal, "O1", 150)
        assert tiers.earliest_day(journal.member, rules, NOON.date() + timedelta(days=9)) == first
