"""Coupons: claimed from a template, held for one order at a time, used once."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from tessera.refusals import Conflict, Forbidden, Invalid, Problem

if TYPE_CHECKING:
    from tessera.journal import Journal
    from tessera.programme.model import AmountOff, Percentage, Programme

Status = Literal["active", "held", "redeemed", "expired"]

CODE_BYTES = 10
"""Random bytes in a code: 80 bits, so that guessing is hopeless at any rate a gateway lets through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """One issued to a member. It keeps the template as it was: what it promises does not change with the programme."""

    member_id: str
    coupon_id: str
    template: AmountOff | Percentage
    valid_from: datetime
    valid_until: datetime
    redeemed: bool = False
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
        if self.redeemed:
            return "redeemed"
        if self.held_until is not None and self.held_until > now:
            return "held"
        return "expired" if self.valid_until <= now else "active"

    def hold(self, redemption_id: str, until: datetime) -> Coupon:
        """Set it aside for a redemption."""
        return replace(self, redemption_id=redemption_id, held_until=until)

    def release(self) -> Coupon:
        """Give it back to the member, if its date has not passed."""
        return replace(self, redemption_id=None, held_until=None)

    def redeem(self, redemption_id: str) -> Coupon:
        """Use it up."""
        return replace(self, redeemed=True, redemption_id=redemption_id, held_until=None)


def coupon_id(named: str) -> str:
    """Answer the id of the coupon that a client named by its id or by its code, in either case of letters."""
    return "c_" + named.upper().removeprefix("C_")


def claim(journal: Journal, template_id: str, random: bytes) -> Coupon:
    """Issue a coupon that the member asked for.

    Args:
        journal: the member's.
        template_id: what kind of coupon.
        random: `CODE_BYTES` random bytes, from which the code is made.

    Raises:
        Invalid: there is no such template.
        Forbidden: the member is frozen or closed.
        Conflict: the member has had as many of these as one member may.
    """
    member, programme = journal.member, journal.programme
    template = programme.template(template_id)
    if template is None:
        raise Invalid([Problem("/template_id", "is no coupon template of the programme in force")], "unknown_template")
    if member.standing != "active":
        raise Forbidden("not_eligible", "This member cannot collect rewards at present.")
    claimed = member.claims.get(template_id, 0)
    if claimed >= template.per_member:
        raise Conflict("limit_reached", f"A member can have {template.per_member} of these, and this one has had them.")
    journal.change(claims={**member.claims, template_id: claimed + 1})
    return Coupon(
        member_id=member.member_id,
        coupon_id="c_" + base64.b32encode(random).decode(),
        template=template,
        valid_from=journal.now,
        valid_until=valid_until(template, journal.now),
    )


def claimable(programme: Programme, claims: dict[str, int]) -> list[AmountOff | Percentage]:
    """List the templates of which a member with these claims may have another."""
    return [template for template in programme.coupons if claims.get(template.id, 0) < template.per_member]


def valid_until(template: AmountOff | Percentage, now: datetime) -> datetime:
    """Answer until when a coupon issued now can be used."""
    return now + timedelta(days=template.valid_days)


def discount(template: AmountOff | Percentage, subtotal: int) -> int:
    """Answer what a coupon takes off a basket that reaches its threshold; minor units, a percentage rounds down."""
    if template.kind == "amount_off":
        return min(template.amount, subtotal)
    return min(subtotal * template.percent // 100, template.ceiling)
