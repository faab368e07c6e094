"""Enrolment: how a member begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tessera import make_up_cards, tiers
from tessera.instants import local_day
from tessera.journal import Journal
from tessera.member import CONSUMER, Member

if TYPE_CHECKING:
    from datetime import datetime

    from tessera.programme.model import Programme


def enrol(
    member_id: str, time_zone: str | None, programme: Programme, now: datetime, account: str = CONSUMER
) -> Journal:
    """Make a new member, with the programme's welcome as the first entry of the ledger."""
    member = Member(
        member_id=member_id,
        enrolled_at=now,
        time_zone=time_zone or programme.zone,
        account=account,
        tier=tiers.lowest(programme, account, now),
        tallied_under=programme.version,
        active_on=local_day(now, programme.zone),
        booked_at=now,
    )
    journal = Journal(member, programme, now)
    welcome = programme.welcome
    journal.book(
        "welcome",
        change=journal.earn(welcome.points, now),
        growth=welcome.growth,
        rules=("welcome",),
        detail={"time_zone": member.time_zone, **make_up_cards.grant(journal, welcome.make_up_cards)},
    )
    return journal
