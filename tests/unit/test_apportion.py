from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera.apportion import apportion

wholes = st.integers(0, 10**12)
weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=20).filter(any)


@given(wholes, weights)
def test_the_parts_add_up_to_the_whole(whole: int, weights: list[int]) -> None:
    assert sum(apportion(whole, weights)) == whole


@given(wholes, weights)
def test_no_part_is_off_its_exact_share_by_one_or_more(whole: int, weights: list[int]) -> None:
    for part, weight in zip(apportion(whole, weights), weights, strict=True):
        assert abs(part - Fraction(whole * weight, sum(weights))) < 1


@given(wholes, weights)
def test_what_is_left_over_goes_to_the_largest_remainders(whole: int, weights: list[int]) -> None:
    shares = [Fraction(whole * weight, sum(weights)) for weight in weights]
    remainders = [share - share.__floor__() for share in shares]
    parts = apportion(whole, weights)
    up = [r for part, share, r in zip(parts, shares, remainders, strict=True) if part > share.__floor__()]
    down = [r for part, share, r in zip(parts, shares, remainders, strict=True) if part == share.__floor__()]
    assert not up or not down or min(up) >= max(down)


def test_ties_go_to_the_earlier_part() -> None:
    assert apportion(2, [1, 1, 1]) == [1, 1, 0]
    assert apportion(5, [2, 2]) == [3, 2]


def test_a_part_without_weight_gets_nothing() -> None:
    assert apportion(7, [0, 3, 0]) == [0, 7, 0]


def test_nothing_can_be_split_over_nothing() -> None:
    assert apportion(0, [0, 0]) == [0, 0]
    assert apportion(0, []) == []


def test_something_cannot_be_split_over_nothing() -> None:
    with pytest.raises(ValueError, match="1 cannot be split over nothing"):
        apportion(1, [0, 0])
