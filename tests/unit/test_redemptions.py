from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tessera import checkout, coupons, lots, purchases, redemptions
from tessera.allowances import Allowance
from tessera.checkout import MAX_OPEN_HOLDS
from tessera.coupons import Coupon
from tessera.journal import Journal
from tessera.lots import OPEN, Terms
from tessera.programme.coupons import read_template
from tessera.purchases import Order
from tessera.redemptions import Arrival, Redemption
from tessera.refusals import Conflict, Forbidden, Invalid
from tessera.shapes import Line
from tests.factories import (
    NOON,
    PROGRAMME,
    buy,
    checkout_request,
    coupon,
    explained,
    later,
    line,
    opened,
    order_message,
    programme,
    refund,
    refund_message,
)

BASKET = (line("1", quantity=3), line("2", sku="OTHER"))
"""£40: with £5 off and 300 points, £32 are left to pay."""

Held = tuple[Redemption, list[Coupon]]


def hold(journal: Journal, *lines: Line, in_hand: tuple[Coupon, ...] = (), **fields: Any) -> Held:
    """Hold for an order that has not held before."""
    return hold_again(journal, None, *lines, in_hand=in_hand, **fields)


def hold_again(
    journal: Journal, earlier: Redemption | None, *lines: Line, in_hand: tuple[Coupon, ...] = (), **fields: Any
) -> Held:
    redemption, _, held = checkout.hold(
        journal,
        checkout_request(*lines or BASKET, **fields),
        {one.coupon_id: one for one in in_hand},
        by_shop=False,
        request_hash="hash",
        ticket="ticket",
        earlier=earlier,
    )
    return redemption, held


def opened_and_held(points: int = 1000) -> tuple[Journal, Redemption, list[Coupon]]:
    """Hold 300 points and a coupon for the basket."""
    journal = opened(points=points)
    redemption, held = hold(journal, in_hand=(coupon(),), coupons=["c_ONE"], points=300)
    return journal, redemption, held


def arrive(
    journal: Journal, redemption: Redemption | None, its_coupons: list[Coupon], *lines: Line
) -> tuple[Order, Arrival]:
    """Let the order come that names the redemption."""
    named = redemption.redemption_id if redemption else "r_named"
    message = order_message(*lines or BASKET, redemption_id=named)
    arrival = redemptions.on_arrival(journal, redemption, its_coupons, message)
    return purchases.complete(journal, message, "f", arrival.redeemed, arrival.reports), arrival


# ---------------------------------------------------------------------------------------------------------------------
# Holding
# ---------------------------------------------------------------------------------------------------------------------


def test_a_hold_sets_points_and_coupons_aside_until_it_expires() -> None:
    journal, redemption, held = opened_and_held()
    (entry,) = journal.entries
    assert (entry.kind, entry.points, entry.points_balance) == ("hold", -300, 700)
    assert entry.source == {"redemption_id": redemption.redemption_id, "order_id": "O1"}
    assert (redemption.status, redemption.points, redemption.expires_at) == ("held", 300, NOON + timedelta(minutes=15))
    assert [(one.status(NOON), one.redemption_id) for one in held] == [("held", redemption.redemption_id)]
    assert [(of.points, of.expires_at) for of in journal.member.holds] == [(300, redemption.expires_at)]


def test_the_points_of_a_hold_are_allotted_to_its_lines_by_what_they_cost() -> None:
    _, redemption, _ = opened_and_held()
    assert [(of.line_id, of.points) for of in redemption.lines] == [("1", 225), ("2", 75)]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"points": 1001}, "insufficient_points"),
        ({"coupons": ["c_ELSE"]}, "coupon_unknown"),
        ({"coupons": ["c_ONE", "c_ELSE"]}, "coupon_unknown"),
        ({"coupons": ["c_OLD"]}, "coupon_expired"),
        ({"coupons": ["c_ONE", "c_TWO"]}, "coupon_not_stackable"),
    ],
)
def test_what_cannot_be_held_as_a_whole_is_not_held_at_all(fields: dict[str, Any], code: str) -> None:
    journal = opened(points=1000)
    before = journal.member
    in_hand = (coupon(), coupon("tenth_off", "c_TWO"), coupon(coupon_id="c_OLD", valid_until=NOON))
    with pytest.raises(Conflict) as refusal:
        hold(journal, in_hand=in_hand, **{"points": 300} | fields)
    assert refusal.value.code == code
    assert (journal.member, journal.entries) == (before, [])


def test_the_best_coupon_is_held_though_others_do_not_apply() -> None:
    journal = opened()
    redemption, _ = hold(journal, in_hand=(coupon(), coupon("tenth_off", "c_TWO")), coupons="best")
    assert redemption.coupon_ids == ("c_ONE",)


def test_a_coupon_that_would_take_nothing_off_is_never_held() -> None:
    journal, pennies, tenth = opened(), line(unit_price=9), coupon("tenth_off")
    with pytest.raises(Conflict) as refusal:
        hold(journal, pennies, in_hand=(tenth,), coupons=["c_ONE"])
    assert refusal.value.code == "coupon_no_discount"
    redemption, held = hold(journal, pennies, in_hand=(tenth,), coupons="best")
    assert (redemption.coupon_ids, held) == ((), [])


def test_points_that_one_order_holds_are_not_there_for_another() -> None:
    journal, _, _ = opened_and_held()
    with pytest.raises(Conflict) as refusal:
        hold(journal, order_id="O2", points=701)
    assert refusal.value.code == "insufficient_points"
    assert hold(journal, order_id="O2", points=700)[0].points == 700


def test_a_coupon_that_one_order_holds_is_not_there_for_another() -> None:
    journal, _, held = opened_and_held()
    with pytest.raises(Conflict) as refusal:
        hold(journal, order_id="O2", in_hand=tuple(held), coupons=["c_ONE"])
    assert refusal.value.code == "coupon_held"


@pytest.mark.parametrize(("status", "told"), [("held", "release it first"), ("confirmed", "it is confirmed")])
def test_an_order_has_at_most_one_redemption_that_is_open_or_confirmed(status: Any, told: str) -> None:
    journal, redemption, _ = opened_and_held()
    with pytest.raises(Conflict) as refusal:
        hold_again(journal, replace(redemption, status=status))
    assert refusal.value.code == "order_already_held"
    assert refusal.value.detail == f"This order has the redemption {redemption.redemption_id}: {told}."


def test_after_a_release_or_a_lapse_the_order_may_hold_again() -> None:
    journal, first, held = opened_and_held()
    released, _ = redemptions.release(journal, first, held)
    second, _ = hold_again(journal, released, points=200)
    third, _ = hold_again(later(journal, minutes=15), second, points=100)
    assert hold_again(later(journal, minutes=30), replace(third, version=7))[0].version == 7
    attempts = [first, second, third]
    assert [attempt.attempt for attempt in attempts] == [1, 2, 3]
    assert len({attempt.redemption_id for attempt in attempts}) == 3
    assert {attempt.record for attempt in attempts} == {redemptions.record_of_order("O1", "m_1", by_shop=False)}


@pytest.mark.parametrize("standing", ["frozen", "closed"])
def test_a_member_who_is_not_active_cannot_redeem(standing: str) -> None:
    with pytest.raises(Forbidden) as refusal:
        hold(opened(standing=standing))
    assert refusal.value.code == f"member_{standing}"


def test_a_member_can_have_so_many_orders_at_checkout_and_no_more() -> None:
    journal = opened()
    for i in range(MAX_OPEN_HOLDS):
        hold(journal, order_id=f"O{i}")
    with pytest.raises(Conflict) as refusal:
        hold(journal, order_id="one more")
    assert refusal.value.code == "too_many_holds"
    assert hold(later(journal, minutes=15), order_id="one more")


GROUPS = coupon(terms={"group": "a", "redemptions": 9}), coupon("tenth_off", "c_TWO", {"group": "b", "budget": 9_000})
"""Two that apply together: £5 off, and a tenth of what is left."""


def test_a_redemption_keeps_by_whom_and_for_which_request_it_was_made() -> None:
    request = checkout_request(*BASKET)
    for by_shop in (True, False):
        made, _, _ = checkout.hold(
            opened(), request, {}, by_shop=by_shop, request_hash="hash", ticket="ticket", earlier=None
        )
        assert (made.by_shop, made.request_hash, made.ticket, made.version) == (by_shop, "hash", "", 0)
        assert made.record == redemptions.record_of_order("O1", "m_1", by_shop=by_shop)


def test_what_all_have_used_is_asked_when_a_coupon_is_held() -> None:
    one = coupon(terms={"redemptions": 9})
    request = checkout_request(*BASKET, coupons=["c_ONE"])
    with pytest.raises(Conflict) as refusal:
        checkout.hold(
            opened(),
            request,
            {"c_ONE": one},
            by_shop=True,
            request_hash="hash",
            ticket="ticket",
            earlier=None,
            uses={one.template.id: coupons.Uses(9, 0)},
        )
    assert refusal.value.code == "coupon_used_up"
    assert [(of.pointer, of.detail) for of in refusal.value.problems] == [("/coupons/0", refusal.value.detail)]


def test_only_a_coupon_for_a_first_order_is_remembered_as_one() -> None:
    journal, _, _ = opened_and_held()
    assert ("first_order" in journal.entries[-1].detail, journal.member.first_order) == (False, None)
    journal = opened()
    hold(journal, in_hand=(coupon(terms={"first_order": True}),), coupons=["c_ONE"])
    assert (journal.entries[-1].detail["first_order"], journal.member.first_order) == (True, "O1")


def test_several_coupons_are_held_used_and_released_together() -> None:
    journal = opened()
    redemption, held = hold(journal, in_hand=GROUPS, coupons=["c_TWO", "c_ONE"])
    assert redemption.coupon_ids == ("c_ONE", "c_TWO")
    assert {one.status(NOON) for one in held} == {"held"}
    assert {one.redeemed for one in redemptions.confirm(journal, redemption, held)[1]} == {True}
    journal = opened()
    redemption, held = hold(journal, in_hand=GROUPS, coupons=["c_TWO", "c_ONE"])
    assert redemptions.release(journal, redemption, held)[1] == list(GROUPS)


def test_a_redemption_knows_what_each_coupon_takes_of_what_all_share() -> None:
    redemption, _ = hold(opened(), in_hand=(*GROUPS, coupon(coupon_id="c_FREE")), coupons=["c_ONE", "c_TWO"])
    assert redemption.ticket == "ticket"
    assert redemption.allowances == (
        Allowance("five_off", "c_ONE", (375, 125), 0),
        Allowance("tenth_off", "c_TWO", (263, 87), 0),
    )
    assert hold(opened(), in_hand=(coupon(),), coupons=["c_ONE"])[0].allowances == ()


def test_what_takes_nothing_off_a_line_costs_its_budget_beside_them() -> None:
    gift = read_template(
        {"id": "gift", "kind": "gift", "name": "Gift", "terms": ".", "sku": "MUG", "value": 700, "budget": 700}
        | {"valid_days": 1}
    )
    given = replace(coupon(), template=gift)
    redemption, _ = hold(opened(), in_hand=(given,), coupons=["c_ONE"])
    assert [(one.by_line, one.beside, one.cost) for one in redemption.allowances] == [((0, 0), 700, 700)]


def test_confirming_a_part_keeps_its_share_of_each_budget() -> None:
    journal = opened()
    redemption, held = hold(journal, in_hand=GROUPS, coupons=["c_ONE", "c_TWO"])
    confirmed, _ = redemptions.confirm(journal, redemption, held, ["2"])
    assert [allowance.cost for allowance in confirmed.allowances] == [125, 87]


@pytest.mark.parametrize(
    ("rules", "points", "code"),
    [
        ({"points_minimum": 50}, 49, "points_below_minimum"),
        ({"points_minimum": 50}, 50, None),
        ({"points_minimum": 50}, 0, None),
        ({"points_percent": 25}, 1000, None),
        ({"points_percent": 25}, 1001, "points_above_ceiling"),
        ({"points_percent": 25, "points_minimum": 1001}, 1001, "points_below_minimum"),
        ({}, 4001, None),
    ],
)
def test_points_pay_no_less_and_no_more_than_the_programme_says(
    rules: dict[str, int], points: int, code: str | None
) -> None:
    journal = opened(rules=programme(checkout=rules), points=5000)
    if code is None:
        assert hold(journal, points=points)[0].points == min(points, 4000)
        return
    with pytest.raises(Conflict) as refusal:
        hold(journal, points=points)
    assert refusal.value.code == code
    assert journal.entries == []
    hold(journal, points="max")


def test_all_points_pay_nothing_where_they_are_too_few() -> None:
    journal = opened(rules=programme(checkout={"points_minimum": 50}), points=49)
    assert hold(journal, points="max")[0].points == 0


FIRST = coupon(terms={"first_order": True}), coupon("tenth_off", "c_TWO", {"first_order": True})


def holds_second(journal: Journal) -> bool:
    """Try to hold a second coupon for a first order."""
    try:
        hold(journal, order_id="O2", in_hand=FIRST, coupons=["c_TWO"])
    except Conflict as refusal:
        assert refusal.code == "coupon_not_first_order"  # noqa: PT017 - it is an answer here
        return False
    return True


def test_of_two_coupons_for_a_first_order_one_is_at_checkout() -> None:
    journal = opened()
    redemption, held = hold(journal, in_hand=FIRST, coupons=["c_ONE"])
    assert not holds_second(journal)
    redemptions.release(journal, redemption, held)
    assert holds_second(journal)
    assert journal.member.first_order
    assert later(journal, minutes=15).member.first_order is None


def test_a_first_order_that_is_confirmed_is_the_first_until_all_of_it_is_refunded() -> None:
    journal = opened()
    redemption, held = hold(journal, in_hand=FIRST, coupons=["c_ONE"])
    confirmed, used = redemptions.confirm(journal, redemption, held)
    journal = later(journal, days=1)
    assert not holds_second(journal)
    order, _ = arrive(journal, confirmed, used)
    assert (journal.member.first_order, journal.member.orders) == (None, 1)
    assert not holds_second(journal)
    order = refund(journal, order, refund_message({"1": 3}))
    assert not holds_second(journal)
    refund(journal, order, refund_message({"2": 1}))
    assert holds_second(journal)


def test_a_first_order_that_comes_late_does_not_take_its_coupon_beside_another() -> None:
    journal = opened()
    redemption, held = hold(journal, in_hand=FIRST, coupons=["c_ONE"])
    journal = later(journal, minutes=15)
    assert holds_second(journal)
    order, _ = arrive(journal, redemption, held)
    assert order.reports == ("redemption_lost",)


# ---------------------------------------------------------------------------------------------------------------------
# Confirming, releasing, lapsing
# ---------------------------------------------------------------------------------------------------------------------


def test_confirming_spends_what_was_held() -> None:
    journal, redemption, held = opened_and_held()
    journal = later(journal, minutes=14, seconds=59)
    confirmed, used = redemptions.confirm(journal, redemption, held)
    assert (confirmed.status, confirmed.points, confirmed.in_part) == ("confirmed", 300, False)
    assert [(one.status(journal.now), one.redemption_id) for one in used] == [("redeemed", redemption.redemption_id)]
    assert [(entry.kind, entry.points) for entry in journal.entries] == [("confirmation", 0)]
    assert (journal.member.points, journal.member.holds) == (700, ())
    assert later(journal, days=1).member.points == 700


def test_confirming_a_part_spends_its_share_and_uses_the_coupon() -> None:
    journal, redemption, held = opened_and_held()
    confirmed, used = redemptions.confirm(journal, redemption, held, ["2"])
    assert ([of.line_id for of in confirmed.lines], confirmed.in_part) == (["2"], True)
    assert confirmed.parts == ((OPEN, 75),)
    assert [one.redeemed for one in used] == [True]
    entry = journal.entries[-1]
    assert (entry.points, explained(entry)) == (225, {"points_spent": 75, "returned": 225})
    assert journal.member.points == 925


def test_confirming_a_line_that_is_none_of_it_is_refused() -> None:
    journal, redemption, held = opened_and_held()
    with pytest.raises(Invalid) as refusal:
        redemptions.confirm(journal, redemption, held, ["1", "9"])
    assert [problem.pointer for problem in refusal.value.problems] == ["/lines/1"]
    assert (journal.member.points, len(journal.member.holds)) == (700, 1)


def test_a_confirmation_that_is_repeated_is_for_the_same_lines() -> None:
    journal, redemption, held = opened_and_held()
    whole, _ = redemptions.confirm(journal, redemption, held)
    redemptions.require_lines(whole, None)
    redemptions.require_lines(whole, ["2", "1"])
    journal, redemption, held = opened_and_held()
    part, _ = redemptions.confirm(journal, redemption, held, ["2"])
    redemptions.require_lines(part, ["2"])
    for confirmed, others in ((whole, ["1"]), (part, None), (part, ["1"]), (part, ["1", "2"])):
        with pytest.raises(Conflict) as refusal:
            redemptions.require_lines(confirmed, others)
        assert refusal.value.code == "redemption_confirmed"


def test_an_order_that_came_without_naming_it_knows_what_its_redemption_has_paid() -> None:
    journal, redemption, held = opened_and_held()
    confirmed, _ = redemptions.confirm(journal, redemption, held)
    paid = redemptions.pay(buy(journal, *BASKET), confirmed)
    assert [of.points_spent for of in paid.lines] == [225, 75]
    assert (paid.redemption_id, paid.coupon_ids) == (confirmed.redemption_id, ("c_ONE",))
    assert (paid.paid_with, paid.benefits) == (confirmed.parts, confirmed.benefits)


def test_what_was_refunded_of_an_order_comes_back_when_its_redemption_is_confirmed() -> None:
    journal, redemption, held = opened_and_held()
    order = refund(journal, buy(journal, *BASKET), refund_message({"1": 2}))
    before = journal.member.points
    confirmed, _ = redemptions.confirm(journal, redemption, held, order=order)
    entry = journal.entries[-1]
    assert (entry.points, explained(entry)) == (150, {"points_spent": 300, "returned": 0, "refunded": 150})
    refund(journal, redemptions.pay(order, confirmed), refund_message({"1": 1, "2": 1}, refund_id="R2"))
    assert journal.member.points == before + 300 - 20


def test_of_lines_that_were_refunded_and_are_not_confirmed_points_come_back_once() -> None:
    journal, redemption, held = opened_and_held()
    order = refund(journal, buy(journal, *BASKET), refund_message({"1": 3}))
    redemptions.confirm(journal, redemption, held, ["2"], order)
    assert (journal.entries[-1].points, journal.entries[-1].detail.get("refunded")) == (225, None)


@pytest.mark.parametrize(("prices", "paid"), [((600, 300), [200, 100]), ((0, 0), [150, 150])])
def test_what_paid_for_lines_that_did_not_come_is_allotted_to_those_that_did(
    prices: tuple[int, int], paid: list[int]
) -> None:
    journal, redemption, held = opened_and_held()
    confirmed, _ = redemptions.confirm(journal, redemption, held)
    lines = [line(f"new {i}", unit_price=price) for i, price in enumerate(prices)]
    assert [of.points_spent for of in redemptions.pay(buy(journal, *lines), confirmed).lines] == paid


def test_lines_are_told_by_their_ids_before_what_they_cost() -> None:
    journal, redemption, held = opened_and_held()
    confirmed, _ = redemptions.confirm(journal, redemption, held)
    came = buy(journal, line("1", quantity=3, discount=1500), BASKET[1], line("3"))
    assert [of.points_spent for of in redemptions.pay(came, confirmed).lines] == [225, 75, 0]


def test_an_order_that_came_without_naming_it_has_its_uses_of_benefits_too() -> None:
    journal = opened(rules=programme(benefits=[QUOTA]))
    redemption, held = hold(journal, shipping=500)
    confirmed, _ = redemptions.confirm(journal, redemption, held)
    assert redemptions.pay(buy(journal, *BASKET), confirmed).benefits == {"free": NOON.date().replace(day=1)}


def test_names_that_are_stored_stay_what_they_are() -> None:
    assert redemptions.record_of_order("O1", "m_1", by_shop=True) == "bzmrvf2kmovuyxwef7xa7lac4a"
    assert redemptions.record_of_order("O1", "m_1", by_shop=False) == "i6cjuikse5lsnavszvno6gvxok"
    assert redemptions.line_fingerprint(line()) == "lhul6d6c"


def test_a_shop_and_a_member_hold_for_an_order_each_under_a_record_of_their_own() -> None:
    _, redemption, _ = opened_and_held()
    theirs = redemptions.record_of_others(redemption)
    assert theirs == redemptions.record_of_order("O1", "m_1", by_shop=True) != redemption.record
    shops = replace(redemption, by_shop=True)
    assert redemptions.record_of_others(shops) == redemption.record


def test_confirming_honours_a_coupon_whose_date_has_passed_since() -> None:
    journal = opened()
    ends_soon = coupon(valid_until=NOON + timedelta(minutes=1))
    redemption, held = hold(journal, in_hand=(ends_soon,), coupons=["c_ONE"])
    _, used = redemptions.confirm(later(journal, minutes=10), redemption, held)
    assert used[0].redeemed


def test_releasing_gives_back_what_was_held() -> None:
    journal, redemption, held = opened_and_held()
    released, back = redemptions.release(journal, redemption, held)
    assert released.status == "released"
    assert back == [coupon()]
    assert [(entry.kind, entry.points) for entry in journal.entries] == [("hold", -300), ("release", 300)]
    assert (journal.member.points, journal.member.holds) == (1000, ())
    assert later(journal, days=1).member.points == 1000


def test_a_hold_that_nobody_confirms_lapses_by_itself() -> None:
    journal, redemption, held = opened_and_held()
    journal = later(journal, minutes=15)
    assert redemption.lapsed(journal.now)
    assert [one.status(journal.now) for one in held] == ["active"]
    assert [(entry.kind, entry.points, explained(entry)) for entry in journal.entries] == [
        ("release", 300, {"lapsed": True})
    ]
    assert (journal.member.points, journal.member.holds) == (1000, ())


@pytest.mark.parametrize("let_go", ["released", "lapsed"])
@pytest.mark.parametrize("act", [redemptions.confirm, redemptions.release])
def test_what_was_let_go_is_neither_confirmed_nor_released(
    act: Callable[[Journal, Redemption, list[Coupon]], Held], let_go: str
) -> None:
    journal, redemption, held = opened_and_held()
    if let_go == "released":
        redemption, held = redemptions.release(journal, redemption, held)
    else:
        journal = later(journal, minutes=15)
    with pytest.raises(Conflict) as refusal:
        act(journal, redemption, held)
    assert refusal.value.code == "redemption_released"
    assert journal.member.points == 1000


def test_releasing_after_a_confirmation_is_refused() -> None:
    journal, redemption, held = opened_and_held()
    confirmed, used = redemptions.confirm(journal, redemption, held)
    with pytest.raises(Conflict) as refusal:
        redemptions.release(journal, confirmed, used)
    assert refusal.value.code == "redemption_confirmed"
    assert journal.member.points == 700


# ---------------------------------------------------------------------------------------------------------------------
# The order arrives
# ---------------------------------------------------------------------------------------------------------------------


def test_an_order_confirms_the_redemption_that_it_names_in_its_one_entry() -> None:
    journal, redemption, held = opened_and_held()
    journal = later(journal, minutes=5)
    order, arrival = arrive(journal, redemption, held)
    assert arrival.redemption == replace(redemption, status="confirmed")
    assert [(one.status(journal.now), one.redemption_id) for one in arrival.coupons] == [
        ("redeemed", redemption.redemption_id)
    ]
    assert [(entry.kind, entry.points) for entry in journal.entries] == [("purchase", 40)]
    assert ([of.points_spent for of in order.lines], order.reports) == ([225, 75], ())
    assert (journal.member.points, journal.member.holds) == (740, ())


def test_an_order_whose_redemption_is_confirmed_already_changes_nothing_of_it() -> None:
    journal, redemption, held = opened_and_held()
    confirmed, used = redemptions.confirm(journal, redemption, held)
    order, arrival = arrive(journal, confirmed, used)
    assert (arrival.redemption, arrival.coupons, order.reports) == (None, (), ())
    assert ([of.points_spent for of in order.lines], journal.member.points) == ([225, 75], 740)


def test_an_order_of_other_lines_than_were_confirmed_is_reported_too() -> None:
    journal, redemption, held = opened_and_held()
    confirmed, used = redemptions.confirm(journal, redemption, held)
    assert arrive(journal, confirmed, used, BASKET[0])[0].reports == ("redemption_mismatch",)


def test_an_order_of_the_part_that_was_confirmed_is_paid_with_its_share() -> None:
    journal, redemption, held = opened_and_held()
    confirmed, used = redemptions.confirm(journal, redemption, held, ["2"])
    order, _ = arrive(journal, confirmed, used, BASKET[1])
    assert ([of.points_spent for of in order.lines], order.reports) == ([75], ())


@pytest.mark.parametrize("let_go", ["released", "lapsed"])
def test_an_order_whose_redemption_was_let_go_takes_points_and_coupon_again(let_go: str) -> None:
    journal, redemption, held = opened_and_held()
    if let_go == "released":
        redemption, held = redemptions.release(journal, redemption, held)
    journal = later(journal, minutes=20)
    order, arrival = arrive(journal, redemption, held)
    assert arrival.redemption is not None
    assert arrival.redemption.status == "confirmed"
    assert [one.redeemed for one in arrival.coupons] == [True]
    assert (journal.entries[-1].points, journal.member.points) == (40 - 300, 740)
    assert "shortfall" not in journal.entries[-1].detail
    assert ([of.points_spent for of in order.lines], order.reports) == ([225, 75], ())


def test_an_order_is_reported_when_what_all_share_is_not_there_again() -> None:
    journal, redemption, held = opened_and_held()
    journal = later(journal, minutes=20)
    message = order_message(*BASKET, redemption_id=redemption.redemption_id)
    arrival = redemptions.on_arrival(journal, redemption, held, message, allowed=False)
    assert arrival == Arrival(reports=("redemption_lost",))


def test_what_the_member_holds_still_pays_though_its_record_was_closed_when_others_thought_it_over() -> None:
    journal, redemption, held = opened_and_held()
    closed = replace(redemption, status="released")
    order, arrival = arrive(journal, closed, held)
    assert arrival.redemption is not None
    assert (arrival.redemption.status, arrival.reports) == ("confirmed", ())
    assert ([one.redeemed for one in arrival.coupons], journal.member.holds) == ([True], ())
    assert (journal.entries[-1].points, journal.member.points) == (40, 740)
    assert order.paid_with == redemption.parts


def test_an_order_counts_and_is_reported_when_its_points_are_gone() -> None:
    journal, redemption, held = opened_and_held(points=300)
    journal = later(journal, minutes=20)
    journal.book("adjustment", change={OPEN: -1})
    order, arrival = arrive(journal, redemption, held)
    assert arrival == Arrival(reports=("redemption_lost",))
    assert (order.reports, order.redemption_id, order.points) == (("redemption_lost",), None, 40)
    assert journal.member.points == 339


@pytest.mark.parametrize(
    "gone",
    [
        coupon(valid_until=NOON + timedelta(minutes=19)),
        coupon().hold("r_other", NOON + timedelta(minutes=30)),
        coupon().redeem("r_other"),
    ],
    ids=["expired", "held", "redeemed"],
)
def test_an_order_counts_and_is_reported_when_its_coupon_is_gone(gone: Coupon) -> None:
    journal, redemption, _ = opened_and_held()
    journal = later(journal, minutes=20)
    order, arrival = arrive(journal, redemption, [gone])
    assert arrival == Arrival(reports=("redemption_lost",))
    assert (order.points, journal.member.points) == (40, 1040)


def test_a_frozen_members_order_takes_nothing_again() -> None:
    journal, redemption, held = opened_and_held()
    journal = later(journal, minutes=20)
    journal.change(standing="frozen")
    order, _ = arrive(journal, redemption, held)
    assert order.reports == ("redemption_lost", "member_frozen")
    assert journal.member.points == 1000


@pytest.mark.parametrize(
    "other", [None, {"member_id": "m_2"}, {"order_id": "O2"}], ids=["nobody's", "another member's", "another order's"]
)
@pytest.mark.parametrize("status", ["held", "confirmed", "released"])
def test_an_order_that_names_no_redemption_of_its_own_counts_and_is_reported(
    other: dict[str, Any] | None, status: Any
) -> None:
    journal, redemption, held = opened_and_held()
    named = replace(redemption, status=status, **other) if other else None
    order, arrival = arrive(journal, named, held)
    assert arrival == Arrival(reports=("redemption_lost",))
    assert (order.reports, [of.points_spent for of in order.lines]) == (("redemption_lost",), [0, 0])
    assert journal.member.points == 740


@pytest.mark.parametrize(
    "lines",
    [
        (line("1", quantity=2), BASKET[1]),
        (line("1", quantity=3, unit_price=999), BASKET[1]),
        (line("1", quantity=3, sku="ELSE"), BASKET[1]),
        (BASKET[0],),
        (*BASKET, line("3")),
        (line("3"), *BASKET),
    ],
    ids=["quantity", "price", "sku", "a line less", "a line more", "a line more at first"],
)
def test_an_order_of_other_lines_than_were_held_counts_and_is_reported(lines: tuple[Line, ...]) -> None:
    journal, redemption, held = opened_and_held()
    order, arrival = arrive(journal, redemption, held, *lines)
    assert order.reports == ("redemption_mismatch",)
    assert arrival.redemption is not None
    assert arrival.redemption.status == "confirmed"
    assert sum(of.points_spent for of in order.lines) == 300


def test_the_lines_of_an_order_may_have_other_ids_and_discounts_than_its_basket() -> None:
    journal, redemption, held = opened_and_held()
    order, _ = arrive(journal, redemption, held, line("b", sku="OTHER", discount=200), line("a", quantity=3))
    assert ([of.points_spent for of in order.lines], order.reports) == ([75, 225], ())


def test_a_line_more_is_paid_with_nothing_wherever_it_stands() -> None:
    for lines, paid in (((line("3"), *BASKET), [0, 225, 75]), ((*BASKET, line("3")), [225, 75, 0])):
        journal, redemption, held = opened_and_held()
        assert [of.points_spent for of in arrive(journal, redemption, held, *lines)[0].lines] == paid


def test_of_lines_alike_each_is_paid_with_what_was_held_for_its_own_id() -> None:
    journal = opened(points=1000)
    redemption, held = hold(journal, line("1"), line("2"), points=301)
    assert [of.points for of in redemption.lines] == [151, 150]
    order, _ = arrive(journal, redemption, held, line("2"), line("1"))
    assert [of.points_spent for of in order.lines] == [150, 151]


def test_a_first_order_that_has_been_keeps_no_other_coupon_from_being_taken_again() -> None:
    journal, redemption, held = opened_and_held()
    redemption, held = redemptions.release(journal, redemption, held)
    journal.change(first_order="O0")
    assert arrive(journal, redemption, held)[0].reports == ()


def test_a_single_point_that_is_gone_is_not_taken_again() -> None:
    journal = opened(points=1)
    redemption, held = hold(journal, points=1)
    redemption, held = redemptions.release(journal, redemption, held)
    journal.book("adjustment", change=lots.loss(journal.spend(1)))
    assert arrive(journal, redemption, held)[0].reports == ("redemption_lost",)


def refunded_while_held(policy: str = "floor", held_points: int = 300) -> tuple[Journal, Redemption, list[Coupon]]:
    """Hold points of an order that then comes back: 100 of them are owed."""
    journal = opened(rules=programme(points={"refund": policy}), points=held_points - 100)
    order = buy(journal, line(unit_price=10_000), order_id="O0")
    redemption, held = hold(journal, points=held_points)
    refund(journal, order, refund_message({"1": 1}, order_id="O0"))
    assert [(of.points, of.owed) for of in journal.member.holds] == [(held_points, 100)]
    return journal, redemption, held


def test_points_that_a_refund_is_owed_do_not_come_back_with_a_release() -> None:
    journal, redemption, held = refunded_while_held()
    redemptions.release(journal, redemption, held)
    assert (journal.entries[-1].points, explained(journal.entries[-1])) == (200, {"owed": 100})
    assert journal.available == 200


def test_nor_do_they_with_a_lapse() -> None:
    journal, _, _ = refunded_while_held()
    (lapse,) = later(journal, minutes=15).entries
    assert (lapse.points, explained(lapse)) == (200, {"lapsed": True, "owed": 100})


@pytest.mark.parametrize(("policy", "available"), [("floor", 0), ("debt", -100)])
def test_points_that_a_refund_is_owed_and_that_are_spent_all_the_same_are_missed(policy: str, available: int) -> None:
    journal, redemption, held = refunded_while_held(policy)
    confirmed, _ = redemptions.confirm(journal, redemption, held)
    told = {"points_spent": 300, "returned": 0, "shortfall" if policy == "floor" else "debt": 100}
    assert explained(journal.entries[-1]) == told
    assert (confirmed.points, journal.available) == (300, available)


def test_of_a_part_that_is_confirmed_no_more_comes_back_than_is_not_owed() -> None:
    journal, redemption, held = refunded_while_held()
    confirmed, _ = redemptions.confirm(journal, redemption, held, ["2"])
    assert explained(journal.entries[-1]) == {"points_spent": 75, "returned": 125}
    assert (sum(points for _, points in confirmed.parts), journal.available) == (75, 125)


def test_a_refund_gives_back_the_points_that_had_paid() -> None:
    journal, redemption, held = opened_and_held()
    order, _ = arrive(journal, redemption, held)
    order = refund(journal, order, refund_message({"1": 1}))
    assert journal.entries[-1].detail["returned"] == 75
    refund(journal, order, refund_message({"1": 2, "2": 1}))
    assert journal.member.points == 1000


# ---------------------------------------------------------------------------------------------------------------------
# The order is refunded
# ---------------------------------------------------------------------------------------------------------------------

QUOTA = {
    "id": "free",
    "name": "Free",
    "kind": "free_shipping",
    "tiers": {"low": {"quota": {"uses": 2, "per": "month"}}},
}


def refunded(journal: Journal, order: Order, used: Sequence[Coupon], **quantities: int) -> tuple[Order, list[Coupon]]:
    """Refund so many of lines 1 and 2, `line_1=2`; answer the order and the coupons that have changed."""
    message = refund_message({name.removeprefix("line_"): quantity for name, quantity in quantities.items()})
    after = purchases.refund_lines(order, message)
    return after, purchases.refund(journal, order, after, message, used)


@pytest.mark.parametrize("let_go", [False, True])
def test_an_order_keeps_what_its_redemption_used(*, let_go: bool) -> None:
    journal = opened(rules=programme(benefits=[QUOTA]))
    redemption, held = hold(journal, in_hand=(coupon(),), coupons=["c_ONE"], shipping=500)
    journal = later(journal, minutes=20 if let_go else 5)
    order, arrival = arrive(journal, redemption, held)
    assert (order.coupon_ids, order.benefits) == (("c_ONE",), {"free": NOON.date().replace(day=1)})
    assert arrival.redemption
    assert arrival.redemption.benefits == order.benefits
    assert journal.member.uses["free"].count == 1


def test_the_last_unit_brings_the_uses_of_benefits_back_once() -> None:
    journal = opened(rules=programme(benefits=[QUOTA]))
    redemption, held = hold(journal, shipping=500)
    order, arrival = arrive(journal, redemption, held)
    order, _ = refunded(journal, order, arrival.coupons, line_1=3)
    assert journal.member.uses["free"].count == 1
    order, _ = refunded(journal, order, arrival.coupons, line_2=1)
    assert journal.member.uses["free"].count == 0
    assert journal.entries[-1].detail["benefits_returned"] == {"free": "2026-03-01"}


def test_a_release_brings_the_uses_of_benefits_back() -> None:
    journal = opened(rules=programme(benefits=[QUOTA]))
    redemption, held = hold(journal, shipping=500)
    assert journal.member.uses["free"].count == 1
    redemptions.release(journal, redemption, held)
    assert journal.member.uses["free"].count == 0
    assert explained(journal.entries[-1]) == {"benefits_returned": {"free": "2026-03-01"}}


def test_uses_of_a_period_that_is_over_do_not_come_back() -> None:
    journal = opened(rules=programme(benefits=[QUOTA]))
    order, arrival = arrive(journal, *hold(journal, shipping=500))
    journal = later(journal, days=40)
    hold(journal, order_id="O2", shipping=500)
    refunded(journal, order, arrival.coupons, line_1=3, line_2=1)
    assert journal.member.uses["free"].count == 1


def test_a_coupon_comes_back_with_the_last_unit_as_it_was() -> None:
    journal, one = opened(), coupon(terms={"on_refund": "if_wholly_refunded"})
    order, arrival = arrive(journal, *hold(journal, in_hand=(one,), coupons=["c_ONE"]))
    journal = later(journal, days=10)
    order, changed = refunded(journal, order, arrival.coupons, line_1=3)
    assert changed == []
    _, changed = refunded(journal, order, arrival.coupons, line_2=1)
    assert changed == [one]
    assert journal.entries[-1].detail["coupons_returned"] == ["c_ONE"]


def test_a_coupon_is_issued_anew_in_the_place_of_one_that_was_used() -> None:
    journal, one = opened(), coupon(terms={"on_refund": "reissue"})
    order, arrival = arrive(journal, *hold(journal, in_hand=(one,), coupons=["c_ONE"]))
    journal = later(journal, days=40)
    whole = {"line_1": 3, "line_2": 1}
    _, (old, new) = refunded(journal, order, arrival.coupons, **whole)
    assert (old.coupon_id, old.status(journal.now)) == ("c_ONE", "returned")
    assert (new.template, new.status(journal.now), new.version) == (one.template, "active", 0)
    assert (new.member_id, new.valid_from) == (one.member_id, journal.now)
    assert new.valid_until == journal.now + timedelta(days=30)
    assert journal.entries[-1].detail["coupons_returned"] == [new.coupon_id]
    assert refunded(journal, order, arrival.coupons, **whole)[1][1].coupon_id == new.coupon_id
    assert len(new.code) == len(coupons.claim(journal, PROGRAMME.coupons[0], bytes(coupons.CODE_BYTES)).code)


def test_a_coupon_whose_template_does_not_say_so_never_comes_back() -> None:
    journal = opened()
    order, arrival = arrive(journal, *hold(journal, in_hand=(coupon(),), coupons=["c_ONE"]))
    assert refunded(journal, order, arrival.coupons, line_1=3, line_2=1)[1] == []
    assert "coupons_returned" not in journal.entries[-1].detail


SOON, LATE = Terms(NOON + timedelta(days=10)), Terms(NOON + timedelta(days=20))


def test_an_order_in_time_is_paid_with_the_points_that_were_held() -> None:
    journal = opened(points=600, lots={SOON: 300, LATE: 300})
    order, _ = arrive(journal, *hold(journal, points=300))
    assert order.paid_with == ((SOON, 300),)


def test_an_order_whose_redemption_was_let_go_is_paid_with_points_that_are_there() -> None:
    journal = opened(points=600, lots={SOON: 300, LATE: 300})
    redemption, held = redemptions.release(journal, *hold(journal, points=300))
    hold(journal, order_id="O2", points=300)
    order, _ = arrive(journal, redemption, held)
    assert order.paid_with == ((LATE, 300),)


def test_benefits_that_are_taken_again_are_those_of_the_period_in_which_the_order_came() -> None:
    journal = opened(rules=programme(benefits=[QUOTA]))
    redemption, held = hold(journal, shipping=500)
    journal = later(journal, days=40)
    _, arrival = arrive(journal, redemption, held)
    assert arrival.redemption
    assert arrival.redemption.benefits == {"free": journal.now.date().replace(day=1)}


def test_one_point_is_not_there_for_who_has_none() -> None:
    with pytest.raises(Conflict) as refusal:
        hold(opened(), points=1)
    assert (refusal.value.code, refusal.value.detail) == ("insufficient_points", "0 points are available.")
