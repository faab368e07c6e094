import re
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera import quotes
from tessera.coupons import Coupon, Uses
from tessera.journal import Journal
from tessera.member import TierHeld
from tessera.programme.coupons import CouponTemplate
from tessera.programme.model import Programme
from tessera.quotes import Quote, QuoteRequest, Searched
from tessera.refusals import Invalid
from tessera.shapes import Line
from tests.factories import NOON, PROGRAMME, buy, checkout_request, coupon, line, of_kind, opened, programme
from tests.unit.strategies import baskets, small_baskets, templates

ONE, TWO = coupon(coupon_id="c_ONE"), coupon("tenth_off", coupon_id="c_TWO")


def priced(journal: Journal, *lines: Line, in_hand: tuple[Coupon, ...] = (), **fields: Any) -> Quote:
    request: QuoteRequest = checkout_request(*lines, **fields)
    return quotes.quote(journal, request, {one.coupon_id: one for one in in_hand})


def why_not(quote: Quote) -> list[tuple[str | None, int | None]]:
    return [(verdict.code, verdict.missing) for verdict in quote.verdicts]


def test_a_quote_takes_coupons_off_first_then_points_and_puts_shipping_on_top() -> None:
    quote = priced(
        opened(points=100), line(unit_price=4000), in_hand=(ONE,), coupons=["c_ONE"], points=100, shipping=350
    )
    assert (quote.subtotal, quote.discounts[0].amount, quote.points_value, quote.shipping) == (4000, 500, 100, 350)
    assert quote.total == 4000 - 500 - 100 + 350
    assert (quote.points_to_earn, quote.growth_to_earn) == (34, 34)


def test_a_quote_changes_nothing() -> None:
    journal = opened(points=100)
    before = journal.member
    priced(journal, line(unit_price=4000), in_hand=(ONE,), coupons="best", points="max")
    assert (journal.member, journal.entries) == (before, [])


def test_a_basket_below_the_threshold_is_told_what_is_missing() -> None:
    quote = priced(opened(), line(unit_price=2999), in_hand=(ONE,), coupons=["c_ONE"])
    assert why_not(quote) == [("below_threshold", 1)]
    assert quote.verdicts[0].detail == "Spend £0.01 more."
    assert (quote.discounts, quote.total) == ((), 2999)


def test_the_threshold_looks_at_what_is_paid_for_the_lines() -> None:
    quote = priced(opened(), line(unit_price=3500, discount=600), in_hand=(ONE,), coupons=["c_ONE"], shipping=500)
    assert why_not(quote) == [("below_threshold", 100)]


def test_a_basket_at_the_threshold_is_enough() -> None:
    assert priced(opened(), line(unit_price=3000), in_hand=(ONE,), coupons=["c_ONE"]).total == 2500


@pytest.mark.parametrize("named", [["c_TWO"], "best"])
def test_a_coupon_that_would_take_nothing_off_does_not_apply(named: list[str] | str) -> None:
    quote = priced(opened(), line(unit_price=9), in_hand=(TWO,), coupons=named)
    assert why_not(quote) == [("no_discount", None)]
    assert quote.verdicts[0].detail == "It would take nothing off this basket."
    assert (quote.discounts, quote.total) == ((), 9)


@pytest.mark.parametrize(
    ("unusable", "code"),
    [
        (ONE.hold("r_other", NOON + timedelta(minutes=1)), "held"),
        (ONE.redeem("r_other"), "redeemed"),
        (replace(ONE, valid_until=NOON), "expired"),
    ],
)
def test_a_coupon_that_cannot_be_used_says_why(unusable: Coupon, code: str) -> None:
    quote = priced(opened(), line(unit_price=4000), in_hand=(unusable,), coupons=["c_ONE"])
    assert why_not(quote) == [(code, None)]
    assert quote.verdicts[0].detail
    assert quote.total == 4000


def test_a_coupon_that_the_member_does_not_have_is_unknown() -> None:
    assert why_not(priced(opened(), coupons=["c_ELSE"])) == [("unknown", None)]


def test_one_coupon_applies_to_an_order_and_it_is_the_first_that_can() -> None:
    late = replace(ONE, coupon_id="c_LATE", valid_until=NOON)
    quote = priced(
        opened(), line(unit_price=4000), in_hand=(late, ONE, TWO), coupons=["c_LATE", "c_TWO", "c_ONE", "c_TWO"]
    )
    assert [(verdict.coupon_id, verdict.code) for verdict in quote.verdicts] == [
        ("c_LATE", "expired"),
        ("c_TWO", None),
        ("c_ONE", "not_stackable"),
    ]
    assert [discount.source for discount in quote.discounts] == ["coupon:c_TWO"]


def test_a_coupon_may_be_named_by_its_code() -> None:
    assert priced(opened(), line(unit_price=4000), in_hand=(ONE,), coupons=["one"]).total == 3500


@given(baskets())
def test_the_best_coupon_leaves_the_lowest_total(basket: list[Line]) -> None:
    best = priced(opened(), *basket, in_hand=(ONE, TWO), coupons="best").total
    assert best == min(
        priced(opened(), *basket, in_hand=(ONE, TWO), coupons=named).total for named in ([], ["c_ONE"], ["c_TWO"])
    )


def test_of_two_coupons_that_are_as_good_the_one_that_expires_first_is_best() -> None:
    sooner = replace(ONE, coupon_id="c_ZZZ", valid_until=NOON + timedelta(days=1))
    quote = priced(opened(), line(unit_price=4000), in_hand=(ONE, sooner), coupons="best")
    assert quote.discounts[0].source == "coupon:c_ZZZ"


@pytest.mark.parametrize(
    ("asked", "there", "spent"),
    [("max", 300, 300), ("max", 5000, 1000), (200, 300, 200), (400, 300, 300), (1500, 5000, 1000), (0, 300, 0)],
)
def test_points_pay_as_asked_as_far_as_they_are_there_and_as_far_as_there_is_to_pay(
    asked: int | Literal["max"], there: int, spent: int
) -> None:
    quote = priced(opened(points=there), line(unit_price=1000), points=asked, shipping=500)
    assert (quote.points_spent, quote.total) == (spent, 1500 - spent)


def test_points_that_would_pay_more_than_is_left_are_not_spent() -> None:
    dear = programme(checkout={"point_value": 300})
    quote = priced(opened(rules=dear, points=50), line(unit_price=1000), points="max")
    assert (quote.points_spent, quote.points_value, quote.total) == (3, 900, 100)


def test_a_currency_that_the_programme_does_not_know_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        priced(opened(), order={"currency": "EUR", "lines": [line().model_dump()]})
    assert (refusal.value.code, refusal.value.problems[0].pointer) == ("unknown_currency", "/order/currency")


def test_points_pay_for_what_the_coupon_has_left_of_each_line() -> None:
    quote = priced(
        opened(points=9),
        line("1", unit_price=5),
        line("2", unit_price=5),
        in_hand=(TWO,),
        coupons=["c_TWO"],
        points="max",
    )
    assert (quote.discounts[0].by_line, quote.points_by_line, quote.total) == ((1, 0), (4, 5), 0)


WORTH = st.sampled_from([PROGRAMME, programme(checkout={"point_value": 3})])


@given(baskets(), WORTH, st.integers(0, 10_000), st.sampled_from([[], ["c_ONE"], ["c_TWO"], "best"]))
def test_what_is_taken_off_adds_up_and_never_exceeds_its_line(
    basket: list[Line], rules: Programme, points: int, named: list[str] | str
) -> None:
    quote = priced(opened(rules=rules, points=points), *basket, in_hand=(ONE, TWO), coupons=named, points="max")
    left = [of.amount for of in basket]
    for discount in quote.discounts:
        assert discount.amount == sum(discount.by_line)
        left = [amount - off for amount, off in zip(left, discount.by_line, strict=True)]
    assert min(left) >= 0
    worth = rules.checkout.point_value
    assert all(part * worth < amount + worth for part, amount in zip(quote.points_by_line, left, strict=True))
    assert sum(quote.points_by_line) == quote.points_spent <= points
    assert quote.points_value == quote.points_spent * worth
    assert quote.total == sum(left) - quote.points_value >= 0


@given(
    baskets(),
    st.integers(0, 10_000),
    st.sampled_from([[], ["c_ONE"], ["c_TWO"], "best"]),
    st.sampled_from(["low", "middle", "high"]),
)
def test_a_purchase_earns_what_its_quote_promised(
    basket: list[Line], points: int, named: list[str] | str, tier: str
) -> None:
    journal = opened(points=points, tier=TierHeld(id=tier, since=NOON))
    quote = priced(journal, *basket, in_hand=(ONE, TWO), coupons=named, points="max")
    off = zip(*(discount.by_line for discount in quote.discounts), quote.points_by_line, strict=True)
    paid = [of.model_copy(update={"discount": of.discount + sum(more)}) for of, more in zip(basket, off, strict=True)]
    order = buy(journal, *paid)
    assert sum(of.amount for of in order.lines) == quote.total
    assert (order.points, order.growth) == (quote.points_to_earn, quote.growth_to_earn)


@given(st.lists(templates(), max_size=5), small_baskets(), st.integers(0, 2_000))
def test_what_is_earned_and_paid_adds_up_with_coupons_of_every_kind(
    drawn: list[CouponTemplate], basket: list[Line], points: int
) -> None:
    hand = tuple(replace(ONE, coupon_id=f"c_{number}", template=template) for number, template in enumerate(drawn))
    rules = programme(checkout={"point_value": 3, "points_percent": 60, "points_minimum": 10})
    journal = opened(points=points, rules=rules)
    quote = priced(journal, *basket, in_hand=hand, coupons="best", points="max", shipping=350)
    left = [of.amount for of in basket]
    for discount in quote.discounts:
        left = [amount - off for amount, off in zip(left, discount.by_line, strict=True)]
    assert quote.points_value <= sum(left) * 60 // 100
    assert quote.points_spent == 0 or 10 <= quote.points_spent <= points
    left = [amount - paid for amount, paid in zip(left, quote.value_by_line, strict=True)]
    assert min(left) >= 0
    assert 0 <= quote.shipping == 350 - sum(off.shipping for off in quote.off.values())
    assert quote.total == sum(left) + quote.shipping
    paid = [
        of.model_copy(update={"discount": of.quantity * of.unit_price - amount})
        for of, amount in zip(basket, left, strict=True)
    ]
    order = buy(journal, *paid)
    assert (order.points, order.growth) == (quote.points_to_earn, quote.growth_to_earn)


def test_points_pay_no_more_than_their_share_of_the_goods() -> None:
    rules = programme(checkout={"points_percent": 30})
    quote = priced(opened(points=5000, rules=rules), line(unit_price=4000), points="max", shipping=350)
    assert (quote.points_spent, quote.total, quote.points_too_few) == (1200, 4000 - 1200 + 350, False)


@pytest.mark.parametrize(
    ("has", "asks", "spent", "too_few"),
    [(100, "max", 100, False), (99, "max", 0, True), (500, 99, 0, True), (500, 0, 0, False), (0, "max", 0, True)],
)
def test_an_order_is_paid_with_enough_points_or_with_none(has: int, asks: int | str, spent: int, too_few: bool) -> None:
    rules = programme(checkout={"points_minimum": 100})
    quote = priced(opened(points=has, rules=rules), line(), points=asks)
    assert (quote.points_spent, quote.points_too_few) == (spent, too_few)


def test_a_coupon_for_a_first_order_is_for_none_after_it() -> None:
    first = replace(ONE, template=of_kind(first_order=True))
    assert why_not(priced(opened(), line(), in_hand=(first,), coupons=["c_ONE"])) == [(None, None)]
    assert why_not(priced(opened(orders=1), line(), in_hand=(first,), coupons=["c_ONE"])) == [("not_first_order", None)]


def test_a_coupon_waits_for_its_time_and_says_from_when_on() -> None:
    early = replace(ONE, valid_from=NOON + timedelta(hours=1))
    (verdict,) = priced(opened(), line(unit_price=4000), in_hand=(early,), coupons=["c_ONE"]).verdicts
    told = (verdict.coupon_id, verdict.code, verdict.fix)
    assert told == ("c_ONE", "not_yet_valid", {"after": "2026-03-02T13:00:00Z"})


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"redemptions": 3}, "used_up"),
        ({"redemptions": 4}, None),
        ({"budget": 1999}, "budget_spent"),
        ({"budget": 2000}, None),
    ],
)
def test_a_coupon_of_which_all_have_used_enough_does_not_apply(limits: dict[str, int], code: str | None) -> None:
    limited = replace(ONE, template=of_kind("amount_off", **limits))
    request = checkout_request(line(), coupons="best")
    quote = quotes.quote(opened(), request, {"c_ONE": limited}, {"of_kind": Uses(3, 1500)})
    assert [verdict.code for verdict in quote.verdicts] == [code]


def test_what_would_make_a_coupon_apply_is_said() -> None:
    tea = replace(ONE, template=of_kind("buy_x_get_y", buy=2, get=1, scope={"skus": ["TEA"]}))
    (verdict,) = priced(opened(), line(sku="TEA"), in_hand=(tea,), coupons="best").verdicts
    assert (verdict.code, verdict.fix) == ("too_few_units", {"goods": {"skus": ["TEA"]}, "units": 2})
    dear = replace(ONE, template=of_kind(threshold=1500, scope={"skus": ["SKU"]}))
    (verdict,) = priced(opened(), line(), in_hand=(dear,), coupons="best").verdicts
    assert (verdict.detail, verdict.missing) == ("Spend £5.00 more on the goods that it is for.", 500)


@pytest.mark.parametrize(
    ("terms", "sku", "told"),
    [
        ({"scope": {"skus": ["TEA"]}}, "SKU", "None of the goods that it is for are in the basket."),
        ({"kind": "buy_x_get_y", "buy": 2, "get": 1}, "SKU", "Add 2 more of the goods that it is for."),
        (
            {"kind": "bundle", "goods": {"SKU": 1, "TEA": 1}, "price": 100},
            "SKU",
            "Not all of the goods that it is for are in the basket.",
        ),
    ],
)
def test_what_a_coupon_asks_for_is_told_in_words(terms: dict[str, Any], sku: str, told: str) -> None:
    asking = replace(ONE, template=of_kind(**terms))
    (verdict,) = priced(opened(), line(sku=sku), in_hand=(asking,), coupons="best").verdicts
    assert verdict.detail == told


@pytest.mark.parametrize(
    "why_not",
    [
        {"valid_until": NOON},
        {"redeemed": True},
        {"returned": True},
        {"held_until": NOON + timedelta(minutes=1)},
        {"valid_from": NOON + timedelta(minutes=1)},
        {"template": of_kind(redemptions=1)},
        {"template": of_kind(budget=1)},
        {"template": of_kind(threshold=9_999_999)},
    ],
)
def test_a_verdict_against_a_coupon_is_a_sentence(why_not: dict[str, Any]) -> None:
    request = checkout_request(line(), coupons=["c_ONE", "c_GONE"])
    verdicts = quotes.quote(opened(), request, {"c_ONE": replace(ONE, **why_not)}, {"of_kind": Uses(1, 1)}).verdicts
    assert [verdict.coupon_id for verdict in verdicts] == ["c_ONE", "c_GONE"]
    for verdict in verdicts:
        assert verdict.detail
        assert re.fullmatch(r"[A-Z][a-z].*\.", verdict.detail), verdict


def test_who_is_frozen_neither_earns_nor_pays_with_points() -> None:
    quote = priced(opened(standing="frozen", points=500), line(unit_price=4000), points="max")
    assert (quote.points_spent, quote.points_to_earn, quote.growth_to_earn) == (0, 0, 0)
    assert quote.total == 4000


def test_what_is_missing_is_said_for_programs_too() -> None:
    dear = replace(ONE, template=of_kind(threshold=1500))
    (verdict,) = priced(opened(), line(), in_hand=(dear,), coupons="best").verdicts
    assert verdict.fix == {"spend_more": 500}
    set_ = replace(ONE, template=of_kind("bundle", goods={"SKU": 1, "TEA": 2}, price=100))
    (verdict,) = priced(opened(), line(), in_hand=(set_,), coupons="best").verdicts
    assert verdict.fix == {"add": {"TEA": 2}}
    held = replace(ONE, held_until=NOON + timedelta(minutes=5))
    (verdict,) = priced(opened(), line(), in_hand=(held,), coupons=["c_ONE"]).verdicts
    assert verdict.fix == {"after": "2026-03-02T12:05:00Z"}


def test_as_many_units_as_are_bought_and_given_are_enough() -> None:
    three = replace(ONE, template=of_kind("buy_x_get_y", buy=2, get=1))
    assert priced(opened(), line(quantity=3), in_hand=(three,), coupons="best").total == 2000


def test_what_ends_first_comes_first_among_all_that_are_asked_about() -> None:
    late = replace(ONE, coupon_id="c_AAA", valid_until=NOON + timedelta(days=9))
    quote = priced(opened(), line(), in_hand=(late, replace(ONE, valid_until=NOON + timedelta(days=3))), coupons="best")
    assert [verdict.coupon_id for verdict in quote.verdicts] == ["c_ONE", "c_AAA"]


def test_who_has_no_points_pays_with_none() -> None:
    assert (priced(opened(), points="max").points_spent, priced(opened(), points=1).points_spent) == (0, 0)


def test_only_a_quote_of_the_best_says_what_was_searched() -> None:
    assert priced(opened(), in_hand=(ONE,), coupons=["c_ONE"]).searched is None
    assert priced(opened(), line(unit_price=4000), in_hand=(ONE,), coupons="best").searched == Searched(
        1, 1, exact=True
    )


def test_a_coupon_that_adds_nothing_to_the_best_is_told_so() -> None:
    all_of_it = replace(ONE, template=of_kind(amount=1000, group="a", id="all_of_it"))
    more = replace(TWO, template=of_kind(amount=5, group="b", id="more"))
    out, _ = priced(opened(), in_hand=(all_of_it, more), coupons="best").verdicts
    assert (out.coupon_id, out.code) == ("c_TWO", "no_gain")
    assert out.detail == "With the others it takes nothing more off."


def test_a_coupon_whose_hold_has_lapsed_and_whose_date_has_passed_waits_for_nothing() -> None:
    over = replace(ONE, held_until=NOON - timedelta(minutes=1), valid_until=NOON)
    (verdict,) = priced(opened(), in_hand=(over,), coupons=["c_ONE"]).verdicts
    assert (verdict.code, verdict.fix) == ("expired", None)
