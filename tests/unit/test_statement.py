from datetime import timedelta

import pytest

from tessera import benefits, checkout, purchases, redemptions
from tessera.coupons import Coupon
from tessera.enrolment import enrol
from tessera.journal import Journal
from tessera.lots import OPEN
from tessera.sign_ins import sign_in
from tessera.statement import money, reason
from tests.factories import (
    NOON,
    PROGRAMME,
    RULES,
    buy,
    checkout_request,
    later,
    line,
    opened,
    order_message,
    programme,
    refund,
    refund_message,
)

NO_COUPONS: dict[str, Coupon] = {}


def told(journal: Journal) -> str:
    """Say the last entry in words."""
    return reason(journal.entries[-1])


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        (0, "GBP", "£0.00"),
        (5, "GBP", "£0.05"),
        (3000, "EUR", "€30.00"),
        (123_456_789, "USD", "$1,234,567.89"),
        (100, "CHF", "1.00 CHF"),
    ],
)
def test_money_is_written_for_a_person(amount: int, currency: str, words: str) -> None:
    assert money(amount, currency) == words


def test_a_use_of_a_benefit_tells_its_name_and_its_order() -> None:
    lounge = {"id": "lounge", "name": "Lounge", "kind": "custom", "tiers": {"low": {}}}
    journal = opened(rules=programme(benefits=[lounge]))
    used, _ = benefits.use(journal, "lounge", benefits.NO_BIRTHDAY, "U1", "536365")
    assert told(journal) == "Lounge: used for order 536365"
    benefits.take_back(journal, used)
    assert told(journal) == "Lounge: a use was taken back"


def test_a_purchase_tells_its_rate_and_its_tier() -> None:
    journal = opened()
    buy(journal, line(unit_price=2500), order_id="536365")
    assert told(journal) == "Order 536365: 1 point per £1, low ×1.0"


@pytest.mark.parametrize(
    ("earn", "per", "multiplier_bp", "words"),
    [
        (1, 100, 12_500, "1 point per £1, low ×1.25"),
        (2, 150, 20_000, "2 points per £1.50, low ×2.0"),
        (1, 100_000, 10_050, "1 point per £1,000, low ×1.005"),
    ],
)
def test_a_rate_and_a_multiplier_are_written_as_short_as_is_clear(
    earn: int, per: int, multiplier_bp: int, words: str
) -> None:
    rates = {"base": {"earn": earn, "per": per}}
    low = {"id": "low", "name": "Low", "growth": 0, "multiplier_bp": multiplier_bp}
    rules = programme(earning=RULES["earning"] | {"points": rates}, tiers=RULES["tiers"] | {"ladder": [low]})
    journal = opened(rules=rules)
    buy(journal, line())
    assert told(journal) == f"Order O1: {words}"


def test_a_purchase_that_lifts_says_so_and_the_next_one_tells_the_multiplier() -> None:
    journal = opened()
    buy(journal, line(unit_price=10_000))
    assert told(journal) == "Order O1: 1 point per £1, low ×1.0; now middle"
    buy(journal, line(), order_id="O2")
    assert told(journal) == "Order O2: 1 point per £1, middle ×1.5"


def test_a_purchase_at_several_rates_names_the_rules() -> None:
    journal = opened()
    buy(journal, line("1"), line("2", category="toys"))
    assert told(journal) == "Order O1: base rate, rate for category toys, low ×1.0"


def test_a_purchase_that_points_paid_for_says_so() -> None:
    journal = opened(points=300)
    redeemed = purchases.Redeemed(redemption_id="r_1", points_by_line=(300,), parts=((OPEN, 300),), booked=True)
    purchases.complete(journal, order_message(line(discount=300)), "f", redeemed)
    assert told(journal) == "Order O1: 1 point per £1, low ×1.0; 300 points paid"


def test_a_frozen_members_order_says_that_nothing_is_earned() -> None:
    journal = opened(standing="frozen")
    buy(journal, line())
    assert told(journal) == "Order O1: nothing earned while the account is not active"


def test_a_refund_tells_what_came_back_and_what_is_not_asked_for() -> None:
    journal = opened(points=20)
    redeemed = purchases.Redeemed(redemption_id="r_1", points_by_line=(20,), parts=((OPEN, 20),), booked=False)
    order = purchases.complete(journal, order_message(line(unit_price=10_000)), "f", redeemed)
    journal.book("adjustment", change={OPEN: -100})
    refund(journal, order, refund_message({"1": 1}))
    assert told(journal) == (
        "Refund R1 of order O1; 20 points that had paid are back; 80 points to be taken back "
        "were spent already and are not asked for"
    )


def test_a_sign_in_tells_its_day_and_its_streak() -> None:
    journal = opened()
    sign_in(journal)
    assert told(journal) == "Signed in on 2026-03-02, day 1 in a row"
    for _ in range(2):
        journal = later(journal, days=1)
        sign_in(journal)
    assert told(journal) == "Signed in on 2026-03-04, 3 days in a row"


def test_a_checkout_tells_what_became_of_its_points() -> None:
    journal = opened(points=100)
    request = checkout_request(line("1"), line("2"), points=100)
    held, _, _ = checkout.hold(journal, request, NO_COUPONS, by_shop=False, request_hash="", ticket="", earlier=None)
    assert told(journal) == "Set aside for order O1"
    assert told(later(journal, minutes=15)) == "Back from order O1: not paid in time"
    released, confirmed = later(journal, minutes=1), later(journal, minutes=1)
    redemptions.release(released, held, [])
    assert told(released) == "Back from order O1: released"
    redemptions.confirm(confirmed, held, [], ["1"])
    assert told(confirmed) == "Order O1: 50 points paid, 50 back for what was not sent"


def test_a_review_tells_what_was_earned_in_the_term() -> None:
    journal = opened()
    buy(journal, line(unit_price=50_000))
    assert told(later(journal, days=365)) == "Term of high ended with growth 0: now low"


def test_enrolment_is_a_welcome() -> None:
    assert told(enrol("m_1", None, PROGRAMME, NOON - timedelta(days=1))) == "Welcome"
