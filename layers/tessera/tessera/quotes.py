"""Quotes: what a basket costs a member, beside what it earns. Nothing changes by asking."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from tessera import coupons, tiers
from tessera.apportion import apportion
from tessera.coupons import Coupon
from tessera.earning import earn
from tessera.journal import Journal
from tessera.refusals import Invalid, Problem
from tessera.shapes import Currency, Key, Line, Lines, Money, Shape
from tessera.statement import money


class Basket(Shape):
    """What is about to be ordered."""

    currency: Currency
    lines: Lines
    shipping: Money = 0


class QuoteRequest(Shape):
    """A basket, and what is to pay for it beside money."""

    order: Basket
    coupons: Annotated[list[Key], Field(max_length=20)] | Literal["best"] = Field(default_factory=list)
    points: Money | Literal["max"] = 0


@dataclass(frozen=True, slots=True)
class Discount:
    """What a source takes off, by line."""

    source: str
    by_line: tuple[int, ...]

    @property
    def amount(self) -> int:
        """The whole of it."""
        return sum(self.by_line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a coupon applies; if not, why, and what is missing."""

    coupon_id: str
    code: str | None = None
    detail: str | None = None
    missing: int | None = None

    @property
    def applies(self) -> bool:
        """No reason against it."""
        return self.code is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A priced basket. `points_by_line` is what each line would be paid with, in points."""

    subtotal: int
    discounts: tuple[Discount, ...]
    points_spent: int
    points_value: int
    points_by_line: tuple[int, ...]
    shipping: int
    points_to_earn: int
    growth_to_earn: int
    verdicts: tuple[Verdict, ...]

    @property
    def total(self) -> int:
        """What is left to pay."""
        return self.subtotal - sum(discount.amount for discount in self.discounts) - self.points_value + self.shipping


def quote(journal: Journal, request: QuoteRequest, in_hand: Mapping[str, Coupon]) -> Quote:
    """Price a basket: coupons first, then points, then shipping on top.

    Who is frozen or closed pays with no points and earns none. One coupon applies to an order: the first that was
    named, or with `"best"` the one that leaves the lowest total.

    Args:
        journal: the member's, settled; nothing is booked.
        request: the basket, and what is to pay for it.
        in_hand: the member's coupons that the request may mean, by id.

    Raises:
        Invalid: the programme does not know the currency.
    """
    programme = journal.programme
    if request.order.currency != programme.currency:
        problem = Problem("/order/currency", f"must be {programme.currency}: the programme knows no other")
        raise Invalid([problem], "unknown_currency")
    lines = request.order.lines
    left = [line.amount for line in lines]
    subtotal = sum(left)

    applied, verdicts = _choose(request, in_hand, subtotal, journal)
    discounts = []
    for coupon in applied:
        off = apportion(coupons.discount(coupon.template, subtotal), left)
        discounts.append(Discount(f"coupon:{coupon.coupon_id}", tuple(off)))
        left = [amount - part for amount, part in zip(left, off, strict=True)]

    payable = sum(left) // programme.checkout.point_value
    active = journal.member.standing == "active"
    points = min(
        max(0, journal.available) if active else 0, payable, payable if request.points == "max" else request.points
    )
    value = points * programme.checkout.point_value
    points_by_line = apportion(points, left)
    paid = apportion(value, left)
    left = [amount - part for amount, part in zip(left, paid, strict=True)]

    earned = earn(
        [_priced(line, amount) for line, amount in zip(lines, left, strict=True)],
        programme,
        tiers.multiplier_bp(journal.member, programme),
    )
    return Quote(
        subtotal=subtotal,
        discounts=tuple(discounts),
        points_spent=points,
        points_value=value,
        points_by_line=tuple(points_by_line),
        shipping=request.order.shipping,
        points_to_earn=sum(line.points for line in earned) if active else 0,
        growth_to_earn=sum(line.growth for line in earned) if active else 0,
        verdicts=tuple(verdicts),
    )


def _priced(line: Line, amount: int) -> Line:
    return line.model_copy(update={"discount": line.quantity * line.unit_price - amount})


_UNUSABLE = {
    "held": "It is held for another order.",
    "redeemed": "It has been used.",
    "expired": "Its date has passed.",
}


def _choose(
    request: QuoteRequest, in_hand: Mapping[str, Coupon], subtotal: int, journal: Journal
) -> tuple[list[Coupon], list[Verdict]]:
    """Pick the coupon that applies and give a verdict on each."""
    if request.coupons == "best":
        asked = sorted(
            in_hand,
            key=lambda id_: (-coupons.discount(in_hand[id_].template, subtotal), in_hand[id_].valid_until, id_),
        )
    else:
        asked = list(dict.fromkeys(coupons.coupon_id(named) for named in request.coupons))
    applied: list[Coupon] = []
    verdicts = []
    for id_ in asked:
        coupon = in_hand.get(id_)
        verdict = _verdict(id_, coupon, subtotal, journal)
        if verdict.applies and applied:
            verdict = Verdict(coupon_id=id_, code="not_stackable", detail="One coupon applies to an order.")
        if verdict.applies and coupon:
            applied.append(coupon)
        verdicts.append(verdict)
    return applied, verdicts


def _verdict(id_: str, coupon: Coupon | None, subtotal: int, journal: Journal) -> Verdict:
    if coupon is None:
        return Verdict(coupon_id=id_, code="unknown", detail="The member has no such coupon.")
    status = coupon.status(journal.now)
    if status != "active":
        return Verdict(coupon_id=id_, code=status, detail=_UNUSABLE[status])
    missing = coupon.template.threshold - subtotal
    if missing > 0:
        return Verdict(
            coupon_id=id_,
            code="below_threshold",
            detail=f"Spend {money(missing, journal.programme.currency)} more.",
            missing=missing,
        )
    if not coupons.discount(coupon.template, subtotal):
        return Verdict(coupon_id=id_, code="no_discount", detail="It would take nothing off this basket.")
    return Verdict(coupon_id=id_)
