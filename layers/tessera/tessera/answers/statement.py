"""The statement, and what came of verifying it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NotRequired

from typing_extensions import TypedDict

from tessera.instants import write_instant
from tessera.statement import reason

if TYPE_CHECKING:
    from tessera.journal import Entry as LedgerEntry
    from tessera.member import Member
    from tessera.verification import Mismatch as FoundMismatch


class Entry(TypedDict):
    """A line of the statement."""

    entry_id: str
    sequence: int
    kind: str
    at: str
    recorded_at: str
    points: int
    growth: int
    points_balance: int
    reason: str
    rules: list[str]
    programme_version: int
    source: dict[str, str]
    note: NotRequired[str]
    by: NotRequired[str]


class EntryPage(TypedDict):
    """Some lines of the statement, newest first."""

    items: list[Entry]
    next_cursor: str | None


class Mismatch(TypedDict):
    """The first thing that does not add up: which check says so, at which entry if it shows at one."""

    check: str
    sequence: int | None
    detail: str


class Verification(TypedDict):
    """What came of recomputing a member's chain, balances and lots. `head` is the hash of the last entry."""

    verified: bool
    entries: int
    points_balance: int
    head: str
    mismatch: Mismatch | None


def entry(booked: LedgerEntry, *, for_staff: bool = False) -> Entry:
    """Write a line of the statement; for staff with what an operator noted, and who that was."""
    written: Entry = {
        "entry_id": booked.entry_id,
        "sequence": booked.sequence,
        "kind": booked.kind,
        "at": write_instant(booked.at),
        "recorded_at": write_instant(booked.recorded_at),
        "points": booked.points,
        "growth": booked.growth,
        "points_balance": booked.points_balance,
        "reason": reason(booked),
        "rules": list(booked.rules),
        "programme_version": booked.programme_version,
        "source": dict(booked.source),
    }
    if for_staff and "note" in booked.detail:
        written["note"] = str(booked.detail["note"])
        written["by"] = str(booked.detail["by"])
    return written


def verification(member: Member, found: FoundMismatch | None) -> Verification:
    """Write what came of verifying a member's ledger."""
    return {
        "verified": found is None,
        "entries": member.sequence,
        "points_balance": member.points,
        "head": member.chain.hex(),
        "mismatch": {"check": found.check, "sequence": found.sequence, "detail": found.detail} if found else None,
    }
