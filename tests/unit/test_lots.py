from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera import lots
from tessera.benefits import NO_BIRTHDAY
from tessera.card import card
from tessera.instants import parse_instant
from tessera.lots import OPEN, Terms
from tessera.programme.model import Points
from tessera.settlement import settle
from tests.factories import (
    NOON,
    PROGRAMME,
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

LONDON = "Europe/London"
INSTANTS = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, tz=UTC))
TERMS = st.builds(Terms, st.none() | INSTANTS, st.none() | INSTANTS, st.none() | st.integers(1, 3660))
PARTS = st.lists(st.tuples(TERMS, st.integers(-1_000_000, 1_000_000)), max_size=5).map(tuple)


def points(**rules: Any) -> Points:
    """Make the rules for points."""
    return Points.model_validate(rules)


def gone(rules: Points, at: str, zone: str = LONDON) -> datetime | None:
    """Answer when points expire that were earned at an instant."""
    earned = parse_instant(at)
    return lots.earned(rules, zone, earned, earned).expires_at


@pytest.mark.parametrize(
    ("earned", "months", "expires"),
    [
        ("2026-01-31T12:00:00Z", 1, "2026-03-01T00:00:00Z"),
        ("2026-02-01T00:00:00Z", 1, "2026-04-01T00:00:00+01:00"),
        ("2028-02-29T12:00:00Z", 12, "2029-03-01T00:00:00Z"),
        ("2026-11-30T12:00:00Z", 1, "2027-01-01T00:00:00Z"),
        ("2026-08-15T12:00:00Z", 60, "2031-09-01T00:00:00+01:00"),
        # Already July in London.
        ("2026-06-30T23:30:00Z", 1, "2026-09-01T00:00:00+01:00"),
    ],
)
def test_points_live_for_n_months_after_the_one_they_were_earned_in(earned: str, months: int, expires: str) -> None:
    rules = points(expiry={"policy": "month_end", "months": months})
    assert gone(rules, earned) == datetime.fromisoformat(expires)


@pytest.mark.parametrize(
    ("earned", "least_days", "expires"),
    [
        ("2026-06-30T12:00:00Z", 0, "2026-07-01T00:00:00+01:00"),
        ("2026-06-30T12:00:00Z", 1, "2027-01-01T00:00:00Z"),
        ("2026-07-01T12:00:00Z", 0, "2027-01-01T00:00:00Z"),
        ("2026-04-01T12:00:00Z", 90, "2026-07-01T00:00:00+01:00"),
        ("2026-04-02T12:00:00Z", 90, "2027-01-01T00:00:00Z"),
        ("2026-12-31T12:00:00Z", 366, "2028-07-01T00:00:00+01:00"),
        # The year has a 29th of February between: the last day is one day nearer.
        ("2027-12-31T12:00:00Z", 182, "2028-07-01T00:00:00+01:00"),
        ("2026-12-31T12:00:00Z", 182, "2028-01-01T00:00:00Z"),
    ],
)
def test_points_go_at_the_end_of_the_next_day_that_leaves_them_so_many_days(
    earned: str, least_days: int, expires: str
) -> None:
    rules = points(expiry={"policy": "dates", "dates": ["06-30", "12-31"], "least_days": least_days})
    assert gone(rules, earned) == datetime.fromisoformat(expires)


def test_points_that_never_expire_have_no_date() -> None:
    assert gone(points(), "2026-03-02T12:00:00Z") is None


@pytest.mark.parametrize(
    ("active_on", "ends"),
    [("2026-03-27", "2026-03-29T00:00:00+00:00"), ("2026-03-28", "2026-03-30T00:00:00+01:00")],
)
def test_points_go_after_so_many_whole_days_of_inactivity_however_long_those_days_are(
    active_on: str, ends: str
) -> None:
    terms = lots.earned(points(expiry={"policy": "inactivity", "days": 1}), LONDON, NOON, NOON)
    assert terms.end(date.fromisoformat(active_on), LONDON) == datetime.fromisoformat(ends)


@pytest.mark.parametrize(("placed", "matures"), [("2026-03-27", "2026-03-29T00:00:00+00:00"), ("2026-03-28", None)])
def test_the_return_window_is_so_many_whole_days_after_the_day_of_purchase(placed: str, matures: str | None) -> None:
    at = datetime.fromisoformat(placed + "T12:00:00+00:00")
    terms = lots.earned(points(return_window_days=1), LONDON, at, at, pending=True)
    expected = datetime.fromisoformat(matures) if matures else datetime.fromisoformat("2026-03-30T00:00:00+01:00")
    assert terms.matures_at == expected


def test_a_return_window_that_has_closed_when_the_order_is_told_leaves_nothing_pending() -> None:
    rules = points(return_window_days=1)
    closes = datetime.fromisoformat("2026-03-04T00:00:00+00:00")
    assert lots.earned(rules, LONDON, NOON, closes, pending=True).matures_at is None
    assert lots.earned(rules, LONDON, NOON, closes - timedelta(seconds=1), pending=True).matures_at == closes


def test_what_was_not_bought_is_never_pending() -> None:
    assert lots.earned(points(return_window_days=14), LONDON, NOON, NOON).matures_at is None


def test_points_cannot_be_spent_from_the_instant_on_at_which_they_expire() -> None:
    rules = programme(points={"expiry": {"policy": "month_end", "months": 1}})
    journal = opened(rules=rules)
    buy(journal, line(unit_price=5000))
    ends = datetime.fromisoformat("2026-05-01T00:00:00+01:00")
    assert card(journal.member, rules, ends - timedelta(seconds=1), NO_BIRTHDAY).available == 50
    assert card(journal.member, rules, ends, NO_BIRTHDAY).available == 0
    assert card(journal.member, rules, ends, NO_BIRTHDAY).expiring == ()


def test_the_soonest_to_expire_is_spent_first_and_what_never_expires_last() -> None:
    soon, late = Terms(NOON + timedelta(days=1)), Terms(NOON + timedelta(days=2))
    journal = opened(lots={OPEN: 5, late: 5, soon: 5})
    assert journal.spend(12) == ((soon, 5), (late, 5), (OPEN, 2))


def test_of_points_that_expire_together_a_refund_takes_the_pending_ones_first() -> None:
    expires = NOON + timedelta(days=60)
    pending, mature = Terms(expires, NOON + timedelta(days=1)), Terms(expires)
    assert lots.soonest_first({mature: 1, pending: 1}, NOON.date(), LONDON) == [pending, mature]


def test_points_on_the_same_terms_are_one_lot() -> None:
    journal = opened(rules=programme(points={"expiry": {"policy": "month_end", "months": 1}}))
    buy(journal, order_id="O1")
    journal = later(journal, days=28)
    buy(journal, order_id="O2")
    assert list(journal.member.lots.values()) == [20]


def test_a_debt_is_paid_by_what_becomes_available_and_not_before() -> None:
    rules = programme(points={"return_window_days": 14, "refund": "debt"})
    journal = opened(rules=rules, lots={OPEN: -7})
    buy(journal)
    assert (journal.available, lots.pending(journal.member.lots)) == (-7, 10)
    journal = later(journal, days=15)
    assert (journal.available, lots.pending(journal.member.lots)) == (3, 0)


def test_growth_that_waits_counts_with_the_points_and_for_the_days_it_was_earned_on() -> None:
    rules = programme(points={"return_window_days": 14, "growth_waits": True})
    journal = opened(rules=rules)
    buy(journal, line(unit_price=3000))
    buy(journal, line(unit_price=4000), order_id="O2", placed_at=NOON - timedelta(days=1))
    assert (journal.member.growth_days, journal.available) == ({}, 0)
    journal = later(journal, days=14)
    (first,) = journal.entries
    assert (first.kind, first.points, first.growth, explained(first)["matured"]) == ("maturity", 0, 40, 40)
    journal = later(journal, days=1)
    (second,) = journal.entries
    assert (second.kind, second.growth, explained(second)["matured"]) == ("maturity", 30, 30)
    assert journal.member.growth_days == {NOON.date() - timedelta(days=1): 40, NOON.date(): 30}
    assert (journal.available, journal.member.growth_waiting) == (70, {})


def test_growth_of_several_days_that_matures_at_once_is_booked_by_day() -> None:
    rules = programme(points={"return_window_days": 14, "growth_waits": True})
    matures = NOON + timedelta(days=15)
    days = [NOON.date() - timedelta(days=before) for before in (2, 1, 0)]
    waiting = {(matures, day): growth for day, growth in zip(days, (40, 30, 20), strict=True)}
    journal = opened(matures, rules, growth_waiting=waiting, lots={Terms(matures_at=matures): 7})
    told = [(entry.kind, entry.growth, explained(entry)["matured"]) for entry in journal.entries]
    assert told == [("maturity", 40, 7), ("maturity", 30, 0), ("maturity", 20, 0)]
    assert journal.member.growth_days == dict(zip(days, (40, 30, 20), strict=True))
    assert (journal.available, journal.member.growth_waiting) == (7, {})


def test_points_that_mature_alone_bring_no_growth() -> None:
    journal = later(opened(lots={Terms(matures_at=NOON + timedelta(days=1)): 7}), days=1)
    (entry,) = journal.entries
    assert (entry.kind, entry.points, entry.growth, explained(entry)["matured"]) == ("maturity", 0, 0, 7)


def test_a_refund_under_debt_takes_more_than_there_is() -> None:
    rules = programme(points={"refund": "debt"})
    journal = opened(rules=rules)
    order = buy(journal)
    journal.book("adjustment", change=lots.loss(journal.spend(8)))
    refund(journal, order, refund_message({"1": 1}))
    assert journal.available == -8
    assert explained(journal.entries[-1])["debt"] == 8


def test_a_refund_takes_no_points_that_have_expired_once_more() -> None:
    rules = programme(points={"expiry": {"policy": "month_end", "months": 1}})
    journal = opened(rules=rules)
    order = buy(journal)
    journal = later(journal, days=70)
    buy(journal, order_id="O2")
    refund(journal, order, refund_message({"1": 1}))
    assert journal.available == 10


def test_points_that_come_back_keep_their_date_unless_the_grace_is_longer() -> None:
    rules = points(returned_grace_days=10)
    least = datetime.fromisoformat("2026-03-13T00:00:00+00:00")
    soon, late = Terms(least - timedelta(seconds=1)), Terms(least)
    assert lots.with_grace(soon, rules, LONDON, NOON.date(), NOON) == Terms(least)
    assert lots.with_grace(late, rules, LONDON, NOON.date(), NOON) == late
    assert lots.with_grace(OPEN, rules, LONDON, NOON.date(), NOON) == OPEN
    assert lots.with_grace(soon, points(), LONDON, NOON.date(), NOON) == soon


def test_points_that_inactivity_ends_come_back_as_they_were_or_with_the_grace_if_they_are_over() -> None:
    rules = points(returned_grace_days=10)
    idle = Terms(idle_days=5)
    last = NOON.date() - timedelta(days=5)
    assert lots.with_grace(idle, rules, LONDON, last, NOON) == idle
    ends = idle.end(last, LONDON)
    assert ends == datetime.fromisoformat("2026-03-03T00:00:00+00:00")
    least = datetime.fromisoformat("2026-03-14T00:00:00+00:00")
    assert lots.with_grace(idle, rules, LONDON, last, ends) == Terms(least)
    tokyo = idle.end(last, "Asia/Tokyo")
    assert tokyo
    assert lots.with_grace(idle, rules, "Asia/Tokyo", last, tokyo).idle_days is None


def test_a_single_yearly_date_is_reached_next_year() -> None:
    rules = points(expiry={"policy": "dates", "dates": ["03-01"], "least_days": 0})
    assert gone(rules, "2026-03-02T12:00:00Z") == datetime.fromisoformat("2027-03-02T00:00:00+00:00")


@pytest.mark.parametrize(("taken", "parts"), [((0, 1), (1, 0, 0)), ((4, 9), (0, 3, 2)), ((3, 7), (0, 4, 0))])
def test_what_is_taken_of_three_lots_is_numbered_over_all_of_them(
    taken: tuple[int, int], parts: tuple[int, ...]
) -> None:
    terms = [Terms(NOON), Terms(NOON + timedelta(days=1)), OPEN]
    whole = tuple(zip(terms, (3, 4, 5), strict=True))
    assert lots.between(whole, *taken) == tuple((of, n) for of, n in zip(terms, parts, strict=True) if n)


@pytest.mark.parametrize(("points_", "idle_days"), [("5", None), (5, "30"), (None, None)])
def test_what_is_no_lot_is_not_read_as_one(points_: object, idle_days: object) -> None:
    with pytest.raises(TypeError):
        lots.read([[points_, None, None, idle_days]])


def test_points_that_come_back_after_their_date_go_at_once() -> None:
    rules = programme()
    journal = opened(rules=rules, lots={Terms(NOON): 5})
    assert [entry.kind for entry in journal.entries] == ["expiry"]
    assert journal.member.lots == {}


def test_points_are_numbered_in_the_order_in_which_they_were_taken() -> None:
    parts = ((Terms(NOON), 3), (OPEN, 4))
    assert lots.between(parts, 0, 7) == parts
    assert lots.between(parts, 2, 5) == ((Terms(NOON), 1), (OPEN, 2))
    assert lots.between(parts, 3, 3) == ()


@given(parts=PARTS)
def test_what_is_packed_or_written_reads_the_same(parts: lots.Parts) -> None:
    assert lots.unpack(lots.pack(parts)) == parts
    assert lots.read(lots.write(parts)) == parts


@pytest.mark.parametrize("policy", ["floor", "debt"])
def test_an_order_that_is_told_too_late_for_its_points_costs_nothing_when_it_is_refunded(policy: str) -> None:
    rules = programme(points={"expiry": {"policy": "inactivity", "days": 10}, "refund": policy})
    journal = later(opened(rules=rules), days=40)
    order = buy(journal, line(unit_price=5000), placed_at=NOON + timedelta(days=20))
    journal = later(journal, hours=1)
    assert (journal.entries[0].kind, journal.entries[0].points) == ("expiry", -50)
    buy(journal, line(unit_price=9000), order_id="O2")
    refund(journal, order, refund_message({"1": 1}))
    assert journal.available == 90


def test_points_that_come_too_late_to_be_spent_change_nothing_in_the_past() -> None:
    rules = programme(points={"expiry": {"policy": "inactivity", "days": 10}}, sign_ins={"daily": {}})
    journal = opened(rules=rules, growth_days={NOON.date(): 60})
    journal = later(journal, days=400)
    journal.book("adjustment", change=journal.earn(5, journal.now), growth=60)
    given = journal.now
    journal = later(journal, hours=1)
    (expiry,) = journal.entries
    assert (expiry.kind, expiry.at) == ("expiry", given)
    assert journal.member.tier.id == "low"


def test_points_that_expired_are_remembered_by_when_and_with_those_before_them() -> None:
    first, second = Terms(NOON + timedelta(days=1)), Terms(NOON + timedelta(days=5))
    journal = later(opened(lots={first: 3, second: 4}, points=7), days=2)
    assert journal.member.gone == {first: 3}
    assert later(journal, days=5).member.gone == {first: 3, second: 4}


def test_points_that_inactivity_ended_are_remembered_by_when_it_did() -> None:
    journal = later(opened(lots={Terms(idle_days=9): 3}, points=3), days=20)
    ended = datetime.fromisoformat("2026-03-12T00:00:00+00:00")
    assert journal.member.gone == {Terms(ended, None, 9): 3}


def test_points_that_come_back_after_their_date_are_remembered_by_that_date() -> None:
    over = Terms(NOON - timedelta(days=5))
    assert lots.gone(((over, 3),), NOON) == ((over, 3),)


@pytest.mark.parametrize(
    "expiry",
    [
        {"policy": "month_end", "months": 12},
        {"policy": "dates", "dates": ["12-31"]},
        {"policy": "inactivity", "days": 90},
        {"policy": "never"},
    ],
)
def test_points_of_a_purchase_wait_however_they_expire(expiry: dict[str, Any]) -> None:
    rules = points(expiry=expiry, return_window_days=14)
    now = lots.earned(rules, LONDON, NOON, NOON)
    waits = lots.earned(rules, LONDON, NOON, NOON, pending=True)
    assert waits == now._replace(matures_at=datetime.fromisoformat("2026-03-17T00:00:00+00:00"))


def test_it_is_forgotten_after_a_year_and_a_day_that_points_have_expired() -> None:
    over = NOON - timedelta(days=366)
    gone_then = {Terms(over): 3, Terms(over + timedelta(seconds=1)): 4}
    assert opened(gone=gone_then).member.gone == {Terms(over + timedelta(seconds=1)): 4}


@pytest.mark.parametrize("days", [400, 1200])
def test_points_that_had_expired_when_they_were_earned_are_gone_however_long_ago(days: int) -> None:
    journal = opened(rules=programme(points={"expiry": {"policy": "month_end", "months": 12}}))
    order = buy(journal, line("1", quantity=2), placed_at=NOON - timedelta(days=days))
    journal = later(journal, days=1)
    journal.book("adjustment", change=journal.earn(50, journal.now))
    for number in range(2):
        order = refund(journal, order, refund_message({"1": 1}, refund_id=f"R{number}"))
        assert (journal.entries[-1].points, "expired" in journal.entries[-1].detail) == (0, True)
    assert (journal.member.points, journal.member.gone) == (50, {})


def test_points_that_expired_the_instant_they_were_earned_are_gone_too() -> None:
    journal = opened(lots={OPEN: 50}, points=50)
    order = replace(buy(journal, line()), terms=Terms(NOON), recorded_at=NOON)
    refund(journal, order, refund_message({"1": 1}))
    assert journal.entries[-1].detail["expired"] == [[10, "2026-03-02T12:00:00Z"]]


def test_what_happens_at_one_instant_is_booked_together_however_few_entries_are_wanted() -> None:
    instant, end = NOON + timedelta(days=1), NOON + timedelta(days=9)
    held = member(lots={Terms(instant): 3, Terms(None, instant): 4, Terms(instant + timedelta(days=1)): 5})
    part = settle(held, PROGRAMME, end, most=1)
    assert [entry.kind for entry in part.entries] == ["expiry", "maturity"]
    assert [entry.kind for entry in settle(part.member, PROGRAMME, end).entries] == ["expiry"]
