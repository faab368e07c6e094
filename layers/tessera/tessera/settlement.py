"""What time has done: booked before anything else is, and shown on the card before it is booked.

So it never matters when, or whether, the nightly work ran.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tessera import growth_days, tiers
from tessera.instants import local_day
from tessera.journal import Journal

if TYPE_CHECKING:
    from datetime import datetime

    from tessera.member import Member
    from tessera.programme.model import Programme


def settle(member: Member, programme: Programme, now: datetime) -> Journal:
    """Open a journal for the member and book all that is overdue at `now`: holds that lapsed, terms that ended."""
    journal = Journal(member, programme, now)
    _release_lapsed_holds(journal)
    _review_ended_terms(journal)
    today = local_day(journal.now, programme.zone)
    journal.change(growth_days=growth_days.since(journal.member.growth_days, today, programme.tiers.window_days))
    return journal


def due_at(member: Member) -> datetime | None:
    """Answer when the nightly work should next look at the member: when the tier's term ends."""
    return member.tier.until


def _release_lapsed_holds(journal: Journal) -> None:
    for hold in journal.member.holds:
        if hold.expires_at <= journal.now:
            journal.book(
                "release",
                at=hold.expires_at,
                points=hold.points - hold.owed,
                source={"redemption_id": hold.redemption_id, "order_id": hold.order_id},
                detail={"lapsed": True} | ({"owed": hold.owed} if hold.owed else {}),
            )
    journal.change(holds=tuple(hold for hold in journal.member.holds if hold.expires_at > journal.now))


def _review_ended_terms(journal: Journal) -> None:
    while (end := journal.member.tier.until) is not None and end <= journal.now:
        before, after = journal.member.tier, tiers.reviewed(journal.member, journal.programme)
        growth = tiers.growth(journal.member, journal.programme, end)
        journal.change(tier=after)
        if after.id != before.id:
            journal.book("tier_change", at=end, detail={"tier": {"from": before.id, "to": after.id}, "growth": growth})
