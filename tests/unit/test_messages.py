import json
from datetime import timedelta
from typing import Any

import pytest

from tessera.instants import write_instant
from tessera.messages import OrderCompleted, OrderRefunded, fingerprint, read_message
from tessera.refusals import Invalid, Unreadable
from tessera.shapes import read_json
from tests.factories import NOON, PROGRAMME, order_content

MARKER = "zq7marker"
"""Stands in what is sent, and must never stand in what is answered."""

LINE = {"line_id": "1", "sku": "SKU", "quantity": 2, "unit_price": 1000}


def order(**fields: Any) -> dict[str, Any]:
    return order_content(lines=[LINE]) | fields


def order_of(*changes: dict[str, Any]) -> dict[str, Any]:
    """An order with a line for each set of changes."""
    return order(lines=[LINE | {"line_id": str(i)} | change for i, change in enumerate(changes, 1)])


def refund(**fields: Any) -> dict[str, Any]:
    return {
        "type": "order.refunded",
        "refund_id": "R1",
        "order_id": "O1",
        "refunded_at": write_instant(NOON),
        "lines": [{"line_id": "1", "quantity": 1}],
    } | fields


def refund_of(**line: Any) -> dict[str, Any]:
    return refund(lines=[{"line_id": "1"} | line])


def without(content: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name != field}


def refused(content: Any, pointer: str = "") -> Invalid:
    with pytest.raises(Invalid) as refusal:
        read_message(content, PROGRAMME, NOON, pointer)
    return refusal.value


def read_order(content: dict[str, Any]) -> OrderCompleted:
    message = read_message(content, PROGRAMME, NOON)
    assert isinstance(message, OrderCompleted)
    return message


def test_an_order_is_read() -> None:
    message = read_order(order(channel="web", store="Leeds", quantities={"miles": 500}, redemption_id="r_1"))
    assert (message.order_id, message.happened_at, message.lines[0].amount) == ("O1", NOON, 2000)


def test_a_refund_is_read() -> None:
    message = read_message(refund_of(amount=5), PROGRAMME, NOON)
    assert isinstance(message, OrderRefunded)
    assert (message.refund_id, message.happened_at, message.lines[0].amount) == ("R1", NOON, 5)


def test_a_guests_order_names_nobody() -> None:
    guest = read_order(without(order(), "member_id"))
    assert (guest.member_id, guest.identity) == (None, None)


def test_an_order_may_have_a_thousand_lines() -> None:
    assert len(read_order(order_of(*[{}] * 1000)).lines) == 1000


def test_a_discount_may_be_the_whole_line() -> None:
    assert read_order(order_of({"discount": 2000})).lines[0].amount == 0


def test_clocks_may_differ_by_five_minutes() -> None:
    assert read_order(order(placed_at=write_instant(NOON + timedelta(minutes=5))))


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        pytest.param([], "", id="a list"),
        pytest.param(MARKER, "", id="a string"),
        pytest.param(None, "", id="null"),
        pytest.param(order(type=MARKER), "/type", id="no such type"),
        pytest.param(order(type=[MARKER]), "/type", id="a type that is a list"),
        pytest.param(without(order(), "type"), "/type", id="without a type"),
        pytest.param(without(order(), "placed_at"), "/placed_at", id="without a time"),
        pytest.param(order(order_id=17850), "/order_id", id="a number for an id"),
        pytest.param(order(order_id=""), "/order_id", id="an empty id"),
        pytest.param(order(order_id=MARKER * 20), "/order_id", id="an id too long"),
        pytest.param(order(member_id={"id": MARKER}), "/member_id", id="an object for an id"),
        pytest.param(order(identity=MARKER), "", id="a member and an identity"),
        pytest.param(order(schema_version=2), "/schema_version", id="another version of the message"),
        pytest.param(order(colour=MARKER), "/colour", id="a field that an order does not have"),
        pytest.param(order_of({}, {"dicsount": MARKER}), "/lines/1/dicsount", id="a misspelt field of a line"),
        pytest.param(order_of({}) | {"a/b~c": MARKER}, "/a~1b~0c", id="a field whose name a pointer must escape"),
        pytest.param(order(placed_at=1795336000), "/placed_at", id="a number for a time"),
        pytest.param(order(placed_at="2026-02-30T12:00:00Z"), "/placed_at", id="a day that does not exist"),
        pytest.param(order(placed_at="2026-03-02T12:00:00+00:00"), "/placed_at", id="a time with an offset"),
        pytest.param(order(placed_at=MARKER), "/placed_at", id="words for a time"),
        pytest.param(order(placed_at="2026-03-02T12:05:01Z"), "/placed_at", id="an order from the future"),
        pytest.param(order(currency="EUR"), "/currency", id="a currency that the programme does not know"),
        pytest.param(order(currency="gbp"), "/currency", id="a currency in small letters"),
        pytest.param(order(lines=[]), "/lines", id="no lines"),
        pytest.param(order(lines=MARKER), "/lines", id="words for lines"),
        pytest.param(order(lines=[LINE, MARKER]), "/lines/1", id="words for a line"),
        pytest.param(order_of(*[{}] * 1001), "/lines", id="1,001 lines"),
        pytest.param(order_of({}, {"line_id": "1"}), "/lines", id="two lines with one id"),
        pytest.param(order_of({}, {"quantity": 0}), "/lines/1/quantity", id="a quantity of nothing"),
        pytest.param(order_of({"quantity": -1}), "/lines/0/quantity", id="a negative quantity"),
        pytest.param(order_of({"quantity": "2"}), "/lines/0/quantity", id="a string for a quantity"),
        pytest.param(order_of({"quantity": True}), "/lines/0/quantity", id="true for a quantity"),
        pytest.param(order_of({"quantity": 1.0}), "/lines/0/quantity", id="a float for a quantity"),
        pytest.param(order_of({"quantity": None}), "/lines/0/quantity", id="null for a quantity"),
        pytest.param(order_of({"quantity": 10**9}), "/lines/0/quantity", id="a quantity beyond reason"),
        pytest.param(order_of({"unit_price": 12.5}), "/lines/0/unit_price", id="a float for money"),
        pytest.param(order_of({"unit_price": 12.0}), "/lines/0/unit_price", id="a whole float for money"),
        pytest.param(order_of({"unit_price": -1}), "/lines/0/unit_price", id="negative money"),
        pytest.param(order_of({"unit_price": False}), "/lines/0/unit_price", id="false for money"),
        pytest.param(order_of({"unit_price": MARKER}), "/lines/0/unit_price", id="words for money"),
        pytest.param(order_of({"unit_cost": 0.5}), "/lines/0/unit_cost", id="a float for a cost"),
        pytest.param(order_of({"discount": -1}), "/lines/0/discount", id="a negative discount"),
        pytest.param(order_of({}, {"discount": 2001}), "/lines/1", id="a discount above its line"),
        pytest.param(order(quantities={"miles": 0.5}), "/quantities/miles", id="a float for a quantity by name"),
        pytest.param(refund(lines=[]), "/lines", id="a refund of no lines"),
        pytest.param(refund_of(), "/lines/0", id="a refund of neither quantity nor amount"),
        pytest.param(refund_of(quantity=1, amount=1), "/lines/0", id="a refund of quantity and amount"),
        pytest.param(refund_of(quantity=-1), "/lines/0/quantity", id="a refund of a negative quantity"),
        pytest.param(refund_of(amount=0), "/lines/0/amount", id="a refund of no money"),
        pytest.param(refund_of(amount=0.5), "/lines/0/amount", id="a refund of half a penny"),
        pytest.param(refund(lines=[{"line_id": "1", "quantity": 1}] * 2), "/lines", id="a line refunded twice at once"),
        pytest.param(refund(refunded_at="2026-03-02T12:05:01Z"), "/refunded_at", id="a refund from the future"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_nothing_that_was_sent_is_repeated(content: Any, pointer: str) -> None:
    refusal = refused(content)
    assert [problem.pointer for problem in refusal.problems] == [pointer]
    assert refusal.problems[0].detail
    assert MARKER not in str(refusal)


def test_all_mistakes_are_told_at_once() -> None:
    refusal = refused(order_of({"quantity": 0}, {}, {"unit_price": 0.5, "discount": "x"}) | {"order_id": ""})
    assert [problem.pointer for problem in refusal.problems] == [
        "/order_id",
        "/lines/0/quantity",
        "/lines/2/unit_price",
        "/lines/2/discount",
    ]


def test_a_message_of_a_batch_is_pointed_to_by_its_place_in_the_batch() -> None:
    assert refused(order_of({"quantity": 0}), "/messages/3").problems[0].pointer == "/messages/3/lines/0/quantity"
    assert refused(MARKER, "/messages/3").problems[0].pointer == "/messages/3"
    assert refused(order(currency="EUR"), "/messages/3").problems[0].pointer == "/messages/3/currency"


@pytest.mark.parametrize(
    "change", [{"currency": "EUR"}, {"placed_at": "2027-01-01T00:00:00Z"}], ids=lambda change: next(iter(change))
)
def test_what_only_the_programme_or_the_clock_can_tell_has_a_word_of_its_own(change: dict[str, str]) -> None:
    codes = {"currency": "unknown_currency", "placed_at": "in_the_future"}
    assert refused(order(**change)).code == codes[next(iter(change))]


@pytest.mark.parametrize(
    "body", [None, "", "{", '{"a": NaN}', "Infinity", "[" * 100_000, "1" * 5000, f"{{{MARKER}}}", "\ufeff{}"]
)
def test_a_body_that_is_not_json_cannot_be_read(body: str | None) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_json(body)
    assert refusal.value.code == "not_json"
    assert MARKER not in str(refusal.value)


# ---------------------------------------------------------------------------------------------------------------------
# Fingerprints: the same message twice changes nothing, the same id with other content is a mistake
# ---------------------------------------------------------------------------------------------------------------------


def reversed_keys(content: dict[str, Any]) -> dict[str, Any]:
    swapped = json.loads(json.dumps(content), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    assert isinstance(swapped, dict)
    assert list(swapped) != list(content)
    return swapped


@pytest.mark.parametrize(
    "same",
    [
        pytest.param(reversed_keys(order()), id="its fields in another order"),
        pytest.param(order(schema_version=1), id="its version is said"),
        pytest.param(order(redemption_id=None, identity=None, quantities={}), id="defaults are said"),
        pytest.param(order_of({"discount": 0, "brand": None}), id="defaults of a line are said"),
        pytest.param(order(placed_at="2026-03-02T12:00:00.250Z"), id="its time has a fraction"),
    ],
)
def test_the_same_message_has_the_same_fingerprint_however_it_is_written(same: dict[str, Any]) -> None:
    assert fingerprint(read_order(same)) == fingerprint(read_order(order()))


def test_quantities_have_no_order() -> None:
    there, back = ({"miles": 1, "nights": 2}, {"nights": 2, "miles": 1})
    assert fingerprint(read_order(order(quantities=there))) == fingerprint(read_order(order(quantities=back)))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(order(order_id="O2"), id="order_id"),
        pytest.param(order(member_id="m_2"), id="member_id"),
        pytest.param(without(order(), "member_id"), id="no member"),
        pytest.param(order(placed_at="2026-03-02T11:59:59Z"), id="placed_at"),
        pytest.param(order(redemption_id="r_1"), id="redemption_id"),
        pytest.param(order(channel="web"), id="channel"),
        pytest.param(order(quantities={"miles": 1}), id="quantities"),
        pytest.param(order_of({}, {}), id="one more line"),
        pytest.param(order_of({"quantity": 3}), id="quantity"),
        pytest.param(order_of({"discount": 1}), id="discount"),
        pytest.param(order_of({"unit_cost": 1}), id="unit_cost"),
    ],
)
def test_a_message_that_says_something_else_has_another_fingerprint(other: dict[str, Any]) -> None:
    assert fingerprint(read_order(other)) != fingerprint(read_order(order()))
