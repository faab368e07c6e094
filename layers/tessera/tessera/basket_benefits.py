"""Benefits that a quote applies by itself: member prices, percentages and free shipping.

Several prices that stack come one after the other, in the order of the programme. One that does not stack stands alone
on its line, where that leaves less to pay for it. A percentage rounds down on each line. Money is in minor units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from tessera import benefits
from tessera.benefits import Entitlement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tessera.journal import Journal
    from tessera.programme.benefits import FreeShippingTerms, MemberPriceTerms, PercentageTerms
    from tessera.shapes import Line


_APPLIED = ("member_price", "percentage", "free_shipping")


@dataclass(frozen=True, slots=True)
class Applied:
    """A benefit of which a basket makes use, and what it takes off."""

    shown: Entitlement
    amount: int

    @property
    def left(self) -> int | None:
        """How often it can be used in this period after that; None without limit."""
        return None if self.shown.left is None else self.shown.left - 1


Prices = list[tuple[Entitlement, tuple[int, ...]]]
"""Member prices and percentages, each with what it takes off each line."""


def offers(journal: Journal) -> list[Entitlement]:
    """List what the member is entitled to now and a quote applies, in the order of the programme."""
    every = benefits.every(journal.member, journal.programme, journal.now, benefits.NO_BIRTHDAY)
    return [shown for shown in every if shown.entitled and shown.kind in _APPLIED]


def prices(offered: Sequence[Entitlement], lines: Sequence[Line]) -> Prices:
    """Answer what each offer takes off each line: those that take anything off, in their order."""
    priced = [offer for offer in offered if offer.kind != "free_shipping"]
    by_line = [_line(priced, line) for line in lines]
    by_offer = [(offer, tuple(off[i] for off in by_line)) for i, offer in enumerate(priced)]
    return [(offer, off) for offer, off in by_offer if any(off)]


def free_shipping(offered: Sequence[Entitlement], shipping: int) -> Applied | None:
    """Find the benefit that leaves the least shipping to pay; of several one that has no quota, then the first."""
    found = [
        Applied(shown, min(shipping, cast("FreeShippingTerms", shown.terms).up_to or shipping))
        for shown in offered
        if shown.kind == "free_shipping"
    ]
    best = max(found, key=lambda applied: (applied.amount, applied.left is None), default=None)
    return best if best and best.amount else None


def _line(offered: Sequence[Entitlement], line: Line) -> list[int]:
    """Answer what each offer takes off a line."""
    best = [0] * len(offered)
    for i, offer in enumerate(offered):
        if offer.stacks:
            best[i] = _off(offer, line, line.amount - sum(best))
    for i, offer in enumerate(offered):
        alone = 0 if offer.stacks else _off(offer, line, line.amount)
        if alone > sum(best):
            best = [alone if i == j else 0 for j in range(len(offered))]
    return best


def _off(shown: Entitlement, line: Line, left: int) -> int:
    """Answer what a price takes off what is left of a line; a member price takes all that is above it."""
    if shown.kind == "member_price":
        by_sku = cast("MemberPriceTerms", shown.terms).prices
        return max(0, left - line.quantity * by_sku[line.sku]) if line.sku in by_sku else 0
    terms = cast("PercentageTerms", shown.terms)
    named = line.sku in terms.skus or line.brand in terms.brands or line.category in terms.categories
    return left * terms.percent // 100 if named or terms.covers_all else 0
