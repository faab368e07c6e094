"""Which coupons apply together, in which order, and which of all combinations leaves the least to pay.

Coupons of different groups apply together, of one group only one does, and one without a group applies alone. They
apply by their priority, then by template and coupon id.

No coupon makes another take off more than itself less: each takes from what is left at most what it would have taken
before, less what others took. So a combination that can be added to is never better than the one to which that was
added, and only those need be tried to which nothing can be added: at most 1,458 for twenty coupons, as the largest
product of numbers that sum to twenty is 3·3·3·3·3·3·2.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from tessera.coupons import Coupon

MOST = 20
"""Coupons of which every combination is tried. Of more, those that take off the most by themselves."""

Combination = tuple["Coupon", ...]
"""Coupons that apply together, in their order."""


def in_order(coupons: Sequence[Coupon]) -> Combination:
    """Answer in which order coupons apply."""
    return tuple(sorted(coupons, key=lambda coupon: (coupon.template.priority, coupon.template.id, coupon.coupon_id)))


def excluded_by(coupon: Coupon, others: Sequence[Coupon]) -> list[Coupon]:
    """List those of some other coupons beside which a coupon does not apply."""
    group = coupon.template.group
    return [other for other in others if group is None or other.template.group in {None, group}]


def best(
    coupons: Sequence[Coupon], gain: Callable[[Combination], tuple[int, int]], most: Callable[[Coupon], int]
) -> Combination:
    """Answer the combination that gains the most; of several the one that expires the soonest, without idle coupons.

    Args:
        coupons: those that apply to the basket, each by itself.
        gain: what a combination takes off, and what its gifts are worth.
        most: what a coupon takes off at most, whatever comes before it: what cannot be the best is not tried.
    """
    by_bound = sorted(((sum(map(most, each)), each) for each in _largest(coupons)), key=lambda pair: -pair[0])
    found: Combination = ()
    gained = gain(found)
    for bound, each in by_bound:
        if bound < gained[0]:
            break
        its_gain = gain(each)
        if its_gain > gained or (its_gain == gained and (not found or _expiry(each) < _expiry(found))):
            found, gained = each, its_gain
    for coupon in reversed(found):
        without = tuple(other for other in found if other != coupon)
        if gain(without) == gained:
            found = without
    return found


def _largest(coupons: Sequence[Coupon]) -> Iterator[Combination]:
    """List the combinations to which no coupon can be added."""
    groups: dict[str, list[Coupon]] = {}
    for coupon in coupons:
        if coupon.template.group is None:
            yield (coupon,)
        else:
            groups.setdefault(coupon.template.group, []).append(coupon)
    if groups:
        yield from (in_order(combination) for combination in product(*groups.values()))


def _expiry(combination: Combination) -> list[tuple[datetime, str]]:
    """Rank combinations that gain the same: what is lost the soonest is used the soonest; the id decides at last."""
    return sorted((coupon.valid_until, coupon.coupon_id) for coupon in combination)
