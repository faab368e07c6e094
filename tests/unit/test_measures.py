from datetime import date, timedelta
from typing import Any

import pytest

from tessera import measures
from tessera.measures import Tally
from tessera.programme.ladders import Days, Ladder
from tests.factories import NOON, RULES

TODAY = NOON.date()
DAYS = {TODAY - timedelta(days=ago): 10 ** (ago // 30) for ago in (0, 30, 60, 90)}


def ladder(*criteria: dict[str, Any]) -> Ladder:
    """Make a ladder whose one tier asks for all of these."""
    tiers = [{"id": "low", "name": "Low"}, {"id": "top", "name": "Top", "entry": {"all": list(criteria)}}]
    return Ladder.model_validate(RULES["tiers"] | {"ladder": tiers})


@pytest.mark.parametrize(
    ("within", "value"),
    [(Days(days=30), 1), (Days(days=31), 11), (Days(days=91), 1111), ("calendar_year", 111), ("lifetime", 9999)],
)
def test_a_window_is_exact_to_the_day(within: Any, value: int) -> None:
    # The days are 2 March, 31 January, 1 January and 2 December.
    assert measures.value(Tally(DAYS, 9999), within, TODAY) == value


@pytest.mark.parametrize("windows", [(), (20,), (40, 50), (50, 40)])
def test_only_what_is_asked_for_is_kept_and_for_as_long_as_its_longest_window(windows: tuple[int, ...]) -> None:
    rules = ladder(
        *({"measure": "spend", "at_least": 1, "within": {"days": days}} for days in (30, *windows)),
        {"measure": "tenure", "at_least": 1},
    )
    everything = dict.fromkeys(measures.COUNTED, Tally({TODAY - timedelta(days=back): 1 for back in range(200)}, 200))
    kept = measures.trimmed(everything, rules, TODAY, TODAY)
    assert {measure: len(tally.days) for measure, tally in kept.items()} == {"spend": max((30, *windows))}


def test_a_ladder_asks_no_more_than_another_if_its_windows_are_no_longer() -> None:
    year = ladder({"measure": "orders", "at_least": 1, "within": "calendar_year"})
    quarter = ladder({"measure": "orders", "at_least": 9, "within": {"days": 90}})
    spend = ladder({"measure": "spend", "at_least": 1, "within": {"days": 90}})
    assert [
        measures.asks_no_more(*pair) for pair in ((quarter, year), (year, quarter), (spend, year), (year, year))
    ] == [
        True,
        False,
        False,
        True,
    ]


def test_active_days_are_kept_for_the_days_on_which_they_may_be_told_once_more() -> None:
    week = ladder({"measure": "active_days", "at_least": 1, "within": {"days": 7}})
    month = ladder({"measure": "active_days", "at_least": 1, "within": {"days": 30}})
    year = ladder({"measure": "active_days", "at_least": 1, "within": {"days": 365}})
    asks = [(week, month), (month, week), (month, year), (year, month)]
    assert [measures.asks_no_more(*pair) for pair in asks] == [True, True, True, False]


def test_what_no_window_reaches_again_is_dropped_and_stays_in_the_sum_of_a_lifetime() -> None:
    rules = ladder({"measure": "spend", "at_least": 1, "within": {"days": 90}})
    trimmed = measures.trimmed({"spend": Tally(DAYS, 9999), "orders": Tally({}, 3)}, rules, TODAY, TODAY)
    assert trimmed == {"spend": Tally({day: n for day, n in DAYS.items() if n < 1000}, 9999)}


@pytest.mark.parametrize(("days", "kept"), [(90, False), (91, True)])
def test_the_first_day_of_the_longest_window_is_kept(days: int, kept: bool) -> None:
    rules = ladder({"measure": "spend", "at_least": 1, "within": {"days": days}})
    trimmed = measures.trimmed({"spend": Tally(DAYS, 9999)}, rules, TODAY, TODAY)
    assert (TODAY - timedelta(days=90) in trimmed["spend"].days) == kept


def test_a_refund_leaves_the_day_of_its_order() -> None:
    rules = ladder({"measure": "spend", "at_least": 1, "within": {"days": 90}})
    day = date(2026, 1, 31)
    detail = {"spend": -10, "order_day": day.isoformat()}
    after = measures.after_entry({"spend": Tally(DAYS, 9999)}, rules, "UTC", TODAY, NOON, detail, active=False)
    assert after["spend"].lifetime == 9989
    assert day not in after["spend"].days


def test_a_calendar_year_begins_with_its_first_day() -> None:
    assert measures.first_day("calendar_year", date(2026, 3, 15)) == date(2026, 1, 1)
