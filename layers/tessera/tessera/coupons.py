"""Coupons: issued from a template, held for one order at a time, used once."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from tessera import lots, tiers
from tessera.instants import local_day, midnight
from tessera.member import Claimed
from tessera.refusals import Conflict, Forbidden

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from tessera.journal import Journal
    from tessera.member import Member
    from tessera.programme.coupons import CouponTemplate
    from tessera.programme.model import Programme

Status = Literal["active", "held", "redeemed", "expired", "returned"]

CODE_BYTES = 10
"""Random bytes in a code: 80 bits, so that guessing is hopeless at any rate a gateway lets through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """One issued to a member. It keeps the template as it was: what it promises does not change with the programme."""

    member_id: str
    coupon_id: str
    template: CouponTemplate
    valid_from: datetime
    valid_until: datetime
    redeemed: bool = False
    returned: bool = False
    """Whether its order was refunded, and another coupon came in its place."""
    redemption_id: str | None = None
    """The redemption that holds or has used it."""
    held_until: datetime | None = None
    version: int = 0

    @property
    def code(self) -> str:
        """What a person types in."""
        return self.coupon_id.removeprefix("c_")

    def status(self, now: datetime) -> Status:
        """Answer what can be done with it at `now`; a hold that has lapsed is none."""
        if self.returned:
            return "returned"
        if self.redeemed:
            return "redeemed"
        if self.held_until is not None and self.held_until > now:
            return "held"
        return "expired" if self.valid_until <= now else "active"

    def is_early(self, now: datetime) -> bool:
        """Whether its time is still to come."""
        return now < self.valid_from

    def under(self, present: CouponTemplate) -> Coupon:
        """Answer it with the limits for all members together as they are: they may have been raised since its issue."""
        if not self.template.limits_use:
            return self
        limits = {"redemptions": present.redemptions, "budget": present.budget}
        return replace(self, template=self.template.model_copy(update=limits))

    def hold(self, redemption_id: str, until: datetime) -> Coupon:
        """Set it aside for a redemption."""
        return replace(self, redemption_id=redemption_id, held_until=until)

    def release(self) -> Coupon:
        """Give it back to the member, if its date has not passed."""
        return replace(self, redemption_id=None, held_until=None)

    def redeem(self, redemption_id: str) -> Coupon:
        """Use it up."""
        return replace(self, redeemed=True, redemption_id=redemption_id, held_until=None)


@dataclass(frozen=True, slots=True)
class Uses:
    """How many coupons of a template all members have redeemed or hold, and what they take off together."""

    count: int = 0
    spent: int = 0
    """Minor units."""


def coupon_id(named: str) -> str:
    """Answer the id of the coupon that a client named by its id or by its code, in either case of letters."""
    return "c_" + named.upper().removeprefix("C_")


def claim(journal: Journal, template: CouponTemplate, random: bytes) -> Coupon:
    """Issue a coupon that the member asked for, in exchange for points if it has a price.

    Args:
        journal: the member's.
        template: what kind of coupon.
        random: `CODE_BYTES` random bytes, from which the code is made.

    Raises:
        Forbidden: the member is frozen or closed, or it is not for them.
        Conflict: the member has had as many of these as one member may, or has not the points, or it is over.
    """
    if not template.claimable:
        raise Forbidden("not_eligible", "This coupon cannot be claimed.")
    return claim_by_word(journal, template, random)


def claim_by_word(journal: Journal, template: CouponTemplate, random: bytes) -> Coupon:
    """Issue a coupon of which the member knows the public code: as a claim, also where nobody may claim without it.

    Raises:
        Forbidden: the member is frozen or closed, or it is not for them.
        Conflict: the member has had as many of these as one member may, or has not the points, or it is over.
    """
    if reason := not_eligible(journal.member, journal.programme, template, journal.now):
        raise Forbidden("not_eligible", reason)
    return _issue(journal, template, random, price=template.price_points)


def grant(journal: Journal, template: CouponTemplate, random: bytes) -> Coupon:
    """Issue a coupon that was given to the member, as it is or by a code: whoever may claim, and free of points.

    Raises:
        Forbidden: the member is frozen or closed.
        Conflict: the member has had as many of these as one member may, or it is over.
    """
    return _issue(journal, template, random, price=0)


def not_eligible(member: Member, programme: Programme, template: CouponTemplate, now: datetime) -> str | None:
    """Answer why a template is not for a member; None if it is."""
    eligible = template.eligible
    if eligible.tiers and tiers.held(member, programme).id not in eligible.tiers:
        return "This coupon is for members of other tiers."
    if eligible.tags and not set(eligible.tags) & set(member.tags):
        return "This coupon is for a group of members."
    days = eligible.enrolled_within_days
    if days is not None and member.enrolled_at + timedelta(days=days) <= now:
        return f"This coupon is for members of the last {days} days."
    return None


def claimable(
    templates: Iterable[CouponTemplate], member: Member | None, programme: Programme, now: datetime
) -> list[CouponTemplate]:
    """List those of the templates that a member may claim now; without a member, what some member may."""
    return [
        template
        for template in templates
        if template.claimable
        and template.validity(now)[1] > now
        and (
            member is None
            or not (limit_reached(member, template, now) or not_eligible(member, programme, template, now))
        )
    ]


def limit_reached(member: Member, template: CouponTemplate, now: datetime) -> str | None:
    """Answer which limit keeps a member from having another coupon; None if none does."""
    claimed = member.claims.get(template.id, Claimed())
    if claimed.count >= template.per_member:
        return f"A member can have {template.per_member} of these, and this one has had them."
    today = local_day(now, member.time_zone)
    if template.per_member_day is not None and _on(today, member.time_zone, claimed) >= template.per_member_day:
        return f"A member can have {template.per_member_day} of these a day, and this one has had them."
    return None


def refunded(used: Coupon, now: datetime) -> list[Coupon]:
    """Answer what becomes of a used coupon whose order is wholly refunded, as its template says.

    Returns:
        the coupon if it comes back, with its date as it was; or it, never to be used again, and the new one that comes
        in its place, which is the same one however often this is asked; or nothing.
    """
    if used.template.on_refund == "if_wholly_refunded":
        return [replace(used, redeemed=False, redemption_id=None)]
    if used.template.on_refund == "reissue":
        valid_from, valid_until = used.template.validity(now)
        new = Coupon(
            member_id=used.member_id,
            coupon_id=_id(hashlib.sha256(used.coupon_id.encode()).digest()[:CODE_BYTES]),
            template=used.template,
            valid_from=valid_from,
            valid_until=valid_until,
        )
        return [replace(used, returned=True), new]
    return []


def _id(random: bytes) -> str:
    return "c_" + base64.b32encode(random).decode()


def _issue(journal: Journal, template: CouponTemplate, random: bytes, price: int) -> Coupon:
    member = journal.member
    if member.standing != "active":
        raise Forbidden("not_eligible", "This member cannot collect rewards at present.")
    valid_from, valid_until = template.validity(journal.now)
    if valid_until <= journal.now:
        raise Conflict("template_over", "Coupons of this kind are good no longer.")
    if reason := limit_reached(member, template, journal.now):
        raise Conflict("limit_reached", reason)
    if price > max(0, journal.available):
        raise Conflict("insufficient_points", f"It costs {price} points; {max(0, journal.available)} are available.")
    coupon = Coupon(
        member_id=member.member_id,
        coupon_id=_id(random),
        template=template,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    _count(journal, template)
    if price:
        journal.book(
            "exchange",
            change=lots.loss(journal.spend(price)),
            source={"coupon_id": coupon.coupon_id},
            detail={"template_id": template.id, "name": template.name},
        )
    return coupon


def _on(day: date, zone: str, claimed: Claimed) -> int:
    """Answer how many were issued on a day of `zone`: one that begins before the last day is over is that day still."""
    return claimed.on_day if claimed.day_ends and midnight(day, zone) < claimed.day_ends else 0


def _count(journal: Journal, template: CouponTemplate) -> None:
    claimed = journal.member.claims.get(template.id, Claimed())
    counted = Claimed(claimed.count + 1)
    if template.per_member_day is not None:
        zone = journal.member.time_zone
        today = local_day(journal.now, zone)
        ends = midnight(today + timedelta(days=1), zone)
        day_ends = max(ends, claimed.day_ends) if claimed.day_ends else ends
        counted = replace(counted, day_ends=day_ends, on_day=_on(today, zone, claimed) + 1)
    journal.change(claims={**journal.member.claims, template.id: counted})
