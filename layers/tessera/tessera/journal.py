"""The journal of one operation: books entries on a member, in sequence and chained.

Whatever changes the balance goes through `Journal.book`, and so balance = sum of entries. The rest of the member's
state changes by `Journal.change`, under the same version.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tessera import tiers
from tessera.instants import local_day, write_instant

if TYPE_CHECKING:
    from datetime import date, datetime

    from tessera.member import Member
    from tessera.programme.model import Programme

Detail = Mapping[str, object]
"""What an entry needs to explain itself, as JSON: strings, integers, lists and objects of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An immutable line of the ledger: what happened at `at`, was booked at `recorded_at`, and came to."""

    member_id: str
    sequence: int
    kind: str
    at: datetime
    recorded_at: datetime
    points: int
    growth: int
    points_balance: int
    rules: tuple[str, ...]
    programme_version: int
    source: Mapping[str, str]
    detail: Detail
    previous_hash: bytes

    @property
    def entry_id(self) -> str:
        """The entry's name: its member and its number."""
        return f"e_{self.member_id.removeprefix('m_')}_{self.sequence}"

    @property
    def hash(self) -> bytes:
        """SHA-256 over the entry before and all of this one, so that no past entry can change unnoticed."""
        content = [
            self.member_id,
            self.sequence,
            self.kind,
            write_instant(self.at),
            write_instant(self.recorded_at),
            self.points,
            self.growth,
            self.points_balance,
            list(self.rules),
            self.programme_version,
            dict(self.source),
            self.detail,
        ]
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(self.previous_hash + canonical.encode()).digest()


@dataclass(slots=True)
class Journal:
    """A member under one operation, and the entries booked so far. `now` never runs backwards for a member."""

    member: Member
    programme: Programme
    now: datetime
    entries: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Let now be no earlier than the member's last booking, whatever clock it came from."""
        self.now = max(self.now, self.member.booked_at)
        self.change(booked_at=self.now)

    def change(self, **fields: object) -> None:
        """Change the member's state beside the balances; `tier=…`, `sign_in=…`."""
        self.member = replace(self.member, **fields)  # type: ignore[arg-type]

    def book(  # noqa: PLR0913 - an entry has this many parts
        self,
        kind: str,
        *,
        at: datetime | None = None,
        points: int = 0,
        growth: int = 0,
        growth_day: date | None = None,
        rules: tuple[str, ...] = (),
        source: Mapping[str, str] | None = None,
        detail: Detail | None = None,
    ) -> None:
        """Book one entry, and the upgrade that its growth brings at once.

        Args:
            kind: what happened, one of the contract's kinds.
            at: when it happened; now, if it is not given.
            points: what the balance gains or, negative, loses.
            growth: what counts towards the tier; negative growth leaves the day that got it.
            growth_day: the local day on which the growth counts; that of `at`, if it is not given.
            rules: the programme's rules that made the entry.
            source: the ids of what caused it.
            detail: what the entry needs besides to explain itself in words.
        """
        happened = at or self.now
        if growth:
            self._count(growth, growth_day or local_day(happened, self.programme.zone))
        detail = dict(detail or {})
        if upgrade := tiers.upgrade(self.member, self.programme, self.now):
            detail["tier"] = {"from": self.member.tier.id, "to": upgrade.id}
            self.change(tier=upgrade)
        member = self.member
        entry = Entry(
            member_id=member.member_id,
            sequence=member.sequence + 1,
            kind=kind,
            at=happened,
            recorded_at=self.now,
            points=points,
            growth=growth,
            points_balance=member.points + points,
            rules=rules,
            programme_version=self.programme.version,
            source=source or {},
            detail=detail,
            previous_hash=member.chain,
        )
        self.entries.append(entry)
        self.change(sequence=entry.sequence, chain=entry.hash, points=entry.points_balance)

    def _count(self, growth: int, day: date) -> None:
        days = dict(self.member.growth_days)
        days[day] = days.get(day, 0) + growth
        self.change(growth_days={day: left for day, left in days.items() if left > 0})
