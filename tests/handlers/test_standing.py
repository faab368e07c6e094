"""A member who is frozen or closed collects and spends nothing; what happened before is still put right."""

import pytest

from tests.app import App, member_id
from tests.handlers.messages import basket, order, refund

ALICE = member_id("alice")


@pytest.fixture(params=["frozen", "closed"])
def standing(request: pytest.FixtureRequest, app: App) -> str:
    """What Alice is, who has bought something and holds points for another order."""
    app.enrol()
    app.send(order("O1", member_id=ALICE))
    app.post("/members/me/redemptions", {"order_id": "O2", "order": basket(), "points": 20})
    app.change_standing("alice", request.param)
    return str(request.param)


def test_the_card_says_so(app: App, standing: str) -> None:
    assert app.card()["standing"] == standing


def test_sign_ins_are_refused(app: App, standing: str) -> None:
    app.post("/members/me/sign-ins").refused(403, f"member_{standing}")


def test_claims_are_refused(app: App, standing: str) -> None:
    app.post("/members/me/coupons", {"template_id": "tenth_off"}).refused(403, "not_eligible")


def test_nothing_can_be_held(app: App, standing: str) -> None:
    answer = app.post("/members/me/redemptions", {"order_id": "O3", "order": basket(), "points": 1})
    answer.refused(403, f"member_{standing}")


def test_what_was_held_before_can_be_confirmed(app: App, standing: str) -> None:
    held = app.post("/members/me/redemptions", {"order_id": "O2", "order": basket(), "points": 20})
    assert held.status == 200
    assert app.post(f"/members/me/redemptions/{held.json['redemption_id']}/confirm").status == 200


def test_an_order_is_recorded_and_earns_nothing(app: App, standing: str) -> None:
    app.send(order("O3", member_id=ALICE))

    shown = app.purchase("O3")
    assert (shown["member_id"], shown["points"], shown["growth"]) == (ALICE, 0, 0)
    assert shown["reports"] == [f"member_{standing}"]
    newest = app.entries()[0]
    assert (newest["kind"], newest["points"]) == ("purchase", 0)
    assert "nothing earned" in newest["reason"]


def test_refunds_apply(app: App, standing: str) -> None:
    app.send(refund("R1", "O1"))
    assert app.entries()[0]["points"] == -10
