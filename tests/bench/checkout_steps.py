"""The steps of a checkout, and what is sent in each: the same for what it costs and for how fast it is."""

from __future__ import annotations

from typing import Any

STEPS = ("claim", "quote", "hold", "confirm", "order")

LINES = [
    {"line_id": str(number), "sku": f"8512{number}A", "quantity": number, "unit_price": 1500, "discount": 0}
    for number in range(1, 6)
]

UNLIMITED: dict[str, Any] = {
    "id": "bench_unlimited",
    "kind": "amount_off",
    "name": "£5 off £30",
    "terms": "£5 off any basket of £30 or more.",
    "threshold": 3000,
    "amount": 500,
    "valid_days": 30,
    "per_member": 20,
}
LIMITED = UNLIMITED | {
    "id": "bench_limited",
    "stock": 1_000_000,
    "redemptions": 1_000_000,
    "budget": 1_000_000_000,
}
"""The same of which there are so many, which may be used so often and for so much."""


def wanted(coupon: str) -> dict[str, Any]:
    """Write what a quote is asked for: five lines, with one coupon."""
    return {"order": {"currency": "GBP", "lines": LINES, "shipping": 395}, "coupons": [coupon], "points": 0}


def order(order_id: str, member_id: str, redemption_id: str, quote: Any, placed_at: str) -> dict[str, Any]:
    """Write the order that is made of a quote."""
    off = {part["line_id"]: part["amount"] for discount in quote["discounts"] for part in discount["lines"]}
    return {
        "type": "order.completed",
        "order_id": order_id,
        "member_id": member_id,
        "placed_at": placed_at,
        "currency": "GBP",
        "lines": [line | {"discount": off.get(line["line_id"], 0)} for line in LINES],
        "redemption_id": redemption_id,
    }
