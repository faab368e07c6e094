"""The journal of one operation: books entries on a member, in sequence and chained.

Whatever changes the balance goes through `Journal.book` as a change to the lots, and so balance = sum of entries = sum
of lots. The rest of the member's state changes by `Journal.change`, under the same version.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from tessera import conditions, decay, first_orders, growth_days, lots, measures, tiers
from tessera.instants import local_day, write_instant
from tessera.measures import ACTIVITIES

if TYPE_CHECKING:
    from datetime import date, datetime

    from tessera.lots import Lots, Parts, Terms
    from tessera.member import Member
    from tessera.programme.ladders import Decay, Ladder
    from tessera.programme.model import Programme
    from tessera.tiers import Change

MOST_TIER_ENTRIES = 20
"""The entries that tell of the tier are known by number, as many as these: earlier ones are in the statement."""

_RAISING = ACTIVITIES | {"maturity", "adjustment", "unfreeze"}
"""The kinds of entries that may bring a tier; what only takes away never does."""

Detail = Mapping[str, object]
"""What an entry needs to explain itself, as JSON: strings, integers, lists and objects of them."""


@dataclass(frozen=True, kw_only=True)
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

    @cached_property
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
    """A member under one operation, and the entries booked so far. `now` never runs backwards for a member.

    While what time has done is being booked, `instant` runs ahead from one such event to the next; after that, and for
    everything else, it is now.
    """

    member: Member
    programme: Programme
    now: datetime
    entries: list[Entry] = field(default_factory=list)
    instant: datetime = field(init=False)

    def __post_init__(self) -> None:
        """Let now be no earlier than the member's last booking, whatever clock it came from."""
        self.now = max(self.now, self.member.booked_at)
        self.instant = self.now
        self.change(booked_at=self.now)

    @property
    def ladder(self) -> Ladder:
        """The ladder of the member's kind of account."""
        return self.programme.ladder(self.member.account)

    @property
    def available(self) -> int:
        """The points that can be spent; below zero they are a debt."""
        return lots.available(self.member.lots)

    @property
    def counts_growth_by_day(self) -> bool:
        """Whether growth leaves its window by its own day; else it is kept for good, in buckets that may decay."""
        return self.ladder.growth.policy in tiers.BY_DAY

    def change(self, **fields: object) -> None:
        """Change the member's state beside the balances; `tier=…`, `sign_in=…`."""
        self.member = replace(self.member, **fields)  # type: ignore[arg-type]

    def end(self, terms: Terms) -> datetime | None:
        """Answer when points on these terms expire, as things stand."""
        return terms.end(self.member.active_on, self.programme.zone)

    def earn(self, points: int, at: datetime) -> dict[Terms, int]:
        """Answer the change that gives points which were earned at `at` and can be spent at once."""
        return {self.terms(at): points} if points else {}

    def terms(self, at: datetime, *, pending: bool = False) -> Terms:
        """Answer the terms of points that are earned at `at`, by the programme."""
        return lots.earned(self.programme.points, self.programme.zone, at, self.now, pending=pending)

    def spend(self, points: int) -> Parts:
        """Choose points to be spent, of those that are available: the soonest to expire first."""
        spendable = {terms: held for terms, held in self.member.lots.items() if terms.matures_at is None}
        return lots.take(spendable, self.soonest_first(spendable), points)

    def soonest_first(self, held: Lots) -> list[Terms]:
        """Order lots by when they expire."""
        return lots.soonest_first(held, self.member.active_on, self.programme.zone)

    def book(  # noqa: PLR0913 - an entry has this many parts
        self,
        kind: str,
        *,
        at: datetime | None = None,
        change: Lots | None = None,
        growth: int = 0,
        growth_day: date | None = None,
        rules: tuple[str, ...] = (),
        source: Mapping[str, str] | None = None,
        detail: Detail | None = None,
    ) -> None:
        """Book one entry, and the tier that it brings at once.

        Args:
            kind: what happened, one of the contract's kinds.
            at: when it happened; now, if it is not given.
            change: what happens to the lots, and so to the balance.
            growth: what counts towards the tier; negative growth leaves the day that got it.
            growth_day: the local day on which the growth counts; that of `at`, if it is not given.
            rules: the programme's rules that made the entry.
            source: the ids of what caused it.
            detail: what the entry needs besides to explain itself in words.
        """
        happened = at or self.instant
        explained = dict(detail or {})
        if kind in ACTIVITIES:
            self.change(active_on=max(self.member.active_on, local_day(happened, self.programme.zone)))
        if change:
            explained |= self._place(change)
        counted = self._count(growth, growth_day, happened, explained) if growth else 0
        self._append(kind, happened, sum(change.values()) if change else 0, counted, rules, source or {}, explained)

    def book_decay(self, rule: Decay) -> None:
        """Book what a month of inactivity costs in growth; growth that has come to nothing is forgotten."""
        before = tiers.growth(self.member, self.programme, self.instant)
        decayed = decay.Decayed(local_day(self.instant, self.programme.zone), rule.percent)
        self.change(decays=(*self.member.decays, decayed))
        after = tiers.growth(self.member, self.programme, self.instant)
        if not after:
            self.change(growth_days={}, decays=())
        detail: dict[str, object] = {"percent": rule.percent, "idle_months": rule.idle_months}
        self._append("decay", self.instant, 0, after - before, (), {}, detail)

    def _append(  # noqa: PLR0913, PLR0917 - an entry has this many parts
        self,
        kind: str,
        at: datetime,
        points: int,
        growth: int,
        rules: tuple[str, ...],
        source: Mapping[str, str],
        detail: dict[str, object],
    ) -> None:
        self._tally(kind, at, detail)
        active = self.member.standing == "active"
        if active and kind in _RAISING and (reached := tiers.promotion(self.member, self.programme, self.instant)):
            detail |= self._change_tier(reached)
        member = self.member
        entry = Entry(
            member_id=member.member_id,
            sequence=member.sequence + 1,
            kind=kind,
            at=at,
            recorded_at=self.now,
            points=points,
            growth=growth,
            points_balance=member.points + points,
            rules=rules,
            programme_version=self.programme.version,
            source=source,
            detail=detail,
            previous_hash=member.chain,
        )
        self.entries.append(entry)
        self.change(sequence=entry.sequence, chain=entry.hash, points=entry.points_balance)
        if isinstance(orders := detail.get("orders"), int):
            self.change(orders=member.orders + orders)
        self.change(first_order=first_orders.after_entry(member.first_order, kind, source, detail))
        if "tier" in detail or "placement" in detail:
            self.change(tier_entries=(*member.tier_entries, entry.sequence)[-MOST_TIER_ENTRIES:])

    def book_tier(self, kind: str, change: Change) -> None:
        """Book what becomes of the tier, with what counted for it."""
        counted = self._counted_for_tier()
        self.book(kind, detail={**self._change_tier(change), **counted})

    def _counted_for_tier(self) -> dict[str, object]:
        """Say what there is of growth, if the tier asks for it, and what is missing to the tier of everything else."""
        last = self.instant - timedelta(seconds=1)
        progress = tiers.progress(tiers.earned_tier(self.member, self.programme), self.member, self.programme, last)
        if progress is None:
            return {}
        missing = {} if progress.met else conditions.missing(progress)
        detail: dict[str, object] = {}
        if any(step.measure == "growth" for step in conditions.steps(progress)):
            detail["growth"] = tiers.growth(self.member, self.programme, last)
        if others := {measure: left for measure, left in missing.items() if measure != "growth"}:
            detail["missing"] = others
        if "spend" in missing:
            detail["currency"] = self.programme.currency
        return detail

    def _change_tier(self, change: Change) -> dict[str, object]:
        """Change the tier; answer what an entry says of it."""
        before = self.member.tier
        self.change(tier=tiers.applied(before, change, self.instant, self.programme.version))
        return {"tier": tiers.write(before, change)}

    def _tally(self, kind: str, at: datetime, detail: Detail) -> None:
        zone, today = self.programme.zone, local_day(self.instant, self.programme.zone)
        active = kind in ACTIVITIES and self.member.standing == "active"
        tallies = measures.after_entry(self.member.tallies, self.ladder, zone, today, at, detail, active=active)
        self.change(tallies=tallies)

    def book_expired(self) -> None:
        """Book the points that have expired by `instant`, which may have come back only now."""
        expired = tuple(
            (terms, points)
            for terms, points in self.member.lots.items()
            if (end := self.end(terms)) is not None and end <= self.instant
        )
        if expired:
            self.book("expiry", change=lots.loss(expired))
            self.change(gone=lots.gain(lots.gone(expired, self.instant), self.member.gone))

    def _place(self, change: Lots) -> Detail:
        """Apply a change to the lots, pay a debt from what can be spent now, and say so."""
        after = lots.changed(self.member.lots, change)
        total = dict(change)
        paid: dict[str, object] = {}
        debt = -after.get(lots.OPEN, 0)
        if debt > 0:
            spendable = {
                terms: points
                for terms, points in after.items()
                if terms.matures_at is None and ((end := self.end(terms)) is None or end > self.instant)
            }
            if parts := lots.take(spendable, self.soonest_first(spendable), debt):
                paid["debt_paid"] = sum(points for _, points in parts)
                total = lots.loss(parts, lots.gain(((lots.OPEN, points) for _, points in parts), total))
                after = lots.changed(self.member.lots, total)
        self.change(lots=after)
        written = lots.write((terms, points) for terms, points in total.items() if points)
        return {"lots": written, **paid} if written else paid

    def growth_day(self, day: date) -> date:
        """Answer the day under which growth is kept that begins to count now, for what was done on `day`."""
        if self.counts_growth_by_day:
            return day
        return decay.current(self.member.growth_days, self.member.decays, local_day(self.instant, self.programme.zone))

    def _count(self, growth: int, day: date | None, at: datetime, detail: dict[str, object]) -> int:
        """Count growth on its day; answer what it is worth, which for growth that has decayed is less than it was."""
        day = day or self.growth_day(local_day(at, self.programme.zone))
        detail["growth_day"] = day.isoformat()
        before = tiers.growth(self.member, self.programme, self.instant)
        self.change(growth_days=growth_days.counted(self.member.growth_days, day, growth))
        if self.counts_growth_by_day:
            return growth
        worth = tiers.growth(self.member, self.programme, self.instant) - before
        if worth != growth:
            detail["growth_as_earned"] = growth
        return worth
