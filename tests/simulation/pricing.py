"""The naive model of prices: what a basket costs, reckoned anew from the rules, with every combination tried.

It reads baskets as they are sent and coupons as they are stored. Money is in minor units. Goods are priced by the
member's prices, then by coupons in their order (priority, template, coupon), then points pay of what is left; shipping
is what the benefit and the coupons leave of it. What is split over lines is split by largest remainder.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, Any

from tests.simulation import wire
from tests.simulation.violations import insist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

Fields = dict[str, Any]
Amounts = list[int]

SEARCHED = 20
"""Applicable coupons up to which the best combination has to be the best of all."""


@dataclass(frozen=True)
class Price:
    """A price of the member's tier: of one unit by SKU, or a share off some goods or all."""

    benefit_id: str
    stacks: bool
    unit_prices: Mapping[str, int] = field(default_factory=dict)
    percent: int = 0
    categories: frozenset[str] = frozenset()

    def off(self, line: Fields, left: int) -> int:
        """Answer what it takes off what is left to pay of a line."""
        if line["sku"] in self.unit_prices:
            priced: int = line["quantity"] * self.unit_prices[line["sku"]]
            return max(0, left - priced)
        named = not self.categories or line.get("category") in self.categories
        return left * self.percent // 100 if named else 0


@dataclass(frozen=True)
class Customer:
    """Who asks, and all that a price may rest on."""

    now: datetime
    coupons: Mapping[str, Fields]
    """All that they have, by id, as they are stored."""
    had_first_order: bool
    active: bool
    points: int
    """Those that can be spent."""
    point_value: int
    points_percent: int
    points_minimum: int
    prices: tuple[Price, ...]
    free_shipping: int | None
    """What a benefit takes off shipping at most; None if there is none."""
    used: Mapping[str, tuple[int, int]]
    """By template: how often its coupons were redeemed, and for how much money, by everybody."""
    earn: Callable[[list[Fields]], tuple[int, int]]
    """The points and the growth that lines earn."""


@dataclass(frozen=True)
class Offs:
    """What coupons take off one after the other: of each line, of shipping; and the gifts."""

    by_line: dict[str, Amounts]
    shipping: dict[str, int]
    gifts: dict[str, Fields]

    @property
    def gain(self) -> tuple[int, int]:
        """What they take off together, and what the gifts are worth."""
        off = sum(map(sum, self.by_line.values())) + sum(self.shipping.values())
        return off, sum(gift.get("value", 0) for gift in self.gifts.values())


class Way:
    """One way to price a basket: under some prices of the member's tier, with the coupons that apply on top of them."""

    def __init__(
        self, customer: Customer, basket: Fields, prices: Iterable[Price], shipping: int, *, takes_coupons: bool = True
    ) -> None:
        """Reckon what is left to pay under the prices."""
        self.customer, self.lines, self.shipping = customer, basket["lines"], shipping
        self.takes_coupons = takes_coupons
        self.by_price = _by_price(list(prices), self.lines)
        self.left = [
            amount - sum(off[i] for off in self.by_price.values()) for i, amount in enumerate(map(_amount, self.lines))
        ]

    def reason(self, coupon_id: str) -> tuple[str | None, int | None]:
        """Answer why a coupon does not apply by itself, and what is missing; (None, None) if it applies."""
        coupon = self.customer.coupons.get(coupon_id)
        if coupon is None:
            return "unknown", None
        return (
            self._of_its_state(coupon) or self._of_the_basket(coupon) or self._of_what_is_left(coupon) or (None, None)
        )

    def _of_its_state(self, coupon: Fields) -> tuple[str, None] | None:  # noqa: PLR0911 - one for each state
        now = self.customer.now
        if coupon.get("returned"):
            return "returned", None
        if coupon["redeemed"]:
            return "redeemed", None
        if "held_until" in coupon and wire.instant(coupon["held_until"]) > now:
            return "held", None
        if wire.instant(coupon["valid_until"]) <= now:
            return "expired", None
        if wire.instant(coupon["valid_from"]) > now:
            return "not_yet_valid", None
        if coupon["template"].get("first_order") and self.customer.had_first_order:
            return "not_first_order", None
        return None

    def _of_the_basket(self, coupon: Fields) -> tuple[str, int | None] | None:
        template = coupon["template"]
        goods = [i for i, line in enumerate(self.lines) if _is_for(template, line)]
        asked = template["steps"][0]["threshold"] if template["kind"] == "stepped" else template.get("threshold", 0)
        missing = asked - sum(self.left[i] for i in goods)
        if missing > 0:
            return "below_threshold", missing
        if not goods and template["kind"] != "bundle":
            return "no_goods", None
        units = sum(self.lines[i]["quantity"] for i in goods)
        if template["kind"] == "buy_x_get_y" and units < template["buy"] + template["get"]:
            return "too_few_units", None
        if template["kind"] == "bundle" and any(
            sum(line["quantity"] for line in self.lines if line["sku"] == sku) < wanted
            for sku, wanted in template["goods"].items()
        ):
            return "incomplete_bundle", None
        alone = self.offs([coupon["coupon_id"]])
        return None if alone.gain[0] or alone.gifts else ("no_discount", None)

    def _of_what_is_left(self, coupon: Fields) -> tuple[str, None] | None:
        template = coupon["template"]
        used, spent = self.customer.used.get(template["id"], (0, 0))
        if "redemptions" in template and used >= template["redemptions"]:
            return "used_up", None
        if "budget" in template and spent + sum(self.offs([coupon["coupon_id"]]).gain) > template["budget"]:
            return "budget_spent", None
        return None

    def offs(self, coupon_ids: Iterable[str]) -> Offs:
        """Let coupons apply, in their order."""
        left, shipping = list(self.left), self.shipping
        offs = Offs({}, {}, {})
        for id_ in sorted(coupon_ids, key=self._turn):
            template = self.customer.coupons[id_]["template"]
            by_line = _off(template, self.lines, self.left, left)
            left = [amount - part for amount, part in zip(left, by_line, strict=True)]
            insist(min(left, default=0) >= 0, "no line is reduced below nothing", id_, by_line)
            offs.by_line[id_] = by_line
            if template["kind"] == "free_shipping":
                offs.shipping[id_] = min(shipping, template.get("up_to", shipping))
                shipping -= offs.shipping[id_]
            if template["kind"] == "gift":
                offs.gifts[id_] = template
        return offs

    def gain(self, coupon_ids: Iterable[str]) -> tuple[int, int]:
        """Answer what the prices and some coupons take off together, and what the gifts are worth."""
        off, worth = self.offs(coupon_ids).gain
        return off + sum(map(sum, self.by_price.values())), worth

    def applicable(self, coupon_ids: Iterable[str]) -> list[str]:
        """Answer which coupons apply, each by itself; beside a price that excludes them, none."""
        return [id_ for id_ in coupon_ids if self.takes_coupons and self.reason(id_)[0] is None]

    def first_named(self, named: Sequence[str]) -> list[str]:
        """Answer which of the coupons that were named apply together: each beside which all before it may stand."""
        taken: list[str] = []
        for id_ in self.applicable(named):
            if all(self._together(id_, other) for other in taken):
                taken.append(id_)
        return taken

    def may_stand(self, coupon_ids: Sequence[str]) -> bool:
        """Whether coupons may apply together."""
        return all(self._together(one, other) for one in coupon_ids for other in coupon_ids if one != other)

    def best_gain(self, applicable: Iterable[str]) -> tuple[int, int]:
        """Try every combination, of coupons that are alike one for all; answer what the best one gains."""
        alone: list[str] = []
        groups: dict[str, list[str | None]] = {}
        seen: list[Fields] = []
        for id_ in applicable:
            template = self.customer.coupons[id_]["template"]
            if template in seen:
                continue
            seen.append(template)
            if "group" in template:
                groups.setdefault(template["group"], [None]).append(id_)
            else:
                alone.append(id_)
        together = ([id_ for id_ in chosen if id_] for chosen in product(*groups.values()))
        return max(self.gain(each) for each in [*([id_] for id_ in alone), *together] if self.may_stand(each))

    def _together(self, one: str, other: str) -> bool:
        templates = [self.customer.coupons[id_]["template"] for id_ in (one, other)]
        groups = [template.get("group") for template in templates]
        return None not in groups and groups[0] != groups[1] and templates[0]["id"] != templates[1]["id"]

    def _turn(self, coupon_id: str) -> tuple[int, str, str]:
        template = self.customer.coupons[coupon_id]["template"]
        return template.get("priority", 500), template["id"], coupon_id


def check(said: Fields, asked: Fields, customer: Customer) -> None:
    """Insist that the answer to a quote is what the basket costs."""
    basket = asked["order"]
    free = min(basket.get("shipping", 0), customer.free_shipping or 0)
    ways = _ways(customer, basket, basket.get("shipping", 0) - free)
    verdicts = {verdict["coupon_id"]: verdict for verdict in said["coupons"]}
    applied = [id_ for id_, verdict in verdicts.items() if verdict["applies"]]
    if asked["coupons"] == "best":
        insist(verdicts.keys() == customer.coupons.keys(), "every coupon has a verdict", list(verdicts))
        if any(len(way.applicable(verdicts)) > SEARCHED for way in ways) or not said.get("best", {}).get("exact", True):
            return
        way = max(ways, key=lambda way: way.best_gain(way.applicable(verdicts)))
        _check_best(way, applied, way.applicable(verdicts), said)
    else:
        named = list(dict.fromkeys("c_" + name.upper().removeprefix("C_") for name in asked["coupons"]))
        insist(list(verdicts) == named, "every coupon has a verdict", list(verdicts), named)
        way = max(ways, key=lambda way: way.gain(way.first_named(named)))
        insist(sorted(applied) == sorted(way.first_named(named)), "which coupons apply", applied)
    for verdict in verdicts.values():
        _check_verdict(way if way.takes_coupons else ways[1], verdict, applied)
    _check_amounts(said, asked, way, way.offs(applied), free)


def reasons(asked: Fields, customer: Customer) -> set[str]:
    """Answer the reasons for which coupons that are named may not apply, under any of the prices."""
    basket = asked["order"]
    free = min(basket.get("shipping", 0), customer.free_shipping or 0)
    named = ["c_" + name.upper().removeprefix("C_") for name in asked["coupons"]]
    ways = _ways(customer, basket, basket.get("shipping", 0) - free)
    found = {way.reason(id_)[0] for way in ways for id_ in named}
    return {reason or "not_stackable" for reason in found}


def split(whole: int, weights: Sequence[int]) -> Amounts:
    """Split a whole in proportion to weights: each part rounded down, what is left to the largest remainders."""
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    exact = [Fraction(whole * weight, total) for weight in weights]
    parts = [int(share) for share in exact]
    for i in sorted(range(len(parts)), key=lambda i: parts[i] - exact[i])[: whole - sum(parts)]:
        parts[i] += 1
    return parts


def _ways(customer: Customer, basket: Fields, shipping: int) -> list[Way]:
    """List the ways to price a basket; of those that gain the same the first is taken."""
    stacking = [price for price in customer.prices if price.stacks]
    on_top = Way(customer, basket, stacking, shipping)
    instead = Way(customer, basket, [], shipping)
    every = Way(customer, basket, customer.prices, shipping, takes_coupons=False)
    if all(price.stacks for price in customer.prices if price.benefit_id in every.by_price):
        return [on_top, instead]
    return [every, on_top, instead]


def _by_price(prices: list[Price], lines: list[Fields]) -> dict[str, Amounts]:
    """Answer what each price takes off each line: those that stack together, or one alone if that is more."""
    offs = {price.benefit_id: [0] * len(lines) for price in prices}
    for i, line in enumerate(lines):
        left = _amount(line)
        for price in prices:
            if price.stacks:
                offs[price.benefit_id][i] = price.off(line, left)
                left -= offs[price.benefit_id][i]
        for price in prices:
            if not price.stacks and price.off(line, _amount(line)) > _amount(line) - left:
                for other in offs.values():
                    other[i] = 0
                offs[price.benefit_id][i] = price.off(line, _amount(line))
                left = _amount(line) - offs[price.benefit_id][i]
    return {id_: off for id_, off in offs.items() if any(off)}


def _off(template: Fields, lines: list[Fields], priced: Amounts, left: Amounts) -> Amounts:
    """Answer what a coupon takes off each line, of what is left to pay of it."""
    goods = [i for i, line in enumerate(lines) if _is_for(template, line)]
    weights = [amount if i in goods else 0 for i, amount in enumerate(left)]
    there = sum(weights)
    match template["kind"]:
        case "amount_off":
            return split(min(there, template["amount"]), weights)
        case "percentage":
            share = there * template["percent"] // 100
            return split(min(share, template.get("ceiling", share)), weights)
        case "stepped":
            reached = [step for step in template["steps"] if step["threshold"] <= sum(priced[i] for i in goods)]
            return split(min(there, reached[-1]["amount"] if reached else 0), weights)
        case "buy_x_get_y":
            return _cheapest_off(template, lines, priced, left, goods)
        case "bundle":
            return _bundle_off(template, lines, priced, left)
    return [0] * len(lines)


def _cheapest_off(template: Fields, lines: list[Fields], priced: Amounts, left: Amounts, goods: list[int]) -> Amounts:
    """Reduce the units that cost the least by the member's prices, each by its share of what is left of its line."""
    units = sorted((Fraction(priced[i], lines[i]["quantity"]), i) for i in goods for _ in range(lines[i]["quantity"]))
    times = min(len(units) // (template["buy"] + template["get"]), template.get("times", len(units)))
    reduced = [i for _, i in units[: times * template["get"]]]
    share = Fraction(template.get("percent", 100), 100)
    return [int(Fraction(left[i] * reduced.count(i), line["quantity"]) * share) for i, line in enumerate(lines)]


def _bundle_off(template: Fields, lines: list[Fields], priced: Amounts, left: Amounts) -> Amounts:
    """Take off what a bundle saves by the member's prices, of what is left of its units: those that come first."""
    worth, there = 0, [0] * len(lines)
    wanted = dict(template["goods"])
    for i, line in enumerate(lines):
        if line["sku"] in wanted:
            units = min(wanted[line["sku"]], line["quantity"])
            wanted[line["sku"]] -= units
            worth += priced[i] * units // line["quantity"]
            there[i] = left[i] * units // line["quantity"]
    return split(min(max(0, worth - template["price"]), sum(there)), there)


def _is_for(template: Fields, line: Fields) -> bool:
    if template["kind"] == "bundle":
        return line["sku"] in template["goods"]
    scope = template.get("scope", {})
    named = {name: scope[name] for name in _GOODS if scope.get(name)}
    return (not named or _names(named, line)) and not _names(scope.get("exclude", {}), line)


_GOODS = {"skus": "sku", "brands": "brand", "categories": "category"}


def _names(goods: Fields, line: Fields) -> bool:
    return any(line.get(_GOODS[name]) in listed for name, listed in goods.items())


def _amount(line: Fields) -> int:
    amount: int = line["quantity"] * line["unit_price"] - line.get("discount", 0)
    return amount


def _check_best(way: Way, applied: list[str], applicable: list[str], said: Fields) -> None:
    """Insist that no combination is better than the one that applies, and that nothing in it is idle."""
    gained = way.gain(applied)
    insist(set(applied) <= set(applicable) and way.may_stand(applied), "which coupons apply", applied, applicable)
    insist(gained == way.best_gain(applicable), "the best combination", applied, gained, way.best_gain(applicable))
    for id_ in applied:
        insist(way.gain([other for other in applied if other != id_]) < gained, "no coupon is used for nothing", id_)
    if way.takes_coupons:
        count = len(applicable)
        expected = {"considered": count, "applicable": count, "exact": True}
        insist(said["best"] == expected, "how far the best was sought", said["best"], expected)


def _check_verdict(way: Way, verdict: Fields, applied: list[str]) -> None:
    """Insist that a coupon does not apply for the reason that is told."""
    if verdict["applies"]:
        return
    id_, code = verdict["coupon_id"], verdict["code"]
    reason, missing = way.reason(id_)
    if reason is None:
        excluded = not way.takes_coupons or any(not way.may_stand([id_, other]) for other in applied)
        allowed = {"not_stackable"} if excluded else {"no_gain"}
        insist(code in allowed or not applied, "why a coupon does not apply", verdict, allowed)
        return
    insist(code == reason, "why a coupon does not apply", verdict, reason)
    insist(verdict.get("missing") == missing, "what is missing for a coupon", verdict, missing)


def _check_amounts(said: Fields, asked: Fields, way: Way, offs: Offs, free: int) -> None:
    """Insist on what is taken off, by line, on what points pay, and on what is left to pay and to earn."""
    customer, lines = way.customer, way.lines
    taken = [(f"benefit:{id_}", off) for id_, off in way.by_price.items()]
    taken += [(f"coupon:{id_}", off) for id_, off in offs.by_line.items() if any(off)]
    expected = [{"source": source, "amount": sum(off), "lines": _lines(lines, amount=off)} for source, off in taken]
    insist(said["discounts"] == expected, "what is taken off, by line", said["discounts"], expected)
    told = {entry["source"].removeprefix("coupon:"): entry["amount"] for entry in said.get("shipping_discounts", [])}
    insist(told == {id_: off for id_, off in offs.shipping.items() if off}, "what is taken off shipping", told)
    gifts = [entry["sku"] for entry in said.get("gifts", [])]
    insist(gifts == [gift["sku"] for gift in offs.gifts.values()], "gifts", gifts)
    left = [_amount(line) - sum(off[i] for _, off in taken) for i, line in enumerate(lines)]
    most = sum(left) * customer.points_percent // 100 // customer.point_value
    wanted = asked["points"]
    points = min(most, customer.points if customer.active else 0, most if wanted == "max" else wanted)
    too_few = wanted != 0 and points < customer.points_minimum
    points = 0 if too_few else points
    value = points * customer.point_value
    insist(said["points_spent"] == points and said["points_value"] == value, "what points pay", said, points)
    insist(said.get("points_too_few", False) == too_few, "what points pay", said, points)
    by_line, paid = split(points, left), split(value, left)
    told = said.get("points_lines", [])
    insist(told == _lines(lines, points=by_line, amount=paid), "what points pay, by line", told, by_line, paid)
    shipping = asked["order"].get("shipping", 0) - free - sum(offs.shipping.values())
    insist(said["shipping"] == shipping, "what is left of shipping", said["shipping"], shipping)
    total = sum(left) - value + shipping
    insist(said["total"] == total >= 0, "what is left to pay", said["total"], total)
    discounted = [
        line | {"discount": line["quantity"] * line["unit_price"] - amount + pays}
        for line, amount, pays in zip(lines, left, paid, strict=True)
    ]
    earned = customer.earn(discounted) if customer.active else (0, 0)
    insist((said["points_to_earn"], said["growth_to_earn"]) == earned, "what a quote says is earned", said, earned)


def _lines(lines: list[Fields], **amounts: Amounts) -> list[Fields]:
    """Write amounts by line, without the lines that have none."""
    rows = zip(*amounts.values(), strict=True)
    return [
        {"line_id": line["line_id"], **dict(zip(amounts, row, strict=True))}
        for line, row in zip(lines, rows, strict=True)
        if any(row)
    ]
