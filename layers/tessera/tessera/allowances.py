"""Allowances: what a redemption takes of what all members together may redeem of a coupon template.

Each attempt to hold takes them under a ticket of its own, and its record keeps the ticket from the commit on. So it
can always be told whether a ticket counts: it does if the record names it, and no other one ever will.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMITTED_WITHIN = timedelta(seconds=60)
"""How long after it took its allowances a hold has been committed, or never will be: no function behind the API runs
longer than 20 seconds, none behind a queue as long as this."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """One use of a template, and the money it takes off, in minor units: by line of the redemption, and beside them."""

    template_id: str
    coupon_id: str
    by_line: tuple[int, ...]
    beside: int
    """Of shipping, and the worth of a gift."""

    @property
    def cost(self) -> int:
        """What it takes of a budget."""
        return sum(self.by_line) + self.beside

    def of_lines(self, kept: Sequence[int]) -> Allowance:
        """Answer what is left of it where only the lines at these positions are confirmed."""
        return replace(self, by_line=tuple(self.by_line[i] for i in kept))


def name(ticket: str, position: int) -> str:
    """Name the use that a ticket makes of the template at a position of its redemption's allowances."""
    return f"{ticket}.{position}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Tells the allowances queue that a ticket was taken for a redemption: by its delivery it may be settled."""

    redemption_id: str
    ticket: str
    template_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded:
    """Tells the allowances queue that an order may have been refunded wholly, and which of its coupons come back."""

    order_id: str
    redemption_id: str
    coupon_ids: tuple[str, ...]


def write(message: Taken | Refunded) -> str:
    """Write a message of the allowances queue, version 1."""
    return json.dumps({"schema_version": 1} | asdict(message), separators=(",", ":"))


def read(body: str) -> Taken | Refunded:
    """Read a message of the allowances queue.

    Raises:
        ValueError: it is none, or one of another version.
    """
    match json.loads(body):
        case {
            "schema_version": 1,
            "redemption_id": str(redemption_id),
            "ticket": str(ticket),
            "template_ids": list(template_ids),
        }:
            return Taken(redemption_id=redemption_id, ticket=ticket, template_ids=tuple(template_ids))
        case {
            "schema_version": 1,
            "order_id": str(order_id),
            "redemption_id": str(redemption_id),
            "coupon_ids": list(coupon_ids),
        }:
            return Refunded(order_id=order_id, redemption_id=redemption_id, coupon_ids=tuple(coupon_ids))
    message = "this is no message of the allowances queue"
    raise ValueError(message)
