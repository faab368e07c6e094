"""What a coupon takes off a basket, by line, and why it takes nothing off. Money is in minor units of the currency.

A coupon's goods are the lines in its scope. Whether they are enough, which units are the cheapest, and what a bundle
saves is asked of the member's prices, before any coupon; shares and what can be taken at most are reckoned on what
coupons before it have left. A share rounds down, and what is off is allotted to lines by largest remainder: so no line
is ever reduced below nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from tessera.apportion import apportion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tessera.programme.coupons import Bundle, BuyXGetY, CouponTemplate, GiftItem
    from tessera.shapes import Line


@dataclass(frozen=True, slots=True)
class Left:
    """What is left to pay: of each line, and of shipping."""

    lines: tuple[int, ...]
    shipping: int

    def less(self, off: Off) -> Left:
        """Answer what a discount leaves."""
        return Left(
            tuple(amount - part for amount, part in zip(self.lines, off.by_line, strict=True)),
            self.shipping - off.shipping,
        )


@dataclass(frozen=True, slots=True)
class Off:
    """What a coupon takes off, by line and of shipping; or the gift that it brings."""

    by_line: tuple[int, ...]
    shipping: int = 0
    gift: GiftItem | None = None

    @property
    def amount(self) -> int:
        """All that it takes off."""
        return sum(self.by_line) + self.shipping

    @property
    def cost(self) -> int:
        """What it costs a budget: what it takes off, or what the gift is worth."""
        return self.amount + (self.gift.value if self.gift else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """Why a coupon does not apply to a basket, and what would make it apply."""

    code: str
    money: int | None = None
    """How much more of its goods has to be bought."""
    units: int | None = None
    """How many more units of its goods."""
    skus: Mapping[str, int] | None = None
    """How many more units of which goods."""

    @property
    def fix(self) -> dict[str, object]:
        """What is to be added to the basket."""
        every = {"spend_more": self.money, "units": self.units, "add": self.skus and dict(self.skus)}
        return {name: wanted for name, wanted in every.items() if wanted}


def shortfall(template: CouponTemplate, lines: Sequence[Line], left: Left) -> Shortfall | None:
    """Answer what keeps a coupon from applying to a basket at the member's prices; None if nothing does."""
    covered = _covered(template, lines)
    missing = threshold(template) - sum(left.lines[i] for i in covered)
    if missing > 0:
        return Shortfall(code="below_threshold", money=missing)
    if not covered and template.kind != "bundle":
        return Shortfall(code="no_goods", units=1)
    if template.kind == "buy_x_get_y":
        units = sum(lines[i].quantity for i in covered)
        if units < template.buy + template.get:
            return Shortfall(code="too_few_units", units=template.buy + template.get - units)
    if template.kind == "bundle":
        there = {sku: sum(line.quantity for line in lines if line.sku == sku) for sku in template.goods}
        lacking = {sku: units - there[sku] for sku, units in template.goods.items() if there[sku] < units}
        if lacking:
            return Shortfall(code="incomplete_bundle", skus=lacking)
    found = off(template, lines, left, left)
    return None if found.amount or found.gift else Shortfall(code="no_discount")


def threshold(template: CouponTemplate) -> int:
    """Answer what the goods of a coupon must come to."""
    return template.steps[0].threshold if template.kind == "stepped" else template.threshold


def off(template: CouponTemplate, lines: Sequence[Line], priced: Left, left: Left) -> Off:
    """Answer what a coupon that applies takes off.

    Args:
        template: its terms.
        lines: the basket.
        priced: what is to pay at the member's prices, without coupons.
        left: what is left to pay when it is this coupon's turn.
    """
    covered = _covered(template, lines)
    goods = [0] * len(lines)
    for i in covered:
        goods[i] = left.lines[i]
    by_line: Sequence[int] = [0] * len(lines)
    shipping = 0
    # By the kind, not the class: the programme's model is slow to import, and comes with the first request.
    if template.kind == "amount_off":
        by_line = apportion(min(template.amount, sum(goods)), goods)
    elif template.kind == "percentage":
        share = sum(goods) * template.percent // 100
        by_line = apportion(min(share, template.ceiling or share), goods)
    elif template.kind == "stepped":
        reached = sum(priced.lines[i] for i in covered)
        amount = max((step.amount for step in template.steps if step.threshold <= reached), default=0)
        by_line = apportion(min(amount, sum(goods)), goods)
    elif template.kind == "buy_x_get_y":
        by_line = _buy_x_get_y(template, lines, covered, priced, left)
    elif template.kind == "bundle":
        by_line = _bundle(template, lines, priced, left)
    elif template.kind == "free_shipping":
        shipping = min(left.shipping, template.up_to or left.shipping)
    return Off(tuple(by_line), shipping, template if template.kind == "gift" else None)


def covers_all(template: CouponTemplate) -> bool:
    """Answer whether a coupon looks at the sum of the goods alone, not at which lines it is made of."""
    return template.kind not in {"buy_x_get_y", "bundle"} and template.scope.is_all


def _covered(template: CouponTemplate, lines: Sequence[Line]) -> Sequence[int]:
    """List the positions of the lines in a coupon's scope."""
    if template.kind == "bundle":
        return [i for i, line in enumerate(lines) if line.sku in template.goods]
    if template.scope.is_all:
        return range(len(lines))
    return [i for i, line in enumerate(lines) if template.scope.covers(line.sku, line.brand, line.category)]


def _buy_x_get_y(
    template: BuyXGetY, lines: Sequence[Line], covered: Sequence[int], priced: Left, left: Left
) -> list[int]:
    """Take units off that cost the least at the member's prices: their share of what is left of their lines."""
    units = sum(lines[i].quantity for i in covered)
    groups = units // (template.buy + template.get)
    reduced = min(groups, template.times or groups) * template.get
    by_line = [0] * len(lines)
    for i in sorted(covered, key=lambda i: Fraction(priced.lines[i], lines[i].quantity)):
        taken = min(reduced, lines[i].quantity)
        by_line[i] = left.lines[i] * taken * template.percent // (lines[i].quantity * 100)
        reduced -= taken
    return by_line


def _bundle(template: Bundle, lines: Sequence[Line], priced: Left, left: Left) -> list[int]:
    """Take off what the goods of the bundle come to at the member's prices, beyond the price of the bundle."""
    wanted = dict(template.goods)
    saved, parts = -template.price, [0] * len(lines)
    for i, line in enumerate(lines):
        taken = min(wanted.get(line.sku, 0), line.quantity)
        if taken:
            wanted[line.sku] -= taken
            saved += priced.lines[i] * taken // line.quantity
            parts[i] = left.lines[i] * taken // line.quantity
    return apportion(min(max(0, saved), sum(parts)), parts)
