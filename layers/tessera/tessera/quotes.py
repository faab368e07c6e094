"""Quotes: what a basket costs a member, beside what it earns. Nothing changes by asking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from tessera import basket_benefits, coupons, tiers
from tessera.apportion import apportion
from tessera.basket_benefits import Applied, Prices
from tessera.benefits import Entitlement
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
    benefits: tuple[Applied, ...]
    """Those that apply. What a price takes off is among the discounts; `shipping` is what is left to pay of it."""

    @property
    def total(self) -> int:
        """What is left to pay."""
        return self.subtotal - sum(discount.amount for discount in self.discounts) - self.points_value + self.shipping


def quote(journal: Journal, request: QuoteRequest, in_hand: Mapping[str, Coupon]) -> Quote:
    """Price a basket: member prices and percentages first, then coupons, then points, then shipping on top.

    Who is frozen or closed has no benefits, pays with no points and earns none. One coupon applies to an order: the
    first that was named, or with `"best"` the one that leaves the lowest total. A price that does not stack excludes
    coupons: whichever leaves less to pay is taken, and the price if they leave the same.

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
    amounts = [line.amount for line in lines]
    offered = basket_benefits.offers(journal)
    priced = _price(request, in_hand, journal, offered)
    discounts = [Discount(f"benefit:{offer.benefit_id}", off) for offer, off in priced.prices]
    left = _less(amounts, discounts)
    for coupon in priced.coupons:
        off = apportion(coupons.discount(coupon.template, sum(left)), left)
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

    free = basket_benefits.free_shipping(offered, request.order.shipping)
    earned = earn(
        [_discounted(line, amount) for line, amount in zip(lines, left, strict=True)],
        programme,
        tiers.multiplier_bp(journal.member, programme),
    )
    return Quote(
        subtotal=sum(amounts),
        discounts=tuple(discounts),
        points_spent=points,
        points_value=value,
        points_by_line=tuple(points_by_line),
        shipping=request.order.shipping - (free.amount if free else 0),
        points_to_earn=sum(line.points for line in earned) if active else 0,
        growth_to_earn=sum(line.growth for line in earned) if active else 0,
        verdicts=tuple(priced.verdicts),
        benefits=(*(Applied(offer, sum(off)) for offer, off in priced.prices), *([free] if free else [])),
    )


def _discounted(line: Line, amount: int) -> Line:
    return line.model_copy(update={"discount": line.quantity * line.unit_price - amount})


def _less(amounts: Sequence[int], discounts: Sequence[Discount]) -> list[int]:
    """Answer what the discounts leave of each line."""
    return [amount - sum(discount.by_line[i] for discount in discounts) for i, amount in enumerate(amounts)]


_UNUSABLE = {
    "held": "It is held for another order.",
    "redeemed": "It has been used.",
    "expired": "Its date has passed.",
}


class _Priced(NamedTuple):
    """A way to price the lines: the prices, the coupon on top of them, and a verdict on each coupon."""

    prices: Prices
    coupons: list[Coupon]
    verdicts: list[Verdict]
    off: int
    """What all of it takes off."""


def _price(
    request: QuoteRequest, in_hand: Mapping[str, Coupon], journal: Journal, offered: Sequence[Entitlement]
) -> _Priced:
    """Pick the way that leaves the least to pay; of several prices as they are, then with a coupon on top."""
    lines = request.order.lines
    every = basket_benefits.prices(offered, lines)
    on_top = _with_coupon(
        basket_benefits.prices([offer for offer in offered if offer.stacks], lines), request, in_hand, journal
    )
    # A price may take a basket below the threshold of a coupon that is worth more.
    instead = _with_coupon([], request, in_hand, journal)
    if all(offer.stacks for offer, _ in every):
        return max(on_top, instead, key=lambda priced: priced.off)
    excluded = "A price of the member's tier leaves no more to pay, and goes with no coupon."
    verdicts = [
        Verdict(coupon_id=verdict.coupon_id, code="not_stackable", detail=excluded) if verdict.applies else verdict
        for verdict in on_top.verdicts
    ]
    alone = _Priced(every, [], verdicts, _sum(every))
    return max(alone, on_top, instead, key=lambda priced: priced.off)


def _with_coupon(prices: Prices, request: QuoteRequest, in_hand: Mapping[str, Coupon], journal: Journal) -> _Priced:
    """Put the coupon that applies on top of prices."""
    goods = sum(line.amount for line in request.order.lines) - _sum(prices)
    applied, verdicts = _choose(request, in_hand, goods, journal)
    off = sum(coupons.discount(coupon.template, goods) for coupon in applied)
    return _Priced(prices, applied, verdicts, _sum(prices) + off)


def _sum(prices: Prices) -> int:
    return sum(sum(by_line) for _, by_line in prices)


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
