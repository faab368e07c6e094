"""The card: a member as of an instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tessera import benefits, lots, outlook, streaks
from tessera.instants import local_day
from tessera.settlement import settle

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tessera.benefits import Entitlement
    from tessera.member import Member
    from tessera.outlook import Outlook
    from tessera.programme.model import Programme


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The member as of an instant: what is booked, and what time has done since."""

    member: Member
    outlook: Outlook
    available: int
    pending: int
    expiring: tuple[tuple[datetime, int], ...]
    """Points that have a date, the soonest first, each with the instant at which they go."""
    benefits: tuple[Entitlement, ...]
    """What the member's tier gives."""
    signed_in_today: bool
    """Whether there is nothing to sign in for now."""
    streak: int


def card(member: Member, programme: Programme, now: datetime, birthday: Mapping[str, int]) -> Card:
    """Show the member as everything overdue will have left it; nothing is booked by looking.

    Args:
        member: the member as stored.
        programme: the rules in force.
        now: the instant.
        birthday: the member's own as the profile has it, or empty.
    """
    journal = settle(member, programme, now)
    seen = journal.member
    today = local_day(journal.now, seen.time_zone)
    return Card(
        member=seen,
        outlook=outlook.of(journal),
        available=journal.available,
        pending=lots.pending(seen.lots),
        expiring=tuple(
            (end, seen.lots[terms]) for terms in journal.soonest_first(seen.lots) if (end := journal.end(terms))
        ),
        benefits=benefits.of(seen, programme, journal.now, birthday),
        signed_in_today=not streaks.is_open(seen.sign_in, seen.time_zone, journal.now),
        streak=streaks.streak_on(seen.sign_in, seen.time_zone, today),
    )
