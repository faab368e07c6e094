from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera import purchases, tiers
from tessera.lots import OPEN
from tessera.messages import OrderRefunded, fingerprint
from tessera.purchases import OrderLine, Redeemed, refund_lines
from tessera.refusals import Invalid
from tessera.shapes import Line
from tests.factories import (
    NOON,
    PROGRAMME,
    buy,
    explained,
    later,
    line,
    opened,
    order_message,
    programme,
    refund,
    refund_message,
)
from tests.unit.strategies import baskets


def paid_with(points_by_line: tuple[int, ...], to_book: int = 0) -> Redeemed:
    parts = ((OPEN, sum(points_by_line)),)
    return Redeemed(redemption_id="r_1", points_by_line=points_by_line, parts=parts, booked=not to_book)


# ---------------------------------------------------------------------------------------------------------------------
# Orders
# ---------------------------------------------------------------------------------------------------------------------


def test_an_order_earns_in_one_entry_that_explains_itself() -> None:
    journal = opened()
    buy(journal, line("1", unit_price=2500), line("2", category="toys", unit_price=500))
    (entry,) = journal.entries
    assert (entry.kind, entry.points, entry.growth, entry.points_balance) == ("purchase", 35, 30, 35)
    assert (entry.rules, entry.source) == (("base_rate", "category:toys"), {"order_id": "O1"})
    assert (entry.detail["on_tier"], entry.detail["multiplier_bp"]) == ("low", 10_000)


def test_an_order_at_the_base_rate_keeps_the_rate_for_its_statement() -> None:
    journal = opened()
    buy(journal, line())
    detail = journal.entries[0].detail
    assert (detail["rate"], detail["currency"]) == ([1, 100], "GBP")


@given(baskets())
def test_what_an_order_earned_is_what_its_lines_earned(basket: list[Line]) -> None:
    journal = opened()
    order = buy(journal, *basket)
    assert (order.points, order.growth) == (journal.entries[0].points, journal.entries[0].growth)
    assert (sum(of.points for of in order.lines), sum(of.growth for of in order.lines)) == (order.points, order.growth)
    assert [of.amount for of in order.lines] == [bought.amount for bought in basket]


def test_an_order_counts_when_it_was_placed_though_that_was_before_enrolment() -> None:
    journal = opened()
    order = buy(journal, line(), placed_at=NOON - timedelta(days=40))
    assert (journal.entries[0].at, journal.entries[0].recorded_at) == (NOON - timedelta(days=40), NOON)
    assert journal.member.growth_days == {order.growth_day: 10}
    assert order.growth_day == (NOON - timedelta(days=40)).date()


@pytest.mark.parametrize("standing", ["frozen", "closed"])
def test_the_order_of_a_member_who_is_not_active_is_recorded_and_earns_nothing(standing: str) -> None:
    journal = opened(standing=standing)
    order = buy(journal, line())
    assert (order.points, order.growth, order.reports) == (0, 0, (f"member_{standing}",))
    assert (journal.member.points, journal.member.growth_days) == (0, {})
    assert journal.entries[0].detail["reports"] == [f"member_{standing}"]


def test_a_guests_order_is_recorded_and_earns_nothing() -> None:
    message = order_message(line(unit_price=2500), member_id=None)
    order = purchases.record(message, fingerprint(message), PROGRAMME, NOON)
    assert (order.member_id, order.points, order.growth, order.status) == (None, 0, 0, "completed")
    assert refund_lines(order, refund_message({"1": 1})).status == "refunded"


def test_a_redemption_that_pays_is_told_and_is_not_booked_a_second_time() -> None:
    journal = opened(points=100)
    message = order_message(line("1", discount=300), line("2"))
    order = purchases.complete(journal, message, "f", paid_with((300, 0)))
    (entry,) = journal.entries
    assert (entry.points, entry.detail["points_spent"], entry.source["redemption_id"]) == (17, 300, "r_1")
    assert [of.points_spent for of in order.lines] == [300, 0]


def test_points_that_were_let_go_are_taken_again_with_the_purchase() -> None:
    journal = opened(points=300)
    purchases.complete(journal, order_message(line(discount=300)), "f", paid_with((300,), to_book=300))
    assert (journal.entries[0].points, journal.member.points) == (7 - 300, 7)


@given(baskets(), st.integers(0, 10_000))
def test_points_that_pay_are_allotted_by_what_each_line_costs(basket: list[Line], points: int) -> None:
    allotted = purchases.allot_points(points, basket)
    cost = sum(of.quantity * of.unit_price for of in basket)
    assert sum(allotted) == points
    for part, of in zip(allotted, basket, strict=True):
        share = Fraction(of.quantity * of.unit_price, cost) if cost else Fraction(1, len(basket))
        assert abs(part - points * share) < 1


# ---------------------------------------------------------------------------------------------------------------------
# Refunds
# ---------------------------------------------------------------------------------------------------------------------

EVERYTHING_EARNS = programme(
    earning={"points": {"base": {"earn": 7, "per": 30}}, "growth": {"base": {"earn": 3, "per": 70}}}
)


@st.composite
def steps(draw: st.DrawFn, basket: list[Line], *, whole: bool) -> list[OrderRefunded]:
    """Draw refunds of a basket, in any order: of each line some units, or some of its money; of the whole, or less."""
    parts = []
    for of in basket:
        by_amount = of.amount > 0 and draw(st.booleans())
        left = of.amount if by_amount else of.quantity
        if not whole:
            left = draw(st.integers(0, left))
        while left:
            part = draw(st.integers(1, left))
            parts.append(refund_message(**{"amounts" if by_amount else "quantities": {of.line_id: part}}))
            left -= part
    return draw(st.permutations(parts))


def refunded_share(of: OrderLine) -> Fraction:
    return Fraction(of.refunded_quantity, of.quantity) + Fraction(of.refunded_amount, of.amount or 1)


@given(st.data(), baskets(3))
def test_of_each_line_the_refunded_share_is_taken_back_rounded_down_in_total(
    data: st.DataObject, basket: list[Line]
) -> None:
    journal = opened(rules=EVERYTHING_EARNS)
    order = buy(journal, *basket)
    for step in data.draw(steps(basket, whole=False)):
        journal = later(journal, hours=1)
        order = refund(journal, order, step)
        assert journal.member.points == order.points - sum(floor(of.points * refunded_share(of)) for of in order.lines)
        assert sum(journal.member.growth_days.values()) == order.growth - sum(
            floor(of.growth * refunded_share(of)) for of in order.lines
        )


@given(st.data(), baskets(3), st.integers(0, 500))
def test_a_full_refund_in_any_number_of_steps_leaves_all_as_if_the_order_had_never_been(
    data: st.DataObject, basket: list[Line], spent: int
) -> None:
    before = opened(rules=EVERYTHING_EARNS, points=1000)
    journal = later(before, hours=1)
    allotted = tuple(purchases.allot_points(spent, basket))
    order = purchases.complete(journal, order_message(*basket), "f", paid_with(allotted, to_book=spent))
    for step in data.draw(steps(basket, whole=True)):
        journal = later(journal, hours=1)
        order = refund(journal, order, step)
    assert order.status == "refunded"
    assert journal.member.points == before.member.points
    assert journal.member.growth_days == before.member.growth_days


def test_quantities_and_amounts_of_a_line_may_be_mixed() -> None:
    journal = opened()
    order = buy(journal, line(quantity=4, unit_price=1000))
    order = refund(journal, order, refund_message({"1": 2}))
    order = refund(journal, order, refund_message(amounts={"1": 1000}))
    assert (order.status, journal.member.points) == ("partly_refunded", 10)


@pytest.mark.parametrize(
    "steps",
    [
        [refund_message({"1": 1}), refund_message(amounts={"1": 67})],
        [refund_message(amounts={"1": 67}), refund_message({"1": 1})],
        [refund_message({"1": 1}), refund_message(amounts={"1": 66}), refund_message(amounts={"1": 1})],
    ],
)
def test_the_money_that_is_left_of_a_line_may_round_up_to_all_of_it(steps: list[OrderRefunded]) -> None:
    before = opened()
    journal = later(before, hours=1)
    order = buy(journal, line(quantity=3, unit_price=34, discount=2))
    assert [(of.amount, of.points) for of in order.lines] == [(100, 1)]
    statuses = []
    for step in steps:
        order = refund(journal, order, step)
        statuses.append(order.status)
    assert statuses == ["partly_refunded"] * (len(steps) - 1) + ["refunded"]
    assert (journal.member.points, journal.member.growth_days) == (before.member.points, {})


def test_an_order_is_refunded_when_the_last_unit_is() -> None:
    journal = opened()
    order = buy(journal, line("1", quantity=2), line("2"))
    statuses = [order.status]
    for quantities in ({"1": 1}, {"2": 1}, {"1": 1}):
        order = refund(journal, order, refund_message(quantities))
        statuses.append(order.status)
    assert statuses == ["completed", "partly_refunded", "partly_refunded", "refunded"]


@pytest.mark.parametrize(
    ("message", "pointers"),
    [
        (refund_message({"1": 4}), ["/lines/0"]),
        (refund_message({"2": 1, "1": 4}), ["/lines/1"]),
        (refund_message(amounts={"1": 3001}), ["/lines/0"]),
        (refund_message(amounts={"free": 1}), ["/lines/0"]),
        (refund_message({"3": 1}), ["/lines/0/line_id"]),
        (refund_message({"1": 4, "3": 1, "2": 1}), ["/lines/0", "/lines/1/line_id"]),
    ],
)
def test_more_than_was_bought_is_refused_as_a_whole(message: OrderRefunded, pointers: list[str]) -> None:
    order = buy(opened(), line("1", quantity=3), line("2"), line("free", unit_price=0))
    with pytest.raises(Invalid) as refusal:
        refund_lines(order, message)
    assert refusal.value.code == "refund_exceeds_order"
    assert [problem.pointer for problem in refusal.value.problems] == pointers
    assert order.status == "completed"


def test_more_than_is_left_is_refused() -> None:
    journal = opened()
    order = refund(journal, buy(journal, line(quantity=3)), refund_message({"1": 2}))
    with pytest.raises(Invalid):
        refund_lines(order, refund_message({"1": 2}))
    with pytest.raises(Invalid):
        refund_lines(order, refund_message(amounts={"1": 1001}))


def test_a_penny_more_than_what_is_left_rounds_up_to_is_refused() -> None:
    journal = opened()
    order = refund(journal, buy(journal, line(quantity=3, unit_price=34, discount=2)), refund_message({"1": 1}))
    with pytest.raises(Invalid):
        refund_lines(order, refund_message(amounts={"1": 68}))


def test_points_that_are_spent_already_are_not_asked_for_and_the_entry_says_so() -> None:
    journal = opened()
    order = buy(journal, line(unit_price=10_000))
    journal.book("adjustment", change={OPEN: -70})
    order = refund(journal, order, refund_message({"1": 1}))
    entry = journal.entries[-1]
    assert (entry.kind, entry.points, entry.growth, entry.points_balance) == ("refund", -30, -100, 0)
    assert {"taken": 30, "shortfall": 70}.items() <= explained(entry).items()


def test_a_shortfall_is_never_collected_later() -> None:
    journal = opened()
    order = buy(journal, line(quantity=2, unit_price=5000))
    journal.book("adjustment", change={OPEN: -100})
    order = refund(journal, order, refund_message({"1": 1}))
    journal.book("adjustment", change={OPEN: 500})
    refund(journal, order, refund_message({"1": 1}))
    assert [entry.detail.get("shortfall") for entry in journal.entries if entry.kind == "refund"] == [50, None]
    assert journal.member.points == 450


def test_points_that_had_paid_come_back_line_by_line() -> None:
    journal = opened(points=300)
    message = order_message(line("1", quantity=3, discount=200), line("2", discount=100))
    order = purchases.complete(journal, message, "f", paid_with((200, 100), to_book=300))
    assert journal.member.points == 37
    order = refund(journal, order, refund_message({"1": 1}))
    first = journal.entries[-1]
    assert (first.detail["returned"], first.points) == (66, 66 - order.lines[0].points // 3)
    order = refund(journal, order, refund_message({"1": 2, "2": 1}))
    assert (journal.entries[-1].detail["returned"], journal.member.points) == (234, 300)


def test_points_that_come_back_pay_what_is_taken_back() -> None:
    journal = opened(points=20)
    order = purchases.complete(journal, order_message(line(unit_price=10_000)), "f", paid_with((20,), to_book=20))
    journal.book("adjustment", change={OPEN: -journal.member.points})
    refund(journal, order, refund_message({"1": 1}))
    entry = journal.entries[-1]
    assert (entry.points, entry.points_balance) == (0, 0)
    assert {"taken": 20, "returned": 20, "shortfall": 80}.items() <= explained(entry).items()


def test_growth_leaves_the_day_that_got_it() -> None:
    journal = opened()
    order = buy(journal, line(unit_price=5000))
    journal = later(journal, days=1)
    buy(journal, line(unit_price=3000), order_id="O2")
    refund(journal, order, refund_message({"1": 1}, refunded_at=journal.now))
    assert journal.member.growth_days == {(NOON + timedelta(days=1)).date(): 30}
    assert journal.entries[-1].growth == -50


def test_growth_that_has_left_its_window_is_not_taken_again() -> None:
    journal = opened()
    order = buy(journal, line(unit_price=5000))
    journal = later(journal, days=365)
    buy(journal, line(unit_price=3000), order_id="O2")
    refund(journal, order, refund_message({"1": 1}))
    assert (journal.entries[-1].points, journal.entries[-1].growth) == (-50, 0)
    assert tiers.growth(journal.member, PROGRAMME, journal.now) == 30


def test_what_the_lines_earned_counts_whatever_the_tier_or_the_programme_is_now() -> None:
    journal = opened()
    order = buy(journal, line(unit_price=10_000))
    generous = replace(later(journal, days=1), programme=EVERYTHING_EARNS)
    assert generous.member.tier.id == "middle"
    refund(generous, order, refund_message({"1": 1}))
    assert generous.member.points == 0


def test_a_frozen_members_refund_applies() -> None:
    journal = opened()
    order = buy(journal, line(unit_price=5000))
    journal.change(standing="frozen")
    refund(journal, order, refund_message({"1": 1}))
    assert journal.member.points == 0


def test_the_refund_of_an_order_that_earned_nothing_takes_nothing() -> None:
    journal = opened(standing="frozen", points=500)
    order = buy(journal, line(unit_price=5000))
    refund(journal, order, refund_message({"1": 1}))
    assert (journal.entries[-1].points, journal.entries[-1].growth) == (0, 0)
    assert explained(journal.entries[-1]) == {"taken": 0}
