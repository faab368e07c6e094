"""Refunds as messages of the queue, on time, early and never."""

import json
from datetime import timedelta

import pytest

from tests.app import App, member_id
from tests.conftest import UseProgramme
from tests.handlers.messages import basket, line, order, refund

ALICE = member_id("alice")


@pytest.fixture
def bought(app: App) -> App:
    """Alice has bought four of line 1 and one of line 2."""
    app.enrol()
    app.send(order("O1", line("1", quantity=4), line("2", unit_price=550), member_id=ALICE))
    return app


def test_a_refund_takes_back_what_its_part_of_the_line_earned(bought: App) -> None:
    bought.send(refund("R1", "O1", line_1=1))

    newest = bought.entries()[0]
    assert (newest["kind"], newest["points"], newest["growth"]) == ("refund", -10, -10)
    assert newest["source"] == {"order_id": "O1", "refund_id": "R1"}
    shown = bought.purchase("O1")
    assert (shown["status"], shown["lines"][0]["refunded_quantity"]) == ("partly_refunded", 1)


def test_a_whole_refund_in_steps_leaves_the_member_as_before(bought: App) -> None:
    bought.send(refund("R1", "O1", line_1=3), refund("R2", "O1", line_1=1, line_2=1))

    card = bought.card()
    assert (card["points"]["available"], card["growth"]) == (50, 0)
    assert bought.purchase("O1")["status"] == "refunded"


@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=7)])
def test_the_same_refund_twice_changes_nothing(bought: App, later: timedelta) -> None:
    bought.send(refund("R1", "O1", line_1=1))
    bought.now += later
    bought.send(refund("R1", "O1", line_1=1))
    assert bought.kinds() == ["welcome", "purchase", "refund"]
    assert bought.dead_letters() == []


def test_the_same_id_with_other_content_is_a_dead_letter(bought: App) -> None:
    bought.send(refund("R1", "O1", line_1=1), refund("R1", "O1", line_1=2))
    assert [letter.reason for letter in bought.dead_letters()] == ["refund_id_reused"]
    assert bought.kinds() == ["welcome", "purchase", "refund"]


def test_more_than_was_bought_is_a_dead_letter(bought: App) -> None:
    bought.send(refund("R1", "O1", line_1=3), refund("R2", "O1", line_1=2), refund("R3", "O1", line_9=1))

    reasons = {(letter.reason, letter.detail.split("(")[1][:10]) for letter in bought.dead_letters()}
    assert reasons == {("refund_exceeds_order", "/lines/0: "), ("refund_exceeds_order", "/lines/0/l")}
    assert bought.purchase("O1")["lines"][0]["refunded_quantity"] == 3


def test_a_refused_refund_may_be_sent_again_put_right(bought: App) -> None:
    bought.send(refund("R1", "O1", line_1=5))
    bought.send(refund("R1", "O1", line_1=4))
    assert bought.purchase("O1")["lines"][0]["refunded_quantity"] == 4


def test_a_refund_that_overtakes_its_order_waits_for_it(app: App) -> None:
    app.enrol()
    app.send(refund("R2", "O1", line_1=1), refund("R1", "O1", line_1=2))
    app.get("/purchases/O1", as_="shop").refused(404, "not_found")

    app.send(order("O1", line("1", quantity=4), member_id=ALICE))

    assert app.kinds() == ["welcome", "purchase", "refund", "refund"]
    assert app.card()["points"]["available"] == 60
    assert app.dead_letters() == []


def test_a_waiting_refund_that_comes_again_waits_once(app: App) -> None:
    app.enrol()
    app.send(refund("R1", "O1"), refund("R1", "O1"))
    app.send(order("O1", member_id=ALICE), refund("R1", "O1"), order("O1", member_id=ALICE))
    assert app.kinds() == ["welcome", "purchase", "refund"]


def test_a_waiting_refund_that_does_not_fit_its_order_is_a_dead_letter(app: App) -> None:
    app.enrol()
    app.send(refund("R1", "O1", line_1=2), refund("R2", "O1", line_1=1))

    app.send(order("O1", member_id=ALICE))

    (letter,) = app.dead_letters()
    assert (json.loads(letter.body)["refund_id"], letter.reason) == ("R1", "refund_exceeds_order")
    assert app.purchase("O1")["status"] == "refunded"


def test_a_refund_whose_order_never_comes_is_a_dead_letter_after_thirty_days(app: App) -> None:
    app.send(refund("R1", "O1"))
    app.now += timedelta(days=30, seconds=-1)
    assert app.nightly() == {"members": 0, "refunds": 0}
    app.now += timedelta(seconds=1)

    assert app.nightly() == {"members": 0, "refunds": 1}

    (letter,) = app.dead_letters()
    assert json.loads(letter.body) == refund("R1", "O1") | {"schema_version": 1}
    assert (letter.reason, letter.detail) == ("order_never_came", "The order of this refund has not come in 30 days.")
    assert app.nightly() == {"members": 0, "refunds": 0}


def test_a_refund_that_was_given_up_on_counts_when_it_is_sent_again_after_its_order(app: App) -> None:
    app.enrol()
    app.send(refund("R1", "O1"))
    app.now += timedelta(days=31)
    app.nightly()
    (letter,) = app.dead_letters()
    app.send(order("O1", member_id=ALICE))
    assert app.kinds() == ["welcome", "purchase"]

    app.send(letter.body)

    assert app.kinds() == ["welcome", "purchase", "refund"]
    assert app.purchase("O1")["status"] == "refunded"


def test_a_refund_that_was_given_up_on_waits_anew_when_it_is_sent_again_before_its_order(app: App) -> None:
    app.enrol()
    app.send(refund("R1", "O1"))
    app.now += timedelta(days=31)
    app.nightly()
    (letter,) = app.dead_letters()

    app.send(letter.body)
    app.send(order("O1", member_id=ALICE))

    assert app.kinds() == ["welcome", "purchase", "refund"]


@pytest.mark.parametrize("buyer", [{}, {"identity": "17850"}])
def test_refunds_find_the_orders_of_guests_and_strangers(app: App, buyer: dict[str, str]) -> None:
    app.send(order("O1", **buyer), refund("R1", "O1"))
    assert app.purchase("O1")["status"] == "refunded"
    assert app.dead_letters() == []


def test_a_refund_may_name_an_amount(bought: App) -> None:
    bought.send(refund("R1", "O1") | {"lines": [{"line_id": "1", "amount": 1000}]})
    assert bought.entries()[0]["points"] == -10


def test_what_was_spent_already_is_not_asked_for_and_the_entry_says_so(bought: App) -> None:
    basket = {"currency": "GBP", "lines": [line("1", unit_price=10_000)]}
    held = bought.post("/members/me/redemptions", {"order_id": "O2", "order": basket, "points": "max"}).json
    bought.post(f"/members/me/redemptions/{held['redemption_id']}/confirm")

    bought.send(refund("R1", "O1", line_1=1))

    newest = bought.entries()[0]
    assert (newest["points"], newest["points_balance"]) == (0, 0)
    assert "10 points to be taken back were spent already" in newest["reason"]


def test_a_refund_that_was_given_up_on_may_be_sent_again_put_right(app: App) -> None:
    app.send(refund("R1", "O1-typo", **{"1": 1}))
    app.now += timedelta(days=31)
    app.nightly()
    app.enrol()
    app.send(order("O1", member_id=member_id("alice")))

    app.send(refund("R1", "O1", **{"1": 1}))

    assert app.purchase("O1")["status"] == "refunded"


def test_what_was_refunded_in_part_by_amount_can_still_be_returned(app: App) -> None:
    app.enrol()
    before = app.card()["points"]
    app.send(order("O1", member_id=member_id("alice")))
    goodwill = refund("R1", "O1") | {"lines": [{"line_id": "1", "amount": 50}]}
    app.send(goodwill)

    app.send(refund("R2", "O1", **{"1": 1}))

    assert app.purchase("O1")["status"] == "refunded"
    assert app.card()["points"] == before


def test_characters_that_a_queue_refuses_do_not_stop_the_refunds_behind(app: App) -> None:
    app.enrol()
    app.send(refund("R\uffff", "O1", **{"\uffff": 1}), refund("R2", "O1", **{"1": 1}))
    app.send(order("O1", member_id=member_id("alice")))
    assert app.purchase("O1")["status"] == "refunded"
    (dead_letter,) = app.waiting("PurchasesDeadLetters")
    assert dead_letter.isascii()


@pytest.mark.parametrize("ending", ["release", "lapse", "a part is confirmed"])
def test_points_cannot_be_hidden_from_a_refund_by_holding_them(bought: App, ending: str) -> None:
    """Alice has 50 points of welcome and 45 of the order; she holds all of them, and then returns the order."""
    wanted = {"order_id": "O2", "order": basket(line("1", unit_price=9500), line("2", unit_price=1)), "points": 95}
    held = bought.post("/members/me/redemptions", wanted).json
    bought.send(refund("R1", "O1", line_1=4, line_2=1))
    assert bought.entries()[0]["points"] == 0

    path = f"/members/me/redemptions/{held['redemption_id']}"
    match ending:
        case "release":
            bought.post(f"{path}/release")
        case "lapse":
            bought.now += timedelta(minutes=15)
        case _:
            bought.post(f"{path}/confirm", {"lines": ["2"]})

    assert bought.card()["points"]["available"] == 50


@pytest.mark.parametrize("policy", ["floor", "debt"])
def test_points_that_had_expired_when_they_were_earned_are_not_taken_again_however_old_the_order(
    app: App, use_programme: UseProgramme, policy: str
) -> None:
    use_programme(points={"expiry": {"policy": "month_end", "months": 12}, "refund": policy})
    app.enrol()
    app.send(order("O1", line("1", quantity=4, unit_price=2500), member_id=ALICE, placed_at="2023-03-02T12:00:00Z"))
    app.now += timedelta(days=1)

    app.send(refund("R1", "O1", line_1=1), refund("R2", "O1", line_1=3))

    assert app.card()["points"]["available"] == 50
    assert app.get(f"/members/{ALICE}/entries/verification", as_="operator").json["verified"]
