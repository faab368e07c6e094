"""What was sent: all that shops and operators have spoken of, in all versions that they have told of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Content = dict[str, Any]

_LATELY = 40


@dataclass(frozen=True, slots=True)
class Adjusting:
    """What an operator asked for."""

    member_id: str
    points: int
    growth: int
    once: bool
    """Whether it came under an `Idempotency-Key`."""


@dataclass(frozen=True, slots=True)
class Placing:
    """What an operator asked for: a tier until an instant, or the end of what there is."""

    member_id: str
    tier: str | None
    until: str
    once: bool
    """Whether it came under an `Idempotency-Key`."""


@dataclass
class History:
    """Messages by business key. A key that was used for two contents has both, and only one of them may count."""

    orders: dict[str, list[Content]] = field(default_factory=dict)
    refunds: dict[str, list[Content]] = field(default_factory=dict)
    actions: dict[str, list[Content]] = field(default_factory=dict)
    adjustments: dict[str, Adjusting] = field(default_factory=dict)
    """By note: each has one of its own."""
    placings: dict[str, Placing] = field(default_factory=dict)
    """By note, too."""
    lately: list[Content] = field(default_factory=list)
    """The last of all."""
    lately_ordered: list[Content] = field(default_factory=list)
    """The last orders."""

    def tell(self, content: Content) -> None:
        """Keep a message that is well formed."""
        known, key = {
            "order.completed": (self.orders, "order_id"),
            "order.refunded": (self.refunds, "refund_id"),
            "action": (self.actions, "action_id"),
        }[content["type"]]
        versions = known.setdefault(content[key], [])
        if content not in versions:
            versions.append(content)
            for last in (self.lately, self.lately_ordered)[: 1 + (known is self.orders)]:
                last.append(content)
                del last[:-_LATELY]

    def order(self, order_id: str, lines: list[list[Any]]) -> Content | None:
        """Find the order that a record with these lines was made of."""
        recorded = [(line[0], line[1], line[2]) for line in lines]
        return next(
            (content for content in self.orders.get(order_id, []) if _bought(content) == recorded),
            None,
        )

    def action(self, action_id: str, kind: str, at: str) -> Content | None:
        """Find the action that was of a kind, and happened at an instant."""
        return next(
            (content for content in self.actions.get(action_id, []) if (content["kind"], content["at"]) == (kind, at)),
            None,
        )

    def refund(self, refund_id: str, order_id: str, taken: dict[str, tuple[int, int]]) -> Content | None:
        """Find the refund that took these quantities and amounts, by line, off an order."""
        return next(
            (
                content
                for content in self.refunds.get(refund_id, [])
                if content["order_id"] == order_id and _refunded(content) == taken
            ),
            None,
        )


def amount(line: Content) -> int:
    """Answer what was paid for a line."""
    paid: int = line["quantity"] * line["unit_price"] - line.get("discount", 0)
    return paid


def _bought(content: Content) -> list[tuple[str, int, int]]:
    return [(line["line_id"], line["quantity"], amount(line)) for line in content["lines"]]


def _refunded(content: Content) -> dict[str, tuple[int, int]]:
    return {line["line_id"]: (line.get("quantity", 0), line.get("amount", 0)) for line in content["lines"]}
