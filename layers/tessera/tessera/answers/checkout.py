"""Priced baskets, and redemptions that are held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NotRequired

from typing_extensions import TypedDict

from tessera.instants import write_instant

if TYPE_CHECKING:
    from tessera.quotes import Quote
    from tessera.redemptions import Redemption
    from tessera.shapes import Line
    from tessera.verdicts import Verdict


class LineAmount(TypedDict):
    """What falls on one line."""

    line_id: str
    amount: int


class Discount(TypedDict):
    """What a source takes off, by line."""

    source: str
    amount: int
    lines: list[LineAmount]


class CouponVerdict(TypedDict):
    """Whether a coupon applies; if not, why, and what is missing."""

    coupon_id: str
    applies: bool
    code: NotRequired[str]
    detail: NotRequired[str]
    missing: NotRequired[int]
    fix: NotRequired[dict[str, Any]]


class CouponShipping(TypedDict):
    """What a coupon takes off shipping."""

    source: str
    amount: int


class CouponGift(TypedDict):
    """What a coupon adds to the order."""

    source: str
    sku: str
    quantity: int


class PointsOnLine(TypedDict):
    """The points that pay for a line, and what they pay of it."""

    line_id: str
    points: int
    amount: int


class BestOf(TypedDict):
    """Of how many coupons all combinations were tried, of how many that could apply."""

    considered: int
    applicable: int
    exact: bool


class AppliedBenefit(TypedDict):
    """A benefit that applies, and what it takes off; `left` is how many uses there are after this order."""

    id: str
    amount: int
    left: int | None


class QuoteAnswer(TypedDict):
    """A priced basket. `shipping` is what is left to pay of it."""

    subtotal: int
    discounts: list[Discount]
    points_spent: int
    points_value: int
    shipping: int
    total: int
    points_to_earn: int
    growth_to_earn: int
    coupons: list[CouponVerdict]
    benefits: list[AppliedBenefit]
    shipping_discounts: NotRequired[list[CouponShipping]]
    gifts: NotRequired[list[CouponGift]]
    points_lines: NotRequired[list[PointsOnLine]]
    best: NotRequired[BestOf]
    points_too_few: NotRequired[bool]


class Held(TypedDict):
    """A redemption that was held."""

    redemption_id: str
    status: str
    expires_at: str
    quote: QuoteAnswer


def quote(priced: Quote, lines: list[Line]) -> QuoteAnswer:
    """Write a priced basket."""
    answer: QuoteAnswer = {
        "subtotal": priced.subtotal,
        "discounts": [
            {
                "source": discount.source,
                "amount": discount.amount,
                "lines": [
                    {"line_id": line.line_id, "amount": amount}
                    for line, amount in zip(lines, discount.by_line, strict=True)
                    if amount
                ],
            }
            for discount in priced.discounts
        ],
        "points_spent": priced.points_spent,
        "points_value": priced.points_value,
        "shipping": priced.shipping,
        "total": priced.total,
        "points_to_earn": priced.points_to_earn,
        "growth_to_earn": priced.growth_to_earn,
        "coupons": [_verdict(verdict) for verdict in priced.verdicts],
        "benefits": [
            {"id": applied.shown.benefit_id, "amount": applied.amount, "left": applied.left}
            for applied in priced.benefits
        ],
    }
    shipping: list[CouponShipping] = []
    gifts: list[CouponGift] = []
    for coupon_id, off in priced.off.items():
        source = f"coupon:{coupon_id}"
        if off.shipping:
            shipping.append({"source": source, "amount": off.shipping})
        if off.gift:
            gifts.append({"source": source, "sku": off.gift.sku, "quantity": off.gift.quantity})
    if shipping:
        answer["shipping_discounts"] = shipping
    if gifts:
        answer["gifts"] = gifts
    if priced.points_spent:
        by_line = zip(lines, priced.points_by_line, priced.value_by_line, strict=True)
        answer["points_lines"] = [
            {"line_id": line.line_id, "points": points, "amount": amount}
            for line, points, amount in by_line
            if points or amount
        ]
    if searched := priced.searched:
        answer["best"] = {
            "considered": searched.considered,
            "applicable": searched.applicable,
            "exact": searched.exact,
        }
    if priced.points_too_few:
        answer["points_too_few"] = True
    return answer


def held(redemption: Redemption, priced: Quote, lines: list[Line]) -> Held:
    """Write a redemption that was held."""
    return {
        "redemption_id": redemption.redemption_id,
        "status": "held",
        "expires_at": write_instant(redemption.expires_at),
        "quote": quote(priced, lines),
    }


def _verdict(verdict: Verdict) -> CouponVerdict:
    answer: CouponVerdict = {"coupon_id": verdict.coupon_id, "applies": verdict.applies}
    if verdict.code is not None and verdict.detail is not None:
        answer["code"] = verdict.code
        answer["detail"] = verdict.detail
    if verdict.missing is not None:
        answer["missing"] = verdict.missing
    if verdict.fix:
        answer["fix"] = dict(verdict.fix)
    return answer
