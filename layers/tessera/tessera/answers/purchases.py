"""Purchases as they were counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from tessera.purchases import Order


class PurchaseLine(TypedDict):
    """A line of a purchase."""

    line_id: str
    points: int
    growth: int
    refunded_quantity: int
    rules: list[str]


class Purchase(TypedDict):
    """A purchase as it was counted. `points` and `growth` are what it earned, refunds not deducted."""

    order_id: str
    member_id: str | None
    status: str
    points: int
    growth: int
    lines: list[PurchaseLine]
    reports: list[str]


def purchase(order: Order) -> Purchase:
    """Write a purchase as it was counted."""
    return {
        "order_id": order.order_id,
        "member_id": order.member_id,
        "status": order.status,
        "points": order.points,
        "growth": order.growth,
        "lines": [
            {
                "line_id": line.line_id,
                "points": line.points,
                "growth": line.growth,
                "refunded_quantity": line.refunded_quantity,
                "rules": list(line.rules),
            }
            for line in order.lines
        ],
        "reports": list(order.reports),
    }
