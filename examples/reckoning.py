"""What a basket costs, reckoned anew from the rules: nothing here is the product's.

Money is in pence. A coupon's goods are the lines in its scope. Coupons come in the order of their priority, then their
template's id; each takes off what those before it have left, and is allotted to lines by largest remainder, ties by
position. Whether its goods are enough, which units are the cheapest and what a bundle saves is asked of the prices
before any coupon. Then points pay, and what is left earns points. Fractions stay exact until they are rounded down.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from math import floor
from typing import Any

Json = Any


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What a basket comes to with some coupons."""

    subtotal: int
    discounts: Mapping[str, Sequence[int]]
    """By template that takes something off goods, by line."""
    shipping_discounts: Mapping[str, int]
    """By template that takes something off shipping."""
    gifts: Mapping[str, tuple[str, int]]
    """By template that brings one: which goods, and how many."""
    points_by_line: Sequence[int]
    value_by_line: Sequence[int]
    """What the points pay."""
    shipping: int
    points_to_earn: int
    growth_to_earn: int

    @property
    def total(self) -> int:
        """What is to be paid in money."""
        off = sum(sum(by_line) for by_line in self.discounts.values())
        return self.subtotal - off - sum(self.value_by_line) + self.shipping

    @property
    def total_before_points(self) -> int:
        """What is to be paid in money and points."""
        return self.total + sum(self.value_by_line)


@dataclass(slots=True)
class Till:
    """A basket while it is reckoned: what is left to pay of each line, and of shipping."""

    lines: Sequence[Json]
    left: list[int]
    shipping: int
    discounts: dict[str, list[int]] = field(default_factory=dict)
    shipping_discounts: dict[str, int] = field(default_factory=dict)
    gifts: dict[str, tuple[str, int]] = field(default_factory=dict)

    def take(self, template: Json) -> None:
        """Take off what a coupon that applies takes off."""
        if template["kind"] == "gift":
            self.gifts[template["id"]] = (template["sku"], template.get("quantity", 1))
        elif template["kind"] == "free_shipping":
            if off := min(self.shipping, template.get("up_to", self.shipping)):
                self.shipping_discounts[template["id"]] = off
                self.shipping -= off
        else:
            by_line = off_goods(template, self.lines, self.left)
            if any(by_line):
                self.discounts[template["id"]] = by_line
            self.left = [amount - off for amount, off in zip(self.left, by_line, strict=True)]


def prices(lines: Sequence[Json]) -> list[int]:
    """Answer what each line comes to before coupons."""
    return [line["quantity"] * line["unit_price"] - line.get("discount", 0) for line in lines]


def reckon(basket: Json, coupons: Sequence[Json], points: int, tier: Json, programme: Json) -> Reckoned:
    """Price a basket with coupons that apply and go together, paying with at most so many points."""
    till = Till(basket["lines"], prices(basket["lines"]), basket["shipping"])
    for template in sorted(coupons, key=lambda template: (template.get("priority", 500), template["id"])):
        till.take(template)
    rules = programme["checkout"]
    worth = rules.get("point_value", 1)
    most = sum(till.left) * rules.get("points_percent", 100) // 100 // worth
    spent = min(points, most) if min(points, most) >= rules.get("points_minimum", 0) else 0
    points_by_line, value_by_line = allot(spent, till.left), allot(spent * worth, till.left)
    bases = [amount - paid for amount, paid in zip(till.left, value_by_line, strict=True)]
    return Reckoned(
        subtotal=sum(prices(basket["lines"])),
        discounts=till.discounts,
        shipping_discounts=till.shipping_discounts,
        gifts=till.gifts,
        points_by_line=points_by_line,
        value_by_line=value_by_line,
        shipping=till.shipping,
        points_to_earn=earned(
            basket["lines"], bases, programme["earning"]["points"], Fraction(tier.get("multiplier_bp", 10_000), 10_000)
        ),
        growth_to_earn=earned(basket["lines"], bases, programme["earning"]["growth"], Fraction(1)),
    )


def earned(lines: Sequence[Json], bases: Sequence[int], rates: Json, multiplier: Fraction) -> int:
    """Answer what an order earns for what is paid of its lines: the exact sum, rounded down once."""
    by_sku, by_category = rates.get("skus", {}), rates.get("categories", {})
    exact = Fraction(0)
    for line, basis in zip(lines, bases, strict=True):
        rate = by_sku.get(line["sku"]) or by_category.get(line.get("category")) or rates["base"]
        exact += basis * Fraction(rate["earn"], rate["per"]) * multiplier
    return floor(exact)


def refusal(template: Json, basket: Json) -> tuple[str, int | None] | None:
    """Answer why a coupon does not apply to a basket, and how much money is missing; None if it applies."""
    lines, left = basket["lines"], prices(basket["lines"])
    goods = in_scope(template, lines)
    reached = sum(left[i] for i in goods)
    threshold = template["steps"][0]["threshold"] if template["kind"] == "stepped" else template.get("threshold", 0)
    if reached < threshold:
        return "below_threshold", threshold - reached
    if template["kind"] == "bundle":
        units = {sku: sum(line["quantity"] for line in lines if line["sku"] == sku) for sku in template["goods"]}
        if any(units[sku] < needed for sku, needed in template["goods"].items()):
            return "incomplete_bundle", None
    elif not goods:
        return "no_goods", None
    if template["kind"] == "buy_x_get_y":
        units_in_scope = sum(lines[i]["quantity"] for i in goods)
        if units_in_scope < template["buy"] + template["get"]:
            return "too_few_units", None
    alone = Till(lines, left, basket["shipping"])
    alone.take(template)
    return None if alone.discounts or alone.shipping_discounts or alone.gifts else ("no_discount", None)


def in_scope(template: Json, lines: Sequence[Json]) -> list[int]:
    """List the positions of a coupon's goods."""
    if template["kind"] == "bundle":
        return [i for i, line in enumerate(lines) if line["sku"] in template["goods"]]
    scope = template.get("scope", {})
    excluded = scope.get("exclude", {})
    everything = not any(scope.get(names) for names in ("categories", "brands", "skus"))
    return [i for i, line in enumerate(lines) if (everything or named(line, scope)) and not named(line, excluded)]


def named(line: Json, goods: Json) -> bool:
    """Say whether a line's goods are among some that are named."""
    return (
        line["sku"] in goods.get("skus", [])
        or line.get("category") in goods.get("categories", [])
        or line.get("brand") in goods.get("brands", [])
    )


def off_goods(template: Json, lines: Sequence[Json], left: Sequence[int]) -> list[int]:
    """Answer what a coupon takes off each line, of which so much is left to pay."""
    goods = in_scope(template, lines)
    if template["kind"] == "buy_x_get_y":
        return off_cheapest(template, lines, left, goods)
    if template["kind"] == "bundle":
        return off_bundle(template, lines, left)
    weights = [0] * len(lines)
    for i in goods:
        weights[i] = left[i]
    whole = sum(weights)
    if template["kind"] == "amount_off":
        amount = template["amount"]
    elif template["kind"] == "percentage":
        amount = min(whole * template["percent"] // 100, template.get("ceiling", whole))
    else:
        before = prices(lines)
        reached = sum(before[i] for i in goods)
        amount = max((step["amount"] for step in template["steps"] if step["threshold"] <= reached), default=0)
    return allot(min(amount, whole), weights)


def off_cheapest(template: Json, lines: Sequence[Json], left: Sequence[int], goods: Sequence[int]) -> list[int]:
    """Lay the units side by side, the cheapest first, and take the share off as many as are won."""
    before = prices(lines)
    groups = sum(lines[i]["quantity"] for i in goods) // (template["buy"] + template["get"])
    won = min(groups, template.get("times", groups)) * template["get"]
    off = [0] * len(lines)
    for _, i in sorted((Fraction(before[i], lines[i]["quantity"]), i) for i in goods):
        chosen = min(won, lines[i]["quantity"])
        off[i] = floor(Fraction(left[i] * chosen * template.get("percent", 100), lines[i]["quantity"] * 100))
        won -= chosen
    return off


def off_bundle(template: Json, lines: Sequence[Json], left: Sequence[int]) -> list[int]:
    """Take off what the goods of the bundle come to beyond its price; the first lines of a SKU come first."""
    before = prices(lines)
    worth, parts = 0, [0] * len(lines)
    for sku, needed in template["goods"].items():
        missing = needed
        for i, line in enumerate(lines):
            if line["sku"] == sku:
                taken = min(missing, line["quantity"])
                worth += floor(Fraction(before[i] * taken, line["quantity"]))
                parts[i] = floor(Fraction(left[i] * taken, line["quantity"]))
                missing -= taken
    return allot(min(max(0, worth - template["price"]), sum(parts)), parts)


def allot(whole: int, weights: Sequence[int]) -> list[int]:
    """Split a whole in proportion to weights by largest remainder, ties by position."""
    if not whole:
        return [0] * len(weights)
    shares = [Fraction(whole * weight, sum(weights)) for weight in weights]
    parts = [floor(share) for share in shares]
    by_remainder = sorted(range(len(parts)), key=lambda i: parts[i] - shares[i])
    for i in by_remainder[: whole - sum(parts)]:
        parts[i] += 1
    return parts


def combinations(templates: Sequence[Json]) -> Iterator[list[Json]]:
    """List what applies together: of each group one coupon or none; one without a group, alone."""
    groups: dict[str, list[Json]] = {}
    for template in templates:
        if group := template.get("group"):
            groups.setdefault(group, []).append(template)
        else:
            yield [template]
    for chosen in product(*([None, *members] for members in groups.values())):
        yield [template for template in chosen if template]
