"""What time has done: booked before anything else is, and shown on the card before it is booked.

Each event is booked as of its own instant, in the order of the instants. So it never matters when, how often, or
whether the nightly work ran.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from tessera import benefits, decay, lots, measures, tiers
from tessera.instants import local_day, midnight
from tessera.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from tessera.member import Hold, Member
    from tessera.programme.model import Programme

    Event = tuple[datetime, Callable[[Journal], None]]

MOST_BOOKED = 40
"""Entries of one settlement that a transaction has room for, beside what is to be written with them."""

REMEMBERED_FOR = timedelta(days=366)
"""How long it is remembered how many points have expired: a refund that comes later takes other points."""


def settle(member: Member, programme: Programme, now: datetime, most: int | None = None) -> Journal:
    """Open a journal for the member and book all that is overdue at `now`: in what order it happened.

    Args:
        member: the member as stored.
        programme: the programme in force.
        now: the instant up to which time has done its work.
        most: how many entries to book at most; after so many there may be more to be done.
    """
    journal = Journal(member, programme, now)
    passed = member.booked_at
    while event := _next(journal, member.booked_at, passed):
        # What happens at one instant is booked together: the next part asks what is due after it.
        if most is not None and len(journal.entries) >= most and event[0] > passed:
            break
        passed = journal.instant = max(event[0], member.booked_at)
        event[1](journal)
    if event:
        # More is to be booked: as of now nothing may be forgotten, nor taken for done, that the rest still needs.
        journal.change(booked_at=journal.instant)
    else:
        _forget(journal)
    journal.instant = journal.now
    return journal


def due_at(member: Member, programme: Programme) -> datetime | None:
    """Answer when the nightly work should next look at the member; None if nothing is going to happen by itself.

    A hold that lapses is no reason to look: it is booked with whatever comes next.
    """
    booked_at = member.booked_at
    upcoming = (*_promotions(member, programme, booked_at), *_upcoming(member, programme, booked_at))
    return min((instant for instant, _ in upcoming), default=None)


def _next(journal: Journal, done_until: datetime, passed: datetime) -> Event | None:
    """Find the first event that is overdue. Of those at the same instant, the first that is listed here.

    Args:
        journal: the member's, as far as things are booked now.
        done_until: up to when all was booked by earlier operations.
        passed: up to when it is booked now. An instant of tenure, which may change nothing, does not come again.
    """
    member, programme = journal.member, journal.programme
    lapses: Iterator[Event] = ((hold.expires_at, partial(_lapse, hold=hold)) for hold in member.holds)
    events = (*_promotions(member, programme, passed), *lapses, *_upcoming(member, programme, done_until))
    first = min(events, key=lambda event: event[0], default=None)
    return first if first and first[0] <= journal.now else None


def _promotions(member: Member, programme: Programme, passed: datetime) -> Iterator[Event]:
    return ((instant, _promote) for instant in tiers.tenure_promotions(member, programme, passed))


def _upcoming(member: Member, programme: Programme, done_until: datetime) -> Iterator[Event]:
    for terms in member.lots:
        if end := terms.end(member.active_on, programme.zone):
            yield end, Journal.book_expired
    rule = programme.ladder(member.account).growth
    if rule.policy == "decay" and member.growth_days:
        done = local_day(done_until, programme.zone)
        day = decay.next_day(member.growth_days, member.decays, member.active_on, rule.idle_months, done)
        yield midnight(day, programme.zone), partial(Journal.book_decay, rule=rule)
    for terms in member.lots:
        if terms.matures_at is not None:
            yield terms.matures_at, _mature
    for matures_at, _ in member.growth_waiting:
        yield matures_at, _mature
    if member.tier.until is not None:
        yield member.tier.until, _review
    if member.placement:
        yield member.placement.until, _end_placement


def _lapse(journal: Journal, hold: Hold) -> None:
    """Give back what a hold held whose deadline has passed; what has expired meanwhile goes at once."""
    journal.change(holds=tuple(other for other in journal.member.holds if other != hold))
    benefits.give_back(journal, hold.benefits)
    journal.book(
        "release",
        change=lots.gain(lots.between(hold.parts, hold.owed, hold.points)),
        source={"redemption_id": hold.redemption_id, "order_id": hold.order_id},
        detail={"lapsed": True} | ({"owed": hold.owed} if hold.owed else {}) | benefits.as_returned(hold.benefits),
    )
    journal.book_expired()


def _mature(journal: Journal) -> None:
    """Let pending points be spent, and growth that has waited with them count."""
    ripe = tuple(
        (terms, points)
        for terms, points in journal.member.lots.items()
        if terms.matures_at is not None and terms.matures_at <= journal.instant
    )
    waiting = [key for key in journal.member.growth_waiting if key[0] <= journal.instant]
    growth = [(day, journal.member.growth_waiting[matures_at, day]) for matures_at, day in waiting]
    journal.change(
        growth_waiting={key: left for key, left in journal.member.growth_waiting.items() if key not in waiting}
    )
    change = lots.gain(((terms._replace(matures_at=None), points) for terms, points in ripe), lots.loss(ripe))
    first_day, first_growth = growth[0] if growth else (None, 0)
    detail = {"matured": sum(points for _, points in ripe)}
    journal.book(
        "maturity",
        change=change,
        growth=first_growth,
        growth_day=first_day and journal.growth_day(first_day),
        detail=detail,
    )
    for day, waited in growth[1:]:
        journal.book("maturity", growth=waited, growth_day=journal.growth_day(day), detail={"matured": 0})


def _promote(journal: Journal) -> None:
    """Let tenure bring the tier that it was waited for."""
    if change := tiers.promotion(journal.member, journal.programme, journal.instant):
        journal.book_tier("tier_change", change)


def _review(journal: Journal) -> None:
    """End a tier's term, or the grace after it."""
    change = tiers.review(journal.member, journal.programme, journal.instant)
    journal.book_tier("tier_change" if change.reason == "fell" else "tier_review", change)


def _end_placement(journal: Journal) -> None:
    """Let a tier go that was lent."""
    if placement := journal.member.placement:
        journal.change(placement=None)
        journal.book("placement_end", detail={"placement": {"tier": placement.tier_id, "ended": True}})


def _forget(journal: Journal) -> None:
    """Drop what nothing will ask for any more, so that the member's state stays small."""
    member, programme = journal.member, journal.programme
    today = local_day(journal.now, programme.zone)
    first = tiers.earliest_day(member, programme, today)
    journal.change(tallies=measures.trimmed(member.tallies, journal.ladder, first, today))
    if journal.counts_growth_by_day:
        journal.change(growth_days=tiers.counting(member.growth_days, member, programme, today))
    since = journal.now - REMEMBERED_FOR
    if any(terms.expires_at and terms.expires_at <= since for terms in member.gone):
        remembered = {terms: n for terms, n in member.gone.items() if terms.expires_at and terms.expires_at > since}
        journal.change(gone=remembered)
