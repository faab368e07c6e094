"""What all items have in common: which version of its shape each has, what records are called, how values stand."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from tessera.instants import parse_instant, write_instant

SCHEMA = 1

HEAD = "head"
"""The part of a coupon template that says how it stands."""

Fields = Mapping[str, Any]


def order_key(order_id: str) -> str:
    """Name the record of an order."""
    return f"order:{order_id}"


def refund_key(refund_id: str) -> str:
    """Name the record of a refund."""
    return f"refund:{refund_id}"


def action_key(action_id: str) -> str:
    """Name the record of an action."""
    return f"action:{action_id}"


def birthday_partition(birthday: str, number: int) -> str:
    """Name the part of the index of birthdays that has a shard of those who were born on a day, `MM-DD`."""
    return f"{birthday}#{number}"


def make_up_key(member_id: str, day: date) -> str:
    """Name the record of a day that was made up."""
    return f"make_up:{member_id}:{day.isoformat()}"


def redemption_key(record: str) -> str:
    """Name the record of an order's redemption."""
    return f"redemption:{record}"


def use_key(member_id: str, benefit_id: str, use_id: str) -> str:
    """Name the record of a use of a benefit."""
    return f"use:{member_id}:{benefit_id}:{use_id}"


def claim_key(claim_id: str) -> str:
    """Name the record of a claim that has a name of its own."""
    return f"claim:{claim_id}"


def attempts_key(name: str) -> str:
    """Name the record of somebody's wrong codes."""
    return f"attempts:{name}"


def compact(content: object) -> str:
    """Write as JSON without a space."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False)


def written(instant: datetime | None) -> str | None:
    """Write an instant, if there is one."""
    return write_instant(instant) if instant else None


def read(text: str | None) -> datetime | None:
    """Read an instant, if there is one."""
    return parse_instant(text) if text else None


def from_periods(periods: Mapping[str, date]) -> dict[str, int] | None:
    """Write the first days of periods, by benefit; None if there are none."""
    return {id_: since.toordinal() for id_, since in periods.items()} or None


def to_periods(stored: Mapping[str, int]) -> dict[str, date]:
    """Read the first days of periods, by benefit."""
    return {id_: date.fromordinal(since) for id_, since in stored.items()}
