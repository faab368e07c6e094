"""The reckoning that quotes are compared with, against sums done by hand."""

from typing import Any

import pytest

from examples.reckoning import combinations, reckon, refusal

PROGRAMME: dict[str, Any] = {
    "checkout": {"point_value": 1, "points_percent": 50, "points_minimum": 10},
    "earning": {
        "points": {"base": {"earn": 1, "per": 100}, "categories": {"stationery": {"earn": 3, "per": 200}}},
        "growth": {"base": {"earn": 1, "per": 100}},
    },
}
NEWCOMER: dict[str, Any] = {"id": "newcomer"}
BASKET: dict[str, Any] = {
    "lines": [
        {"line_id": "1", "sku": "A", "category": "stationery", "quantity": 3, "unit_price": 333},
        {"line_id": "2", "sku": "B", "category": "home", "quantity": 2, "unit_price": 250},
        {"line_id": "3", "sku": "A", "category": "stationery", "quantity": 1, "unit_price": 501, "discount": 0},
    ],
    "shipping": 395,
}
"""£9.99, £5.00 and £5.01, which make £20.00."""


def template(kind: str, **parts: Any) -> dict[str, Any]:
    return {"id": kind, "kind": kind} | parts


@pytest.mark.parametrize(
    ("coupon", "by_line"),
    [
        # 100 × 999/2000 = 49.95, 25, 25.05: the first has the largest remainder.
        (template("amount_off", amount=100), [50, 25, 25]),
        # All goods of a scope: 500 and nothing beside them.
        (template("amount_off", amount=900, scope={"skus": ["B"]}), [0, 500, 0]),
        # 7% of £15.00 are £1.05: 69.93 and 35.07.
        (template("percentage", percent=7, scope={"categories": ["stationery"]}), [70, 0, 35]),
        (template("percentage", percent=50, ceiling=10, scope={"exclude": {"skus": ["A"]}}), [0, 10, 0]),
        (
            template("stepped", steps=[{"threshold": 2000, "amount": 4}, {"threshold": 2001, "amount": 8}]),
            [2, 1, 1],
        ),
        # Six units are three pairs: both of £2.50 and one of £3.33.
        (template("buy_x_get_y", buy=1, get=1), [333, 500, 0]),
        (template("buy_x_get_y", buy=1, get=1, percent=33, times=1), [0, 82, 0]),
        # The first line's three and the third's one come to £15.00, beside the price of £14.00; 66.6 and 33.4.
        (template("bundle", goods={"A": 4}, price=1400), [67, 0, 33]),
    ],
)
def test_what_a_coupon_takes_off(coupon: dict[str, Any], by_line: list[int]) -> None:
    assert refusal(coupon, BASKET) is None
    reckoned = reckon(BASKET, [coupon], 0, NEWCOMER, PROGRAMME)
    assert reckoned.discounts == {coupon["id"]: by_line}
    assert reckoned.total == 2000 - sum(by_line) + 395


@pytest.mark.parametrize(
    ("coupon", "why"),
    [
        (template("amount_off", amount=100, threshold=2001), ("below_threshold", 1)),
        (template("stepped", steps=[{"threshold": 2500, "amount": 1}]), ("below_threshold", 500)),
        (template("percentage", percent=10, scope={"brands": ["Acme"]}), ("no_goods", None)),
        (template("buy_x_get_y", buy=2, get=1, scope={"skus": ["B"]}), ("too_few_units", None)),
        (template("bundle", goods={"A": 5}, price=0), ("incomplete_bundle", None)),
        (template("bundle", goods={"A": 4}, price=1500), ("no_discount", None)),
    ],
)
def test_why_a_coupon_does_not_apply(coupon: dict[str, Any], why: tuple[str, int | None]) -> None:
    assert refusal(coupon, BASKET) == why


def test_shipping_and_gifts_leave_the_goods_alone() -> None:
    coupons = [template("free_shipping", up_to=300), template("gift", sku="C", quantity=2)]
    reckoned = reckon(BASKET, coupons, 0, NEWCOMER, PROGRAMME)
    assert (reckoned.shipping, reckoned.total, dict(reckoned.discounts)) == (95, 2095, {})
    assert (reckoned.shipping_discounts, reckoned.gifts) == ({"free_shipping": 300}, {"gift": ("C", 2)})


def test_coupons_take_from_what_those_before_them_have_left() -> None:
    tenth, half = template("percentage", percent=10), template("percentage", id="half", percent=50, priority=1)
    reckoned = reckon(BASKET, [tenth, half], 0, NEWCOMER, PROGRAMME)
    assert {id_: sum(by_line) for id_, by_line in reckoned.discounts.items()} == {"half": 1000, "percentage": 100}


def test_points_pay_their_share_and_what_is_left_earns() -> None:
    reckoned = reckon(BASKET, [], 5000, {"multiplier_bp": 15_000}, PROGRAMME)
    assert (sum(reckoned.value_by_line), reckoned.total) == (1000, 1395)
    # Of the lines 499, 250 and 251 are left: (7.5 × 3/2 + 2.5) × 1.5 = 20.625.
    assert (reckoned.points_to_earn, reckoned.growth_to_earn) == (20, 10)


def test_fewer_points_than_the_least_do_not_pay() -> None:
    assert reckon(BASKET, [], 9, NEWCOMER, PROGRAMME).total == 2395


def test_of_a_group_one_coupon_applies_and_one_without_a_group_applies_alone() -> None:
    coupons = [template("a", group="x"), template("b", group="x"), template("c", group="y"), template("d")]
    found = {frozenset(coupon["id"] for coupon in each) for each in combinations(coupons)}
    assert found == {frozenset(each) for each in ("", "a", "b", "c", "ac", "bc", "d")}
