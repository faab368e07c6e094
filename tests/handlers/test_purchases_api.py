"""Orders and refunds over HTTP."""

from typing import Any

import pytest

from tests.app import App, member_id
from tests.handlers.messages import line, order, refund


def test_a_message_is_taken_and_counted_from_the_queue(app: App) -> None:
    app.enrol()
    sent = order("O1", line("1", quantity=6, unit_price=255), line("2"), member_id=member_id("alice"))

    answer = app.post("/purchases", sent, as_="shop")

    assert (answer.status, answer.json) == (202, {"accepted": 1})
    app.get("/purchases/O1", as_="shop").refused(404, "not_found")
    app.work_off()
    assert app.purchase("O1") == {
        "order_id": "O1",
        "member_id": member_id("alice"),
        "status": "completed",
        "points": 25,
        "growth": 25,
        "lines": [
            {"line_id": "1", "points": 15, "growth": 15, "refunded_quantity": 0, "rules": ["base_rate"]},
            {"line_id": "2", "points": 10, "growth": 10, "refunded_quantity": 0, "rules": ["base_rate"]},
        ],
        "reports": [],
    }


def test_a_hundred_messages_are_taken_at_once(app: App) -> None:
    messages = [order(f"O{i}") for i in range(99)] + [refund("R1", "O1")]

    assert app.post("/purchases", {"messages": messages}, as_="shop").json == {"accepted": 100}

    app.work_off()
    assert app.purchase("O98")["status"] == "completed"
    assert app.purchase("O1")["status"] == "refunded"


def test_a_batch_is_refused_whole_and_every_problem_has_its_place(app: App) -> None:
    bad = order("O2", line("1", quantity=-1), line("2", unit_price=9.99))

    answer = app.post("/purchases", {"messages": [order("O1"), bad, {"type": "order.lost"}, 7]}, as_="shop")

    assert answer.pointers() == [
        "/messages/1/lines/0/quantity",
        "/messages/1/lines/1/unit_price",
        "/messages/2/type",
        "/messages/3",
    ]
    app.work_off()
    app.get("/purchases/O1", as_="shop").refused(404, "not_found")


@pytest.mark.parametrize("messages", [[], [{}] * 101, {}, None, "all"], ids=["none", "101", "object", "null", "text"])
def test_a_batch_has_1_to_100_messages(app: App, messages: Any) -> None:
    assert app.post("/purchases", {"messages": messages}, as_="shop").pointers() == ["/messages"]


@pytest.mark.parametrize(
    ("message", "pointers"),
    [
        (order("O1", line(quantity=0)), ["/lines/0/quantity"]),
        (order("O1", line(quantity=1.0)), ["/lines/0/quantity"]),
        (order("O1", line(quantity=True)), ["/lines/0/quantity"]),
        (order("O1", line(unit_price="1000")), ["/lines/0/unit_price"]),
        (order("O1", line(unit_price=-1)), ["/lines/0/unit_price"]),
        (order("O1", line(discount=1001)), ["/lines/0"]),
        (order("O1", line("1"), line("1")), ["/lines"]),
        (order("O1", lines=[]), ["/lines"]),
        (order("O1", *[line(str(i)) for i in range(1001)]), ["/lines"]),
        (order("O1", line(discout=5)), ["/lines/0/discout"]),
        (order("O1", placed_at="2026-03-02 12:00"), ["/placed_at"]),
        (order("O1", placed_at="2026-03-02T12:00:00+01:00"), ["/placed_at"]),
        (order("O1", placed_at="2026-02-30T12:00:00Z"), ["/placed_at"]),
        (order("O1", placed_at=1772452800), ["/placed_at"]),
        (order("O1", currency="gbp"), ["/currency"]),
        (order("O1", member_id="m_1", identity="17850"), [""]),
        (order(""), ["/order_id"]),
        (order("O1", schema_version=2), ["/schema_version"]),
        (order("O1", quantities={"miles": -1}), ["/quantities/miles"]),
        (refund("R1", "O1", line_1=0), ["/lines/0/quantity"]),
        (refund("R1", "O1") | {"lines": [{"line_id": "1"}]}, ["/lines/0"]),
        (refund("R1", "O1") | {"lines": [{"line_id": "1", "quantity": 1, "amount": 5}]}, ["/lines/0"]),
        (refund("R1", "O1") | {"lines": [{"line_id": "1", "quantity": 1}] * 2}, ["/lines"]),
        ({"type": "order.lost"}, ["/type"]),
        ({}, ["/type"]),
        ([], [""]),
    ],
)
def test_what_can_be_seen_to_be_wrong_is_refused(app: App, message: Any, pointers: list[str]) -> None:
    assert app.post("/purchases", message, as_="shop").pointers() == pointers


def test_a_currency_that_the_programme_does_not_know_is_refused(app: App) -> None:
    assert app.post("/purchases", order("O1", currency="EUR"), as_="shop").pointers("unknown_currency") == ["/currency"]


def test_an_order_of_the_future_is_refused_but_clocks_may_differ_by_five_minutes(app: App) -> None:
    assert app.post("/purchases", order("O1", placed_at="2026-03-02T12:05:00Z"), as_="shop").status == 202
    late = app.post("/purchases", order("O1", placed_at="2026-03-02T12:05:01Z"), as_="shop")
    assert late.pointers("in_the_future") == ["/placed_at"]


def test_a_thousand_lines_are_taken(app: App) -> None:
    app.enrol()
    lines = [line(str(i), unit_price=10) for i in range(1000)]

    assert app.post("/purchases", order("O1", *lines, member_id=member_id("alice")), as_="shop").status == 202

    app.work_off()
    assert app.purchase("O1")["points"] == 100
    assert app.dead_letters() == []


@pytest.mark.parametrize("order_id", ["O" * 3000, 'O"1', "O 1", "Ö-1", "O\\1"])
def test_an_unknown_order_is_not_found_whatever_its_id(app: App, order_id: str) -> None:
    app.get(f"/purchases/{order_id}", as_="shop").refused(404, "not_found")


@pytest.mark.parametrize("order_id", ["O 1", "Ö-1", "O%1", "A&B", "2026:1", "(1)"])
def test_an_order_is_found_under_the_id_that_the_shop_chose(app: App, order_id: str) -> None:
    app.send(order(order_id))
    assert app.purchase(order_id)["order_id"] == order_id


def test_members_have_no_business_here(app: App) -> None:
    assert app.post("/purchases", order("O1"), as_="alice").status == 403
    assert app.get("/purchases/O1", as_="alice").status == 403
