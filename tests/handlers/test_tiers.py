"""Where a member stands on the ladder, as apps, shops and operators see it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.app import Answer, App, customer_id, member_id
from tests.conftest import UseProgramme
from tests.handlers.messages import line, order, refund

ALICE = member_id("alice")
LADDER: dict[str, Any] = {
    "growth": {"policy": "window", "days": 365},
    "term": {"policy": "calendar_year"},
    "review": {"policy": "one_step", "grace_days": 30},
    "refunds": "review",
    "ladder": [
        {"id": "guest", "name": "Guest"},
        {"id": "regular", "name": "Regular", "growth": 100},
        {
            "id": "friend",
            "name": "Friend",
            "entry": {
                "any": [
                    {"measure": "spend", "at_least": 100_000, "within": {"days": 90}},
                    {
                        "all": [
                            {"measure": "orders", "at_least": 3, "within": "calendar_year"},
                            {"measure": "active_days", "at_least": 10, "within": "lifetime"},
                            {"measure": "tenure", "at_least": 30},
                        ]
                    },
                ]
            },
        },
        {"id": "black", "name": "Black", "by_invitation": True, "multiplier_bp": 30_000},
    ],
}


@pytest.fixture
def ladder(app: App, use_programme: UseProgramme) -> App:
    """A programme whose tiers ask for several things, and Alice in it."""
    use_programme(tiers=LADDER, benefits=[])
    app.enrol()
    return app


def tier(app: App, **query: str) -> Any:
    """Ask where Alice stands."""
    answer = app.get("/members/me/tier", **query)
    assert answer.status == 200, answer.text
    return answer.json


def buy(app: App, order_id: str, pounds: int, **message: Any) -> None:
    """Let Alice buy something."""
    placed_at = app.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    app.send(order(order_id, line(unit_price=pounds * 100), placed_at=placed_at, member_id=ALICE, **message))


def place(app: App, *, end: bool = False, as_: str = "operator", key: str | None = None, **body: Any) -> Answer:
    """Place Alice on a tier, or end that."""
    because = {"reason": "goodwill", "note": "Spoke to her."}
    return app.post(f"/members/{ALICE}/placements" + ("/end" if end else ""), because | body, as_=as_, key=key)


def test_what_is_missing_is_told_for_each_thing_that_is_asked_for(ladder: App) -> None:
    buy(ladder, "O1", 150)
    asked = tier(ladder)["next"]
    assert (asked["id"], asked["needs"]) == ("friend", {"spend": 85_000})
    spend, other = asked["progress"]["parts"]
    assert spend == {
        "measure": "spend",
        "within": 90,
        "have": 15_000,
        "need": 100_000,
        "missing": 85_000,
        "met": False,
    }
    assert [(part["measure"], part["within"], part["have"], part["missing"]) for part in other["parts"]] == [
        ("orders", "calendar_year", 1, 2),
        ("active_days", "lifetime", 1, 9),
        ("tenure", None, 0, 30),
    ]
    assert ladder.card()["tier"]["next"] == {"id": "friend", "needs": {"spend": 85_000}}


def test_what_keeps_the_tier_counts_what_will_count_when_the_term_ends(ladder: App) -> None:
    buy(ladder, "O1", 1000)
    keep = tier(ladder)["keep"]
    spend, other = keep["progress"]["parts"]
    assert (keep["by"], spend["have"], spend["missing"]) == ("2027-01-01T00:00:00Z", 0, 100_000)
    assert [part["missing"] for part in other["parts"]] == [2, 9, 0]
    assert ladder.card()["tier"]["keep"] == {
        "by": "2027-01-01T00:00:00Z",
        "needs": {"orders": 2, "active_days": 9},
    }


def test_the_history_says_why(ladder: App) -> None:
    buy(ladder, "O1", 1000)
    ladder.now = datetime(2027, 2, 15, tzinfo=UTC)
    told = [(event["code"], event["tier"], event["until"]) for event in tier(ladder)["history"]]
    assert told == [
        ("fell", "regular", "2028-01-01T00:00:00Z"),
        ("grace", "friend", "2027-01-31T00:00:00Z"),
        ("reached", "friend", "2027-01-01T00:00:00Z"),
    ]
    ladder.nightly()
    assert [(event["code"], event["tier"], event["until"]) for event in tier(ladder)["history"]] == told
    assert tier(ladder)["history"][1]["reason"] == (
        "Term of friend ended, 2 orders and 9 active days missing: held on until 2027-01-31"
    )


def test_a_tier_that_is_earned_again_in_its_grace_has_no_gap(ladder: App) -> None:
    buy(ladder, "O1", 1000)
    ladder.now = datetime(2027, 1, 20, tzinfo=UTC)
    assert (tier(ladder)["id"], tier(ladder)["grace"]) == ("friend", True)
    buy(ladder, "O2", 1000)
    seen = tier(ladder)
    assert (seen["id"], seen["grace"], seen["until"]) == ("friend", False, "2028-01-01T00:00:00Z")
    assert seen["since"] == "2026-03-02T12:00:00Z"
    assert ladder.entries()[0]["reason"].endswith("; friend is earned again until 2028-01-01")


def test_an_order_can_be_tried_before_it_is_placed(ladder: App) -> None:
    tried = tier(ladder, if_spend="100000")["if_spend"]
    assert (tried["points"], tried["growth"], tried["tier"]) == (1000, 1000, "friend")
    assert tier(ladder, if_spend="0")["if_spend"]["next"]["needs"] == {"growth": 100}
    assert tier(ladder)["id"] == "guest"
    assert ladder.kinds() == ["welcome"]


def test_growth_that_waits_is_told_with_the_instant_from_which_it_counts(app: App, use_programme: UseProgramme) -> None:
    use_programme(points={"return_window_days": 14, "growth_waits": True})
    app.enrol()
    tried = tier(app, if_spend="100000")["if_spend"]
    assert (tried["growth"], tried["tier"], tried["growth_counts_from"]) == (1000, "newcomer", "2026-03-17T00:00:00Z")
    assert tier(app, if_spend="0")["if_spend"]["growth_counts_from"] is None
    use_programme(points={"return_window_days": 14})
    assert tier(app, if_spend="100000")["if_spend"]["growth_counts_from"] is None


@pytest.mark.parametrize("amount", ["", "-1", "1.5", "x", "1000000001", "9" * 5000, "٣"])
def test_what_is_no_amount_cannot_be_tried(ladder: App, amount: str) -> None:
    ladder.get("/members/me/tier", if_spend=amount).refused(400, "bad_if_spend")


def test_nobody_sees_where_another_stands(ladder: App) -> None:
    ladder.enrol("bob")
    ladder.get(f"/members/{ALICE}/tier", as_="bob").refused(404, "not_found")
    assert ladder.get(f"/members/{ALICE}/tier", as_="shop").status == 200


def test_a_refund_of_what_brought_a_tier_takes_it_back_at_once(ladder: App) -> None:
    buy(ladder, "O1", 150)
    ladder.now = datetime(2026, 3, 3, tzinfo=UTC)
    buy(ladder, "O2", 900)
    assert tier(ladder)["id"] == "friend"
    ladder.now = datetime(2026, 3, 10, tzinfo=UTC)
    ladder.send(refund("R1", "O2") | {"refunded_at": "2026-03-10T00:00:00Z"})
    seen = tier(ladder)
    assert (seen["id"], seen["until"], seen["history"][0]["code"]) == ("regular", "2027-01-01T00:00:00Z", "refunded")
    assert seen["next"]["progress"]["parts"][0]["missing"] == 85_000


def test_an_operator_lends_a_tier_for_a_time(ladder: App) -> None:
    buy(ladder, "O1", 150)
    answer = place(ladder, tier="black", until="2026-04-01T00:00:00Z", key="k1")
    assert (answer.status, answer.json) == (201, {"tier": "black", "until": "2026-04-01T00:00:00Z", "placed": True})
    assert place(ladder, tier="black", until="2026-04-01T00:00:00Z", key="k1").text == answer.text
    buy(ladder, "O2", 100)
    assert ladder.get("/purchases/O2", as_="shop").json["points"] == 300
    assert tier(ladder)["keep"]["id"] == "regular"
    ladder.now = datetime(2026, 4, 1, tzinfo=UTC)
    assert (tier(ladder)["id"], tier(ladder)["placed"]) == ("regular", False)
    ladder.nightly()
    assert [event["code"] for event in tier(ladder)["history"]] == ["placement_ended", "placed", "reached"]
    assert ladder.get(f"/members/{ALICE}/entries/verification", as_="operator").json["verified"]


def test_a_placement_ends_before_its_time_when_an_operator_says_so(ladder: App) -> None:
    place(ladder, tier="black", until="2026-04-01T00:00:00Z")
    assert place(ladder, end=True).json == {"tier": "guest", "until": None, "placed": False}
    assert place(ladder, end=True).status == 200
    assert ladder.kinds() == ["welcome", "placement", "placement_end"]


def test_a_placement_has_to_make_sense(ladder: App) -> None:
    buy(ladder, "O1", 150)
    until = "2026-04-01T00:00:00Z"
    place(ladder, tier="gold", until=until).refused(422, "unknown_tier")
    place(ladder, tier="regular", until=until).refused(409, "tier_not_higher")
    place(ladder, tier="black", until="2026-03-02T12:00:00Z").refused(422, "invalid")
    place(ladder, tier="black", until=until, reason="because").refused(422, "unknown_reason")
    assert place(ladder, tier="black").pointers() == ["/until"]
    assert place(ladder, tier="black", until="tomorrow").pointers() == ["/until"]
    ladder.change_standing("alice", "closed")
    place(ladder, tier="black", until=until).refused(409, "member_closed")


def test_each_kind_of_account_has_its_ladder(app: App, use_programme: UseProgramme) -> None:
    firms = LADDER | {
        "ladder": [{"id": "bronze", "name": "Bronze"}, {"id": "silver", "name": "Silver", "growth": 5000}]
    }
    use_programme(ladders={"business": firms})
    app.post("/members", {"identity": "F1", "account": "business"}, as_="shop")
    firm = app.get(f"/members/{customer_id('F1')}", as_="shop").json
    assert (firm["tier"]["id"], firm["tier"]["next"]["id"]) == ("bronze", "silver")
    refused = app.post("/members", {"identity": "F2", "account": "seller"}, as_="shop")
    assert refused.pointers() == ["/account"]
    assert app.post("/members", {"account": "business"}, as_="bob").pointers() == ["/account"]


def test_tenure_brings_a_tier_in_the_night_it_is_reached(ladder: App) -> None:
    for day in range(9):
        ladder.now = datetime(2026, 3, 3 + day, 12, tzinfo=UTC)
        ladder.post("/members/me/sign-ins")
        if day < 3:
            buy(ladder, f"O{day}", 1)
    assert tier(ladder)["id"] == "guest"
    ladder.now = datetime(2026, 4, 1, 1, tzinfo=UTC)
    assert ladder.nightly()["members"] == 1
    assert (tier(ladder)["id"], tier(ladder)["since"]) == ("friend", "2026-03-31T23:00:00Z")
    assert ladder.entries()[0]["reason"] == "Now friend: all that it asks for is there"
