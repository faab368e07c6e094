"""Redemptions and the orders that they pay for, in whatever order they come: held once, and refunded with the order."""

from collections.abc import Callable
from typing import Any

import pytest

from tessera.store import client
from tests.app import Answer, App, member_id
from tests.handlers.conftest import Listen
from tests.handlers.messages import basket, line, order, refund

ALICE = member_id("alice")
GOODS = line("1", unit_price=4000), line("2", unit_price=1000)
FIRST_ORDER = {
    "id": "first",
    "kind": "amount_off",
    "name": "£5 off",
    "terms": "£5 off a first order.",
    "amount": 500,
    "valid_days": 30,
    "first_order": True,
    "on_refund": "if_wholly_refunded",
    "per_member": 2,
}


@pytest.fixture
def shopper(app: App) -> App:
    """Alice, who has 50 points."""
    app.enrol()
    return app


@pytest.fixture
def torn(listen: Listen) -> Callable[[Callable[[], object]], None]:
    """Let something happen between the parts of the next read of several items: the member is read after it."""

    def tear(between: Callable[[], object]) -> None:
        happened: list[bool] = []

        def after(parsed: Any, **_: object) -> None:
            if not happened and parsed["Responses"].get("MembersTable"):
                happened.append(True)
                between()
                found = client.DYNAMODB.get_item(TableName="MembersTable", Key={"member_id": {"S": ALICE}})
                parsed["Responses"]["MembersTable"] = [found["Item"]]

        listen("after-call.dynamodb.BatchGetItem", after)

    return tear


def hold(app: App, as_: str = "alice", order_id: str = "O1", **wanted: Any) -> Answer:
    body = {"order_id": order_id, "order": basket(*GOODS)} | wanted
    return app.post(f"/members/{ALICE}/redemptions", body, as_=as_)


def act(app: App, held: Answer, action: str) -> Answer:
    return app.post(f"/members/{ALICE}/redemptions/{held.json['redemption_id']}/{action}", as_="shop")


def arrive(app: App, redemption_id: str | None = None) -> None:
    app.send(order("O1", *GOODS, member_id=ALICE, redemption_id=redemption_id))


def available(app: App) -> Any:
    return app.card()["points"]["available"]


def test_a_member_does_not_hold_for_what_a_shop_has_just_held(
    shopper: App, torn: Callable[[Callable[[], object]], None]
) -> None:
    torn(lambda: hold(shopper, as_="shop", points=10))
    hold(shopper, points=20).refused(409, "order_already_held")
    assert available(shopper) == 40


def test_nothing_is_held_for_an_order_that_was_just_counted(
    shopper: App, torn: Callable[[Callable[[], object]], None]
) -> None:
    torn(lambda: arrive(shopper))
    hold(shopper, points=20).refused(409, "order_already_counted")


def test_a_confirmation_just_before_a_refund_is_found_by_it(
    shopper: App, torn: Callable[[Callable[[], object]], None]
) -> None:
    before = available(shopper)
    held = hold(shopper, points=20)
    arrive(shopper)
    torn(lambda: act(shopper, held, "confirm"))
    shopper.send(refund("R1", "O1", line_1=1, line_2=1))
    assert available(shopper) == before


@pytest.mark.parametrize("first", ["confirmation", "order"])
def test_refunds_give_back_what_was_confirmed_for_an_order_that_did_not_say_so(shopper: App, first: str) -> None:
    shopper.post("/coupon-templates", FIRST_ORDER, as_="operator")
    code = shopper.post("/members/me/coupons", {"template_id": "first"}).json["code"]
    before = shopper.card()["points"]
    held = hold(shopper, points=20, coupons=[code])
    if first == "order":
        arrive(shopper)
    assert act(shopper, held, "confirm").status == 200
    if first == "confirmation":
        arrive(shopper)

    shopper.send(refund("R1", "O1"))
    assert act(shopper, held, "confirm").json == {"status": "confirmed"}
    shopper.send(refund("R2", "O1", line_2=1))

    assert shopper.card()["points"] == before
    assert shopper.get("/members/me/coupons").json["items"][0]["status"] == "active"
    assert shopper.get(f"/members/{ALICE}/entries/verification", as_="operator").json["verified"]


@pytest.mark.parametrize("as_", ["shop", "alice"])
def test_what_was_refunded_before_the_confirmation_comes_back_with_it(shopper: App, as_: str) -> None:
    before = available(shopper)
    held = hold(shopper, points=50, as_=as_)
    arrive(shopper)
    shopper.send(refund("R1", "O1", line_1=1))

    act(shopper, held, "confirm")

    newest = shopper.entries()[0]
    assert (newest["kind"], newest["points"]) == ("confirmation", 40)
    assert newest["reason"] == "Order O1: 50 points paid, 40 back for what was refunded"
    assert available(shopper) == before - 10 + 10  # spent for line 2, and earned by it
    shopper.send(refund("R2", "O1", line_2=1))
    assert available(shopper) == before
    assert shopper.get(f"/members/{ALICE}/entries/verification", as_="operator").json["verified"]


def test_what_was_refunded_of_lines_that_are_not_confirmed_comes_back_once(shopper: App) -> None:
    held = hold(shopper, points=50)
    arrive(shopper)
    shopper.send(refund("R1", "O1", line_1=1))
    path = f"/members/me/redemptions/{held.json['redemption_id']}/confirm"
    assert shopper.post(path, {"lines": ["2"]}).status == 200
    assert available(shopper) == 50
    shopper.send(refund("R2", "O1", line_2=1))
    assert available(shopper) == 50


def test_nothing_is_confirmed_for_an_order_that_was_refunded(shopper: App) -> None:
    held = hold(shopper, points=20)
    arrive(shopper)
    shopper.send(refund("R1", "O1", line_1=1, line_2=1))
    act(shopper, held, "confirm").refused(409, "order_already_counted")
    act(shopper, held, "release")
    assert available(shopper) == 50


@pytest.mark.parametrize("confirmed", ["before the order", "after the order"])
def test_what_was_let_go_is_not_taken_again_beside_what_another_caller_holds(shopper: App, confirmed: str) -> None:
    own = hold(shopper, points=20)
    shopper.post(f"/members/me/redemptions/{own.json['redemption_id']}/release")
    shops = hold(shopper, as_="shop", points=10)
    if confirmed == "before the order":
        act(shopper, shops, "confirm")
    arrive(shopper, own.json["redemption_id"])
    assert shopper.purchase("O1")["reports"] == ["redemption_lost"]
    assert act(shopper, shops, "confirm").status == 200
    assert available(shopper) == 50 - 10 + 50

    shopper.send(refund("R1", "O1", line_1=1, line_2=1))

    assert available(shopper) == 50


def test_what_an_older_attempt_has_not_paid_the_next_one_may(shopper: App) -> None:
    first = hold(shopper, points=10)
    shopper.post(f"/members/me/redemptions/{first.json['redemption_id']}/release")
    second = hold(shopper, points=10)
    arrive(shopper, first.json["redemption_id"])
    assert shopper.purchase("O1")["reports"] == ["redemption_lost"]
    assert act(shopper, second, "confirm").status == 200
    shopper.send(refund("R1", "O1", line_1=1, line_2=1))
    assert available(shopper) == 50


def test_a_first_order_that_was_refunded_was_none_though_it_named_no_redemption(shopper: App) -> None:
    shopper.post("/coupon-templates", FIRST_ORDER, as_="operator")
    one, two = (shopper.post("/members/me/coupons", {"template_id": "first"}).json["code"] for _ in range(2))
    act(shopper, hold(shopper, coupons=[one]), "confirm")
    hold(shopper, coupons=[two], order_id="O2").refused(409, "coupon_not_first_order")
    arrive(shopper)
    hold(shopper, coupons=[two], order_id="O2").refused(409, "coupon_not_first_order")
    shopper.send(refund("R1", "O1", line_1=1, line_2=1))
    assert hold(shopper, coupons=[two], order_id="O2").status == 201


def test_a_confirmation_of_all_is_no_repeat_of_one_of_some(shopper: App) -> None:
    held = hold(shopper, points=20)
    path = f"/members/me/redemptions/{held.json['redemption_id']}/confirm"
    assert shopper.post(path, {"lines": ["1"]}).status == 200
    assert shopper.post(path, {"lines": ["1"]}).status == 200
    shopper.post(path).refused(409, "redemption_confirmed")


def test_points_that_were_confirmed_for_some_lines_come_back_with_these(shopper: App) -> None:
    held = hold(shopper, points=50)
    shopper.post(f"/members/me/redemptions/{held.json['redemption_id']}/confirm", {"lines": ["1"]})
    arrive(shopper, held.json["redemption_id"])
    assert shopper.purchase("O1")["reports"] == ["redemption_mismatch"]
    left = available(shopper) - shopper.purchase("O1")["points"]
    shopper.send(refund("R1", "O1", line_1=1))
    assert available(shopper) == left + 40 + shopper.purchase("O1")["lines"][1]["points"]


def test_a_hold_says_of_every_coupon_that_it_names_what_is_in_its_way(shopper: App) -> None:
    refused = hold(shopper, coupons=["nothing", "none"]).refused(409, "coupon_unknown")
    assert [problem["pointer"] for problem in refused["errors"]] == ["/coupons/0", "/coupons/1"]


def test_an_order_that_is_held_says_what_to_release(shopper: App) -> None:
    held = hold(shopper, points=10)
    refused = hold(shopper, points=20).refused(409, "order_already_held")
    assert held.json["redemption_id"] in refused["detail"]
