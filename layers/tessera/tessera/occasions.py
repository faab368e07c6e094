"""Occasions: what happens to a member that brings coupons by itself.

Each is a message of the coupon jobs queue, version 1. It names what makes it the same one however often it is told: the
entry that tells of it, or a birthday's year; so it brings each coupon once.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from tessera.instants import parse_instant, write_instant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tessera.journal import Entry

TOLD_AT_ONCE = 25
"""Members in a message about birthdays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A member enrolled, or reached a higher tier."""

    name: Literal["welcome", "upgrade"]
    member_id: str
    sequence: int
    """The number of the entry among the member's."""

    def claim_id(self, template_id: str) -> str:
        """Name what a template brings on it."""
        return f"event:{template_id}:{self.member_id}:{self.sequence}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Birthdays:
    """Members whose birthday is kept on a day, which has begun somewhere."""

    day: date
    members: Sequence[str]
    since: datetime
    """The instant of the night before: it has told of them for whom the day was over by then."""
    as_of: datetime
    """The instant of the night that tells of it: the next one tells of them for whom the day has not begun."""
    name: Literal["birthday"] = "birthday"

    def claim_id(self, template_id: str, member_id: str) -> str:
        """Name what a template brings a member in a year, wherever they move and whatever their birthday becomes."""
        return f"birthday:{template_id}:{member_id}:{self.day.year}"


def occasion_of(entry: Entry) -> Occasion | None:
    """Answer what an entry is an occasion for; a tier that was kept, regained, lent or lost is none."""
    if entry.kind == "welcome":
        return Occasion(name="welcome", member_id=entry.member_id, sequence=entry.sequence)
    match entry.detail.get("tier"):
        case {"reason": "reached"}:
            return Occasion(name="upgrade", member_id=entry.member_id, sequence=entry.sequence)
    return None


def write(occasion: Occasion | Birthdays) -> str:
    """Write a message."""
    content = asdict(occasion)
    if isinstance(occasion, Birthdays):
        content |= {
            "day": occasion.day.isoformat(),
            "members": list(occasion.members),
            "since": write_instant(occasion.since),
            "as_of": write_instant(occasion.as_of),
        }
    return json.dumps({"schema_version": 1, "type": "occasion", **content})


def read(body: str) -> Occasion | Birthdays | None:
    """Read a message; None if it is of another type."""
    match json.loads(body):
        case {
            "schema_version": 1,
            "type": "occasion",
            "name": "welcome" | "upgrade" as name,
            "member_id": str(member_id),
            "sequence": int(sequence),
        }:
            return Occasion(name=name, member_id=member_id, sequence=sequence)
        case {
            "schema_version": 1,
            "type": "occasion",
            "name": "birthday",
            "day": str(day),
            "members": list(members),
            "since": str(since),
            "as_of": str(as_of),
        }:
            return Birthdays(
                day=date.fromisoformat(day),
                members=members,
                since=parse_instant(since),
                as_of=parse_instant(as_of),
            )
    return None
