"""History: messages of the past, counted as the purchases function would have counted them.

Every message's own time is its now, and customers are enrolled as they come. Started again after an interruption it
passes over what is there already, at one read a message, and continues.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

from tqdm import tqdm

from tessera.benefits import NO_BIRTHDAY
from tessera.card import Card, card
from tessera.identities import SHOP, Identity
from tessera.instants import parse_instant
from tessera.programme.load import in_force
from tessera.purchases import RefundRecord
from tessera.refusals import Refusal, Temporary
from tessera.service import purchases
from tessera.store.items import refund_key
from tessera.store.read import read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXAMPLES = 10
"""Rejected lines that are shown."""


@dataclass
class Summary:
    """What a file came to. Orders and refunds that were there already are among the others."""

    orders: int = 0
    refunds: int = 0
    already_there: int = 0
    maybe_waiting: set[str] = field(default_factory=set)
    """Refunds that were parked, now or before, unless their order has come since."""
    rejects: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    member_ids: set[str] = field(default_factory=set)
    last: datetime = datetime(1, 1, 1, tzinfo=UTC)
    """The time of the last message: members are shown as of then."""


def load(path: Path) -> Summary:
    """Count every message of a file, with a progress bar and the rate.

    Raises:
        Unavailable: the local stack is gone; the same command continues.
    """
    summary = Summary()
    with _open(path) as lines:
        total = sum(1 for _ in lines)
    with _open(path) as lines:
        for number, line in enumerate(tqdm(lines, total=total, desc="Replaying", unit=" messages"), 1):
            _count(line, number, summary)
    return summary


def report(summary: Summary) -> str:
    """Say what a file came to, and show its members as of its last message."""
    cards = [seen for id_ in tqdm(sorted(summary.member_ids), desc="Members") for seen in _card(id_, summary.last)]
    by_tier = Counter(seen.member.tier.id for seen in cards)
    lines = [
        _figure("orders", summary.orders),
        _figure("refunds", summary.refunds),
        _figure("  still waiting for their order", sum(_is_waiting(id_) for id_ in summary.maybe_waiting)),
        _figure("  there before (orders, refunds)", summary.already_there),
        _figure("members", len(cards)),
        _figure("points", sum(seen.available for seen in cards)),
        *(_figure(f"  {tier.name}", by_tier[tier.id]) for tier in in_force().tiers.ladder),
        _figure("rejects", summary.rejects.total()),
        *(_figure(f"  {reason}", number) for reason, number in summary.rejects.most_common()),
        *(f"    {example}" for example in summary.examples),
    ]
    return "\n".join(lines)


def _count(line: str, number: int, summary: Summary) -> None:
    now = _own_time(line)
    try:
        outcome, *released = purchases.count(line, now, unknown_identity="enrol")
    except Temporary:
        raise
    except Refusal as refusal:
        summary.rejects[refusal.code] += 1
        if len(summary.examples) < EXAMPLES:
            summary.examples.append(f"line {number}: {refusal}")
        return
    message = json.loads(line)
    if message["type"] == "order.completed":
        summary.orders += 1
        summary.member_ids.update(_buyer(message))
    else:
        summary.refunds += 1
        if outcome.kind in ("parked", "duplicate"):
            summary.maybe_waiting.add(message["refund_id"])
    summary.already_there += outcome.kind == "duplicate"
    summary.rejects.update(late.refusal for late in released if late.refusal)
    summary.last = max(summary.last, now)


def _own_time(line: str) -> datetime:
    """Answer when a message says that it happened, but not later than today: what has not happened yet is refused."""
    today = datetime.now(UTC).replace(microsecond=0)
    try:
        message = json.loads(line)
        return min(parse_instant(message.get("placed_at") or message.get("refunded_at")), today)
    except (ValueError, AttributeError, RecursionError):
        return today


def _buyer(message: dict[str, Any]) -> list[str]:
    if message.get("identity"):
        return [Identity(SHOP, message["identity"]).member_id]
    return [message["member_id"]] if message.get("member_id") else []


def _is_waiting(refund_id: str) -> bool:
    record = read(operations=[refund_key(refund_id)]).operations.get(refund_key(refund_id))
    return isinstance(record, RefundRecord) and record.status == "parked"


def _card(member_id: str, as_of: datetime) -> list[Card]:
    found = read(member=member_id)
    for member in found.aliases.values():
        found = read(member=member)
    return [card(member, in_force(), as_of, NO_BIRTHDAY) for member in found.members.values()]


@contextmanager
def _open(path: Path) -> Iterator[TextIO]:
    """Open a file of messages; bytes that are no UTF-8 stay what they are, and their message is rejected."""
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8", errors="surrogateescape") as lines:
            yield lines
    else:
        with path.open(encoding="utf-8", errors="surrogateescape") as lines:
            yield lines


def _figure(name: str, number: int) -> str:
    return f"{name:<34}{number:>12,}"
