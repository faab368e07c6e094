"""The ledger looked back on: as of a past instant, and verified."""

from datetime import timedelta
from typing import Any

import pytest

from tessera.instants import write_instant
from tessera.store import client
from tests.app import App, member_id
from tests.handlers.messages import action, basket, order, refund

ALICE = member_id("alice")


def live(app: App, rounds: int = 2) -> dict[str, tuple[Any, list[Any]]]:
    """Let Alice buy, redeem and return so often; answer what she saw at each instant: her card, and her entries."""
    seen = {}
    app.enrol()

    def look() -> None:
        seen[write_instant(app.now)] = app.card(), app.entries()

    look()
    for number in range(rounds):
        app.now += timedelta(days=45)
        placed_at = write_instant(app.now - timedelta(days=3))
        app.send(
            order(
                f"O{number}",
                {"line_id": "1", "sku": "A", "quantity": 4, "unit_price": 2500 * (number + 1)},
                member_id=ALICE,
                placed_at=placed_at,
            )
        )
        app.post("/members/me/sign-ins")
        look()
        app.now += timedelta(hours=1)
        held = app.post("/members/me/redemptions", {"order_id": f"H{number}", "order": basket(), "points": 40}).json
        if number % 3 == 0:
            app.post(f"/members/me/redemptions/{held['redemption_id']}/confirm", as_="alice")
        look()
        app.now += timedelta(hours=1)
        app.send(refund(f"R{number}", f"O{number}") | {"refunded_at": write_instant(app.now)})
        app.send(action(f"A{number}", member_id=ALICE, at=write_instant(app.now)))
        look()
    app.now += timedelta(days=800)
    app.nightly()
    look()
    return seen


def test_the_card_and_the_entries_of_a_past_instant_are_what_they_were(app: App) -> None:
    for instant, (card, entries) in live(app, rounds=5).items():
        assert app.get("/members/me", as_of=instant).json == card
        assert app.get("/members/me/entries", as_of=instant, limit="100").json["items"] == entries


def test_a_list_of_the_past_goes_on_where_its_page_ended(app: App) -> None:
    seen = live(app)
    instant = list(seen)[-4]
    pages: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = app.get("/members/me/entries", as_of=instant, limit="3", **cursor).json
        pages += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert pages == seen[instant][1]


def test_before_they_enrolled_there_was_no_member(app: App) -> None:
    app.enrol()
    before = write_instant(app.now - timedelta(seconds=1))
    app.get("/members/me", as_of=before).refused(404, "not_found")
    assert app.get("/members/me/entries", as_of=before).json["items"] == []


@pytest.mark.parametrize(
    "instant", ["yesterday", "2026-03-02", "2026-03-02T12:00:00+01:00", "2026-03-02T12:00:01Z", ""]
)
def test_an_instant_that_is_none_or_has_not_come_is_refused(app: App, instant: str) -> None:
    app.enrol()
    app.get("/members/me", as_of=instant).refused(400, "bad_as_of")
    app.get("/members/me/entries", as_of=instant).refused(400, "bad_as_of")


def test_a_ledger_that_nobody_touched_is_verified(app: App) -> None:
    live(app)
    answer = app.get("/members/me/entries/verification").json
    assert (answer["verified"], answer["mismatch"]) == (True, None)
    assert answer["entries"] == len(app.entries())
    assert answer["points_balance"] == app.entries()[0]["points_balance"]


@pytest.mark.parametrize("field", ["points", "points_balance", "programme_version"])
def test_the_first_entry_that_was_changed_is_named(app: App, field: str) -> None:
    live(app)
    client.DYNAMODB.update_item(
        TableName=app.addresses["LedgerTable"],
        Key={"member_id": {"S": ALICE}, "sequence": {"N": "5"}},
        UpdateExpression=f"SET {field} = {field} + :n",
        ExpressionAttributeValues={":n": {"N": "1"}},
    )
    answer = app.get(f"/members/{ALICE}/entries/verification", as_="operator").json
    assert answer["verified"] is False
    assert (answer["mismatch"]["check"], answer["mismatch"]["sequence"]) == ("chain", 5)


def test_an_entry_that_is_gone_is_missed(app: App) -> None:
    live(app)
    client.DYNAMODB.delete_item(
        TableName=app.addresses["LedgerTable"], Key={"member_id": {"S": ALICE}, "sequence": {"N": "7"}}
    )
    mismatch = app.get("/members/me/entries/verification").json["mismatch"]
    assert (mismatch["check"], mismatch["sequence"]) == ("sequence", 7)


def test_a_balance_that_was_changed_does_not_follow_from_the_entries(app: App) -> None:
    live(app)
    client.DYNAMODB.update_item(
        TableName=app.addresses["MembersTable"],
        Key={"member_id": {"S": ALICE}},
        UpdateExpression="SET points = points + :n",
        ExpressionAttributeValues={":n": {"N": "1000"}},
    )
    assert app.get("/members/me/entries/verification").json["mismatch"]["check"] == "member"


def test_an_entry_that_cannot_be_read_is_told_by_the_one_before(app: App) -> None:
    live(app)
    client.DYNAMODB.update_item(
        TableName=app.addresses["LedgerTable"],
        Key={"member_id": {"S": ALICE}, "sequence": {"N": "5"}},
        UpdateExpression="SET recorded_at = :nonsense",
        ExpressionAttributeValues={":nonsense": {"S": "yesterday"}},
    )
    mismatch = app.get("/members/me/entries/verification").json["mismatch"]
    assert (mismatch["check"], mismatch["sequence"]) == ("unreadable", 4)
