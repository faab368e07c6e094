"""What a shop pays in a month: what its members do, what waits for them, and what is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests import resources
from tests.bench import prices, tables

if TYPE_CHECKING:
    from collections.abc import Mapping

HABITS = {
    "enrol": 0.02,
    "card": 6.0,
    "statement": 0.5,
    "list coupons": 1.0,
    "sign in": 3.0,
    "claim a coupon": 0.2,
    "claim one of limited stock": 0.05,
    "quote": 1.5,
    "hold": 0.2,
    "confirm": 0.15,
    "release": 0.03,
    "purchase": 0.35,
    "purchase with redemption": 0.15,
    "refund": 0.04,
    "night": 0.1,
}
"""How often a month, for each member who is enrolled: an assumption. Of ten, one comes daily, and most are asleep."""

MEMBERS = (1_000, 100_000, 10_000_000)

MONTHS_KEPT = 12
"""What is stored is that of a shop after a year."""
MEMBER_BYTES = 3_000
"""State, profile and identities of a member."""
ENTRY_BYTES = 700
OPERATION_BYTES = 1_500
"""An order, a redemption, a coupon or a stored answer."""

_ENTRIES = ("enrol", "sign in", "hold", "confirm", "release", "purchase", "purchase with redemption", "refund", "night")
_OPERATIONS = ("claim a coupon", "claim one of limited stock", "hold", "purchase", "purchase with redemption", "refund")

POLLERS = 5
"""Lambda asks each queue with so many at once, for twenty seconds each."""
_POLLS = POLLERS * 3 * 60 * 24 * 30


@dataclass(frozen=True)
class Month:
    """Dollars a month."""

    operations: float
    stored: float
    waiting: float

    @property
    def whole(self) -> float:
        """Answer all of it."""
        return self.operations + self.stored + self.waiting


def month(members: int, dollars: Mapping[str, float]) -> Month:
    """Reckon a month of a shop.

    Args:
        members: who are enrolled.
        dollars: what one operation of each kind costs.
    """
    operations = members * sum(times * dollars[name] for name, times in HABITS.items())
    entries = MONTHS_KEPT * sum(HABITS[name] for name in _ENTRIES)
    kept = MONTHS_KEPT * sum(HABITS[name] for name in _OPERATIONS)
    gigabytes = members * (MEMBER_BYTES + entries * ENTRY_BYTES + kept * OPERATION_BYTES) / 1_000_000_000
    # Each ledger is read once in four weeks, by halves of a unit for four kilobytes.
    reading = members * (1 + entries * ENTRY_BYTES / 4096) / 2 * prices.READ_UNIT / 1_000_000
    stored = gigabytes * (prices.STORED_GIGABYTE + prices.RECOVERABLE_GIGABYTE) + reading
    return Month(operations, stored, _waiting())


def _waiting() -> float:
    """Answer what a stack costs in which nothing happens: queues are asked, and alarms and metrics kept."""
    polls = len(resources.queue_mappings()) * _POLLS / 1_000_000 * prices.QUEUE_REQUEST
    types: list[str] = [resource["Type"] for resource in resources.template()["Resources"].values()]
    return polls + types.count("AWS::CloudWatch::Alarm") * prices.ALARM + _metrics() * prices.METRIC


def _metrics() -> int:
    """Answer how many metrics of our own the functions may tell."""
    sources = [path.read_text() for path in resources.ROOT.glob("functions/*/handler.py")]
    return sum(len(re.findall(r"add_metric\(", source)) for source in sources)


def write(dollars: Mapping[str, float]) -> None:
    """Print a month of shops of three sizes."""
    tables.head("members", "operations", "stored, and read again", "waiting", "dollars a month", "a member", words=0)
    for members in MEMBERS:
        paid = month(members, dollars)
        parts = (f"{part:,.2f}" for part in (paid.operations, paid.stored, paid.waiting, paid.whole))
        tables.row(f"{members:,}", *parts, f"{paid.whole / members:.5f}")
