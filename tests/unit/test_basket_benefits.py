"""What benefits do to a basket: prices first, then coupons, then points, then shipping."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera.journal import Journal
from tessera.programme.model import Programme
from tessera.quotes import Quote, quote
from tessera.shapes import Line
from tests.factories import checkout_request, coupon, line, opened, programme
from tests.unit.strategies import baskets


def price(benefit_id: str, stacks: bool = False, **prices: int) -> dict[str, Any]:
    tiers = {"low": {"prices": prices}}
    return {"id": benefit_id, "name": benefit_id, "kind": "member_price", "stacks": stacks, "tiers": tiers}


def percentage(benefit_id: str, percent: int, stacks: bool = False, **terms: Any) -> dict[str, Any]:
    tiers = {"low": {"percent": percent, **terms}}
    return {"id": benefit_id, "name": benefit_id, "kind": "percentage", "stacks": stacks, "tiers": tiers}


def shipping(benefit_id: str, **terms: Any) -> dict[str, Any]:
    return {"id": benefit_id, "name": benefit_id, "kind": "free_shipping", "tiers": {"low": terms}}


def offering(*benefits: dict[str, Any]) -> Programme:
    return programme(benefits=list(benefits))


def off(priced: Quote) -> dict[str, tuple[int, ...]]:
    """Answer what each source takes off, by line."""
    return {discount.source: discount.by_line for discount in priced.discounts}


def ask(journal: Journal, *lines: Line, **wanted: Any) -> Quote:
    held = {"c_ONE": coupon(), "c_TEN": coupon("tenth_off", "c_TEN")}
    return quote(journal, checkout_request(*lines, **wanted), held)


def test_a_member_price_takes_off_what_is_above_it() -> None:
    journal = opened(rules=offering(price("club", SKU=700)))
    lines = line("1", quantity=3), line("2", unit_price=600), line("3", quantity=2, discount=500), line("4", sku="B")
    priced = ask(journal, *lines)
    assert off(priced) == {"benefit:club": (900, 0, 100, 0)}
    assert priced.total == 2100 + 600 + 1400 + 1000


@pytest.mark.parametrize(
    ("scope", "by_line"),
    [
        ({}, (100, 100, 100)),
        ({"skus": ["RARE"]}, (0, 100, 0)),
        ({"brands": ["acme"]}, (0, 0, 100)),
        ({"categories": ["toys"], "skus": ["RARE"]}, (100, 100, 0)),
    ],
)
def test_a_percentage_is_off_the_lines_that_it_names(scope: dict[str, Any], by_line: tuple[int, ...]) -> None:
    journal = opened(rules=offering(percentage("tenth", 10, **scope)))
    lines = line("1", category="toys"), line("2", sku="RARE"), line("3", brand="acme")
    assert off(ask(journal, *lines)) == {"benefit:tenth": by_line}


def test_of_several_prices_the_best_one_stands_alone_on_a_line() -> None:
    journal = opened(rules=offering(price("club", SKU=700), percentage("half", 50, categories=["toys"])))
    priced = ask(journal, line("1"), line("2", category="toys"))
    assert off(priced) == {"benefit:club": (300, 0), "benefit:half": (0, 500)}


def test_prices_that_stack_come_one_after_the_other_in_the_order_of_the_programme() -> None:
    club, tenth = price("club", stacks=True, SKU=700), percentage("tenth", 10, stacks=True)
    assert off(ask(opened(rules=offering(club, tenth)), line())) == {"benefit:club": (300,), "benefit:tenth": (70,)}
    assert off(ask(opened(rules=offering(tenth, club)), line())) == {"benefit:tenth": (100,), "benefit:club": (200,)}


def test_a_price_that_does_not_stack_gives_way_to_several_that_do() -> None:
    stacking = price("club", stacks=True, SKU=700), percentage("tenth", 10, stacks=True)
    assert "benefit:alone" not in off(ask(opened(rules=offering(*stacking, price("alone", SKU=630))), line()))
    assert off(ask(opened(rules=offering(*stacking, price("alone", SKU=629))), line())) == {"benefit:alone": (371,)}


def test_a_coupon_comes_on_top_of_prices_that_stack() -> None:
    journal = opened(rules=offering(percentage("tenth", 10, stacks=True)))
    priced = ask(journal, line(unit_price=4000), coupons=["TEN"])
    assert off(priced) == {"benefit:tenth": (400,), "coupon:c_TEN": (360,)}


def test_the_threshold_of_a_coupon_is_for_what_prices_leave() -> None:
    journal = opened(rules=offering(percentage("fifth", 20, stacks=True)))
    (verdict,) = ask(journal, line(unit_price=3700), coupons=["ONE"]).verdicts
    assert (verdict.code, verdict.missing) == ("below_threshold", 40)


def test_a_price_gives_way_to_a_coupon_that_is_worth_more_and_that_it_would_keep_away() -> None:
    journal = opened(rules=offering(percentage("hundredth", 1, stacks=True)))
    assert off(ask(journal, line(unit_price=3000), coupons=["ONE"])) == {"coupon:c_ONE": (500,)}


@pytest.mark.parametrize(("percent", "wins"), [(9, "coupon:c_TEN"), (10, "benefit:share"), (11, "benefit:share")])
def test_of_a_price_that_does_not_stack_and_a_coupon_the_better_is_taken(percent: int, wins: str) -> None:
    priced = ask(opened(rules=offering(percentage("share", percent))), line(unit_price=4000), coupons=["TEN"])
    assert list(off(priced)) == [wins]
    assert [verdict.code for verdict in priced.verdicts] == [None if wins.startswith("coupon") else "not_stackable"]
    told = {discount.source: discount.amount for discount in priced.discounts}
    assert {f"benefit:{one.shown.benefit_id}": one.amount for one in priced.benefits} == (
        {} if wins.startswith("coupon") else told
    )


def test_a_coupon_that_a_price_leaves_out_is_told_so_and_any_other_why_it_does_not_apply() -> None:
    journal = opened(rules=offering(percentage("share", 90)))
    out, unknown = ask(journal, line(unit_price=4000), coupons=["TEN", "NONE"]).verdicts
    assert (out.coupon_id, out.code, unknown.code) == ("c_TEN", "not_stackable", "unknown")
    assert out.detail == "A price of the member's tier leaves no more to pay, and goes with no coupon."


def test_points_pay_for_what_prices_and_coupons_leave_and_earn_on_the_rest() -> None:
    journal = opened(rules=offering(percentage("half", 50, stacks=True)), points=1000)
    priced = ask(journal, line(unit_price=4000), coupons=["TEN"], points="max")
    assert (priced.points_spent, priced.total, priced.points_to_earn) == (1000, 800, 8)


@pytest.mark.parametrize(
    ("benefits", "left", "applied"),
    [
        ([shipping("free")], 0, "free"),
        ([shipping("part", up_to=300)], 200, "part"),
        ([shipping("part", up_to=300), shipping("free")], 0, "free"),
        ([shipping("counted", quota={"uses": 1, "per": "month"}), shipping("free")], 0, "free"),
    ],
)
def test_free_shipping_applies_by_itself(benefits: list[dict[str, Any]], left: int, applied: str) -> None:
    priced = ask(opened(rules=offering(*benefits)), line(), shipping=500)
    assert (priced.shipping, priced.total) == (left, 1000 + left)
    assert [(one.shown.benefit_id, one.amount) for one in priced.benefits] == [(applied, 500 - left)]


@pytest.mark.parametrize(("terms", "left"), [({"quota": {"uses": 3, "per": "month"}}, 2), ({}, None)])
def test_a_quote_says_how_often_a_benefit_is_left_after_it(terms: dict[str, Any], left: int | None) -> None:
    (one,) = ask(opened(rules=offering(shipping("free", **terms))), line(), shipping=500).benefits
    assert one.left == left


def test_where_there_is_no_shipping_none_is_free() -> None:
    assert ask(opened(rules=offering(shipping("free"))), line()).benefits == ()


def test_who_is_frozen_pays_what_everybody_pays() -> None:
    rules = offering(percentage("half", 50), shipping("free"))
    priced = ask(opened(rules=rules, standing="frozen"), line(), shipping=500)
    assert (priced.total, priced.benefits) == (1500, ())


_BENEFITS = st.lists(
    st.one_of(
        st.builds(price, st.just("p"), st.booleans(), SKU=st.integers(0, 5000), RARE=st.integers(0, 5000)),
        st.builds(percentage, st.just("p"), st.integers(1, 100), st.booleans()),
        st.builds(percentage, st.just("p"), st.integers(1, 100), st.booleans(), brands=st.just(["acme"])),
    ),
    max_size=4,
).map(lambda drawn: [benefit | {"id": f"b{i}"} for i, benefit in enumerate(drawn)])


@given(benefits=_BENEFITS, lines=baskets(), coupons=st.sampled_from([[], ["ONE"], ["TEN"], "best"]))
def test_no_line_costs_less_than_nothing_and_none_more_than_without(
    benefits: Sequence[dict[str, Any]], lines: list[Line], coupons: Any
) -> None:
    priced = ask(opened(rules=offering(*benefits)), *lines, coupons=coupons)
    taken = [sum(by_line) for by_line in zip(*(discount.by_line for discount in priced.discounts), strict=True)]
    assert all(0 <= part <= bought.amount for part, bought in zip(taken, lines, strict=bool(taken)))
    assert priced.total == priced.subtotal - sum(taken)
    assert priced.total <= ask(opened(), *lines, coupons=coupons).total


def test_prices_that_stack_and_a_coupon_on_top_may_be_more_than_a_price_that_does_not() -> None:
    journal = opened(rules=offering(percentage("tenth", 10, stacks=True), percentage("share", 15)))
    assert off(ask(journal, line(unit_price=4000), coupons=["ONE"])) == {
        "benefit:tenth": (400,),
        "coupon:c_ONE": (500,),
    }


def test_a_coupon_may_be_more_than_either_of_two_prices_that_keep_it_away() -> None:
    journal = opened(rules=offering(percentage("tenth", 10, stacks=True), percentage("share", 12)))
    assert off(ask(journal, line(unit_price=3300), coupons=["ONE"])) == {"coupon:c_ONE": (500,)}


def test_a_price_that_is_above_what_a_line_costs_takes_nothing_off_it() -> None:
    assert off(ask(opened(rules=offering(price("club", stacks=True, SKU=2000))), line())) == {}


def test_a_gift_of_a_birthday_is_no_part_of_a_quote() -> None:
    terms = {"low": {"gift": "Cake", "days_before": 7, "days_after": 3}}
    rules = offering({"id": "cake", "name": "Cake", "kind": "birthday_gift", "tiers": terms}, percentage("tenth", 10))
    assert [applied.shown.benefit_id for applied in ask(opened(rules=rules), line()).benefits] == ["tenth"]
