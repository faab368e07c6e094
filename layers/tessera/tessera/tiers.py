"""The ladder: upgrades are immediate, a tier is held for its term, and what follows is what growth has earned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tessera import decay, growth_days
from tessera.instants import local_day, write_instant
from tessera.member import Member, TierHeld

if TYPE_CHECKING:
    from tessera.programme.model import Programme, Tier


@dataclass(frozen=True, slots=True)
class NextTier:
    """The next rung, and the growth that is missing to it."""

    tier: Tier
    missing: int


def growth(member: Member, programme: Programme, now: datetime) -> int:
    """Answer the growth that counts now: that of the local days within the window, or what decay has left of it."""
    rule = programme.tiers.growth
    if rule.policy == "decay":
        return decay.value(member.growth_days, member.decays)
    return growth_days.within(member.growth_days, local_day(now, programme.zone), rule.days)


def held(member: Member, programme: Programme) -> Tier:
    """Answer the rules of the tier that the member is on."""
    return programme.tiers.ladder[programme.tiers.rank(member.tier.id)]


def next_tier(member: Member, programme: Programme, now: datetime) -> NextTier | None:
    """Answer the rung above the member's and what is missing to it, or None at the top."""
    above = programme.tiers.ladder[programme.tiers.rank(member.tier.id) + 1 :]
    if not above:
        return None
    return NextTier(above[0], max(0, above[0].growth - growth(member, programme, now)))


def lowest(programme: Programme, now: datetime) -> TierHeld:
    """Answer the tier that a new member starts on."""
    return TierHeld(id=programme.tiers.ladder[0].id, since=now)


def upgrade(member: Member, programme: Programme, now: datetime) -> TierHeld | None:
    """Answer the higher tier that growth has reached, from now and for a whole term; None if there is none."""
    ladder = programme.tiers
    earned = ladder.earned_by(growth(member, programme, now))
    if earned <= ladder.rank(member.tier.id):
        return None
    return TierHeld(id=ladder.ladder[earned].id, since=now, until=now + timedelta(days=ladder.term_days))


def change(before: TierHeld, after: TierHeld) -> dict[str, str]:
    """Say for an entry what a tier has changed to, and until when the new one is held, if it has an end."""
    until = {"until": write_instant(after.until)} if after.until else {}
    return {"from": before.id, "to": after.id, **until}


def reviewed(member: Member, programme: Programme) -> TierHeld:
    """Answer what the member is on when the term ends: what growth has earned by then, for a whole term from then.

    The lowest tier has no term: there is nothing to fall to.
    """
    ladder = programme.tiers
    end = member.tier.until
    if end is None:
        return member.tier
    earned = ladder.earned_by(growth(member, programme, end))
    tier_id = ladder.ladder[earned].id
    return TierHeld(
        id=tier_id,
        since=member.tier.since if tier_id == member.tier.id else end,
        until=end + timedelta(days=ladder.term_days) if earned else None,
    )
