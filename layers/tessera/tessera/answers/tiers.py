"""Where a member stands on the ladder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NotRequired

from typing_extensions import TypedDict

from tessera import conditions
from tessera.answers.progress import Keep, Next, needs
from tessera.instants import write_instant
from tessera.statement import reason

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tessera.conditions import Progress
    from tessera.journal import Entry
    from tessera.outlook import Outlook
    from tessera.purchases import Order


class Step(TypedDict):
    """How far a member has come with one thing that a tier asks for, within a window of days or the one named."""

    measure: str
    within: int | str | None
    have: int
    need: int
    missing: int
    met: bool


class Steps(TypedDict):
    """How far a member has come with several conditions, of which `all` or `any` are asked for."""

    form: str
    met: bool
    parts: list[Step | Steps]


class NextInFull(Next):
    """The next tier, and how far the member has come with each thing that it asks for."""

    name: str
    progress: Step | Steps


class KeepInFull(Keep):
    """What keeps the tier that is earned; no `progress` where nothing has to be done for it."""

    id: str
    progress: Step | Steps | None


class TierEvent(TypedDict):
    """A change of the tier, or what was decided about it, and why.

    `tier` is the one that the member came to, or keeps; of a `placement_ended` it is the one that was left.
    """

    entry_id: str
    at: str
    tier: str
    until: str | None
    code: str
    reason: str


class IfSpent(TypedDict):
    """What an order of so many minor units would bring, at the base rates.

    `growth_counts_from` says until when its growth waits, as if it were ordered now; null if it counts at once. `tier`,
    `until` and `next` are those right after the order.
    """

    spend: int
    points: int
    growth: int
    growth_counts_from: str | None
    tier: str
    until: str | None
    next: NextInFull | None


class TierInFull(TypedDict):
    """Where a member stands on the ladder. `placed` says that an operator has lent the tier."""

    id: str
    name: str
    since: str
    until: str | None
    placed: bool
    grace: bool
    growth: int
    next: NextInFull | None
    keep: KeepInFull | None
    history: list[TierEvent]
    if_spend: NotRequired[IfSpent]


def tier(seen: Outlook, entries: Iterable[Entry], if_spend: IfSpent | None) -> TierInFull:
    """Write where a member stands on the ladder."""
    keeping = seen.keeping
    answer: TierInFull = {
        "id": seen.tier.id,
        "name": seen.tier.name,
        "since": write_instant(seen.since),
        "until": write_instant(seen.until) if seen.until else None,
        "placed": seen.lent,
        "grace": seen.grace,
        "growth": seen.growth,
        "next": _next(seen),
        "keep": {
            "id": keeping.tier.id,
            "by": write_instant(keeping.by),
            "needs": needs(keeping.progress),
            "progress": _progress(keeping.progress) if keeping.progress else None,
        }
        if keeping
        else None,
        "history": [_tier_event(booked) for booked in entries],
    }
    if if_spend:
        answer["if_spend"] = if_spend
    return answer


def if_spent(spend: int, order: Order, counts_from: datetime | None, after: Outlook) -> IfSpent:
    """Write what an order would bring."""
    return {
        "spend": spend,
        "points": order.points,
        "growth": order.growth,
        "growth_counts_from": write_instant(counts_from) if counts_from else None,
        "tier": after.tier.id,
        "until": write_instant(after.until) if after.until else None,
        "next": _next(after),
    }


def _next(seen: Outlook) -> NextInFull | None:
    following = seen.next_tier
    if following is None:
        return None
    return {
        "id": following.tier.id,
        "name": following.tier.name,
        "needs": needs(following.progress),
        "progress": _progress(following.progress),
    }


def _progress(progress: Progress) -> Step | Steps:
    if isinstance(progress, conditions.Steps):
        return {"form": progress.form, "met": progress.met, "parts": [_progress(part) for part in progress.parts]}
    within = progress.within
    return {
        "measure": progress.measure,
        "within": within if within is None or isinstance(within, str) else within.days,
        "have": progress.have,
        "need": progress.need,
        "missing": progress.missing,
        "met": progress.met,
    }


def _tier_event(booked: Entry) -> TierEvent:
    detail: Any = booked.detail
    placed = detail.get("placement")
    changed = detail.get("tier") or {"to": placed["tier"], "until": placed.get("until")}
    code = changed.get("reason") or ("placement_ended" if "ended" in placed else "placed")
    return {
        "entry_id": booked.entry_id,
        "at": write_instant(booked.at),
        "tier": changed["to"],
        "until": changed.get("until"),
        "code": code,
        "reason": reason(booked),
    }
