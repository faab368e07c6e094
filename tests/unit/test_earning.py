from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera.earning import earn
from tessera.shapes import Line
from tests.factories import PROGRAMME, line, programme
from tests.unit.strategies import baskets

multipliers = st.sampled_from([0, 10_000, 10_500, 12_345, 15_000, 20_000])


def exact_points(bought: Line, multiplier_bp: int) -> Fraction:
    """Work out a line's points by hand: sku before brand before category before base."""
    if bought.sku == "RARE":
        rate = Fraction(7, 300)
    elif bought.brand == "acme":
        rate = Fraction(3, 200)
    elif bought.category == "toys":
        rate = Fraction(2, 100)
    else:
        rate = Fraction(1, 100)
    return (bought.quantity * bought.unit_price - bought.discount) * rate * Fraction(multiplier_bp, 10_000)


@given(baskets(), multipliers)
def test_an_order_earns_its_exact_sum_rounded_down_once(basket: list[Line], multiplier_bp: int) -> None:
    earned = earn(basket, PROGRAMME, multiplier_bp)
    assert sum(of.points for of in earned) == floor(sum(exact_points(of, multiplier_bp) for of in basket))


@given(baskets(), multipliers)
def test_a_line_gets_its_exact_share_of_the_order_to_less_than_a_point(basket: list[Line], multiplier_bp: int) -> None:
    exact = [exact_points(of, multiplier_bp) for of in basket]
    total = sum(exact, Fraction())
    for of, share in zip(earn(basket, PROGRAMME, multiplier_bp), exact, strict=True):
        assert abs(of.points - share * floor(total) / (total or 1)) < 1


@given(baskets(), multipliers)
def test_the_tier_never_multiplies_growth(basket: list[Line], multiplier_bp: int) -> None:
    earned = earn(basket, PROGRAMME, multiplier_bp)
    assert sum(of.growth for of in earned) == sum(of.amount for of in basket) // 100


def test_two_lines_that_earn_half_a_point_each_make_one() -> None:
    earned = earn([line("1", unit_price=50), line("2", unit_price=50)], PROGRAMME, 10_000)
    assert [of.points for of in earned] == [1, 0]


@pytest.mark.parametrize(
    ("named", "points", "rules"),
    [
        ({"sku": "RARE", "brand": "acme", "category": "toys"}, 140, ("sku:RARE", "base_rate")),
        ({"brand": "acme", "category": "toys"}, 90, ("brand:acme", "base_rate")),
        ({"category": "toys"}, 120, ("category:toys", "base_rate")),
        ({}, 60, ("base_rate",)),
        ({"sku": "Rare", "brand": "unheard", "category": "of"}, 60, ("base_rate",)),
    ],
)
def test_the_most_particular_rate_that_names_the_line_counts(
    named: dict[str, str], points: int, rules: tuple[str, ...]
) -> None:
    (earned,) = earn([line(unit_price=6000, **named)], PROGRAMME, 10_000)
    assert (earned.points, earned.growth, earned.rules) == (points, 60, rules)


def test_a_rate_of_nothing_is_a_rate() -> None:
    rates = {"base": {"earn": 1}, "skus": {"GIFTCARD": {"earn": 0}}}
    nothing_for_gift_cards = programme(earning={"points": rates, "growth": rates})
    (earned,) = earn([line(sku="GIFTCARD")], nothing_for_gift_cards, 10_000)
    assert (earned.points, earned.growth, earned.rules) == (0, 0, ("sku:GIFTCARD",))


def test_what_is_not_paid_earns_nothing() -> None:
    (earned,) = earn([line(unit_price=1000, discount=1000)], PROGRAMME, 10_000)
    assert (earned.points, earned.growth) == (0, 0)
