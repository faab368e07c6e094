from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tessera.growth_days import pack, since, unpack, within

TODAY = date(2026, 11, 22)

growths = st.integers(1, 10**9)
runs = st.lists(st.tuples(st.just(0) | st.integers(1, 3) | growths, st.integers(1, 200)), max_size=20)
days_in_runs = runs.map(
    lambda runs: {
        date(1999, 12, 31) + timedelta(days=number): growth
        for number, growth in enumerate(growth for growth, days in runs for _ in range(days))
        if growth
    }
)
growth_by_day = st.dictionaries(st.dates(), growths, max_size=50) | days_in_runs
ages = st.integers(0, 800).map(lambda age: TODAY - timedelta(days=age))


@given(growth_by_day)
def test_days_that_are_packed_and_unpacked_are_the_same_days(days: dict[date, int]) -> None:
    assert unpack(pack(days)) == days


def test_no_days_pack_to_nothing() -> None:
    assert pack({}) == b""
    assert unpack(b"") == {}


def test_a_year_of_daily_sign_ins_and_fifty_orders_packs_under_260_bytes() -> None:
    year = {TODAY - timedelta(days=age): 1000 if age % 7 == 0 and age < 350 else 1 for age in range(365)}
    assert len([growth for growth in year.values() if growth > 1]) == 50
    assert len(pack(year)) < 260


def test_the_window_is_exact_to_the_day() -> None:
    oldest = TODAY - timedelta(days=364)
    assert within({oldest: 5, TODAY: 7}, TODAY, 365) == 12
    assert within({oldest - timedelta(days=1): 5}, TODAY, 365) == 0


def test_the_day_after_counts_already_because_clocks_differ() -> None:
    assert within({TODAY: 7, TODAY + timedelta(days=1): 5}, TODAY, 1) == 12


@given(st.dictionaries(ages, st.integers(1, 1000)), st.integers(1, 366), st.integers(0, 400))
def test_dropping_days_that_have_left_the_window_never_changes_what_counts(
    days: dict[date, int], window: int, wait: int
) -> None:
    left = since(days, TODAY, window)
    day = TODAY + timedelta(days=wait)
    assert within(left, day, window) == within(days, day, window)


def test_days_that_have_left_the_window_are_dropped() -> None:
    assert since({TODAY - timedelta(days=365): 5, TODAY: 7}, TODAY, 365) == {TODAY: 7}
