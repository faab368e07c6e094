"""Actions: the shop vouches, the queue counts, the caps hold."""

import pytest

from tests.app import App, member_id
from tests.handlers.messages import NOON, action, order

ALICE = member_id("alice")


def test_an_action_earns_what_its_kind_earns(app: App) -> None:
    app.enrol()
    assert app.send(action("A1", member_id=ALICE)) == []
    entry = app.entries()[0]
    assert (entry["kind"], entry["points"], entry["growth"], entry["at"]) == ("action", 20, 2, NOON)
    assert (entry["reason"], entry["source"]) == ("Review of a product", {"action_id": "A1"})


def test_an_action_may_name_the_shops_own_customer_number(app: App) -> None:
    app.post("/members", {"identity": "17850"}, as_="shop")
    app.send(action("A1", identity="17850"))
    assert app.dead_letters() == []


def test_a_cap_lets_the_rest_be_earned_then_nothing_and_says_so(app: App) -> None:
    app.enrol()
    app.send(*[action(f"A{number}", member_id=ALICE) for number in range(3)])
    assert [entry["points"] for entry in app.entries()[:3]] == [0, 20, 20]
    assert app.entries()[0]["reason"] == "Review of a product, up to the most a day"


def test_the_same_action_twice_is_counted_once(app: App) -> None:
    app.enrol()
    app.send(action("A1", member_id=ALICE), action("A1", member_id=ALICE))
    app.send(action("A1", member_id=ALICE))
    assert app.kinds() == ["welcome", "action"]


def test_the_same_id_with_other_content_is_a_dead_letter(app: App) -> None:
    app.enrol()
    app.send(action("A1", member_id=ALICE), action("A1", member_id=ALICE, attributes={"stars": 5}))
    assert [letter.reason for letter in app.dead_letters()] == ["action_id_reused"]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (action("A1", member_id="m_nobody"), "unknown_member"),
        (action("A1", identity="nobody"), "unknown_member"),
        (action("A1", "juggling", member_id=ALICE), "unknown_action"),
        (action("A1", member_id=ALICE, at="2026-03-02T12:05:01Z"), "in_the_future"),
        (action("A1"), "invalid"),
    ],
)
def test_what_cannot_be_counted_is_a_dead_letter(app: App, message: object, reason: str) -> None:
    app.enrol()
    app.send(message)
    assert [letter.reason for letter in app.dead_letters()] == [reason]
    assert app.kinds() == ["welcome"]


def test_a_frozen_member_earns_nothing_by_it(app: App) -> None:
    app.enrol()
    app.change_standing("alice", "frozen")
    app.send(action("A1", member_id=ALICE))
    assert (app.entries()[0]["kind"], app.entries()[0]["points"]) == ("action", 0)


def test_actions_come_over_http_too(app: App) -> None:
    app.enrol()
    answer = app.post(
        "/actions", {"messages": [action("A1", member_id=ALICE), action("A2", "survey", member_id=ALICE)]}, as_="shop"
    )
    assert (answer.status, answer.json) == (202, {"accepted": 2})
    app.work_off()
    assert app.kinds() == ["welcome", "action", "action"]


def test_what_can_be_seen_to_be_wrong_is_told_at_once(app: App) -> None:
    app.post("/actions", action("A1", "juggling", member_id=ALICE), as_="shop").refused(422, "unknown_action")
    assert app.post("/actions", order("O1"), as_="shop").pointers() == ["/type"]
    assert app.post("/purchases", action("A1", member_id=ALICE), as_="shop").pointers() == ["/type"]
    wrong = action("A1", member_id=ALICE, attributes={"stars": 4.5})
    assert app.post("/actions", wrong, as_="shop").status == 422


def test_a_member_cannot_invent_an_action(app: App) -> None:
    app.enrol()
    assert app.post("/actions", action("A1", member_id=ALICE), as_="alice").status == 403
