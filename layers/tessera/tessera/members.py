"""Enrolment, and the card that a member sees."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from tessera import sign_ins, tiers
from tessera.instants import local_day
from tessera.journal import Journal
from tessera.member import Member
from tessera.programme import Programme
from tessera.settlement import settle

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a member told of themselves: personal, kept apart from the rest, and needed by no rule."""

    member_id: str
    display_name: str | None = None
    locale: str | None = None
    birthday: "Mapping[str, int]" = field(default_factory=dict)
    """`month`, `day` and, if the member wants to say so, `year`."""
    channel: str | None = None
    referral_code: str | None = None
    consents: "Mapping[str, bool]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The member as of an instant: what is booked, and what time has done since."""

    member: Member
    growth: int
    next_tier: tiers.NextTier | None
    available: int
    signed_in_today: bool
    streak: int


def enrol(member_id: str, time_zone: str | None, programme: Programme, now: datetime) -> Journal:
    """Make a new member, with the programme's welcome as the first entry of the ledger."""
    member = Member(
        member_id=member_id,
        enrolled_at=now,
        time_zone=time_zone or programme.zone,
        tier=tiers.lowest(programme, now),
        booked_at=now,
    )
    journal = Journal(member, programme, now)
    welcome = programme.welcome
    journal.book("welcome", points=welcome.points, growth=welcome.growth, rules=("welcome",))
    return journal


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
