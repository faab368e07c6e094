"""What a programme may say, and what it may not.

Money is in minor units of the currency, multipliers are in basis points (10 000 is ×1), days are local days.
"""

from itertools import pairwise
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
Positive = Annotated[int, Field(ge=1, le=1_000_000_000)]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Text = Annotated[str, Field(min_length=1, max_length=1000)]


class Rules(BaseModel):
    """A part of a programme: nothing in it may be misspelt, and nothing changes it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Reward(Rules):
    """Points and growth that are given together."""

    points: Count = 0
    growth: Count = 0


class Rate(Rules):
    """`earn` for every `per` minor units paid, exactly and before rounding: 1 per 100 is one point for each pound."""

    earn: Count
    per: Positive = 100


class Rates(Rules):
    """The rate of a line is the first that names it: its SKU, its brand, its category, then the base."""

    base: Rate
    categories: dict[str, Rate] = Field(default_factory=dict)
    brands: dict[str, Rate] = Field(default_factory=dict)
    skus: dict[str, Rate] = Field(default_factory=dict)


class Earning(Rules):
    """What purchases earn. The tier multiplies points, never growth."""

    points: Rates
    growth: Rates


class StreakReward(Reward):
    """Given once in a streak, on the day that completes it."""

    days: Annotated[int, Field(ge=2, le=3650)]


class SignIns(Rules):
    """What signing in earns: something every day, more on some days of a streak."""

    daily: Reward
    streaks: list[StreakReward] = Field(default_factory=list)

    @field_validator("streaks")
    @classmethod
    def _each_length_once(cls, streaks: list[StreakReward]) -> list[StreakReward]:
        lengths = [streak.days for streak in streaks]
        if len(set(lengths)) < len(lengths):
            message = "two streaks have the same number of days"
            raise ValueError(message)
        return streaks


class Tier(Rules):
    """A rung: whoever has `growth` within the window is on it."""

    id: Id
    name: Name
    growth: Count
    multiplier_bp: Annotated[int, Field(ge=0, le=100_000)] = 10_000


class Ladder(Rules):
    """Tiers from the lowest up: growth counts for `window_days`; a tier is held for `term_days`, then reviewed."""

    window_days: Annotated[int, Field(ge=1, le=366)]
    term_days: Annotated[int, Field(ge=1, le=3660)]
    ladder: Annotated[list[Tier], Field(min_length=1, max_length=50)]

    @field_validator("ladder")
    @classmethod
    def _climbs_from_nothing(cls, ladder: list[Tier]) -> list[Tier]:
        if ladder[0].growth != 0:
            message = "the lowest tier must ask for growth 0, so that every member has a tier"
            raise ValueError(message)
        for lower, upper in pairwise(ladder):
            if upper.growth <= lower.growth:
                message = f"tier {upper.id} must ask for more growth than {lower.id}"
                raise ValueError(message)
        if len({tier.id for tier in ladder}) < len(ladder):
            message = "two tiers have the same id"
            raise ValueError(message)
        return ladder

    def rank(self, tier_id: str) -> int:
        """Answer how high a tier stands, from 0; a tier that the programme dropped counts as the lowest."""
        return next((i for i, tier in enumerate(self.ladder) if tier.id == tier_id), 0)

    def earned_by(self, growth: int) -> int:
        """Answer the rank of the highest tier that `growth` within the window reaches."""
        return max(i for i, tier in enumerate(self.ladder) if tier.growth <= growth)


class _CouponTemplate(Rules):
    id: Id
    name: Name
    terms: Text
    threshold: Count = 0
    valid_days: Annotated[int, Field(ge=1, le=3660)]
    per_member: Annotated[int, Field(ge=1, le=1000)] = 1


class AmountOff(_CouponTemplate):
    """A fixed amount off a basket of at least `threshold` (满减)."""

    kind: Literal["amount_off"]
    amount: Positive

    @model_validator(mode="after")
    def _never_more_than_the_basket(self) -> Self:
        if self.amount > self.threshold:
            message = "the amount must not exceed the threshold"
            raise ValueError(message)
        return self


class Percentage(_CouponTemplate):
    """A share of a basket of at least `threshold`, up to `ceiling`."""

    kind: Literal["percentage"]
    percent: Annotated[int, Field(ge=1, le=100)]
    ceiling: Positive


CouponTemplate = Annotated[AmountOff | Percentage, Field(discriminator="kind")]


class Checkout(Rules):
    """What a point is worth at checkout, and how long a hold waits for its payment."""

    point_value: Positive = 1
    hold_minutes: Annotated[int, Field(ge=1, le=1440)] = 15


class Programme(Rules):
    """The whole set of rules a brand has published."""

    version: Positive
    name: Name
    zone: str
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    unknown_identity: Literal["record", "enrol"] = "record"
    welcome: Reward = Reward()
    earning: Earning
    tiers: Ladder
    sign_ins: SignIns
    checkout: Checkout = Checkout()
    coupons: list[CouponTemplate] = Field(default_factory=list)

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        if zone not in available_timezones():
            message = "must be an IANA time zone, such as Europe/London"
            raise ValueError(message)
        return zone

    @field_validator("coupons")
    @classmethod
    def _each_template_once(cls, coupons: list[AmountOff | Percentage]) -> list[AmountOff | Percentage]:
        if len({template.id for template in coupons}) < len(coupons):
            message = "two coupon templates have the same id"
            raise ValueError(message)
        return coupons

    def template(self, template_id: str) -> AmountOff | Percentage | None:
        """Find a coupon template by its id."""
        return next((template for template in self.coupons if template.id == template_id), None)
