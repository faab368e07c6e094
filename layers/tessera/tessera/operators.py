"""What people at the brand do to a member by hand: each time with a reason, a note and their name in the entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tessera import lots, tiers
from tessera.instants import write_instant
from tessera.member import Placement
from tessera.refusals import Conflict, Forbidden, Invalid, Problem

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from tessera.coupons import Coupon
    from tessera.journal import Journal
    from tessera.member import Standing

_KINDS: dict[str, str] = {"frozen": "freeze", "active": "unfreeze", "closed": "close"}


def adjust(  # noqa: PLR0913 - an adjustment has this many parts
    journal: Journal, points: int, growth: int, *, reason: str, note: str, by: str, roles: Collection[str]
) -> None:
    """Give points and growth, or take points, in one entry.

    Points that are given are new ones, with the date that the programme gives to what is earned today. Points are taken
    from what can be spent, the soonest to expire first, and never more than is there.

    Args:
        journal: the member's.
        points: what is given or, negative, taken.
        growth: what is given.
        reason: the code of one of the programme's reasons.
        note: what the next person who looks at it has to know.
        by: the subject of the operator's token.
        roles: the operator's roles, whose highest ceiling counts.

    Raises:
        Invalid: the programme has no such reason.
        Forbidden: it is more than any of the operator's roles may adjust at once.
        Conflict: the account is closed, or there are not so many points to take.
    """
    explained = _explained(journal, reason, note, by)
    if journal.member.standing == "closed":
        raise Conflict("member_closed", "The account is closed, and that is for good.")
    ceilings = [ceiling for role, ceiling in journal.programme.operators.ceilings.items() if role in roles]
    if not any(abs(points) <= ceiling.points and growth <= ceiling.growth for ceiling in ceilings):
        most = max(((ceiling.points, ceiling.growth) for ceiling in ceilings), default=(0, 0))
        raise Forbidden("above_ceiling", f"In one entry, this role adjusts {most[0]} points and {most[1]} growth.")
    if points < 0 and -points > max(0, journal.available):
        raise Conflict("insufficient_points", f"{max(0, journal.available)} points are available.")
    journal.book(
        "adjustment",
        change=journal.earn(points, journal.now) if points > 0 else lots.loss(journal.spend(-points)),
        growth=growth,
        rules=(f"reason:{reason}",),
        detail=explained,
    )


def change_standing(journal: Journal, standing: Standing, *, reason: str, note: str, by: str) -> None:
    """Freeze a member, lift that, or close the account for good. A standing that is there already is no entry.

    Raises:
        Invalid: the programme has no such reason.
        Conflict: the account is closed.
    """
    explained = _explained(journal, reason, note, by)
    if journal.member.standing == standing:
        return
    if journal.member.standing == "closed":
        raise Conflict("member_closed", "The account is closed, and that is for good.")
    journal.change(standing=standing)
    journal.book(_KINDS[standing], rules=(f"reason:{reason}",), detail={"standing": standing, **explained})


def place(journal: Journal, tier_id: str, until: datetime, *, reason: str, note: str, by: str) -> None:
    """Place a member on a tier for a time, whatever is earned: on one that is by invitation only, for example.

    What the member earns goes on beneath it, and is what remains when the time is over. A placement replaces another.

    Raises:
        Invalid: the programme has no such reason, or the member's ladder no such tier, or the time is over already.
        Conflict: the account is closed, or the tier is no higher than what the member has earned.
    """
    explained = _explained(journal, reason, note, by)
    rank = journal.ladder.find(tier_id)
    if rank is None:
        raise Invalid([Problem("/tier", "is no tier of the member's ladder")], "unknown_tier")
    if until <= journal.now:
        raise Invalid([Problem("/until", "must be in the future")])
    if journal.member.standing == "closed":
        raise Conflict("member_closed", "The account is closed, and that is for good.")
    if rank <= tiers.held_rank(journal.member, journal.programme):
        raise Conflict("tier_not_higher", "The member has earned this tier, or a higher one.")
    version = journal.programme.version
    placement = Placement(tier_id=tier_id, since=journal.now, until=until, programme_version=version)
    journal.change(placement=placement)
    written = {"tier": tier_id, "until": write_instant(until)}
    journal.book("placement", rules=(f"reason:{reason}",), detail={"placement": written, **explained})


def end_placement(journal: Journal, *, reason: str, note: str, by: str) -> None:
    """End a placement before its time; without one nothing happens.

    Raises:
        Invalid: the programme has no such reason.
    """
    explained = _explained(journal, reason, note, by)
    if placement := journal.member.placement:
        journal.change(placement=None)
        written = {"tier": placement.tier_id, "ended": True}
        journal.book("placement_end", rules=(f"reason:{reason}",), detail={"placement": written, **explained})


def tag(journal: Journal, tags: Collection[str], *, reason: str, note: str, by: str) -> None:
    """Mark a member with tags, in the place of those there were. The same ones again are no entry.

    Raises:
        Invalid: the programme has no such reason.
        Conflict: the account is closed.
    """
    explained = _explained(journal, reason, note, by)
    marked = tuple(sorted(set(tags)))
    if marked == journal.member.tags:
        return
    if journal.member.standing == "closed":
        raise Conflict("member_closed", "The account is closed, and that is for good.")
    journal.change(tags=marked)
    journal.book("tags", rules=(f"reason:{reason}",), detail={"tags": list(marked), **explained})


def book_grant(journal: Journal, coupon: Coupon, by: str) -> None:
    """Book that an operator has granted a coupon, which is issued in the same step."""
    template = coupon.template
    journal.book(
        "grant",
        source={"coupon_id": coupon.coupon_id},
        detail={"template_id": template.id, "name": template.name, "by": by},
    )


def _explained(journal: Journal, reason: str, note: str, by: str) -> dict[str, object]:
    words = journal.programme.operators.reasons.get(reason)
    if words is None:
        raise Invalid([Problem("/reason", "is no reason of the programme in force")], "unknown_reason")
    return {"reason": words, "note": note, "by": by}
