"""Orders as messages of the queue: each counts once, whatever their number and order."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tessera.programme.load import in_force
from tessera.service import purchases
from tests.app import App, customer_id, member_id
from tests.handlers.messages import line, order, refund


def test_an_order_earns_by_the_programmes_rates_and_upgrades_at_once(app: App) -> None:
    app.enrol()
    christmas = line("2", category="christmas", quantity=3, unit_price=500, discount=100)

    app.send(order("O1", line(unit_price=9000), christmas, member_id=member_id("alice")))

    card = app.card()
    assert card["points"]["available"] == 50 + 90 + 28
    assert (card["growth"], card["tier"]["id"], card["tier"]["until"]) == (104, "junior", "2027-03-02T12:00:00Z")
    newest = app.entries()[0]
    assert (newest["kind"], newest["points"], newest["growth"]) == ("purchase", 118, 104)
    assert newest["rules"] == ["base_rate", "category:christmas"]
    assert newest["source"] == {"order_id": "O1"}


def test_the_tier_before_the_order_sets_the_multiplier(app: App) -> None:
    app.enrol()
    app.send(order("O1", line(unit_price=10_000), member_id=member_id("alice")))
    app.send(order("O2", line(unit_price=10_000), member_id=member_id("alice")))
    assert [app.purchase(id_)["points"] for id_ in ("O1", "O2")] == [100, 105]


def test_the_entry_says_how_it_came_about(app: App) -> None:
    app.enrol()
    app.send(order("536365", line(unit_price=6000), member_id=member_id("alice")))
    assert app.entries()[0]["reason"] == "Order 536365: 1 point per £1, newcomer ×1.0"


@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=7)])
def test_the_same_order_twice_changes_nothing(app: App, later: timedelta) -> None:
    app.enrol()
    message = order("O1", member_id=member_id("alice"))
    app.send(message, message)
    before = app.entries(), app.purchase("O1")
    app.now += later

    app.send(message)

    assert (app.entries(), app.purchase("O1")) == before
    assert app.kinds() == ["welcome", "purchase"]
    assert app.dead_letters() == []


def test_the_same_order_written_otherwise_is_the_same(app: App) -> None:
    app.enrol()
    message = order("O1", line(discount=0), member_id=member_id("alice"))
    app.send(message)

    app.send(json.dumps(dict(reversed(message.items())), indent=4), message | {"redemption_id": None})

    assert app.dead_letters() == []


def test_the_same_id_with_other_content_is_a_dead_letter(app: App) -> None:
    app.enrol()
    app.send(order("O1", member_id=member_id("alice")))
    other = order("O1", line(quantity=2), member_id=member_id("alice"))

    assert app.send(other) == []

    (letter,) = app.dead_letters()
    assert (json.loads(letter.body), letter.reason) == (other, "order_id_reused")
    assert app.purchase("O1")["points"] == 10


@pytest.mark.parametrize(
    ("poison", "reason", "detail"),
    [
        ("{", "not_json", "JSON"),
        ("", "not_json", "JSON"),
        (order("O2", line(quantity=1.5)), "invalid", "/lines/0/quantity"),
        (order("O2", line(quantity=-1)), "invalid", "/lines/0/quantity"),
        (order("O2", *[line(str(i)) for i in range(1001)]), "invalid", "/lines"),
        (order("O2", currency="EUR"), "unknown_currency", "/currency"),
        (order("O2", placed_at="2026-03-02T12:05:01Z"), "in_the_future", "/placed_at"),
        (order("O2", member_id="m_unknown"), "unknown_member", "member_id"),
        (order("O2", schema_version=2), "invalid", "/schema_version"),
    ],
)
def test_a_poison_message_among_good_ones_is_buried_with_its_reason(
    app: App, poison: Any, reason: str, detail: str
) -> None:
    app.enrol()
    good = [order(f"G{i}", member_id=member_id("alice")) for i in range(4)]

    assert app.send(*good[:2], poison or " ", *good[2:]) == []

    assert app.kinds() == ["welcome"] + ["purchase"] * 4
    (letter,) = app.dead_letters()
    assert letter.reason == reason
    assert detail in letter.detail


def test_a_dead_letter_that_was_put_right_elsewhere_counts_when_it_is_sent_again(app: App) -> None:
    message = order("O1", member_id=member_id("alice"))
    app.send(message)
    (letter,) = app.dead_letters()
    app.enrol()

    app.send(letter.body)

    assert app.purchase("O1")["member_id"] == member_id("alice")
    assert app.dead_letters() == []


def test_a_guests_order_earns_nothing_and_is_kept(app: App) -> None:
    app.send(order("O1"))
    shown = app.purchase("O1")
    assert (shown["member_id"], shown["points"], shown["status"], shown["reports"]) == (None, 0, "completed", [])


def test_an_order_of_an_unknown_identity_is_recorded_and_reported(app: App, caplog: pytest.LogCaptureFixture) -> None:
    app.send(order("O1", identity="17850"))
    shown = app.purchase("O1")
    assert (shown["member_id"], shown["points"], shown["reports"]) == (None, 0, ["unknown_identity"])
    (told,) = [vars(line) for line in caplog.records if line.message == "reported"]
    assert (told["report"], told["order_id"]) == ("unknown_identity", "O1")


def test_enrolling_later_changes_nothing_about_the_orders_before(app: App) -> None:
    message = order("O1", identity="17850")
    app.send(message)
    app.post("/members", {"identity": "17850"}, as_="shop")

    app.send(message, refund("R1", "O1"))

    assert app.purchase("O1")["member_id"] is None
    path = f"/members/{customer_id('17850')}/entries"
    assert [entry["kind"] for entry in app.get(path, as_="shop").json["items"]] == ["welcome"]


def test_an_identity_that_has_enrolled_earns(app: App) -> None:
    app.post("/members", {"identity": "17850"}, as_="shop")
    app.send(order("O1", identity="17850"))
    assert app.purchase("O1")["member_id"] == customer_id("17850")


def test_an_unknown_identity_enrols_if_the_programme_says_so(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    enrolling = in_force().model_copy(update={"unknown_identity": "enrol"})
    monkeypatch.setattr(purchases, "in_force", lambda: enrolling)

    app.send(order("O1", identity="17850"), order("O2", identity="17850"))

    card = app.get(f"/members/{customer_id('17850')}", as_="shop").json
    assert (card["points"]["available"], card["display_name"]) == (70, None)
    assert [app.purchase(id_)["reports"] for id_ in ("O1", "O2")] == [[], []]


def test_an_order_placed_before_enrolment_counts_if_it_names_the_member(app: App) -> None:
    app.enrol()
    app.send(order("O1", placed_at="2026-01-02T12:00:00Z", member_id=member_id("alice")))

    newest = app.entries()[0]
    assert (newest["at"], newest["recorded_at"]) == ("2026-01-02T12:00:00Z", "2026-03-02T12:00:00Z")
    assert app.card()["growth"] == 10


def test_growth_counts_on_the_day_of_the_order(app: App) -> None:
    app.enrol()
    app.send(order("O1", placed_at="2025-03-02T12:00:00Z", member_id=member_id("alice")))
    assert (app.purchase("O1")["growth"], app.card()["growth"]) == (10, 0)


def test_now_never_runs_backwards_for_a_member(app: App) -> None:
    app.enrol()
    app.now -= timedelta(minutes=10)
    app.send(order("O1", placed_at="2026-03-02T11:50:00Z", member_id=member_id("alice")))
    newest = app.entries()[0]
    assert (newest["at"], newest["recorded_at"]) == ("2026-03-02T11:50:00Z", "2026-03-02T12:00:00Z")
