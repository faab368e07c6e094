"""Occasions: what happens to a member that brings coupons by itself.

Each is a message of the coupon jobs queue, version 1. It names the entry that tells of it, so that it brings each
coupon once, however often it is told.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tessera.journal import Entry


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


def occasion_of(entry: Entry) -> Occasion | None:
    """Answer what an entry is an occasion for; a tier that was kept, regained, lent or lost is none."""
    if entry.kind == "welcome":
        return Occasion(name="welcome", member_id=entry.member_id, sequence=entry.sequence)
    match entry.detail.get("tier"):
        case {"reason": "reached"}:
            return Occasion(name="upgrade", member_id=entry.member_id, sequence=entry.sequence)
    return None


def write(occasion: Occasion) -> str:
    """Write a message."""
    return json.dumps({"schema_version": 1, "type": "occasion", **asdict(occasion)})


def read(body: str) -> Occasion | None:
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
    return None
