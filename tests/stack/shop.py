"""What the stack tests do as a shop and as its members."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.stack.client import Answer

SECONDS = 60


def new_id(prefix: str) -> str:
    """Make an id that no other test uses."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def line(line_id: str = "1", **fields: Any) -> dict[str, Any]:
    """A line of £40."""
    return {"line_id": line_id, "sku": "85123A", "quantity": 1, "unit_price": 4000} | fields


def order(order_id: str, *lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """An order of one line of £40, unless lines are given."""
    return {
        "type": "order.completed",
        "order_id": order_id,
        "placed_at": "2026-11-01T08:26:00Z",
        "currency": "GBP",
        "lines": list(lines) or [line()],
    } | fields


def refund(order_id: str, refund_id: str, quantity: int = 1) -> dict[str, Any]:
    """A refund of some of an order's line 1."""
    return {
        "type": "order.refunded",
        "refund_id": refund_id,
        "order_id": order_id,
        "refunded_at": "2026-11-02T08:26:00Z",
        "lines": [{"line_id": "1", "quantity": quantity}],
    }


def basket(*lines: dict[str, Any]) -> dict[str, Any]:
    """A basket of one line of £40, unless lines are given."""
    return {"currency": "GBP", "lines": list(lines) or [line()], "shipping": 0}


def eventually(ask: Callable[[], Answer], answers: Callable[[Answer], bool]) -> Answer:
    """Ask until the answer is as it should be: queues take their time."""
    deadline = time.monotonic() + SECONDS
    while not answers(answer := ask()):
        assert time.monotonic() < deadline, f"still {answer.status}: {answer.body!r}"
    return answer


def counted(answer: Answer) -> bool:
    """Whether an order is there."""
    return answer.status == 200
