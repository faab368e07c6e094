from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera import decay, tiers
from tessera.decay import Decayed
from tessera.instants import local_day, midnight
from tessera.journal import Journal
from tessera.settlement import due_at, settle
from tests.factories import NOON, RULES, buy, later, line, member, opened, programme, refund, refund_message

ENROLLED = NOON.date()


def decaying(percent: int = 10, idle_months: int = 1) -> Journal:
    """Open the journal of a member whose growth decays and who has just earned 100."""
    rule = {"policy": "decay", "idle_months": idle_months, "percent": percent}
    journal = opened(rules=programme(tiers=RULES["tiers"] | {"growth": rule}))
    buy(journal, line(unit_price=10_000))
    return journal


def falls_on(active_on: date, *fallen: Decayed) -> date | None:
    """Answer on which day the growth of a member falls next who did something last on `active_on`."""
    rules = decaying().programme
    booked_at = midnight(max([active_on, *(of.day for of in fallen)]), rules.zone)
    idle = member(growth_days={active_on: 100}, active_on=active_on, decays=fallen, booked_at=booked_at)
    instant = due_at(idle, rules)
    return local_day(instant, rules.zone) if instant else None


def growth(journal: Journal, now: datetime) -> int:
    """Answer what growth is worth."""
    return tiers.growth(settle(journal.member, journal.programme, now).member, journal.programme, now)


def test_growth_loses_its_share_at_the_midnight_that_ends_the_last_day_of_the_idle_months() -> None:
    journal = decaying()
    falls = datetime.fromisoformat("2026-04-03T00:00:00+01:00")
    assert growth(journal, falls - timedelta(seconds=1)) == 100
    assert growth(journal, falls) == 90


def test_growth_loses_its_share_again_each_month_of_what_is_left() -> None:
    journal = decaying()
    assert [growth(journal, NOON + timedelta(days=1 + 31 * months)) for months in range(4)] == [100, 90, 81, 72]


@pytest.mark.parametrize(
    ("active_on", "falls"),
    [("2026-01-31", "2026-03-01"), ("2028-01-31", "2028-03-01"), ("2026-03-31", "2026-05-01")],
)
def test_a_month_that_is_shorter_ends_with_its_last_day(active_on: str, falls: str) -> None:
    day = date.fromisoformat(active_on)
    assert falls_on(day) == date.fromisoformat(falls)


def test_the_day_of_the_month_comes_back_after_a_shorter_one() -> None:
    day = date(2026, 1, 31)
    assert falls_on(day, Decayed(date(2026, 3, 1), 10)) == date(2026, 4, 1)


def test_whoever_does_something_in_time_loses_nothing() -> None:
    journal = later(decaying(), days=30)
    buy(journal, line(unit_price=0), order_id="O2")
    assert growth(journal, NOON + timedelta(days=58)) == 100


def test_growth_is_rounded_once_however_often_it_fell() -> None:
    days = {ENROLLED: 19}
    fallen = tuple(Decayed(ENROLLED + timedelta(days=n), 50) for n in (1, 2))
    assert decay.value(days, fallen[:1]) == 9
    assert decay.value(days, fallen) == 4
    assert decay.value({ENROLLED: 1, ENROLLED + timedelta(days=1): 3}, fallen) == 1


def test_growth_that_came_later_falls_less() -> None:
    fallen = (Decayed(ENROLLED + timedelta(days=5), 10),)
    assert decay.value({ENROLLED: 100, ENROLLED + timedelta(days=5): 100}, fallen) == 190


def test_a_refund_leaves_growth_as_if_the_order_had_never_been() -> None:
    journal = decaying(percent=33)
    order = buy(journal, line(unit_price=5_500), order_id="O2")
    journal = later(journal, days=100)
    without = growth(decaying(percent=33), journal.now)
    refund(journal, order, refund_message({"1": 1}, order_id="O2"))
    assert growth(journal, journal.now) == without


def test_growth_that_has_come_to_nothing_is_forgotten_and_falls_no_more() -> None:
    journal = later(decaying(percent=100), days=200)
    assert [entry.growth for entry in journal.entries] == [-100]
    assert (journal.member.growth_days, journal.member.decays) == ({}, ())


def test_settling_once_a_quarter_books_what_settling_every_night_books() -> None:
    quarterly = nightly = decaying()
    entries = []
    for _ in range(92):
        nightly = later(nightly, days=1)
        entries += nightly.entries
    quarterly = later(quarterly, days=92)
    assert quarterly.member.decays == nightly.member.decays
    assert [(entry.at, entry.growth) for entry in quarterly.entries] == [(entry.at, entry.growth) for entry in entries]


def test_settling_a_few_entries_at_a_time_ends_where_settling_at_once_does() -> None:
    journal = decaying()
    now = NOON + timedelta(days=1500)
    once = settle(journal.member, journal.programme, now).member
    few = settle(journal.member, journal.programme, now, most=5)
    assert len(few.entries) == 5
    while few.entries:
        few = settle(few.member, few.programme, now, most=5)
    assert (few.member.decays, few.member.growth_days, few.member.tier) == (once.decays, once.growth_days, once.tier)


def test_an_activity_that_is_told_late_makes_growth_fall_no_sooner() -> None:
    on_day_31 = later(decaying(), days=45)
    assert tiers.growth(on_day_31.member, on_day_31.programme, on_day_31.now) == 90
    buy(on_day_31, line(unit_price=0), order_id="O2", placed_at=NOON + timedelta(days=5))
    assert growth(on_day_31, on_day_31.now) == 90


@given(
    st.lists(st.tuples(st.dates(date(1971, 1, 1)), st.integers(1, 100)), max_size=20).map(
        lambda drawn: tuple(Decayed(*of) for of in sorted(drawn))
    )
)
def test_decays_are_read_as_they_were_packed(decays: decay.Decays) -> None:
    assert decay.unpack(decay.pack(decays)) == decays


def test_growth_that_comes_after_a_decay_is_kept_apart_from_what_that_took_from() -> None:
    fallen = (Decayed(ENROLLED + timedelta(days=5), 10),)
    assert decay.current({}, fallen, ENROLLED + timedelta(days=9)) == ENROLLED + timedelta(days=9)
    assert decay.current({ENROLLED: 1}, fallen, ENROLLED + timedelta(days=9)) == fallen[0].day
    assert decay.current({ENROLLED: 1}, (), ENROLLED + timedelta(days=9)) == ENROLLED


def test_growth_is_found_in_the_bucket_in_which_it_began_to_count() -> None:
    days = [ENROLLED, ENROLLED + timedelta(days=5)]
    growth = dict.fromkeys(days, 1)
    found = [decay.bucket(growth, ENROLLED + timedelta(days=later)) for later in (-1, 0, 4, 5, 9)]
    assert found == [None, days[0], days[0], days[1], days[1]]


def test_what_is_worth_less_than_one_is_nothing_and_no_size_is_too_large_to_be_exact() -> None:
    once = (Decayed(ENROLLED + timedelta(days=1), 1),)
    assert decay.value({ENROLLED: 1}, once) == 0
    assert decay.value({ENROLLED: 10**20 + 100}, once) == 99 * 10**18 + 99


@pytest.mark.parametrize(("done", "falls"), [("2028-03-20", "2028-04-16"), ("2028-04-15", "2028-04-16")])
def test_who_is_idle_for_years_loses_growth_in_each_month_of_them(done: str, falls: str) -> None:
    active_on = date(2026, 1, 15)
    assert decay.next_day({active_on: 100}, (), active_on, 1, date.fromisoformat(done)) == date.fromisoformat(falls)


def test_the_entry_says_by_which_rule_growth_fell_and_takes_no_points() -> None:
    (entry,) = later(decaying(percent=30, idle_months=2), days=70).entries
    assert (entry.kind, entry.points, entry.growth) == ("decay", 0, -30)
    assert entry.detail == {"percent": 30, "idle_months": 2}


def test_growth_that_waited_counts_with_what_is_earned_when_it_matures() -> None:
    rule = {"policy": "decay", "idle_months": 1, "percent": 10}
    rules = programme(tiers=RULES["tiers"] | {"growth": rule}, points={"return_window_days": 45, "growth_waits": True})
    matures = midnight(ENROLLED + timedelta(days=46), rules.zone)
    waits = {"growth_waiting": {(matures, ENROLLED): 100}, "growth_days": {ENROLLED: 100}}
    fallen = (Decayed(ENROLLED + timedelta(days=32), 10),)
    journal = opened(matures, rules, **waits, decays=fallen, booked_at=matures - timedelta(days=1))
    assert tiers.growth(journal.member, rules, matures) == 190


def test_growth_that_is_earned_after_a_fall_is_worth_what_it_is() -> None:
    journal = later(decaying(), days=40)
    buy(journal, line(unit_price=5_000), order_id="O2")
    assert (journal.entries[-1].growth, growth(journal, journal.now)) == (50, 140)
    assert "growth_as_earned" not in journal.entries[-1].detail


def test_growth_between_two_falls_is_kept_together() -> None:
    journal = later(decaying(), days=9)
    buy(journal, line(unit_price=5_000), order_id="O2")
    assert journal.member.growth_days == {ENROLLED: 150}
