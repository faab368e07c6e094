"""What nights and evaluations have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from tessera.runs import Summary


class TierMoves(TypedDict):
    """So many members changed from one tier to another, for the same reason."""

    from_tier: str
    to_tier: str
    reason: str
    members: int


class Changed(TypedDict):
    """What has changed: how many members, entries by kind, tiers."""

    members: int
    entries: dict[str, int]
    tiers: list[TierMoves]


def changed(summary: Summary) -> Changed:
    """Write what has changed."""
    return {
        "members": summary.settled,
        "entries": summary.entries,
        "tiers": [
            {"from_tier": before, "to_tier": after, "reason": reason, "members": members}
            for before, after, reason, members in summary.tiers
        ],
    }
