"""What operators do by hand: with a reason, within their ceiling, once for each key."""

from typing import Any

import pytest

from tests.app import Answer, App, member_id
from tests.conftest import UseProgramme
from tests.personal import NOTE, subject

ALICE = member_id("alice")


def adjust(app: App, *, as_: str = "operator", key: str | None = None, **fields: Any) -> Answer:
    body = {"points": 100, "reason": "goodwill", "note": NOTE} | fields
    return app.post(f"/members/{ALICE}/adjustments", body, as_=as_, key=key)


def test_an_adjustment_is_an_entry_with_its_reason(app: App) -> None:
    app.enrol()
    answer = adjust(app, growth=10)
    assert (answer.status, answer.json["points_balance"], answer.json["growth"]) == (201, 150, 10)
    assert (answer.json["reason"], answer.json["note"]) == ("Adjusted: Goodwill", NOTE)


def test_the_member_reads_the_reason_and_not_the_note(app: App) -> None:
    app.enrol()
    adjust(app)
    assert app.entries()[0]["reason"] == "Adjusted: Goodwill"
    assert not {"note", "by"} & app.entries()[0].keys()
    seen = app.get(f"/members/{ALICE}/entries", as_="operator").json["items"][0]
    assert (seen["note"], seen["by"]) == (NOTE, subject("operator"))


def test_points_that_are_given_have_the_programmes_date(app: App, use_programme: UseProgramme) -> None:
    use_programme(points={"expiry": {"policy": "month_end", "months": 24}})
    app.enrol()
    adjust(app)
    assert app.card()["points"]["expiring"] == [{"points": 150, "at": "2028-03-31T23:00:00Z"}]


def test_points_are_taken_as_far_as_they_are_there(app: App) -> None:
    app.enrol()
    assert adjust(app, points=-30).json["points_balance"] == 20
    adjust(app, points=-21).refused(409, "insufficient_points")
    assert app.card()["points"]["available"] == 20


def test_each_role_has_its_ceiling(app: App) -> None:
    app.enrol()
    adjust(app, points=501).refused(403, "above_ceiling")
    adjust(app, points=-501).refused(403, "above_ceiling")
    adjust(app, growth=51).refused(403, "above_ceiling")
    assert adjust(app, points=501, as_="supervisor").status == 201
    adjust(app, points=20_001, as_="supervisor").refused(403, "above_ceiling")


def test_a_repeat_under_its_key_gets_the_first_answer(app: App) -> None:
    app.enrol()
    first = adjust(app, key="k1")
    assert adjust(app, key="k1").text == first.text
    adjust(app, key="k1", points=5).refused(409, "idempotency_key_reused")
    assert app.kinds() == ["welcome", "adjustment"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"reason": "because"}, "/reason"),
        ({"points": 0}, ""),
        ({"points": 1.5}, "/points"),
        ({"growth": -1}, "/growth"),
        ({"note": ""}, "/note"),
    ],
)
def test_what_is_wrong_is_named(app: App, fields: dict[str, Any], pointer: str) -> None:
    app.enrol()
    code = "unknown_reason" if pointer == "/reason" else "invalid"
    assert adjust(app, **fields).pointers(code) == [pointer]


@pytest.mark.parametrize("caller", ["alice", "shop"])
def test_nobody_else_adjusts_or_freezes(app: App, caller: str) -> None:
    app.enrol()
    assert adjust(app, as_=caller).status == 403
    body = {"standing": "frozen", "reason": "abuse", "note": "?"}
    assert app.post(f"/members/{ALICE}/standing", body, as_=caller).status == 403


def test_nobody_is_adjusted_who_has_not_enrolled(app: App) -> None:
    adjust(app).refused(404, "not_found")
    adjust(app, note="").refused(404, "not_found")


def test_freezing_and_lifting_it_are_entries(app: App) -> None:
    app.enrol()
    for standing in ("frozen", "frozen", "active", "closed"):
        app.change_standing("alice", standing)
    assert app.kinds() == ["welcome", "freeze", "unfreeze", "close"]
    assert app.entries()[0]["reason"] == "Account closed: Breach of the rules"


def test_closing_is_for_good(app: App) -> None:
    app.enrol()
    app.change_standing("alice", "closed")
    body = {"standing": "active", "reason": "goodwill", "note": "Came back."}
    app.post(f"/members/{ALICE}/standing", body, as_="operator").refused(409, "member_closed")
