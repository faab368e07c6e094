"""Actions: what a shop vouches that a member did, and what it earns as far as the caps allow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Literal

from tessera import growth_days, make_up_cards, tiers
from tessera.earning import BASIS_POINTS
from tessera.instants import local_day
from tessera.member import ActionCount

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from tessera.journal import Journal
    from tessera.messages import ActionDone
    from tessera.programme.model import ActionRule, Cap

KEPT_DAYS = 62
"""Days of which it is remembered what was earned. Of a day, week or month that began earlier a cap leaves nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """The record of an action: it is what makes a repeat change nothing."""

    RECORD: ClassVar[Literal["action"]] = "action"
    action_id: str
    member_id: str
    fingerprint: str
    kind: str
    at: datetime
    recorded_at: datetime
    points: int
    growth: int
    attributes: str
    """What the shop said of it, as JSON."""
    version: int = 0


@dataclass(frozen=True, slots=True)
class _Room:
    """How much a cap leaves, and which it is."""

    left: int
    cap: str


def count(journal: Journal, message: ActionDone, fingerprint: str, attributes: str) -> Action:
    """Count an action: what its kind earns, or what the caps leave of it, in one entry that says so.

    Periods are those of the member's zone, by when the action happened. A frozen or closed member's action is recorded
    and earns nothing.
    """
    member, programme = journal.member, journal.programme
    rule = programme.actions[message.kind]
    points, growth = rule.points, rule.growth
    if rule.tier_multiplier:
        points = points * tiers.multiplier_bp(member, programme) // BASIS_POINTS
    detail: dict[str, object] = {"name": rule.name}
    if member.standing != "active":
        points = growth = 0
        detail["reports"] = ["member_" + member.standing]
    day = local_day(message.at, member.time_zone)
    today = local_day(journal.now, member.time_zone)
    before = member.actions.get(message.kind, ActionCount())
    for room in _rooms(rule, before, day, today, "points"):
        if room.left < points:
            points = room.left
            detail["points_capped"] = room.cap
    for room in _rooms(rule, before, day, today, "growth"):
        if room.left < growth:
            growth = room.left
            detail["growth_capped"] = room.cap
    if member.standing == "active" and not detail.keys() & {"points_capped", "growth_capped"}:
        detail |= make_up_cards.grant(journal, rule.make_up_cards)
    kept = {kind: earned for kind, earned in member.actions.items() if kind in programme.actions}
    if rule.is_capped:
        kept[message.kind] = _counted(before, day, today, points, growth)
    journal.change(actions=kept)
    journal.book(
        "action",
        at=message.at,
        change=journal.earn(points, message.at),
        growth=growth,
        rules=(f"action:{message.kind}",),
        source={"action_id": message.action_id},
        detail=detail,
    )
    return Action(
        action_id=message.action_id,
        member_id=member.member_id,
        fingerprint=fingerprint,
        kind=message.kind,
        at=message.at,
        recorded_at=journal.now,
        points=points,
        growth=growth,
        attributes=attributes,
    )


def _rooms(
    rule: ActionRule, before: ActionCount, day: date, today: date, what: Literal["points", "growth"]
) -> Iterator[_Room]:
    """Answer what each cap leaves of what an action on `day` may earn."""
    by_day = before.points_by_day if what == "points" else before.growth_by_day
    caps = rule.caps
    month = day.replace(day=1)
    periods = (
        ("day", caps.day, day, day),
        ("week", caps.week, day - timedelta(days=day.weekday()), day + timedelta(days=6 - day.weekday())),
        ("month", caps.month, month, (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)),
    )
    for name, cap, first, last in periods:
        if (most := _most(cap, what)) is not None:
            forgotten = first < today - timedelta(days=KEPT_DAYS)
            used = sum(earned for on, earned in by_day.items() if first <= on <= last)
            yield _Room(0, "too_late") if forgotten else _Room(max(0, most - used), name)
    if (most := _most(caps.lifetime, what)) is not None:
        used = before.points if what == "points" else before.growth
        yield _Room(max(0, most - used), "lifetime")


def _most(cap: Cap, what: Literal["points", "growth"]) -> int | None:
    return cap.points if what == "points" else cap.growth


def _counted(before: ActionCount, day: date, today: date, points: int, growth: int) -> ActionCount:
    return replace(
        before,
        points=before.points + points,
        growth=before.growth + growth,
        points_by_day=growth_days.since(growth_days.counted(before.points_by_day, day, points), today, KEPT_DAYS + 1),
        growth_by_day=growth_days.since(growth_days.counted(before.growth_by_day, day, growth), today, KEPT_DAYS + 1),
    )
