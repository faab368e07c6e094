from datetime import timedelta
from typing import Any

import pytest

from tests.app import App, member_id

TENTH = {"template_id": "tenth_off"}


def test_templates_say_what_may_be_claimed(app: App) -> None:
    app.enrol()
    first, second = app.get("/coupon-templates").json["items"]
    assert first == {
        "template_id": "five_off_thirty",
        "name": "£5 off £30",
        "kind": "amount_off",
        "terms": "£5 off any basket of £30 or more. One coupon an order.",
        "price_points": 0,
        "valid_until": "2026-04-01T12:00:00Z",
        "left": None,
    }
    assert second["kind"] == "percentage"


@pytest.mark.parametrize("caller", ["nobody who has enrolled", "shop", "operator"])
def test_templates_are_for_everybody_to_see(app: App, caller: str) -> None:
    assert len(app.get("/coupon-templates", as_=caller).json["items"]) == 2


def test_a_member_claims_a_coupon(app: App) -> None:
    app.enrol()

    answer = app.post("/members/me/coupons", TENTH)

    coupon = answer.json
    assert answer.status == 201
    assert coupon == {
        "coupon_id": "c_" + coupon["code"],
        "code": coupon["code"],
        "template_id": "tenth_off",
        "kind": "percentage",
        "valid_from": "2026-03-02T12:00:00Z",
        "valid_until": "2026-03-16T12:00:00Z",
        "status": "active",
    }
    assert app.get("/members/me/coupons", status="active").json == {"items": [coupon], "next_cursor": None}


def test_a_shop_claims_for_a_member(app: App) -> None:
    app.enrol()
    assert app.post(f"/members/{member_id('alice')}/coupons", TENTH, as_="shop").status == 201
    assert len(app.get("/members/me/coupons").json["items"]) == 1


def test_no_two_coupons_have_the_same_code(app: App) -> None:
    app.enrol()
    assert len({app.post("/members/me/coupons", TENTH).json["code"] for _ in range(5)}) == 5


@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=400)])
def test_the_same_key_replays_the_first_answer_byte_for_byte(app: App, later: timedelta) -> None:
    app.enrol()
    first = app.post("/members/me/coupons", TENTH, key="k-1")
    app.now += later

    again = app.post("/members/me/coupons", TENTH, key="k-1")
    by_id = app.post(f"/members/{member_id('alice')}/coupons", TENTH, key="k-1")

    assert (again, by_id) == (first, first)
    assert len(app.get("/members/me/coupons").json["items"]) == 1


def test_the_same_key_with_another_body_is_refused(app: App) -> None:
    app.enrol()
    app.post("/members/me/coupons", TENTH, key="k-1")
    answer = app.post("/members/me/coupons", {"template_id": "five_off_thirty"}, key="k-1")
    answer.refused(409, "idempotency_key_reused")


def test_keys_of_two_callers_never_meet(app: App) -> None:
    app.enrol("alice")
    app.enrol("bob")
    path = f"/members/{member_id('alice')}/coupons"
    codes = {
        app.post("/members/me/coupons", TENTH, as_="alice", key="1").json["code"],
        app.post("/members/me/coupons", TENTH, as_="bob", key="1").json["code"],
        app.post(path, TENTH, as_="shop", key="1").json["code"],
        app.post(path, TENTH, as_="operator", key="1").json["code"],
    }
    assert len(codes) == 4


def test_a_refusal_is_not_kept_under_its_key(app: App) -> None:
    app.enrol()
    app.change_standing("alice", "frozen")
    app.post("/members/me/coupons", TENTH, key="k-1").refused(403, "not_eligible")
    app.change_standing("alice", "active")
    assert app.post("/members/me/coupons", TENTH, key="k-1").status == 201


@pytest.mark.parametrize("key", ["", " ", "two words", "é", "k" * 256, "tab\t"])
def test_a_key_is_1_to_255_visible_characters(app: App, key: str) -> None:
    app.enrol()
    app.post("/members/me/coupons", TENTH, key=key).refused(400, "bad_idempotency_key")


def test_the_longest_key_is_taken(app: App) -> None:
    app.enrol()
    assert app.post("/members/me/coupons", TENTH, key="~" * 255).status == 201


def test_a_member_can_have_as_many_as_the_template_says(app: App) -> None:
    app.enrol()
    for _ in range(5):
        app.post("/members/me/coupons", TENTH)

    app.post("/members/me/coupons", TENTH).refused(409, "limit_reached")

    assert [item["template_id"] for item in app.get("/coupon-templates").json["items"]] == ["five_off_thirty"]


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"template_id": "none"}, "unknown_template", "/template_id"),
        ({"template_id": 5}, "invalid", "/template_id"),
        ({}, "invalid", "/template_id"),
        ({"template_id": "tenth_off", "number": 3}, "invalid", "/number"),
        ([], "invalid", ""),
    ],
)
def test_a_claim_names_a_template(app: App, body: Any, code: str, pointer: str) -> None:
    app.enrol()
    assert app.post("/members/me/coupons", body).pointers(code) == [pointer]


def test_coupons_are_listed_by_status_and_page(app: App) -> None:
    app.enrol()
    for _ in range(3):
        app.post("/members/me/coupons", TENTH)
    app.now += timedelta(days=14)
    for _ in range(2):
        app.post("/members/me/coupons", TENTH)

    expired = app.get("/members/me/coupons", status="expired", limit="2").json
    rest = app.get("/members/me/coupons", status="expired", limit="2", cursor=expired["next_cursor"]).json

    assert (len(expired["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)
    assert len({item["code"] for item in expired["items"] + rest["items"]}) == 3
    assert len(app.get("/members/me/coupons", status="active").json["items"]) == 2
    assert len(app.get("/members/me/coupons").json["items"]) == 5


def test_a_cursor_of_one_status_is_not_for_another(app: App) -> None:
    app.enrol()
    for _ in range(2):
        app.post("/members/me/coupons", TENTH)
    cursor = app.get("/members/me/coupons", status="active", limit="1").json["next_cursor"]
    app.get("/members/me/coupons", status="expired", cursor=cursor).refused(400, "bad_cursor")


def test_a_status_is_one_of_the_contracts(app: App) -> None:
    app.enrol()
    app.get("/members/me/coupons", status="lost").refused(400, "bad_status")
