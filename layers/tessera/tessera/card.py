"""The card: a member as of an instant."""

from dataclasses import dataclass
from datetime import datetime

from tessera import sign_ins, tiers
from tessera.instants import local_day
from tessera.member import Member
from tessera.programme import Programme
from tessera.settlement import settle


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The member as of an instant: what is booked, and what time has done since."""

    member: Member
    growth: int
    next_tier: tiers.NextTier | None
    available: int
    signed_in_today: bool
    streak: int


def card(member: Member, programme: Programme, now: datetime) -> Card:
    """Show the member as everything overdue will have left it; nothing is booked by looking."""
    journal = settle(member, programme, now)
    seen = journal.member
    today = local_day(journal.now, seen.time_zone)
    return Card(
        member=seen,
        growth=tiers.growth(seen, programme, journal.now),
        next_tier=tiers.next_tier(seen, programme, journal.now),
        available=seen.points,
        signed_in_today=seen.sign_in.day is not None and seen.sign_in.day >= today,
        streak=sign_ins.streak_on(seen.sign_in, today),
    )
