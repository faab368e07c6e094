"""Quotes: what a basket costs a member, beside what it earns. Nothing changes by asking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from tessera import basket_benefits, coupons, discounts, stacking, tiers
from tessera.apportion import apportion
from tessera.basket_benefits import Applied, Prices
from tessera.benefits import Entitlement
from tessera.coupons import Coupon, Uses
from tessera.discounts import Left, Off
from tessera.earning import earn
from tessera.journal import Journal
from tessera.refusals import Invalid, Problem
from tessera.shapes import Currency, Key, Line, Lines, Money, Shape
from tessera.stacking import Combination
from tessera.verdicts import Verdict, by_itself, left_out, unknown


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


@dataclass(frozen=True, slots=True)
class Searched:
    """Of how many coupons that could apply the best combination was sought, how many could, and if all were tried."""

    considered: int
    applicable: int
    exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A priced basket. `points_by_line` is what each line would be paid with, in points."""

    subtotal: int
    discounts: tuple[Discount, ...]
    off: Mapping[str, Off]
    """By coupon that applies, in their order: what it takes off."""
    points_spent: int
    points_value: int
    points_by_line: tuple[int, ...]
    value_by_line: tuple[int, ...]
    """What the points pay of each line."""
    points_too_few: bool
    """Whether points were to pay, and fewer can than an order may be paid with."""
    shipping: int
    points_to_earn: int
    growth_to_earn: int
    verdicts: tuple[Verdict, ...]
    searched: Searched | None
    benefits: tuple[Applied, ...]
    """Those that apply. What a price takes off is among the discounts; `shipping` is what is left to pay of it."""

    @property
    def total(self) -> int:
        """What is left to pay."""
        return self.subtotal - sum(discount.amount for discount in self.discounts) - self.points_value + self.shipping


def quote(
    journal: Journal, request: QuoteRequest, in_hand: Mapping[str, Coupon], uses: Mapping[str, Uses] | None = None
) -> Quote:
    """Price a basket: the member's prices first, then coupons in their order, then points, then what shipping is left.

    Who is frozen or closed has no benefits, pays with no points and earns none. Coupons apply together as their groups
    allow: of those that are named the earlier goes before the later, with `"best"` the combination is taken that leaves
    the lowest total before points. A price that does not stack excludes coupons: whichever leaves less to pay is taken,
    and the price if they leave the same.

    Args:
        journal: the member's, settled; nothing is booked.
        request: the basket, and what is to pay for it.
        in_hand: the member's coupons that the request may mean, by id.
        uses: how much all members together have used of the templates that limit it.

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
    free = basket_benefits.free_shipping(offered, request.order.shipping)
    shipping = request.order.shipping - (free.amount if free else 0)
    priced = _price(_Asked(journal, request, in_hand, uses or {}, shipping), offered)
    reduced = [Discount(f"benefit:{offer.benefit_id}", off) for offer, off in priced.prices]
    reduced += [Discount(f"coupon:{id_}", off.by_line) for id_, off in priced.off.items() if any(off.by_line)]
    left = [amount - sum(discount.by_line[i] for discount in reduced) for i, amount in enumerate(amounts)]

    points, points_too_few = _points(journal, request, sum(left))
    value = points * programme.checkout.point_value
    points_by_line = apportion(points, left)
    paid = apportion(value, left)
    left = [amount - part for amount, part in zip(left, paid, strict=True)]

    active = journal.member.standing == "active"
    earned = earn(
        [_discounted(line, amount) for line, amount in zip(lines, left, strict=True)],
        programme,
        tiers.multiplier_bp(journal.member, programme),
    )
    return Quote(
        subtotal=sum(amounts),
        discounts=tuple(reduced),
        off=priced.off,
        points_spent=points,
        points_value=value,
        points_by_line=tuple(points_by_line),
        value_by_line=tuple(paid),
        points_too_few=points_too_few,
        shipping=shipping - sum(off.shipping for off in priced.off.values()),
        points_to_earn=sum(line.points for line in earned) if active else 0,
        growth_to_earn=sum(line.growth for line in earned) if active else 0,
        verdicts=priced.verdicts,
        searched=priced.searched,
        benefits=(*(Applied(offer, sum(off)) for offer, off in priced.prices), *([free] if free else [])),
    )


def _points(journal: Journal, request: QuoteRequest, left: int) -> tuple[int, bool]:
    """Answer how many points pay, of what is left of the goods; and whether they are too few to pay at all."""
    rules = journal.programme.checkout
    most = left * rules.points_percent // 100 // rules.point_value
    there = max(0, journal.available) if journal.member.standing == "active" else 0
    points = min(there, most, most if request.points == "max" else request.points)
    too_few = points < rules.points_minimum and request.points != 0
    return (0 if too_few else points), too_few


def _discounted(line: Line, amount: int) -> Line:
    return line.model_copy(update={"discount": line.quantity * line.unit_price - amount})


class _Asked(NamedTuple):
    """What all ways to price a basket start from."""

    journal: Journal
    request: QuoteRequest
    in_hand: Mapping[str, Coupon]
    uses: Mapping[str, Uses]
    shipping: int
    """What benefits leave to pay of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Priced:
    """A way to price a basket: the member's prices, the coupons on top of them, and a verdict on each coupon."""

    prices: Prices
    off: Mapping[str, Off] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
    searched: Searched | None = None

    @property
    def gain(self) -> tuple[int, int]:
        """What all of it takes off, and what its gifts are worth."""
        amount = sum(off.amount for off in self.off.values())
        return _sum(self.prices) + amount, sum(off.cost for off in self.off.values()) - amount


def _price(asked: _Asked, offered: Sequence[Entitlement]) -> _Priced:
    """Pick the way that leaves the least to pay; of several prices as they are, then with coupons on top."""
    lines = asked.request.order.lines
    every = basket_benefits.prices(offered, lines)
    stacked = basket_benefits.prices([offer for offer in offered if offer.stacks], lines)
    on_top = _with_coupons(asked, stacked)
    # A price may take a basket below the threshold of a coupon that is worth more.
    instead = _with_coupons(asked, []) if stacked else on_top
    if all(offer.stacks for offer, _ in every):
        return max(on_top, instead, key=lambda priced: priced.gain)
    excluded = "A price of the member's tier leaves no more to pay, and goes with no coupon."
    verdicts = tuple(
        Verdict(coupon_id=verdict.coupon_id, code="not_stackable", detail=excluded) if verdict.applies else verdict
        for verdict in on_top.verdicts
    )
    alone = _Priced(prices=every, verdicts=verdicts)
    return max(alone, on_top, instead, key=lambda priced: priced.gain)


def _with_coupons(asked: _Asked, prices: Prices) -> _Priced:
    """Put the coupons that apply on top of prices."""
    lines, in_hand = asked.request.order.lines, asked.in_hand
    by_line = (line.amount - sum(off[i] for _, off in prices) for i, line in enumerate(lines))
    left = Left(tuple(by_line), asked.shipping)
    if asked.request.coupons == "best":
        named = sorted(in_hand, key=lambda id_: (in_hand[id_].valid_until, id_))
    else:
        named = list(dict.fromkeys(coupons.coupon_id(name) for name in asked.request.coupons))
    verdicts = {id_: _by_itself(id_, asked, left) for id_ in named}
    applicable = [in_hand[id_] for id_, verdict in verdicts.items() if verdict.applies]
    applying = _Applying(lines, left, applicable)
    searched = None
    if asked.request.coupons == "best":
        by_gain = sorted(applicable, key=lambda coupon: applying.gain((coupon,)), reverse=True)
        considered = by_gain[: stacking.MOST]
        best = stacking.best(considered, applying)
        searched = Searched(len(considered), len(applicable), best.exact and len(considered) == len(applicable))
        applied = best.combination
    else:
        applied = _first_named(applicable)
    for coupon in applicable:
        if coupon not in applied:
            verdicts[coupon.coupon_id] = left_out(coupon, applied)
    off = {coupon.coupon_id: off for coupon, off in zip(applied, applying.offs(applied), strict=True)}
    return _Priced(prices=prices, off=off, verdicts=tuple(verdicts.values()), searched=searched)


def _by_itself(id_: str, asked: _Asked, left: Left) -> Verdict:
    coupon = asked.in_hand.get(id_)
    if coupon is None:
        return unknown(id_)
    uses = asked.uses.get(coupon.template.id, Uses())
    return by_itself(coupon, asked.request.order.lines, left, asked.journal, uses)


_MOST_WORK = 500_000
"""Lines that are priced in search of the best combination, at most; some seconds."""


class _Applying:
    """Applies combinations of coupons to one basket; what several combinations begin with is reckoned once."""

    def __init__(self, lines: Sequence[Line], priced: Left, coupons: Sequence[Coupon]) -> None:
        self._lines, self._priced = lines, priced
        # Who is allotted a unit of money more matters to a coupon that is for some of the goods only.
        by_sums = all(discounts.covers_all(coupon.template) for coupon in coupons)
        groups = {coupon.template.group for coupon in coupons}
        self.rounding = 0 if by_sums else len(lines) * len(groups)
        self.most_parts = _MOST_WORK // len(lines)
        self._done: dict[tuple[str, ...], tuple[Left, tuple[Off, ...]]] = {(): (priced, ())}

    def offs(self, combination: Combination) -> tuple[Off, ...]:
        """Answer what each coupon takes off when they come one after the other."""
        return self._apply(combination)[1]

    def gain(self, combination: Combination) -> tuple[int, int]:
        """Answer what coupons take off together, and what their gifts are worth."""
        offs = self.offs(combination)
        amount = sum(off.amount for off in offs)
        return amount, sum(off.cost for off in offs) - amount

    def idle(self, combination: Combination) -> set[str]:
        """Answer the ids of those coupons of a combination that take nothing off and bring no gift."""
        offs = zip(combination, self.offs(combination), strict=True)
        return {coupon.coupon_id for coupon, off in offs if not off.amount and not off.gift}

    def _apply(self, combination: Combination) -> tuple[Left, tuple[Off, ...]]:
        ids = tuple(coupon.coupon_id for coupon in combination)
        if ids not in self._done:
            left, offs = self._apply(combination[:-1])
            off = discounts.off(combination[-1].template, self._lines, self._priced, left)
            self._done[ids] = left.less(off), (*offs, off)
        return self._done[ids]


def _first_named(applicable: Sequence[Coupon]) -> Combination:
    """Take each coupon beside which those before it may stand."""
    taken: list[Coupon] = []
    for coupon in applicable:
        if not stacking.excluded_by(coupon, taken):
            taken.append(coupon)
    return stacking.in_order(taken)


def _sum(prices: Prices) -> int:
    return sum(sum(by_line) for _, by_line in prices)
