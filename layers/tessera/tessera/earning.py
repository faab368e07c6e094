"""What the lines of an order earn: exact until the end, rounded down once, allotted so that the lines add up."""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import TYPE_CHECKING

from tessera.apportion import apportion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tessera.programme.model import Programme, Rate, Rates
    from tessera.shapes import Line

BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class LineEarning:
    """What one line earns, and the rules that say so."""

    points: int
    growth: int
    rules: tuple[str, ...]


def earn(lines: Sequence[Line], programme: Programme, multiplier_bp: int) -> list[LineEarning]:
    """Answer what each line earns at the tier's multiplier (basis points; it does not touch growth)."""
    by_points = [_rate(programme.earning.points, line) for line in lines]
    by_growth = [_rate(programme.earning.growth, line) for line in lines]
    points = _allot([line.amount for line in lines], [rate for _, rate in by_points], multiplier_bp)
    growth = _allot([line.amount for line in lines], [rate for _, rate in by_growth], BASIS_POINTS)
    return [
        LineEarning(of_points, of_growth, (points_rule,) if points_rule == growth_rule else (points_rule, growth_rule))
        for of_points, of_growth, (points_rule, _), (growth_rule, _) in zip(
            points, growth, by_points, by_growth, strict=True
        )
    ]


def _rate(rates: Rates, line: Line) -> tuple[str, Rate]:
    """Find the most particular rate that names the line, and the rule's name."""
    for kind, named, rate_of in (
        ("sku", line.sku, rates.skus),
        ("brand", line.brand, rates.brands),
        ("category", line.category, rates.categories),
    ):
        if named is not None and (rate := rate_of.get(named)):
            return f"{kind}:{named}", rate
    return "base_rate", rates.base


def _allot(amounts: Sequence[int], rates: Sequence[Rate], multiplier_bp: int) -> list[int]:
    # Over one common denominator the exact sum is an integer, and so are the weights for its allotment.
    per = lcm(*(rate.per for rate in rates))
    weights = [
        amount * rate.earn * (per // rate.per) * multiplier_bp for amount, rate in zip(amounts, rates, strict=True)
    ]
    return apportion(sum(weights) // (per * BASIS_POINTS), weights)
