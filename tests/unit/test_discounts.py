from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera import discounts
from tessera.discounts import Left, Shortfall
from tessera.shapes import Line
from tests.factories import line, of_kind
from tests.unit.strategies import small_baskets, templates

TEA = line("1", sku="TEA", category="food", quantity=3, unit_price=400)
CUP = line("2", sku="CUP", brand="potter", unit_price=1000)
STEPS = [{"threshold": 1000, "amount": 100}, {"threshold": 2000, "amount": 300}]
BOTH = {"TEA": 2, "CUP": 1}
LACKING = Shortfall(code="incomplete_bundle", skus={"TEA": 2, "PEN": 1})


def priced(*lines: Line, shipping: int = 0) -> Left:
    return Left(tuple(line.amount for line in lines), shipping)


def off(template: dict[str, Any], *lines: Line, shipping: int = 0) -> discounts.Off:
    left = priced(*lines, shipping=shipping)
    return discounts.off(of_kind(**template), lines, left, left)


@pytest.mark.parametrize(
    ("template", "by_line"),
    [
        ({"amount": 500}, (273, 227)),
        ({"amount": 5000}, (1200, 1000)),
        ({"amount": 500, "scope": {"categories": ["food"]}}, (500, 0)),
        ({"amount": 500, "scope": {"brands": ["potter"]}}, (0, 500)),
        ({"amount": 500, "scope": {"exclude": {"skus": ["TEA"]}}}, (0, 500)),
        ({"amount": 500, "scope": {"skus": ["TEA", "CUP"], "exclude": {"categories": ["food"]}}}, (0, 500)),
        ({"kind": "percentage", "percent": 15}, (180, 150)),
        ({"kind": "percentage", "percent": 15, "ceiling": 11}, (6, 5)),
        ({"kind": "stepped", "steps": STEPS}, (164, 136)),
        ({"kind": "stepped", "steps": STEPS, "scope": {"skus": ["CUP"]}}, (0, 100)),
        ({"kind": "stepped", "steps": [{"threshold": 2201, "amount": 100}]}, (0, 0)),
        ({"kind": "buy_x_get_y", "buy": 2, "get": 1}, (400, 0)),
        ({"kind": "buy_x_get_y", "buy": 1, "get": 1}, (800, 0)),
        ({"kind": "buy_x_get_y", "buy": 1, "get": 1, "times": 1, "percent": 50}, (200, 0)),
        ({"kind": "buy_x_get_y", "buy": 1, "get": 3}, (1200, 0)),
        ({"kind": "buy_x_get_y", "buy": 1, "get": 1, "scope": {"skus": ["TEA"]}}, (400, 0)),
        ({"kind": "bundle", "goods": BOTH, "price": 1000}, (356, 444)),
        ({"kind": "bundle", "goods": BOTH, "price": 5000}, (0, 0)),
        ({"kind": "free_shipping"}, (0, 0)),
        ({"kind": "gift", "sku": "PEN"}, (0, 0)),
    ],
)
def test_each_kind_takes_off_what_it_says_by_line(template: dict[str, Any], by_line: tuple[int, ...]) -> None:
    assert off(template, TEA, CUP, shipping=300).by_line == by_line


def test_shipping_costs_nothing_or_so_much_less() -> None:
    assert off({"kind": "free_shipping"}, TEA, shipping=300).shipping == 300
    assert off({"kind": "free_shipping", "up_to": 200}, TEA, shipping=300).shipping == 200
    assert off({"amount": 500}, TEA, shipping=300).shipping == 0


def test_a_gift_costs_a_budget_what_it_is_worth() -> None:
    found = off({"kind": "gift", "sku": "PEN", "quantity": 2, "value": 250}, TEA)
    assert found.gift is not None
    assert (found.gift.sku, found.gift.quantity, found.amount, found.cost) == ("PEN", 2, 0, 250)


def test_the_step_is_that_of_the_prices_before_coupons() -> None:
    left = Left((1200, 100), 0)
    found = discounts.off(of_kind("stepped", steps=STEPS), (TEA, CUP), priced(TEA, CUP), left)
    assert sum(found.by_line) == 300


@pytest.mark.parametrize(
    ("template", "missing"),
    [
        ({"threshold": 2200}, None),
        ({"threshold": 2201}, Shortfall(code="below_threshold", money=1)),
        ({"threshold": 1300, "scope": {"skus": ["TEA"]}}, Shortfall(code="below_threshold", money=100)),
        (
            {"kind": "bundle", "goods": {"TEA": 2}, "price": 1, "threshold": 1300},
            Shortfall(code="below_threshold", money=100),
        ),
        ({"scope": {"skus": ["PEN"]}}, Shortfall(code="no_goods", units=1)),
        (
            {"kind": "stepped", "steps": STEPS, "scope": {"skus": ["PEN"]}},
            Shortfall(code="below_threshold", money=1000),
        ),
        ({"kind": "buy_x_get_y", "buy": 4, "get": 2}, Shortfall(code="too_few_units", units=2)),
        (
            {"kind": "bundle", "goods": {"TEA": 5, "PEN": 1}, "price": 1},
            LACKING,
        ),
        (
            {"kind": "bundle", "goods": {"PEN": 2}, "price": 1},
            Shortfall(code="incomplete_bundle", skus={"PEN": 2}),
        ),
        ({"kind": "bundle", "goods": BOTH, "price": 1800}, Shortfall(code="no_discount")),
        ({"kind": "free_shipping"}, Shortfall(code="no_discount")),
        ({"kind": "gift", "sku": "PEN"}, None),
    ],
)
def test_what_is_missing_for_a_coupon_to_apply_is_told(template: dict[str, Any], missing: Shortfall | None) -> None:
    assert discounts.shortfall(of_kind(**template), (TEA, CUP), priced(TEA, CUP)) == missing


@given(templates(), small_baskets())
def test_no_line_is_ever_reduced_below_nothing(template: Any, lines: list[Line]) -> None:
    left = priced(*lines, shipping=500)
    found = discounts.off(template, lines, left, left)
    assert all(0 <= part <= amount for part, amount in zip(found.by_line, left.lines, strict=True))
    assert 0 <= found.shipping <= left.shipping


@given(templates(), small_baskets(), st.data())
def test_the_less_is_left_before_a_coupon_the_less_is_left_of_each_line_after_it(
    template: Any, lines: list[Line], data: Any
) -> None:
    """But for rounding: what makes few combinations enough in search of the best."""
    left = priced(*lines, shipping=500)
    lower = Left(tuple(data.draw(st.integers(0, amount)) for amount in left.lines), data.draw(st.integers(0, 500)))
    after_less, after_more = (each.less(discounts.off(template, lines, left, each)) for each in (lower, left))
    assert all(less <= more + 1 for less, more in zip(after_less.lines, after_more.lines, strict=True))
    assert sum(after_less.lines) <= sum(after_more.lines) + len(lines) * (not discounts.covers_all(template))
    assert after_less.shipping <= after_more.shipping


@given(templates(), small_baskets(), st.data())
def test_nothing_takes_off_more_when_less_is_left(template: Any, lines: list[Line], data: Any) -> None:
    left = priced(*lines, shipping=500)
    lower = Left(tuple(data.draw(st.integers(0, amount)) for amount in left.lines), data.draw(st.integers(0, 500)))
    of_less, of_more = (discounts.off(template, lines, left, each).amount for each in (lower, left))
    assert of_less <= of_more


def test_a_set_is_taken_from_the_lines_that_have_it_in_their_order_and_from_no_other() -> None:
    again, more = line("3", sku="TEA", quantity=2, unit_price=600), line("4", sku="PEN", unit_price=900)
    four = {"kind": "bundle", "goods": {"TEA": 4}, "price": 800}
    assert off(four, TEA, more, again).by_line == (667, 0, 333)


def test_what_is_left_is_less_by_what_is_off_each_line_and_shipping() -> None:
    assert Left((1200, 1000), 300).less(discounts.Off((200, 0), 250)) == Left((1000, 1000), 50)


@pytest.mark.parametrize("kind", [{"amount": 500}, {"kind": "percentage", "percent": 9}, {"kind": "free_shipping"}])
def test_a_coupon_for_everything_looks_at_the_sum_alone(kind: dict[str, Any]) -> None:
    assert discounts.covers_all(of_kind(**kind))
    assert not discounts.covers_all(of_kind(amount=500, scope={"skus": ["TEA"]}))


@pytest.mark.parametrize(
    "kind", [{"kind": "buy_x_get_y", "buy": 2, "get": 1}, {"kind": "bundle", "goods": BOTH, "price": 1}]
)
def test_a_coupon_for_units_looks_at_the_lines(kind: dict[str, Any]) -> None:
    assert not discounts.covers_all(of_kind(**kind))


def test_the_units_that_cost_the_least_are_free_wherever_their_line_stands() -> None:
    assert off({"kind": "buy_x_get_y", "buy": 2, "get": 1}, CUP, TEA).by_line == (0, 400)
