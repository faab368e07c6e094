from datetime import timedelta
from typing import Any

import pytest

from tests import resources
from tests.app import MEMBER, App, customer_id, member_id


def test_a_member_enrols_and_gets_the_card(app: App) -> None:
    answer = app.post("/members", {"display_name": "Alice", "time_zone": "Asia/Shanghai", "channel": "app"})

    assert answer.status == 201
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json == {
        "member_id": member_id("alice"),
        "standing": "active",
        "display_name": "Alice",
        "enrolled_at": "2026-03-02T12:00:00Z",
        "tier": {
            "id": "newcomer",
            "name": "Newcomer",
            "since": "2026-03-02T12:00:00Z",
            "until": None,
            "grace": False,
            "next": {"id": "junior", "needs": {"growth": 100}},
            "keep": None,
        },
        "growth": 0,
        "points": {"available": 50, "pending": 0, "expiring": []},
        "benefits": [
            {"id": "birthday_gift", "kind": "birthday_gift", "name": "Birthday gift", "left": 1, "period": "year"}
        ],
        "sign_in": {"today": False, "streak": 0, "make_up_cards": 0},
    }
    assert app.get("/members/me").json == answer.json


def test_nothing_has_to_be_told_to_enrol(app: App) -> None:
    assert app.post("/members").status == 201


def test_enrolling_again_answers_the_card_as_it_is_now(app: App) -> None:
    app.post("/members", {"display_name": "Alice"})
    app.post("/members/me/sign-ins")

    again = app.post("/members", {"display_name": "Somebody else"})

    assert again.status == 200
    assert again.json == app.card()
    assert (again.json["display_name"], again.json["points"]["available"]) == ("Alice", 52)
    assert app.kinds() == ["welcome", "sign_in"]


def test_a_shop_enrols_its_customer_by_number(app: App) -> None:
    answer = app.post("/members", {"identity": "17850"}, as_="shop")

    assert (answer.status, answer.json["member_id"]) == (201, customer_id("17850"))
    assert app.post("/members", {"identity": "17850"}, as_="other shop").status == 200


def test_a_shop_must_say_whom_it_enrols(app: App) -> None:
    assert app.post("/members", {}, as_="shop").pointers() == ["/identity"]


def test_a_member_enrols_nobody_else(app: App) -> None:
    assert app.post("/members", {"identity": "17850"}).pointers() == ["/identity"]


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ({"birthday": {"month": 2, "day": 30}}, "/birthday"),
        ({"birthday": {"month": 2, "day": 29, "year": 2025}}, "/birthday"),
        ({"birthday": {"month": 13, "day": 1}}, "/birthday/month"),
        ({"birthday": {"month": 1.0, "day": 1}}, "/birthday/month"),
        ({"time_zone": "Mars/Olympus"}, "/time_zone"),
        ({"locale": "English"}, "/locale"),
        ({"channel": "pigeon"}, "/channel"),
        ({"consents": {"newsletter": "yes"}}, "/consents/newsletter"),
        ({"display_name": ""}, "/display_name"),
        ({"nickname": "Al"}, "/nickname"),
        ([], ""),
    ],
)
def test_what_a_member_tells_is_checked(app: App, told: Any, pointer: str) -> None:
    assert app.post("/members", told).pointers() == [pointer]
    assert app.get("/members/me").status == 404


def test_a_birthday_on_a_leap_day_needs_no_year(app: App) -> None:
    assert app.post("/members", {"birthday": {"month": 2, "day": 29}}).status == 201


@pytest.mark.parametrize("body", ["", "{", "nonsense", '{"display_name": NaN}', b"\xff\xfe", "[" * 10_000])
def test_a_body_that_is_no_json_is_refused(app: App, body: Any) -> None:
    app.enrol()
    app.post("/members/me/quotes", body).refused(400, "not_json")


def test_a_member_may_use_their_own_id(app: App) -> None:
    app.enrol()
    assert app.get(f"/members/{member_id('alice')}").text == app.get("/members/me").text


@pytest.mark.parametrize("caller", ["shop", "operator"])
def test_shops_and_operators_may_see_any_member(app: App, caller: str) -> None:
    app.enrol()
    assert app.get(f"/members/{member_id('alice')}", as_=caller).text == app.get("/members/me").text


def test_whoever_has_not_enrolled_has_no_card(app: App) -> None:
    app.get("/members/me").refused(404, "not_found")


_OF_A_MEMBER = [
    route for route in resources.routes() if "{member_id}" in route.path and MEMBER in (route.scopes or frozenset())
]


@pytest.mark.parametrize("body", [None, {}], ids=["no body", "bad body"])
@pytest.mark.parametrize("route", _OF_A_MEMBER, ids=lambda route: route.key)
def test_another_members_id_answers_exactly_as_an_unknown_one(app: App, route: resources.Route, body: Any) -> None:
    app.enrol("alice")
    app.enrol("bob")

    def ask(name: str) -> Any:
        path = route.path.format(member_id=member_id(name), redemption_id="r_any_1", benefit_id="birthday_gift")
        return app.post(path, body) if route.method == "POST" else app.get(path)

    assert ask("bob") == ask("nobody")
    ask("bob").refused(404, "not_found")


@pytest.mark.parametrize("route", _OF_A_MEMBER, ids=lambda route: route.key)
def test_an_unknown_member_is_told_before_what_is_wrong_with_the_content(app: App, route: resources.Route) -> None:
    path = route.path.format(member_id="m_unknown", redemption_id="r_any_1", benefit_id="birthday_gift")
    answer = app.post(path, "{", as_="operator") if route.method == "POST" else app.get(path, as_="operator", limit="0")
    answer.refused(404, "not_found")


@pytest.mark.parametrize("member", ["m" * 3000, "ü" * 1100, 'quote"d', "back\\slash", "q?", "%00", "m_#1"])
def test_an_id_of_no_such_shape_is_an_unknown_one(app: App, member: str) -> None:
    app.get(f"/members/{member}", as_="shop").refused(404, "not_found")


def test_the_statement_lists_newest_first(app: App) -> None:
    app.enrol()
    app.now += timedelta(hours=1)
    app.post("/members/me/sign-ins")

    newest, oldest = app.get("/members/me/entries").json["items"]

    assert newest == {
        "entry_id": newest["entry_id"],
        "sequence": 2,
        "kind": "sign_in",
        "at": "2026-03-02T13:00:00Z",
        "recorded_at": "2026-03-02T13:00:00Z",
        "points": 2,
        "growth": 1,
        "points_balance": 52,
        "reason": "Signed in on 2026-03-02, day 1 in a row",
        "rules": ["daily_sign_in"],
        "programme_version": 1,
        "source": {"day": "2026-03-02"},
    }
    assert (oldest["sequence"], oldest["kind"], oldest["points_balance"]) == (1, "welcome", 50)


def test_cursors_lead_through_the_statement_and_every_entry_comes_once(app: App) -> None:
    app.enrol()
    for _ in range(6):
        app.post("/members/me/sign-ins")
        app.now += timedelta(days=1)

    seen: list[int] = []
    query = {"limit": "3"}
    while True:
        page = app.get("/members/me/entries", **query).json
        seen += [entry["sequence"] for entry in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
        app.post("/members/me/sign-ins")  # what is new meanwhile does not move the pages

    assert seen == [7, 6, 5, 4, 3, 2, 1]


def test_a_cursor_of_another_member_is_refused(app: App) -> None:
    for name in ("alice", "bob"):
        app.enrol(name)
        app.post("/members/me/sign-ins", as_=name)
    cursor = app.get("/members/me/entries", as_="bob", limit="1").json["next_cursor"]

    app.get("/members/me/entries", cursor=cursor).refused(400, "bad_cursor")


def test_a_cursor_of_another_list_is_refused(app: App) -> None:
    app.enrol()
    app.post("/members/me/sign-ins")
    cursor = app.get("/members/me/entries", limit="1").json["next_cursor"]

    app.get("/members/me/coupons", cursor=cursor).refused(400, "bad_cursor")


@pytest.mark.parametrize("cursor", ["5", "abc", "NQ", "WzEsMl0", "bnVsbA", "e30", "ü", "%", "=" * 9, "W1tbW1tb" * 1200])
def test_a_cursor_made_by_hand_is_refused(app: App, cursor: str) -> None:
    app.enrol()
    app.get("/members/me/entries", cursor=cursor).refused(400, "bad_cursor")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "ten", "", "٣", "1" * 5000])
def test_a_limit_is_a_number_from_1_to_100(app: App, limit: str) -> None:
    app.enrol()
    app.get("/members/me/entries", limit=limit).refused(400, "bad_limit")
