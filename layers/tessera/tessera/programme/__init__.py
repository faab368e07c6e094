"""The rules a brand writes: the only configuration there is."""

from tessera.programme.load import ProgrammeError, in_force, load
from tessera.programme.model import (
    AmountOff,
    CouponTemplate,
    Percentage,
    Programme,
    Rate,
    Rates,
    Reward,
    Tier,
)

__all__ = [
    "AmountOff",
    "CouponTemplate",
    "Percentage",
    "Programme",
    "ProgrammeError",
    "Rate",
    "Rates",
    "Reward",
    "Tier",
    "in_force",
    "load",
]
