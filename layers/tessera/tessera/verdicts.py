"""Why a coupon applies to a basket or does not, what is missing, and what would make it apply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tessera import discounts, stacking
from tessera.instants import write_instant
from tessera.statement import money

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tessera.coupons import Coupon, Uses
    from tessera.discounts import Left, Shortfall
    from tessera.journal import Journal
    from tessera.shapes import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a coupon applies; if not, why, what is missing, and what would make it apply."""

    coupon_id: str
    code: str | None = None
    detail: str | None = None
    missing: int | None = None
    """Minor units."""
    fix: Mapping[str, object] | None = None

    @property
    def applies(self) -> bool:
        """No reason against it."""
        return self.code is None


def by_itself(coupon: Coupon, lines: Sequence[Line], left: Left, journal: Journal, uses: Uses) -> Verdict:
    """Say whether a coupon of the member applies to a basket, whatever others there are.

    Args:
        coupon: the coupon.
        lines: the basket.
        left: what there is to pay at the member's prices.
        journal: the member's, settled.
        uses: how much all members together have used of its template.
    """
    return (
        _of_its_state(coupon, journal)
        or _of_the_basket(coupon, lines, left, journal.programme.currency)
        or _of_the_limits(coupon, lines, left, uses)
        or Verdict(coupon_id=coupon.coupon_id)
    )


def unknown(coupon_id: str) -> Verdict:
    """Say that the member has no such coupon."""
    return Verdict(coupon_id=coupon_id, code="unknown", detail="The member has no such coupon.")


def left_out(coupon: Coupon, applied: Sequence[Coupon]) -> Verdict:
    """Say why a coupon that applies by itself does not beside others."""
    excluded = [other.coupon_id for other in stacking.excluded_by(coupon, applied)]
    if not excluded:
        return Verdict(coupon_id=coupon.coupon_id, code="no_gain", detail="With the others it takes nothing more off.")
    return Verdict(
        coupon_id=coupon.coupon_id,
        code="not_stackable",
        detail="It does not apply together with another coupon that does.",
        fix={"without": excluded},
    )


EXHAUSTED = {
    "used_up": "All that can be redeemed of its kind are redeemed, or held for other orders.",
    "budget_spent": "It would take more off than is left of what its kind may take off in all.",
}
"""Why a coupon does not apply of whose template all members together have used, or hold, what there is."""

_UNUSABLE = {
    "held": "It is held for another order.",
    "redeemed": "It has been used.",
    "returned": "Its order was refunded, and another coupon came in its place.",
    "expired": "Its date has passed.",
}


def _of_its_state(coupon: Coupon, journal: Journal) -> Verdict | None:
    id_, now = coupon.coupon_id, journal.now
    status = coupon.status(now)
    if status != "active":
        fix = {"after": write_instant(coupon.held_until)} if status == "held" and coupon.held_until else None
        return Verdict(coupon_id=id_, code=status, detail=_UNUSABLE[status], fix=fix)
    if coupon.is_early(now):
        start = write_instant(coupon.valid_from)
        return Verdict(
            coupon_id=id_, code="not_yet_valid", detail=f"It can be used from {start} on.", fix={"after": start}
        )
    if coupon.template.first_order and journal.member.had_first_order:
        detail = "It is for a first order, and this member has ordered before."
        return Verdict(coupon_id=id_, code="not_first_order", detail=detail)
    return None


def _of_the_basket(coupon: Coupon, lines: Sequence[Line], left: Left, currency: str) -> Verdict | None:
    short = discounts.shortfall(coupon.template, lines, left)
    if short is None:
        return None
    named = coupon.template.scope.model_dump(exclude_defaults=True)
    fix = {"goods": named} if named else {}
    return Verdict(
        coupon_id=coupon.coupon_id,
        code=short.code,
        detail=_told(short, currency, " on the goods that it is for" if named else ""),
        missing=short.money,
        fix=fix | short.fix or None,
    )


def _told(short: Shortfall, currency: str, of_goods: str) -> str:
    match short.code:
        case "below_threshold":
            return f"Spend {money(short.money or 0, currency)} more{of_goods}."
        case "no_goods":
            return "None of the goods that it is for are in the basket."
        case "too_few_units":
            return f"Add {short.units} more of the goods that it is for."
        case "incomplete_bundle":
            return "Not all of the goods that it is for are in the basket."
    return "It would take nothing off this basket."


def _of_the_limits(coupon: Coupon, lines: Sequence[Line], left: Left, uses: Uses) -> Verdict | None:
    id_, template = coupon.coupon_id, coupon.template
    if template.redemptions is not None and uses.count >= template.redemptions:
        return Verdict(coupon_id=id_, code="used_up", detail=EXHAUSTED["used_up"])
    cost = discounts.off(template, lines, left, left).cost
    if template.budget is not None and uses.spent + cost > template.budget:
        return Verdict(coupon_id=id_, code="budget_spent", detail=EXHAUSTED["budget_spent"])
    return None
