from datetime import datetime, timedelta
from typing import Any

import pytest

from tessera import tiers
from tessera.conditions import Progress, missing, steps
from tessera.journal import Journal
from tessera.programme.ladders import Days
from tessera.programme.model import Programme
from tessera.settlement import due_at
from tests.factories import NOON, RULES, buy, later, line, opened, programme, refund, refund_message

LIFELONG = {"within": "lifetime"}
FIVE_ORDERS = {"measure": "orders", "at_least": 5, **LIFELONG}
POUNDS_100 = {"measure": "spend", "at_least": 10_000, **LIFELONG}


def to_top(entry: dict[str, Any], **rules: Any) -> dict[str, Any]:
    """Write the rules of a ladder with one tier to be reached."""
    ladder = [{"id": "low", "name": "Low"}, {"id": "top", "name": "Top", "entry": entry}]
    rest: dict[str, Any] = RULES["tiers"]
    return rest | {"ladder": ladder} | rules


def asking(entry: dict[str, Any], **rules: Any) -> Programme:
    """Make a programme with one tier to be reached."""
    return programme(tiers=to_top(entry, **rules))


def ahead(journal: Journal) -> Progress:
    """Answer how far the member has come with the tier to be reached."""
    next_tier = tiers.next_tier(journal.member, journal.programme, journal.now)
    assert next_tier
    return next_tier.progress


def after_orders(*pounds: int, entry: dict[str, Any]) -> Journal:
    """Answer a member after orders of so many pounds."""
    journal = opened(rules=asking(entry))
    for amount in pounds:
        buy(journal, line(unit_price=amount * 100))
    return journal


@pytest.mark.parametrize(
    ("form", "pounds", "tier"),
    [
        ("all", [100], "low"),
        ("all", [1, 1, 1, 1, 96], "top"),
        ("any", [99], "low"),
        ("any", [100], "top"),
        ("any", [1, 1, 1, 1, 1], "top"),
    ],
)
def test_all_conditions_or_any_one_of_them_bring_a_tier(form: str, pounds: list[int], tier: str) -> None:
    assert after_orders(*pounds, entry={form: [FIVE_ORDERS, POUNDS_100]}).member.tier.id == tier


def test_conditions_are_combined_to_any_depth() -> None:
    entry = {"all": [{"any": [FIVE_ORDERS, POUNDS_100]}, {"measure": "growth", "at_least": 150}]}
    assert after_orders(100, entry=entry).member.tier.id == "low"
    assert after_orders(100, 50, entry=entry).member.tier.id == "top"


def test_of_all_conditions_it_is_told_what_each_still_misses() -> None:
    journal = after_orders(30, 20, entry={"all": [FIVE_ORDERS, POUNDS_100]})
    assert missing(ahead(journal)) == {"orders": 3, "spend": 5000}


def test_where_one_of_several_is_enough_the_nearest_is_told() -> None:
    assert missing(ahead(after_orders(70, entry={"any": [FIVE_ORDERS, POUNDS_100]}))) == {"spend": 3000}
    assert missing(ahead(after_orders(1, 1, 1, entry={"any": [FIVE_ORDERS, POUNDS_100]}))) == {"orders": 2}


def test_of_a_measure_that_is_asked_for_twice_the_greater_part_is_told() -> None:
    lately = {"measure": "spend", "at_least": 5000, "within": {"days": 7}}
    journal = later(after_orders(90, entry={"all": [POUNDS_100, lately]}), days=7)
    assert missing(ahead(journal)) == {"spend": 5000}


def test_an_order_counts_as_one_until_all_of_it_has_come_back() -> None:
    journal = opened(rules=asking(FIVE_ORDERS))
    order = buy(journal, line(quantity=2))
    order = refund(journal, order, refund_message({"1": 1}))
    assert missing(ahead(journal)) == {"orders": 4}
    refund(journal, order, refund_message({"1": 1}, refund_id="R2"))
    assert missing(ahead(journal)) == {"orders": 5}


def test_what_comes_back_is_not_spent_on_the_day_of_the_order() -> None:
    journal = opened(rules=asking(POUNDS_100 | {"within": {"days": 30}}))
    order = buy(journal, line(unit_price=6000))
    journal = later(journal, days=10)
    refund(journal, order, refund_message({"1": 1}))
    buy(journal, line(unit_price=5000))
    assert missing(ahead(journal)) == {"spend": 5000}


def test_tenure_counts_days_of_the_programmes_zone_since_enrolment() -> None:
    journal = later(opened(rules=asking({"measure": "tenure", "at_least": 30})), hours=11)
    assert missing(ahead(journal)) == {"tenure": 30}
    assert missing(ahead(later(journal, hours=2))) == {"tenure": 29}


@pytest.mark.parametrize(("days", "tier"), [(6, "top"), (7, "low")])
def test_days_on_which_the_member_was_active_count_once_and_within_their_window(days: int, tier: str) -> None:
    journal = opened(rules=asking({"measure": "active_days", "at_least": 2, "within": {"days": 7}}))
    buy(journal)
    buy(journal, order_id="O2")
    assert journal.member.tier.id == "low"
    journal = later(journal, days=days)
    buy(journal, order_id="O3")
    assert journal.member.tier.id == tier


def test_an_activity_told_later_than_its_day_is_known_for_makes_no_day_active() -> None:
    journal = opened(NOON + timedelta(days=200), asking({"measure": "active_days", "at_least": 3, **LIFELONG}))
    buy(journal, placed_at=journal.now - timedelta(days=61))
    assert missing(ahead(journal)) == {"active_days": 2}
    buy(journal, placed_at=journal.now - timedelta(days=62), order_id="O2")
    assert missing(ahead(journal)) == {"active_days": 2}


def test_a_day_of_last_year_that_is_told_of_twice_was_one_active_day() -> None:
    active = [{"measure": "active_days", "at_least": 5, "within": within} for within in ("calendar_year", "lifetime")]
    journal = opened(NOON, asking({"all": active}))
    for order_id in ("O1", "O2"):
        buy(journal, placed_at=NOON - timedelta(days=61), order_id=order_id)
        journal = later(journal, hours=1)
    assert journal.member.tallies["active_days"].lifetime == 1


def test_of_a_measure_that_is_asked_for_twice_the_greater_part_is_told_in_whatever_order_they_stand() -> None:
    lately = {"measure": "spend", "at_least": 20_000, "within": {"days": 7}}
    for asked in ([lately, POUNDS_100], [POUNDS_100, lately]):
        assert missing(ahead(after_orders(90, entry={"all": asked}))) == {"spend": 11_000}


def test_a_member_is_due_when_tenure_brings_a_tier() -> None:
    journal = opened(rules=asking({"measure": "tenure", "at_least": 30}))
    assert due_at(journal.member, journal.programme) == datetime.fromisoformat("2026-04-01T00:00:00+01:00")


def test_growth_may_be_asked_for_within_a_time_of_its_own() -> None:
    lately = {"days": 7}
    journal = after_orders(30, entry={"measure": "growth", "at_least": 100, "within": lately})
    buy(journal := later(journal, days=6), line(unit_price=4000), order_id="O2")
    assert missing(ahead(journal)) == {"growth": 30}
    journal = later(journal, days=1)
    assert missing(ahead(journal)) == {"growth": 60}
    (step,) = steps(ahead(journal))
    assert step.within == Days(**lately)


@pytest.mark.parametrize("measure", ["orders", "spend", "active_days"])
def test_of_what_the_member_has_never_done_all_is_missing(measure: str) -> None:
    for within in ("lifetime", "calendar_year", {"days": 30}):
        journal = opened(rules=asking({"measure": measure, "at_least": 5, "within": within}))
        assert missing(ahead(journal)) == {measure: 5}


def test_what_others_do_to_a_member_makes_no_day_active() -> None:
    journal = opened(rules=asking({"measure": "active_days", "at_least": 2, **LIFELONG}))
    journal.book("adjustment")
    assert missing(ahead(journal)) == {"active_days": 2}


def test_who_has_the_tier_already_is_not_due_when_tenure_would_bring_it() -> None:
    thirty_days = {"measure": "tenure", "at_least": 30}
    journal = after_orders(100, entry={"any": [POUNDS_100, thirty_days]})
    assert (journal.member.tier.id, due_at(journal.member, journal.programme)) == ("top", journal.member.tier.until)


def test_nobody_is_due_when_tenure_alone_is_not_enough() -> None:
    journal = opened(rules=asking({"all": [{"measure": "tenure", "at_least": 30}, FIVE_ORDERS]}))
    assert due_at(journal.member, journal.programme) is None


def test_tenure_brings_the_tier_again_within_its_grace() -> None:
    a_year_and_ten_days = {"measure": "tenure", "at_least": 375}
    lately = {"measure": "spend", "at_least": 10_000, "within": {"days": 7}}
    rules = asking({"any": [lately, a_year_and_ten_days]}, review={"grace_days": 30})
    journal = opened(rules=rules)
    buy(journal, line(unit_price=10_000))
    journal = later(journal, days=366)
    assert journal.member.tier.grace
    again = datetime.fromisoformat("2027-03-12T00:00:00+00:00")
    assert due_at(journal.member, rules) == again
    journal = later(journal, days=20)
    assert (journal.member.tier.id, journal.member.tier.renewed_at) == ("top", again)


def test_tenure_is_asked_for_by_the_ladder_of_the_members_kind() -> None:
    rules = programme(ladders={"business": to_top({"measure": "tenure", "at_least": 30})})
    journal = opened(rules=rules, account="business")
    assert due_at(journal.member, rules) == datetime.fromisoformat("2026-04-01T00:00:00+01:00")
    assert due_at(opened(rules=rules).member, rules) is None


def test_what_is_counted_is_what_the_ladder_of_the_members_kind_asks_for() -> None:
    journal = opened(rules=programme(ladders={"business": to_top(FIVE_ORDERS)}), account="business")
    buy(journal)
    assert missing(ahead(journal)) == {"orders": 4}
