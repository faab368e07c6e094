"""Quotes, and redemptions that are held, confirmed, released, or lapse."""

import time
from datetime import timedelta
from typing import Any

import pytest

from tests.app import Answer, App, member_id
from tests.handlers.messages import basket, line, order, refund

ALICE = member_id("alice")
BIG = line("1", unit_price=4000), line("2", unit_price=1000)


@pytest.fixture
def shopper(app: App) -> App:
    """Alice, who has 50 points."""
    app.enrol()
    return app


def claim(app: App, template_id: str = "five_off_thirty") -> str:
    return str(app.post("/members/me/coupons", {"template_id": template_id}).json["code"])


def hold(app: App, order_id: str = "O1", as_: str = "alice", **wanted: Any) -> Answer:
    return app.post(f"/members/{ALICE}/redemptions", {"order_id": order_id, "order": basket(*BIG)} | wanted, as_=as_)


def path_of(held: Answer, action: str) -> str:
    return f"/members/{ALICE}/redemptions/{held.json['redemption_id']}/{action}"


def available(app: App) -> Any:
    return app.card()["points"]["available"]


def statuses(app: App) -> list[str]:
    return [item["status"] for item in app.get("/members/me/coupons").json["items"]]


def test_a_quote_prices_a_basket_and_changes_nothing(shopper: App) -> None:
    code = claim(shopper)
    before = shopper.card(), shopper.entries()
    wanted = {"order": basket(*BIG, shipping=500), "coupons": [code], "points": 50}

    answer = shopper.post("/members/me/quotes", wanted)

    assert (answer.status, answer.json) == (
        200,
        {
            "subtotal": 5000,
            "discounts": [
                {
                    "source": f"coupon:c_{code}",
                    "amount": 500,
                    "lines": [{"line_id": "1", "amount": 400}, {"line_id": "2", "amount": 100}],
                }
            ],
            "points_spent": 50,
            "points_value": 50,
            "shipping": 500,
            "total": 4950,
            "points_to_earn": 44,
            "growth_to_earn": 44,
            "coupons": [{"coupon_id": f"c_{code}", "applies": True}],
            "benefits": [],
            "points_lines": [
                {"line_id": "1", "points": 40, "amount": 40},
                {"line_id": "2", "points": 10, "amount": 10},
            ],
        },
    )
    assert (shopper.card(), shopper.entries()) == before
    assert statuses(shopper) == ["active"]


def test_a_quote_says_why_a_coupon_does_not_apply(shopper: App) -> None:
    code, other = claim(shopper), claim(shopper)
    small = shopper.post("/members/me/quotes", {"order": basket(), "coupons": [code, "NONE"]}).json["coupons"]
    assert small == [
        {
            "coupon_id": f"c_{code}",
            "applies": False,
            "code": "below_threshold",
            "detail": "Spend £20.00 more.",
            "missing": 2000,
            "fix": {"spend_more": 2000},
        },
        {"coupon_id": "c_NONE", "applies": False, "code": "unknown", "detail": "The member has no such coupon."},
    ]
    two = shopper.post("/members/me/quotes", {"order": basket(*BIG), "coupons": [code, f"c_{other}"]}).json["coupons"]
    assert [coupon.get("code") for coupon in two] == [None, "not_stackable"]


def test_a_coupon_that_would_take_nothing_off_is_not_spent(shopper: App) -> None:
    code, pennies = claim(shopper, "tenth_off"), basket(line(unit_price=9))
    quote = shopper.post("/members/me/quotes", {"order": pennies, "coupons": "best"}).json
    assert [coupon["code"] for coupon in quote["coupons"]] == ["no_discount"]
    hold(shopper, order=pennies, coupons=[code]).refused(409, "coupon_no_discount")
    assert statuses(shopper) == ["active"]


def test_the_best_coupon_leaves_the_lowest_total(shopper: App) -> None:
    claim(shopper, "five_off_thirty")
    tenth = claim(shopper, "tenth_off")
    quote = shopper.post(
        "/members/me/quotes", {"order": basket(line(unit_price=10_000)), "coupons": "best", "points": "max"}
    ).json
    assert (quote["discounts"][0]["source"], quote["points_spent"], quote["total"]) == (f"coupon:c_{tenth}", 50, 8950)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/order"),
        ({"order": basket(line(unit_price=1.5))}, "/order/lines/0/unit_price"),
        ({"order": basket() | {"lines": []}}, "/order/lines"),
        ({"order": basket(shipping=-1)}, "/order/shipping"),
        ({"order": basket(), "points": -1}, "/points"),
        ({"order": basket(), "points": "all"}, "/points"),
        ({"order": basket(), "coupons": "worst"}, "/coupons"),
        ({"order": basket(), "coupons": [5]}, "/coupons/0"),
    ],
)
def test_a_basket_is_checked(shopper: App, body: Any, pointer: str) -> None:
    assert pointer in shopper.post("/members/me/quotes", body).pointers()


def test_a_basket_in_a_currency_that_the_programme_does_not_know_is_refused(shopper: App) -> None:
    answer = shopper.post("/members/me/quotes", {"order": basket() | {"currency": "EUR"}})
    assert answer.pointers("unknown_currency") == ["/order/currency"]


def test_a_hold_sets_points_and_coupons_aside(shopper: App) -> None:
    code = claim(shopper)

    answer = hold(shopper, coupons=[code], points=50)

    assert (answer.status, answer.json["status"]) == (201, "held")
    assert answer.json["expires_at"] == "2026-03-02T12:15:00Z"
    assert answer.json["quote"]["total"] == 4450
    assert (available(shopper), statuses(shopper)) == (0, ["held"])
    newest = shopper.entries()[0]
    assert (newest["kind"], newest["points"]) == ("hold", -50)


def test_a_hold_repeated_answers_the_first(shopper: App) -> None:
    first = hold(shopper, points=20)
    again = hold(shopper, points=20)
    assert (again.status, again.text) == (200, first.text)
    assert available(shopper) == 30


def test_a_confirmed_hold_repeated_answers_the_first(shopper: App) -> None:
    first = hold(shopper, points=20)
    shopper.post(path_of(first, "confirm"))
    shopper.now += timedelta(days=7)
    again = hold(shopper, points=20)
    assert (again.status, again.text) == (200, first.text)


def test_an_order_holds_once(shopper: App) -> None:
    hold(shopper, points=20)
    hold(shopper, points=21).refused(409, "order_already_held")
    assert available(shopper) == 30


def test_an_order_that_a_shop_holds_for_one_member_is_taken_for_another(shopper: App) -> None:
    shopper.enrol("bob")
    hold(shopper, as_="shop", points=20)
    wanted = {"order_id": "O1", "order": basket(*BIG), "points": 20}
    path = f"/members/{member_id('bob')}/redemptions"
    shopper.post(path, wanted, as_="shop").refused(409, "order_already_held")


def test_nobody_stands_in_the_way_of_anothers_checkout(shopper: App) -> None:
    shopper.enrol("mallory")
    wanted = {"order_id": "O1", "order": basket(*BIG)}
    made_up = shopper.post("/members/me/redemptions", wanted, as_="mallory")
    path = f"/members/me/redemptions/{made_up.json['redemption_id']}/confirm"
    assert shopper.post(path, as_="mallory").status == 200

    assert hold(shopper, as_="shop", points=20).status == 201


@pytest.mark.parametrize(("first", "second"), [("alice", "shop"), ("shop", "alice")])
def test_a_member_and_a_shop_do_not_hold_for_the_same_order_at_once(shopper: App, first: str, second: str) -> None:
    held = hold(shopper, as_=first, points=20)
    hold(shopper, as_=second, points=10).refused(409, "order_already_held")
    assert shopper.post(path_of(held, "release"), as_=first).status == 200
    assert hold(shopper, as_=second, points=10).status == 201


def test_nothing_is_held_for_an_order_that_was_counted(shopper: App) -> None:
    shopper.send(order("O1", member_id=ALICE))
    before = available(shopper)
    hold(shopper, points=20).refused(409, "order_already_counted")
    assert available(shopper) == before


@pytest.mark.parametrize(
    ("wanted", "code"),
    [({"points": 51}, "insufficient_points"), ({"coupons": ["NONE"]}, "coupon_unknown")],
)
def test_what_is_not_there_is_not_held(shopper: App, wanted: dict[str, Any], code: str) -> None:
    kept = claim(shopper)
    request = {"order_id": "O1", "order": basket(*BIG), "points": 1, "coupons": [kept]} | wanted
    shopper.post("/members/me/redemptions", request).refused(409, code)
    assert (available(shopper), statuses(shopper)) == (50, ["active"])


def test_a_coupon_is_held_for_one_order_at_a_time(shopper: App) -> None:
    code = claim(shopper)
    hold(shopper, "O1", coupons=[code])
    hold(shopper, "O2", coupons=[code]).refused(409, "coupon_held")


def test_a_confirmation_spends_what_was_held(shopper: App) -> None:
    held = hold(shopper, coupons=[claim(shopper)], points=50)

    answers = [shopper.post(path_of(held, "confirm"), as_=caller) for caller in ("shop", "alice")]

    assert [(answer.status, answer.json) for answer in answers] == [(200, {"status": "confirmed"})] * 2
    assert (available(shopper), statuses(shopper)) == (0, ["redeemed"])
    assert shopper.kinds() == ["welcome", "hold", "confirmation"]


def test_a_partial_confirmation_returns_the_points_of_the_other_lines(shopper: App) -> None:
    held = hold(shopper, points=50)
    assert shopper.post(path_of(held, "confirm"), {"lines": ["1"]}, as_="shop").status == 200
    assert available(shopper) == 10


def test_a_confirmation_names_lines_of_the_redemption(shopper: App) -> None:
    held = hold(shopper, points=50)
    assert shopper.post(path_of(held, "confirm"), {"lines": ["1", "9"]}).pointers() == ["/lines/1"]
    assert shopper.post(path_of(held, "confirm"), {"lines": []}).pointers() == ["/lines"]
    assert shopper.post(path_of(held, "confirm")).status == 200


def test_a_release_gives_everything_back(shopper: App) -> None:
    held = hold(shopper, coupons=[claim(shopper)], points=50)

    answers = [shopper.post(path_of(held, "release")) for _ in range(2)]

    assert [(answer.status, answer.json) for answer in answers] == [(200, {"status": "released"})] * 2
    assert (available(shopper), statuses(shopper)) == (50, ["active"])
    assert shopper.kinds() == ["welcome", "hold", "release"]


def test_a_hold_lapses_by_itself(shopper: App) -> None:
    held = hold(shopper, coupons=[claim(shopper)], points=50)
    shopper.now += timedelta(minutes=15, seconds=-1)
    assert (available(shopper), statuses(shopper)) == (0, ["held"])

    shopper.now += timedelta(seconds=1)

    assert (available(shopper), statuses(shopper)) == (50, ["active"])
    shopper.post(path_of(held, "confirm")).refused(409, "redemption_released")
    assert shopper.post(path_of(held, "release")).json == {"status": "released"}
    shopper.post("/members/me/sign-ins")
    assert shopper.kinds() == ["welcome", "hold", "release", "sign_in"]


@pytest.mark.parametrize("let_go", ["release", "lapse"])
def test_an_order_may_hold_again_after_its_hold_was_let_go(shopper: App, let_go: str) -> None:
    code = claim(shopper)
    first = hold(shopper, coupons=[code], points=50)
    if let_go == "release":
        shopper.post(path_of(first, "release"))
    else:
        shopper.now += timedelta(minutes=15)

    second = hold(shopper, coupons=[code], points=50)

    assert (second.status, second.json["redemption_id"] == first.json["redemption_id"]) == (201, False)
    shopper.post(path_of(first, "confirm")).refused(409, "redemption_released")
    assert shopper.post(path_of(first, "release")).json == {"status": "released"}
    assert (available(shopper), statuses(shopper)) == (0, ["held"])
    assert shopper.post(path_of(second, "confirm")).status == 200


def test_confirm_and_release_exclude_each_other(shopper: App) -> None:
    confirmed, released = hold(shopper, "O1", points=10), hold(shopper, "O2", points=10)
    shopper.post(path_of(confirmed, "confirm"))
    shopper.post(path_of(released, "release"))

    shopper.post(path_of(confirmed, "release")).refused(409, "redemption_confirmed")
    shopper.post(path_of(released, "confirm")).refused(409, "redemption_released")


def test_what_a_shop_holds_only_a_shop_confirms(shopper: App) -> None:
    held = hold(shopper, as_="shop", points=10)
    shopper.post(path_of(held, "confirm"), {"lines": ["2"]}, as_="alice").refused(403, "made_by_shop")
    assert available(shopper) == 40
    assert shopper.post(path_of(held, "confirm"), as_="other shop").status == 200


def test_a_confirmation_of_other_lines_is_no_repeat(shopper: App) -> None:
    held = hold(shopper, points=10)
    confirm = path_of(held, "confirm")
    assert shopper.post(confirm, {"lines": ["1"]}).status == 200
    assert shopper.post(confirm, {"lines": ["1"]}).status == 200
    shopper.post(confirm, {"lines": ["2"]}).refused(409, "redemption_confirmed")
    shopper.post(confirm, {"lines": ["nope"]}).refused(409, "redemption_confirmed")


@pytest.mark.parametrize("action", ["confirm", "release"])
def test_an_id_that_was_never_given_out_is_not_found(shopper: App, action: str) -> None:
    given = hold(shopper, points=10).json["redemption_id"]
    for made_up in (given.removesuffix("1") + "01", given.removeprefix("r_"), given.removesuffix("1") + "2"):
        shopper.post(f"/members/{ALICE}/redemptions/{made_up}/{action}").refused(404, "not_found")
    assert available(shopper) == 40


def test_an_order_that_names_an_attempt_which_was_let_go_does_not_take_the_next_one(shopper: App) -> None:
    first = hold(shopper, points=10)
    shopper.post(path_of(first, "release"))
    second = hold(shopper, points=20)
    shopper.send(order("O1", *BIG, member_id=ALICE, redemption_id=first.json["redemption_id"]))
    assert shopper.purchase("O1")["reports"] == ["redemption_lost"]
    assert shopper.post(path_of(second, "release")).status == 200


def test_releasing_what_was_let_go_is_safe_to_repeat_after_the_shop_holds_anew(shopper: App) -> None:
    held = hold(shopper, points=10)
    shopper.post(path_of(held, "release"))
    assert hold(shopper, as_="shop", points=10).status == 201
    assert shopper.post(path_of(held, "release")).status == 200


def test_a_guests_order_that_names_a_redemption_is_reported(shopper: App) -> None:
    held = hold(shopper, points=10)
    shopper.send(order("O1", *BIG, redemption_id=held.json["redemption_id"]))
    assert shopper.purchase("O1")["reports"] == ["redemption_lost"]


def test_a_thousand_lines_are_matched_with_what_was_held_in_no_time(shopper: App) -> None:
    lines = [line(f"{'i' * 60}{i:04}", sku=f"S{i}", unit_price=100) for i in range(1000)]
    held = hold(shopper, order=basket(*lines), points=50)
    began = time.process_time()
    shopper.send(order("O1", *lines, member_id=ALICE, redemption_id=held.json["redemption_id"]))
    assert time.process_time() - began < 3
    assert shopper.purchase("O1")["reports"] == []


def test_what_a_shop_holds_only_a_shop_releases(shopper: App) -> None:
    held = hold(shopper, as_="shop", points=10)
    shopper.post(path_of(held, "release"), as_="alice").refused(403, "made_by_shop")
    assert available(shopper) == 40
    assert shopper.post(path_of(held, "release"), as_="other shop").status == 200


@pytest.mark.parametrize("action", ["confirm", "release"])
@pytest.mark.parametrize("body", [None, "{", {"lines": 5}], ids=["no body", "no JSON", "bad body"])
@pytest.mark.parametrize("redemption_id", ["r_none_1", "nonsense", "r_none_²", "x" * 3000])
def test_an_unknown_redemption_is_not_found(shopper: App, redemption_id: str, body: Any, action: str) -> None:
    answer = shopper.post(f"/members/me/redemptions/{redemption_id}/{action}", body)
    answer.refused(404, "not_found")


def test_another_members_redemption_is_an_unknown_one(shopper: App) -> None:
    shopper.enrol("bob")
    held = hold(shopper, points=10)
    for action in ("confirm", "release"):
        path = f"/members/me/redemptions/{held.json['redemption_id']}/{action}"
        shopper.post(path, as_="bob").refused(404, "not_found")


def test_an_order_that_names_its_redemption_confirms_it(shopper: App) -> None:
    held = hold(shopper, coupons=[claim(shopper)], points=50)
    paid = line("1", unit_price=4000, discount=440), line("2", unit_price=1000, discount=110)
    message = order("O1", *paid, member_id=ALICE, redemption_id=held.json["redemption_id"])

    shopper.send(message, message)

    assert shopper.kinds() == ["welcome", "hold", "purchase"]
    assert statuses(shopper) == ["redeemed"]
    assert (shopper.purchase("O1")["reports"], available(shopper)) == ([], 44)
    assert shopper.post(path_of(held, "confirm")).json == {"status": "confirmed"}
    shopper.post(path_of(held, "release")).refused(409, "redemption_confirmed")


def test_an_order_after_its_confirmation_takes_nothing_again(shopper: App) -> None:
    held = hold(shopper, points=50)
    shopper.post(path_of(held, "confirm"))
    shopper.send(order("O1", *BIG, member_id=ALICE, redemption_id=held.json["redemption_id"]))
    assert (available(shopper), shopper.purchase("O1")["reports"]) == (50, [])


def test_an_order_of_other_lines_is_counted_and_reported(shopper: App) -> None:
    held = hold(shopper, points=50)
    shopper.send(order("O1", line("1"), member_id=ALICE, redemption_id=held.json["redemption_id"]))
    assert shopper.purchase("O1")["reports"] == ["redemption_mismatch"]
    assert available(shopper) == 10


def test_an_order_whose_hold_lapsed_takes_the_points_again_if_they_are_there(shopper: App) -> None:
    held = hold(shopper, coupons=[claim(shopper)], points=50)
    shopper.now += timedelta(minutes=20)
    shopper.send(order("O1", *BIG, member_id=ALICE, redemption_id=held.json["redemption_id"]))
    assert shopper.purchase("O1")["reports"] == []
    assert (available(shopper), statuses(shopper)) == (50, ["redeemed"])


def test_an_order_whose_points_are_gone_is_counted_and_reported(shopper: App) -> None:
    held = hold(shopper, "O1", points=50)
    shopper.post(path_of(held, "release"))
    hold(shopper, "O2", points=30)
    shopper.send(order("O1", *BIG, member_id=ALICE, redemption_id=held.json["redemption_id"]))
    assert (shopper.purchase("O1")["reports"], available(shopper)) == (["redemption_lost"], 70)


def test_an_order_that_names_an_unknown_redemption_is_counted_and_reported(shopper: App) -> None:
    shopper.send(order("O1", member_id=ALICE, redemption_id="r_none_1"))
    assert (shopper.purchase("O1")["reports"], available(shopper)) == (["redemption_lost"], 60)


def test_an_order_that_names_the_redemption_of_another_order_is_reported_and_takes_nothing(shopper: App) -> None:
    held = hold(shopper, "O1", coupons=[claim(shopper)], points=50)

    shopper.send(order("O2", *BIG, member_id=ALICE, redemption_id=held.json["redemption_id"]))

    assert (shopper.purchase("O2")["reports"], available(shopper)) == (["redemption_lost"], 50)
    assert statuses(shopper) == ["held"]
    assert shopper.post(path_of(held, "confirm")).json == {"status": "confirmed"}


def test_a_refund_gives_back_the_points_that_paid(shopper: App) -> None:
    held = hold(shopper, points=50)
    paid = line("1", unit_price=4000, discount=40), line("2", unit_price=1000, discount=10)
    shopper.send(order("O1", *paid, member_id=ALICE, redemption_id=held.json["redemption_id"]))

    shopper.send(refund("R1", "O1", line_1=1, line_2=1))

    assert available(shopper) == 50
