"""The outlook of a member on the ladder: what keeps the present tier, and what leads to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tessera import tiers
from tessera.settlement import settle

if TYPE_CHECKING:
    from datetime import datetime

    from tessera.conditions import Progress
    from tessera.journal import Journal
    from tessera.member import Member
    from tessera.programme.ladders import Tier
    from tessera.programme.model import Programme

_A_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What is asked for to keep the tier that was earned, and by when."""

    tier: Tier
    by: datetime
    progress: Progress | None
    """Of what will still count at the review; None if the tier is not kept by earning it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Where a member stands on the ladder as of an instant, with all that time has done."""

    tier: Tier
    since: datetime
    until: datetime | None
    lent: bool
    """Whether it is a tier that an operator placed the member on."""
    grace: bool
    """Whether the term is over, and the tier can be earned again until `until`."""
    growth: int
    next_tier: tiers.NextTier | None
    keeping: Keeping | None


def outlook(member: Member, programme: Programme, now: datetime) -> Outlook:
    """Show where a member stands; nothing is booked by looking."""
    return of(settle(member, programme, now))


def of(journal: Journal) -> Outlook:
    """Show where the member of a settled journal stands."""
    member, programme = journal.member, journal.programme
    lent = member.placement if tiers.is_lent(member, programme) else None
    return Outlook(
        tier=tiers.held(member, programme),
        since=lent.since if lent else member.tier.since,
        until=lent.until if lent else member.tier.until,
        lent=lent is not None,
        grace=member.tier.grace and lent is None,
        growth=tiers.growth(member, programme, journal.now),
        next_tier=tiers.next_tier(member, programme, journal.now),
        keeping=_keeping(member, programme, journal.now),
    )


def _keeping(member: Member, programme: Programme, now: datetime) -> Keeping | None:
    """Answer what keeps the tier: of what counts now, what will count still in the last second of the term."""
    end = member.tier.until
    if end is None:
        return None
    tier = tiers.earned_tier(member, programme)
    counting_at = now if member.tier.grace else end - _A_SECOND
    policy = programme.ladder(member.account).review.policy
    progress = None if policy == "keep" else tiers.progress(tier, member, programme, counting_at)
    return Keeping(tier=tier, by=end, progress=progress)
