"""Messages of the purchases queue, as a shop writes them."""

from typing import Any

NOON = "2026-03-02T12:00:00Z"
"""The instant at which each test begins."""


def line(line_id: str = "1", **fields: Any) -> dict[str, Any]:
    """Write a line: one thing for £10."""
    return {"line_id": line_id, "sku": "SKU", "quantity": 1, "unit_price": 1000} | fields


def order(order_id: str, *lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Write an order of noon; with neither `member_id` nor `identity` it is a guest's."""
    return {
        "type": "order.completed",
        "order_id": order_id,
        "placed_at": NOON,
        "currency": "GBP",
        "lines": list(lines) or [line()],
    } | fields


def refund(refund_id: str, order_id: str, **quantities: int) -> dict[str, Any]:
    """Write a refund of noon: `line_1=2` takes two of line 1 back; nothing said, it is one of line 1."""
    lines = [{"line_id": name.removeprefix("line_"), "quantity": n} for name, n in quantities.items()]
    return {
        "type": "order.refunded",
        "refund_id": refund_id,
        "order_id": order_id,
        "refunded_at": NOON,
        "lines": lines or [{"line_id": "1", "quantity": 1}],
    }


def action(action_id: str, kind: str = "review", **fields: Any) -> dict[str, Any]:
    """Write an action of noon."""
    return {"type": "action", "action_id": action_id, "kind": kind, "at": NOON} | fields


def basket(*lines: dict[str, Any], shipping: int = 0) -> dict[str, Any]:
    """Write a basket."""
    return {"currency": "GBP", "lines": list(lines) or [line()], "shipping": shipping}
