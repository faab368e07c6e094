"""Which coupons apply together, in which order, and which of all combinations leaves the least to pay.

Coupons of different groups apply together, of one group only one does, of one template too (which may have changed its
group since the other was issued), and one without a group applies alone. They apply by their priority, then by template
and coupon id.

The less is left of each line when a coupon's turn comes, the less is left of each after it, but for rounding. So one
coupon more never leaves more to pay, but for rounding, and the best combination is found among those to which nothing
can be added, of twenty coupons at most 1,458 (the largest product of numbers that sum to twenty is 3·3·3·3·3·3·2), or
by leaving coupons out of one that is as good within what rounding can do.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
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
    group, id_ = coupon.template.group, coupon.template.id
    return [
        other for other in others if group is None or other.template.group in {None, group} or other.template.id == id_
    ]


@dataclass(frozen=True, slots=True)
class Best:
    """The combination that gains the most, and whether all were considered."""

    combination: Combination
    exact: bool


class Gains(Protocol):
    """What combinations gain on a basket."""

    rounding: int
    """By how much one coupon more may leave more to pay, in minor units."""
    most_parts: int
    """How many combinations to try that others can be added to."""

    def gain(self, combination: Combination) -> tuple[int, int]:
        """Answer what a combination takes off, and what its gifts are worth."""
        ...

    def idle(self, combination: Combination) -> set[str]:
        """Answer the ids of those coupons of a combination that take nothing off and bring no gift."""
        ...


def best(coupons: Sequence[Coupon], gains: Gains) -> Best:
    """Find the combination that gains the most; of several the one with the fewest coupons, the soonest to expire.

    Args:
        coupons: those that apply to the basket, each by itself.
        gains: what combinations gain.
    """
    alone = {coupon.coupon_id: gains.gain((coupon,))[0] for coupon in coupons}
    bounded = [(sum(alone[coupon.coupon_id] for coupon in each), each) for each in _largest(coupons)]
    found: Combination = ()
    tried = []
    for bound, each in sorted(bounded, key=lambda pair: -pair[0]):
        if bound < gains.gain(found)[0] - gains.rounding:
            break
        tried.append(each)
        found = _better(found, each, gains)
    return _with_parts(found, tried, gains)


def _with_parts(found: Combination, tried: Sequence[Combination], gains: Gains) -> Best:
    """Look for a better combination among the parts of those that are as good but for rounding, and of such parts."""
    close = [each for each in tried if gains.gain(each)[0] >= gains.gain(found)[0] - gains.rounding]
    seen = set(map(_ids, close))
    while close and len(seen) <= gains.most_parts:
        each = close.pop()
        idle = gains.idle(each)
        for coupon in each:
            part = tuple(other for other in each if other != coupon)
            # What takes nothing off changes nothing for the others: without it all is as it is.
            if coupon.coupon_id in idle or _ids(part) in seen:
                continue
            seen.add(_ids(part))
            found = _better(found, part, gains)
            if gains.gain(part)[0] >= gains.gain(found)[0] - gains.rounding:
                close.append(part)
    idle = gains.idle(found)
    return Best(tuple(coupon for coupon in found if coupon.coupon_id not in idle), exact=not close)


def _better(one: Combination, other: Combination, gains: Gains) -> Combination:
    def rank(combination: Combination) -> tuple[int, int, int, list[tuple[datetime, str]]]:
        off, gifts = gains.gain(combination)
        used = [coupon for coupon in combination if coupon.coupon_id not in gains.idle(combination)]
        # What is lost the soonest is used the soonest; the id decides at last.
        return -off, -gifts, len(used), sorted((coupon.valid_until, coupon.coupon_id) for coupon in used)

    return min(one, other, key=rank)


def _ids(combination: Combination) -> tuple[str, ...]:
    return tuple(coupon.coupon_id for coupon in combination)


def _largest(coupons: Sequence[Coupon]) -> Iterator[Combination]:
    """List the combinations to which no coupon can be added."""
    groups: dict[str, list[Coupon]] = {}
    for coupon in coupons:
        if coupon.template.group is None:
            yield (coupon,)
        else:
            groups.setdefault(coupon.template.group, []).append(coupon)
    if groups:
        for one_of_each in product(*groups.values()):
            by_template: dict[str, list[Coupon]] = {}
            for coupon in one_of_each:
                by_template.setdefault(coupon.template.id, []).append(coupon)
            yield from (in_order(combination) for combination in product(*by_template.values()))
