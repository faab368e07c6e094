from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera import operators, tiers
from tessera.conditions import missing
from tessera.journal import Entry, Journal
from tessera.lots import OPEN
from tessera.member import Hold, Member, TierHeld
from tessera.programme.ladders import Ladder
from tessera.programme.model import Programme
from tessera.settlement import due_at, settle
from tests.factories import (
    NOON,
    PROGRAMME,
    RULES,
    buy,
    explained,
    later,
    line,
    member,
    opened,
    programme,
    refund,
    refund_message,
)

YEAR = timedelta(days=365)
YEARLY = {"term": {"policy": "calendar_year"}}
YEAR_OF = {"within": "calendar_year"}


def bought(pounds: int, journal: Journal | None = None) -> Journal:
    """Spend so many pounds: as much growth."""
    journal = journal or opened()
    buy(journal, line(unit_price=pounds * 100))
    return journal


def test_an_upgrade_is_immediate_and_in_the_entry_that_earned_it() -> None:
    journal = bought(100)
    (entry,) = journal.entries
    assert entry.detail["tier"] == {
        "from": "low",
        "to": "middle",
        "reason": "reached",
        "until": "2027-03-02T12:00:00Z",
    }
    assert journal.member.tier == TierHeld(id="middle", since=NOON, until=NOON + YEAR)


def test_a_point_of_growth_too_few_is_no_upgrade() -> None:
    journal = bought(99)
    assert journal.member.tier == member().tier
    assert "tier" not in journal.entries[0].detail


def test_an_order_that_a_clock_ahead_of_ours_placed_after_midnight_upgrades_before_midnight() -> None:
    journal = opened(NOON.replace(hour=23, minute=58))
    buy(journal, line(unit_price=10_000), placed_at=journal.now + timedelta(minutes=4))
    assert journal.member.growth_days == {(NOON + timedelta(days=1)).date(): 100}
    assert journal.member.tier == TierHeld(id="middle", since=journal.now, until=journal.now + YEAR)


def test_one_order_may_climb_several_rungs() -> None:
    assert bought(500).member.tier.id == "high"


def test_the_order_that_reaches_a_tier_earns_at_the_tier_before() -> None:
    first = bought(100)
    second = bought(100, later(first, days=1))
    assert (first.entries[0].points, second.entries[0].points) == (100, 150)


def test_an_upgrade_starts_a_new_term() -> None:
    journal = bought(400, later(bought(100), days=30))
    assert journal.member.tier == TierHeld(
        id="high", since=NOON + timedelta(days=30), until=NOON + timedelta(days=30) + YEAR
    )


def test_growth_that_reaches_no_higher_tier_leaves_the_term_as_it_is() -> None:
    assert bought(100, later(bought(100), days=30)).member.tier.until == NOON + YEAR


def test_the_lowest_tier_has_no_term() -> None:
    assert due_at(opened().member, PROGRAMME) is None
    assert later(opened(), days=4000).entries == []


def test_a_tier_is_held_to_the_end_of_its_term() -> None:
    journal = bought(100)
    assert settle(journal.member, PROGRAMME, NOON + YEAR - timedelta(seconds=1)).member.tier.id == "middle"


def test_after_its_term_a_tier_falls_to_what_is_earned_without_grace() -> None:
    journal = settle(bought(500, later(bought(400), days=200)).member, PROGRAMME, NOON + YEAR)
    assert journal.member.tier.id == "high"
    journal = later(journal, days=200)
    (entry,) = journal.entries
    assert (entry.kind, entry.points, entry.growth) == ("tier_change", 0, 0)
    assert entry.detail == {"tier": {"from": "high", "to": "low", "reason": "fell"}, "growth": 0}
    assert journal.member.tier == TierHeld(id="low", since=NOON + timedelta(days=565))


def test_a_fall_stops_at_the_tier_that_growth_still_earns() -> None:
    journal = bought(150, later(bought(500), days=100))
    journal = settle(journal.member, PROGRAMME, NOON + YEAR)
    assert journal.member.tier == TierHeld(id="middle", since=NOON + YEAR, until=NOON + 2 * YEAR)


def test_a_tier_that_is_earned_still_is_kept_for_another_term_and_an_entry_says_so() -> None:
    journal = bought(100, later(bought(100), days=100))
    journal = settle(journal.member, PROGRAMME, NOON + YEAR)
    assert journal.member.tier == TierHeld(id="middle", since=NOON, until=NOON + 2 * YEAR, renewed_at=NOON + YEAR)
    (entry,) = journal.entries
    assert (entry.kind, entry.at, entry.detail["growth"]) == ("tier_review", NOON + YEAR, 100)


def test_a_refund_takes_growth_away_and_leaves_the_tier_until_its_review() -> None:
    journal = opened()
    order = buy(journal, line(unit_price=10_000))
    journal = later(journal, days=1)
    refund(journal, order, refund_message({"1": 1}))
    assert tiers.growth(journal.member, PROGRAMME, journal.now) == 0
    assert journal.member.tier.id == "middle"
    assert settle(journal.member, PROGRAMME, NOON + YEAR).member.tier.id == "low"


def test_growth_counts_on_its_day_and_the_364_after_it() -> None:
    journal = bought(60)
    assert tiers.growth(journal.member, PROGRAMME, NOON + timedelta(days=364)) == 60
    assert tiers.growth(journal.member, PROGRAMME, NOON + timedelta(days=365)) == 0


def test_growth_that_comes_late_and_is_older_than_the_window_does_not_count() -> None:
    journal = opened()
    buy(journal, line(unit_price=100_000), placed_at=NOON - YEAR)
    assert journal.entries[0].growth == 1000
    assert (journal.member.tier.id, tiers.growth(journal.member, PROGRAMME, NOON)) == ("low", 0)


def test_what_is_missing_to_the_next_tier_is_told() -> None:
    ahead = tiers.next_tier(bought(30).member, PROGRAMME, NOON)
    assert ahead is not None
    assert (ahead.tier.id, missing(ahead.progress)) == ("middle", {"growth": 70})


def test_nothing_is_missing_to_a_tier_whose_growth_is_there_already() -> None:
    held_lower = replace(bought(150).member, tier=member().tier)
    ahead = tiers.next_tier(held_lower, PROGRAMME, NOON)
    assert ahead is not None
    assert missing(ahead.progress) == {"growth": 0}


def test_what_is_next_is_asked_of_the_ladder_of_the_members_kind() -> None:
    rungs = [{"id": "small", "name": "Small"}, {"id": "large", "name": "Large", "growth": 50}]
    rules = programme(ladders={"business": RULES["tiers"] | {"ladder": rungs}})
    firm = member(account="business", tier=TierHeld(id="small", since=NOON))
    ahead = tiers.next_tier(firm, rules, NOON)
    assert ahead
    assert ahead.tier.id == "large"
    assert tiers.lowest(rules, "business", NOON).id == "small"
    journal = settle(firm, rules, NOON)
    buy(journal, line(unit_price=5000))
    assert journal.member.tier.id == "large"
    assert settle(journal.member, rules, NOON + YEAR).member.tier.id == "small"


@pytest.mark.parametrize("until", [None, NOON])
@pytest.mark.parametrize("mark", ["unearned", "keeps_before", "restores"])
def test_a_change_that_is_written_reads_the_same(until: datetime | None, mark: str) -> None:
    for marked in (True, False):
        change = tiers.Change(reason="reached", tier_id="middle", until=until, **{mark: marked})
        assert tiers.read(tiers.write(member().tier, change)) == change


def test_there_is_nothing_above_the_highest_tier() -> None:
    assert tiers.next_tier(bought(500).member, PROGRAMME, NOON) is None


def test_a_member_is_due_when_the_term_ends() -> None:
    assert due_at(bought(100).member, PROGRAMME) == NOON + YEAR


# ---------------------------------------------------------------------------------------------------------------------
# Settling: it never matters when, or whether, the nightly work ran
# ---------------------------------------------------------------------------------------------------------------------

waits_and_pounds = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 600)), max_size=8)


def lived(purchases: list[tuple[int, int]], days: int, *, nightly: bool) -> tuple[Member, list[Entry]]:
    """Live so many days with these purchases, settled every night or only when something else happens."""
    arriving: dict[int, int] = {}
    day = 0
    for wait, pounds in purchases:
        day += wait
        arriving[day] = arriving.get(day, 0) + pounds
    state, entries = member(), list[Entry]()
    for day in range(days + 1):
        if nightly or day in arriving or day == days:
            journal = settle(state, PROGRAMME, NOON + timedelta(days=day))
            if day in arriving:
                bought(arriving[day], journal)
            state = journal.member
            entries += journal.entries
    return state, entries


@given(waits_and_pounds, st.integers(1, 1200))
def test_settling_late_in_one_go_comes_to_what_settling_every_night_comes_to(
    purchases: list[tuple[int, int]], days: int
) -> None:
    late, entries_late = lived(purchases, days, nightly=False)
    nightly, entries_nightly = lived(purchases, days, nightly=True)
    assert replace(late, chain=b"") == replace(nightly, chain=b"")
    told = [(entry.kind, entry.at, entry.points_balance, entry.detail) for entry in entries_late]
    assert told == [(entry.kind, entry.at, entry.points_balance, entry.detail) for entry in entries_nightly]


@given(waits_and_pounds, st.integers(1, 1200))
def test_settling_twice_changes_nothing_more(purchases: list[tuple[int, int]], days: int) -> None:
    state, _ = lived(purchases, days, nightly=False)
    again = settle(state, PROGRAMME, state.booked_at)
    assert again.entries == []
    assert again.member == state


def test_terms_that_ended_one_after_another_are_all_reviewed_at_once() -> None:
    journal = settle(bought(150, later(bought(500), days=100)).member, PROGRAMME, NOON + 5 * YEAR)
    reviews: list[tuple[datetime, Any, datetime]] = [
        (entry.at, entry.detail["tier"], entry.recorded_at) for entry in journal.entries
    ]
    falls = [(at, tier["to"], recorded_at) for at, tier, recorded_at in reviews]
    assert falls == [
        (NOON + YEAR, "middle", NOON + 5 * YEAR),
        (NOON + 2 * YEAR, "low", NOON + 5 * YEAR),
    ]


@pytest.mark.parametrize(("minutes", "points"), [(14, 60), (15, 100)])
def test_a_hold_that_lapsed_gives_its_points_back(minutes: int, points: int) -> None:
    hold = Hold(redemption_id="r_1", order_id="O1", parts=((OPEN, 40),), expires_at=NOON + timedelta(minutes=15))
    journal = settle(member(points=60, holds=(hold,)), PROGRAMME, NOON + timedelta(minutes=minutes))
    assert journal.member.points == points
    assert [(entry.kind, entry.at) for entry in journal.entries] == (
        [("release", hold.expires_at)] if points == 100 else []
    )


def business(*rungs: str, **parts: Any) -> Programme:
    """Make a programme with a ladder of its own for firms: of calendar years, with refunds reviewed at once."""
    ladder = [
        {"id": id_, "name": id_, "growth": 50 * i, "multiplier_bp": 10_000 + 1000 * i}
        for i, id_ in enumerate(("small", *rungs))
    ]
    own = {"growth": {"policy": "calendar_year"}, "term": {"policy": "calendar_year"}, "refunds": "review"}
    ladders = {"business": RULES["tiers"] | own | {"ladder": ladder}}
    return programme(ladders=ladders, operators={"reasons": {"friend": "A friend"}}, **parts)


def firm(rules: Programme) -> Journal:
    """Open the journal of a firm."""
    return opened(rules=rules, account="business", tier=TierHeld(id="small", since=NOON))


def test_terms_and_refunds_are_those_of_the_ladder_of_the_members_kind() -> None:
    journal = firm(business("large"))
    order = buy(journal, line(unit_price=5000))
    assert journal.member.tier.until == datetime(2027, 1, 1, tzinfo=UTC)
    assert [tiers.growth(journal.member, journal.programme, NOON.replace(year=year)) for year in (2026, 2027)] == [
        50,
        0,
    ]
    (kept,) = settle(journal.member, journal.programme, datetime(2027, 1, 1, tzinfo=UTC)).entries
    assert kept.kind == "tier_review"
    refund(journal, order, refund_message({"1": 1}))
    assert journal.member.tier.id == "small"


def test_a_tier_that_is_lent_stands_where_it_stood_in_the_ladder_of_the_members_kind() -> None:
    rules = business("fair", "large")
    journal = firm(rules)
    operators.place(journal, "large", NOON + timedelta(days=9), reason="friend", note="", by="o_1")
    assert tiers.lent_rank(journal.member, rules) == 2
    without = business("fair", "grand", version=2).following({1: rules})
    assert tiers.lent_rank(journal.member, without) == 1


@pytest.mark.parametrize(
    ("now", "tier"),
    [
        (("fair", "giant"), "giant"),
        (("fair", "grand"), "large"),
        (("fair", "large", "grand"), "grand"),
    ],
)
def test_only_what_stood_above_a_tier_that_was_dropped_since_is_above_it(now: tuple[str, ...], tier: str) -> None:
    rules = business("fair", "large", "giant")
    journal = firm(rules)
    buy(journal, line(unit_price=10_000))
    assert journal.member.tier.id == "large"
    journal = settle(journal.member, business(*now, version=2).following({1: rules}), NOON + timedelta(days=1))
    buy(journal, line(unit_price=5000), order_id="O2")
    assert journal.member.tier.id == tier


def test_what_a_tier_gives_is_what_it_gives_in_the_ladder_of_the_members_kind() -> None:
    rules = business("fair", "large")
    journal = firm(rules)
    buy(journal, line(unit_price=10_000))
    changed = business("fair", "grand", version=2).following({1: rules})
    lowered = business("large", version=2).following({1: rules})
    for now in (rules, changed, lowered):
        assert tiers.earned_tier(journal.member, now).id == "large"
        assert tiers.multiplier_bp(journal.member, now) == 12_000
    assert [tiers.held_rank(journal.member, now) for now in (rules, changed, lowered)] == [2, 1, 1]
    assert tiers.earned_tier(journal.member, lowered).multiplier_bp == 11_000
    lent = firm(rules)
    operators.place(lent, "large", NOON + timedelta(days=9), reason="friend", note="", by="o_1")
    for now in (rules, changed):
        assert tiers.held(lent.member, now).id == "large"


def test_growth_that_counted_when_the_year_ended_is_told_with_the_review_at_its_end() -> None:
    rules = programme(zone="UTC", tiers=RULES["tiers"] | {"growth": {"policy": "calendar_year"}} | YEARLY)
    journal = opened(rules=rules)
    buy(journal, line(unit_price=10_000))
    kept, fell = (settle(journal.member, rules, datetime(year, 1, 1, tzinfo=UTC)).entries[-1] for year in (2027, 2028))
    assert (kept.kind, kept.detail["growth"]) == ("tier_review", 100)
    assert (fell.kind, fell.detail["growth"]) == ("tier_change", 0)


def test_a_fall_tells_what_was_missing_and_a_tier_that_is_kept_does_not() -> None:
    asked = {
        "all": [{"measure": "orders", "at_least": 2, **YEAR_OF}, {"measure": "spend", "at_least": 5000, **YEAR_OF}]
    }
    ladder = [{"id": "low", "name": "Low"}, {"id": "top", "name": "Top", "entry": asked}]
    journal = opened(rules=programme(zone="UTC", tiers=RULES["tiers"] | YEARLY | {"ladder": ladder}))
    for order_id in ("O1", "O2"):
        buy(journal, line(unit_price=4000), order_id=order_id)
    journal = settle(journal.member, journal.programme, datetime(2027, 1, 1, tzinfo=UTC))
    assert [explained(entry).keys() for entry in journal.entries] == [{"tier"}]
    buy(journal, line(unit_price=4000), order_id="O3")
    (fell,) = settle(journal.member, journal.programme, datetime(2028, 1, 1, tzinfo=UTC)).entries
    assert fell.detail == {
        "tier": {"from": "top", "to": "low", "reason": "fell"},
        "missing": {"orders": 1, "spend": 1000},
        "currency": "GBP",
    }


def test_the_first_day_that_still_counts_is_kept_and_the_day_before_it_is_not() -> None:
    today = NOON.date()
    days = {today - timedelta(days=364): 1, today - timedelta(days=365): 2}
    assert opened(growth_days=days).member.growth_days == {today - timedelta(days=364): 1}


def test_growth_is_kept_and_decays_by_the_ladder_of_the_members_kind() -> None:
    decaying = {"growth": {"policy": "decay", "idle_months": 1, "percent": 10}}
    rules = programme(ladders={"business": RULES["tiers"] | decaying})
    journal = opened(rules=rules, account="business")
    buy(journal, line(unit_price=10_000))
    journal = later(journal, days=40)
    assert tiers.growth(journal.member, rules, journal.now) == 90
    assert later(journal, days=400).member.growth_days
    of_last_year = member(account="business", growth_days={date(2025, 12, 31): 7})
    assert settle(of_last_year, business(), NOON).member.growth_days == {}


def test_a_tier_of_no_version_stands_lowest_and_one_that_was_dropped_on_what_stood_below_it() -> None:
    def ladder(*rungs: str) -> Ladder:
        return business(*rungs).ladder("business")

    assert tiers.rank("ghost", ladder("fair"), ladder("large")) == 0
    assert tiers.rank("ghost", ladder("low"), PROGRAMME.ladder("consumer")) == 0
    assert tiers.rank("large", ladder("fair"), ladder("large")) == 0
    assert tiers.rank("large", ladder("fair"), ladder("fair", "large")) == 1


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ({"measure": "growth", "at_least": 9, "within": {"days": 400}}, 400),
        ({"measure": "spend", "at_least": 9, "within": {"days": 400}}, 365),
    ],
)
def test_growth_is_kept_as_long_as_anything_asks_for_it(asked: dict[str, Any], kept: int) -> None:
    ladder = [{"id": "low", "name": "Low"}, {"id": "top", "name": "Top", "entry": asked}]
    rules = programme(tiers=RULES["tiers"] | {"ladder": ladder})
    today = NOON.date()
    days = {today - timedelta(days=before): 1 for before in (364, 365, 399, 400)}
    left = opened(rules=rules, growth_days=days).member.growth_days
    assert left == {day: 1 for day in days if (today - day).days < kept}
