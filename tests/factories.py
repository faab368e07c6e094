"""Builders for what a test does not care about. A figure that matters to a test stands in the test."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tessera import purchases
from tessera.checkout import RedemptionRequest
from tessera.coupons import Coupon
from tessera.journal import Entry, Journal
from tessera.lots import OPEN
from tessera.member import Member, TierHeld
from tessera.messages import OrderCompleted, OrderRefunded, fingerprint
from tessera.programme.coupons import CouponTemplate, read_template
from tessera.programme.model import Programme
from tessera.purchases import Order
from tessera.settlement import settle
from tessera.shapes import Line

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday; the clocks of Europe/London go forward on the 29th."""

RULES: dict[str, Any] = {
    "version": 1,
    "name": "Of the tests",
    "zone": "Europe/London",
    "currency": "GBP",
    "earning": {
        "points": {
            "base": {"earn": 1, "per": 100},
            "categories": {"toys": {"earn": 2, "per": 100}},
            "brands": {"acme": {"earn": 3, "per": 200}},
            "skus": {"RARE": {"earn": 7, "per": 300}},
        },
        "growth": {"base": {"earn": 1, "per": 100}},
    },
    "tiers": {
        "growth": {"policy": "window", "days": 365},
        "term": {"policy": "days", "days": 365},
        "ladder": [
            {"id": "low", "name": "Low", "growth": 0},
            {"id": "middle", "name": "Middle", "growth": 100, "multiplier_bp": 15_000},
            {"id": "high", "name": "High", "growth": 500, "multiplier_bp": 20_000},
        ],
    },
    "sign_ins": {
        "daily": {"points": 1, "growth": 1},
        "streaks": [{"days": 3, "points": 5}, {"days": 7, "points": 10, "growth": 2}, {"days": 30, "points": 50}],
    },
    "coupons": [
        {
            "id": "five_off",
            "kind": "amount_off",
            "name": "£5 off £30",
            "terms": "£5 off £30.",
            "threshold": 3000,
            "amount": 500,
            "valid_days": 30,
            "per_member": 2,
        },
        {
            "id": "tenth_off",
            "kind": "percentage",
            "name": "10% off",
            "terms": "10% off, at most £20.",
            "percent": 10,
            "ceiling": 2000,
            "valid_days": 14,
        },
    ],
}


def programme(**parts: Any) -> Programme:
    """Make a programme: the tests' own, with whole parts replaced."""
    return Programme.model_validate(RULES | parts)


PROGRAMME = programme()


def member(**fields: Any) -> Member:
    """Make a member who enrolled at noon and has done nothing since."""
    given: dict[str, Any] = {
        "member_id": "m_1",
        "enrolled_at": NOON,
        "booked_at": NOON,
        "active_on": NOON.date(),
        "time_zone": "Europe/London",
        "tier": TierHeld(id="low", since=NOON),
        "lots": {OPEN: fields["points"]} if fields.get("points") else {},
    }
    return Member(**given | fields)


def opened(now: datetime = NOON, rules: Programme = PROGRAMME, **fields: Any) -> Journal:
    """Open the journal of a new member, settled at `now`."""
    return settle(member(**fields), rules, now)


def later(journal: Journal, **time: float) -> Journal:
    """Open the next journal of the same member, settled so much later."""
    return settle(journal.member, journal.programme, journal.now + timedelta(**time))


def line(line_id: str = "1", **fields: Any) -> Line:
    """Make a line: one thing for £10."""
    return Line.model_validate({"line_id": line_id, "sku": "SKU", "quantity": 1, "unit_price": 1000} | fields)


def order_content(*lines: Line, **fields: Any) -> dict[str, Any]:
    """Write a message about an order, as JSON has it."""
    return {
        "type": "order.completed",
        "order_id": "O1",
        "member_id": "m_1",
        "placed_at": "2026-03-02T12:00:00Z",
        "currency": "GBP",
        "lines": [bought.model_dump(exclude_defaults=True) for bought in lines or (line(),)],
    } | fields


def order_message(*lines: Line, **fields: Any) -> OrderCompleted:
    """Make a message about an order."""
    return OrderCompleted.model_validate(order_content(*lines, **fields))


def refund_message(
    quantities: Mapping[str, int] | None = None, amounts: Mapping[str, int] | None = None, **fields: Any
) -> OrderRefunded:
    """Make a message about a refund: by line, of quantities or of amounts."""
    lines = [{"line_id": line_id, "quantity": quantity} for line_id, quantity in (quantities or {}).items()]
    lines += [{"line_id": line_id, "amount": amount} for line_id, amount in (amounts or {}).items()]
    given = {"type": "order.refunded", "refund_id": "R1", "order_id": "O1", "refunded_at": NOON, "lines": lines}
    return OrderRefunded.model_validate(given | fields)


def buy(journal: Journal, *lines: Line, **fields: Any) -> Order:
    """Count an order that is placed at the journal's now."""
    message = order_message(*lines, **{"placed_at": journal.now} | fields)
    return purchases.complete(journal, message, fingerprint(message))


def explained(entry: Entry) -> dict[str, object]:
    """Answer what an entry explains itself with, beside its lots and the day of its growth."""
    return {name: content for name, content in entry.detail.items() if name not in {"lots", "growth_day"}}


def refund(journal: Journal, order: Order, message: OrderRefunded) -> Order:
    """Book a refund, and answer the order as it is then."""
    after = purchases.refund_lines(order, message)
    purchases.refund(journal, order, after, message)
    return after


def coupon(
    template_id: str = "five_off", coupon_id: str = "c_ONE", terms: Mapping[str, Any] | None = None, **fields: Any
) -> Coupon:
    """Make a coupon that was claimed at noon; `terms` are what its template says otherwise."""
    template = PROGRAMME.template(template_id)
    assert template is not None
    template = template.model_copy(update=terms or {})
    given: dict[str, Any] = {
        "member_id": "m_1",
        "coupon_id": coupon_id,
        "template": template,
        "valid_from": NOON,
        "valid_until": template.validity(NOON)[1],
    }
    return Coupon(**given | fields)


def of_kind(kind: str = "amount_off", **fields: Any) -> CouponTemplate:
    """Make a template: £5 off, if nothing else is said."""
    given = {"id": "of_kind", "name": "A coupon", "terms": "As it says.", "kind": kind, "valid_days": 30}
    if kind == "amount_off":
        given["amount"] = 500
    return read_template({name: said for name, said in (given | fields).items() if said is not None})


def checkout_request(*lines: Line, order_id: str = "O1", shipping: int = 0, **fields: Any) -> RedemptionRequest:
    """Make a request to hold for an order; a quote takes it as well."""
    basket = {"currency": "GBP", "lines": [bought.model_dump() for bought in lines or (line(),)], "shipping": shipping}
    return RedemptionRequest.model_validate({"order_id": order_id, "order": basket} | fields)
