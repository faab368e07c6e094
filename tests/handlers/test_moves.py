from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tessera.instants import write_instant
from tests.app import App, member_id


def test_a_member_moves_and_gets_the_card(app: App) -> None:
    app.enrol(display_name="Alice")

    answer = app.patch("/members/me", {"time_zone": "Asia/Tokyo"})

    assert (answer.status, answer.json) == (200, app.card())
    assert answer.json["display_name"] == "Alice"
    assert app.entries()[0]["reason"] == "Moved from Europe/London to Asia/Tokyo"


def test_from_then_on_days_are_those_of_the_new_zone(app: App) -> None:
    app.enrol()
    app.now = datetime(2026, 3, 3, 16, tzinfo=UTC)
    app.patch("/members/me", {"time_zone": "Asia/Tokyo"})
    assert app.post("/members/me/sign-ins").json["day"] == "2026-03-04"


def test_a_move_does_not_give_two_days_in_one(app: App) -> None:
    app.enrol()
    app.now = datetime(2026, 3, 2, 16, tzinfo=UTC)
    first = app.post("/members/me/sign-ins")
    app.patch("/members/me", {"time_zone": "Asia/Tokyo"})

    repeat = app.post("/members/me/sign-ins")

    assert (repeat.status, repeat.text) == (200, first.text)
    assert app.card()["sign_in"]["today"]
    app.now = datetime(2026, 3, 3, 0, 0, 1, tzinfo=UTC)
    assert not app.card()["sign_in"]["today"]
    assert app.post("/members/me/sign-ins").json["streak"] == 2


def test_moves_bring_no_second_coupon_a_day(app: App) -> None:
    app.enrol()
    often = {"id": "often", "kind": "amount_off", "name": "£1 off", "terms": "One a day.", "amount": 100}
    app.post("/coupon-templates", often | {"valid_days": 9, "per_member": 9, "per_member_day": 1}, as_="operator")
    app.post("/members/me/coupons", {"template_id": "often"})
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/London"):
        app.patch("/members/me", {"time_zone": zone})
        app.post("/members/me/coupons", {"template_id": "often"}).refused(409, "limit_reached")

    app.now = datetime(2026, 3, 3, tzinfo=UTC)
    assert app.post("/members/me/coupons", {"template_id": "often"}).status == 201


def test_to_be_there_already_changes_nothing(app: App) -> None:
    app.enrol()
    assert app.patch("/members/me", {"time_zone": "Europe/London"}).status == 200
    assert app.kinds() == ["welcome"]


@pytest.mark.parametrize("caller", ["operator", "shop"])
def test_the_brand_moves_members(app: App, caller: str) -> None:
    app.enrol()
    assert app.patch(f"/members/{member_id('alice')}", {"time_zone": "Asia/Tokyo"}, as_=caller).status == 200


def test_nobody_moves_somebody_else(app: App) -> None:
    app.enrol()
    app.enrol("bob")
    app.patch(f"/members/{member_id('bob')}", {"time_zone": "Asia/Tokyo"}).refused(404, "not_found")
    app.patch("/members/m_nobody", {"time_zone": "Atlantis"}, as_="operator").refused(404, "not_found")


@pytest.mark.parametrize("body", [{}, {"time_zone": "Atlantis"}, {"time_zone": None}, {"time_zone": ["UTC"]}])
def test_a_zone_has_to_exist(app: App, body: Any) -> None:
    app.enrol()
    assert app.patch("/members/me", body).pointers() == ["/time_zone"]


def test_what_is_no_json_moves_nobody(app: App) -> None:
    app.enrol()
    app.patch("/members/me", "{").refused(400, "not_json")


def test_a_closed_account_stays_where_it_is(app: App) -> None:
    app.enrol()
    app.change_standing("alice", "closed")
    app.patch("/members/me", {"time_zone": "Asia/Tokyo"}).refused(409, "member_closed")


def test_the_past_is_in_the_zone_of_then(app: App) -> None:
    app.enrol()
    app.now = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
    app.post("/members/me/sign-ins")
    then = app.card()
    instant = write_instant(app.now)
    app.now += timedelta(days=30)
    app.patch("/members/me", {"time_zone": "Pacific/Kiritimati"})

    assert app.get("/members/me", as_of=instant).json == then
    assert app.get("/members/me/entries/verification").json["verified"]
