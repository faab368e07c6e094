"""What becomes of a tier when its term ends, or when what had brought it is refunded."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tessera.instants import write_instant
from tessera.journal import Journal
from tessera.member import TierHeld
from tessera.programme.model import Programme
from tessera.settlement import settle
from tests.factories import NOON, RULES, buy, later, line, opened, programme, refund, refund_message

YEAR = timedelta(days=365)


def ladder(**parts: Any) -> Programme:
    """Make a programme of four tiers, by 100, 200 and 300 of growth within 90 days, each held for a year."""
    tiers = [{"id": "low", "name": "Low"}] + [
        {"id": name, "name": name, "growth": growth} for name, growth in (("one", 100), ("two", 200), ("three", 300))
    ]
    return programme(tiers=RULES["tiers"] | {"growth": {"policy": "window", "days": 90}, "ladder": tiers} | parts)


def bought(pounds: int, journal: Journal, **fields: Any) -> Journal:
    """Spend so many pounds: as much growth."""
    buy(journal, line(unit_price=pounds * 100), **fields)
    return journal


def on(journal: Journal, at: datetime) -> TierHeld:
    """Answer the tier that is held later on."""
    return settle(journal.member, journal.programme, at).member.tier


# ---------------------------------------------------------------------------------------------------------------------
# Policies
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("review", "tiers"),
    [
        ({"policy": "to_earned"}, ["low", "low", "low"]),
        ({"policy": "one_step"}, ["two", "one", "low"]),
        ({"policy": "keep"}, ["three", "three", "three"]),
        ({"policy": "to_earned", "soft_landing": True}, ["two", "low", "low"]),
    ],
    ids=["it falls to what is earned", "it falls by one step each time", "it is kept", "it lands softly, then falls"],
)
def test_of_a_tier_that_nothing_keeps(review: dict[str, Any], tiers: list[str]) -> None:
    journal = bought(300, opened(rules=ladder(review=review)))
    assert [on(journal, NOON + n * YEAR).id for n in (1, 2, 3)] == tiers


def test_one_step_down_is_never_below_what_is_earned_still() -> None:
    journal = bought(300, opened(rules=ladder(review={"policy": "one_step"})))
    journal = bought(250, later(journal, days=300))
    assert on(journal, NOON + YEAR).id == "two"


def test_a_step_down_passes_over_a_tier_that_is_by_invitation_only() -> None:
    tiers = [
        {"id": "low", "name": "Low"},
        {"id": "one", "name": "One", "growth": 100},
        {"id": "guest", "name": "Guest", "by_invitation": True},
        {"id": "two", "name": "Two", "growth": 200},
    ]
    journal = bought(200, opened(rules=ladder(review={"policy": "one_step"}, ladder=tiers)))
    assert on(journal, NOON + YEAR).id == "one"


def test_a_soft_landing_on_what_is_earned_is_no_landing() -> None:
    journal = bought(300, opened(rules=ladder(review={"soft_landing": True})))
    journal = bought(250, later(journal, days=300))
    assert on(journal, NOON + YEAR) == TierHeld(id="two", since=NOON + YEAR, until=NOON + 2 * YEAR)
    assert on(journal, NOON + 2 * YEAR).id == "one"


@pytest.mark.parametrize(
    ("review", "reason", "unearned"),
    [({"policy": "keep"}, "kept", True), ({"policy": "to_earned", "grace_days": 30}, "grace", False)],
)
def test_the_entry_of_a_review_says_which_tier_is_held_on(
    review: dict[str, Any], reason: str, *, unearned: bool
) -> None:
    journal = bought(100, opened(rules=ladder(review=review)))
    (entry,) = settle(journal.member, journal.programme, NOON + YEAR).entries
    told = entry.detail["tier"]
    assert isinstance(told, dict)
    assert (entry.kind, told["from"], told["to"], told["reason"]) == ("tier_review", "one", "one", reason)
    assert told.get("unearned", False) is unearned


def test_who_keeps_the_tier_of_a_soft_landing_lands_softly_again() -> None:
    journal = bought(300, opened(rules=ladder(review={"soft_landing": True})))
    journal = bought(200, later(journal, days=700))
    assert journal.member.tier == TierHeld(id="two", since=NOON + YEAR, until=NOON + 2 * YEAR, unearned=True)
    assert on(journal, NOON + 2 * YEAR).unearned is False
    assert on(journal, NOON + 3 * YEAR).id == "one"


@pytest.mark.parametrize(("seconds", "tier"), [(-1, "low"), (0, "three")])
def test_a_review_goes_by_what_counts_in_the_last_second_of_the_term(seconds: int, tier: str) -> None:
    # Growth of 1 January counts for 365 days: to the end of the year, and in the last second before the next.
    rules = ladder(growth={"policy": "window", "days": 365}, term={"policy": "calendar_year"})
    begin = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    journal = opened(datetime(2026, 1, 2, tzinfo=UTC), rules)
    bought(300, journal, placed_at=begin)
    assert on(journal, datetime(2027, 1, 1, tzinfo=UTC)).id == tier


# ---------------------------------------------------------------------------------------------------------------------
# Grace
# ---------------------------------------------------------------------------------------------------------------------


def test_in_its_grace_a_tier_is_held_on_and_then_falls() -> None:
    journal = bought(100, opened(rules=ladder(review={"grace_days": 30})))
    end = NOON + YEAR + timedelta(days=30)
    assert on(journal, end - timedelta(seconds=1)) == TierHeld(id="one", since=NOON, until=end, grace=True)
    assert on(journal, end) == TierHeld(id="low", since=end)


def test_who_earns_a_tier_again_within_its_grace_keeps_it_without_a_gap_for_a_term_from_then() -> None:
    journal = later(bought(100, opened(rules=ladder(review={"grace_days": 30}))), days=380)
    bought(99, journal)
    assert journal.member.tier.grace
    bought(1, journal)
    assert journal.member.tier == TierHeld(id="one", since=NOON, until=journal.now + YEAR, renewed_at=journal.now)
    told = {"from": "one", "to": "one", "reason": "earned_again", "until": write_instant(journal.now + YEAR)}
    assert journal.entries[-1].detail["tier"] == told


def test_who_earns_a_higher_tier_within_the_grace_rises() -> None:
    journal = later(bought(100, opened(rules=ladder(review={"grace_days": 30}))), days=380)
    bought(200, journal)
    assert journal.member.tier == TierHeld(id="two", since=journal.now, until=journal.now + YEAR)


def test_a_tier_that_is_earned_at_the_end_of_its_term_needs_no_grace() -> None:
    journal = bought(100, opened(rules=ladder(review={"grace_days": 30})))
    journal = bought(100, later(journal, days=360))
    assert on(journal, NOON + YEAR) == TierHeld(id="one", since=NOON, until=NOON + 2 * YEAR, renewed_at=NOON + YEAR)


# ---------------------------------------------------------------------------------------------------------------------
# Refunds
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("policy", "tier"), [("keep", "one"), ("review", "low")])
def test_the_refund_of_what_brought_a_tier_takes_it_only_if_the_programme_says_so(policy: str, tier: str) -> None:
    journal = opened(rules=ladder(refunds=policy))
    order = buy(journal, line(unit_price=10_000))
    refund(journal, order, refund_message({"1": 1}))
    assert journal.member.tier.id == tier
    told = journal.entries[-1].detail.get("tier")
    assert told == (None if policy == "keep" else {"from": "one", "to": "low", "reason": "refunded"})


def test_a_refund_brings_back_the_tier_that_was_held_before_and_runs_on() -> None:
    journal = bought(100, opened(rules=ladder(refunds="review")))
    held = journal.member.tier
    journal = later(journal, days=100)
    order = buy(journal, line(unit_price=30_000))
    assert journal.member.tier.id == "three"
    refund(journal, order, refund_message({"1": 1}))
    assert journal.member.tier == held
    told = journal.entries[-1].detail["tier"]
    assert isinstance(told, dict)
    assert (told["to"], told["reason"], told["restores"]) == ("one", "refunded", True)


def test_a_tier_that_was_held_before_does_not_come_back_past_its_term() -> None:
    journal = bought(100, opened(rules=ladder(refunds="review")))
    journal = later(journal, days=300)
    order = buy(journal, line(unit_price=30_000))
    journal = later(journal, days=70)
    refund(journal, order, refund_message({"1": 1}))
    assert journal.member.tier == TierHeld(id="low", since=journal.now)


def test_the_refund_of_an_order_that_was_counted_later_than_the_tier_was_reached_leaves_it() -> None:
    journal = later(bought(100, opened(rules=ladder(refunds="review"))), days=100)
    order = buy(journal, line(unit_price=1000))
    refund(journal, order, refund_message({"1": 1}))
    assert journal.member.tier.id == "one"


def test_what_is_refunded_in_part_may_leave_the_tier_earned() -> None:
    journal = opened(rules=ladder(refunds="review"))
    order = buy(journal, line(unit_price=10_000, quantity=2))
    refund(journal, order, refund_message({"1": 1}))
    assert journal.member.tier == TierHeld(id="one", since=NOON, until=NOON + YEAR)


# ---------------------------------------------------------------------------------------------------------------------
# Terms
# ---------------------------------------------------------------------------------------------------------------------


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("reached", "until"),
    [
        ("2026-03-02T12:00:00", "2027-01-01T00:00:00"),
        ("2026-12-31T23:59:59", "2027-01-01T00:00:00"),
        ("2027-01-01T00:00:00", "2028-01-01T00:00:00"),
    ],
)
def test_a_term_of_the_calendar_year_ends_with_it(reached: str, until: str) -> None:
    journal = bought(100, opened(instant(reached), ladder(term={"policy": "calendar_year"}), enrolled_at=NOON))
    assert journal.member.tier.until == instant(until)


@pytest.mark.parametrize(
    ("enrolled", "reached", "until"),
    [
        ("2026-03-02T12:00:00", "2026-03-02T12:00:00", "2027-03-02T00:00:00"),
        ("2026-03-02T12:00:00", "2027-03-01T23:59:59", "2027-03-02T00:00:00"),
        ("2026-03-02T12:00:00", "2027-03-02T00:00:00", "2028-03-02T00:00:00"),
        ("2026-07-02T12:00:00", "2029-01-15T12:00:00", "2029-07-01T23:00:00"),
        ("2028-02-29T12:00:00", "2028-03-01T12:00:00", "2029-02-28T00:00:00"),
        ("2028-02-29T12:00:00", "2029-02-28T12:00:00", "2030-02-28T00:00:00"),
        ("2028-02-29T12:00:00", "2031-06-01T12:00:00", "2032-02-29T00:00:00"),
    ],
)
def test_a_term_of_anniversaries_ends_as_the_next_one_begins(enrolled: str, reached: str, until: str) -> None:
    began = {"enrolled_at": instant(enrolled), "booked_at": instant(enrolled)}
    journal = bought(100, opened(instant(reached), ladder(term={"policy": "anniversary"}), **began))
    assert journal.member.tier.until == instant(until)


# ---------------------------------------------------------------------------------------------------------------------
# Tenure
# ---------------------------------------------------------------------------------------------------------------------

LOYAL = {
    "id": "loyal",
    "name": "Loyal",
    "entry": {"all": [{"measure": "tenure", "at_least": 30}, {"measure": "growth", "at_least": 50}]},
}


def test_tenure_brings_a_tier_at_the_midnight_at_which_it_is_reached() -> None:
    journal = bought(50, opened(rules=ladder(ladder=[{"id": "low", "name": "Low"}, LOYAL])))
    reached = instant("2026-03-31T23:00:00")
    assert on(journal, reached - timedelta(seconds=1)).id == "low"
    journal = settle(journal.member, journal.programme, reached + timedelta(days=10))
    (entry,) = journal.entries
    assert (entry.kind, entry.at, entry.recorded_at) == ("tier_change", reached, journal.now)
    assert journal.member.tier == TierHeld(id="loyal", since=reached, until=reached + YEAR)


def test_tenure_alone_does_not_bring_what_asks_for_more_but_growth_does_then() -> None:
    journal = later(opened(rules=ladder(ladder=[{"id": "low", "name": "Low"}, LOYAL])), days=40)
    assert journal.entries == []
    assert bought(50, journal).member.tier.id == "loyal"
