"""What a programme may say, and what it may not.

Money is in minor units of the currency, multipliers are in basis points (10 000 is ×1), days are local days.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator, model_validator

from tessera.programme.benefits import Benefit, Terms, gives_less
from tessera.programme.coupons import CouponTemplate
from tessera.programme.ladders import CONSUMER, Ladder
from tessera.programme.rules import Count, Id, Name, Positive, Rules, mistakes

_NO_LEAP_YEAR = 2026


class Reward(Rules):
    """Points and growth that are given together."""

    points: Count = 0
    growth: Count = 0


class Gift(Reward):
    """A reward that may bring make-up cards, too."""

    make_up_cards: Annotated[int, Field(ge=0, le=100)] = 0
    """Cards, as far as the member may have more."""


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


class Never(Rules):
    """Points stay until they are spent."""

    policy: Literal["never"] = "never"


class MonthEnd(Rules):
    """Points live for `months` and on to the end of that month."""

    policy: Literal["month_end"]
    months: Annotated[int, Field(ge=1, le=60)]


class FixedDates(Rules):
    """Points go at the end of the next of these days of the year (`MM-DD`) that leaves them `least_days`."""

    policy: Literal["dates"]
    dates: Annotated[list[Annotated[str, Field(pattern=r"^\d\d-\d\d$")]], Field(min_length=1, max_length=12)]
    least_days: Annotated[int, Field(ge=0, le=366)] = 0

    @field_validator("dates")
    @classmethod
    def _come_every_year(cls, dates: list[str]) -> list[str]:
        for day in dates:
            try:
                date.fromisoformat(f"{_NO_LEAP_YEAR}-{day}")
            except ValueError:
                message = f"{day} is no day of every year"
                raise ValueError(message) from None
        return sorted(set(dates))


class Inactivity(Rules):
    """Points go, all of them, after so many whole days in which the member did nothing."""

    policy: Literal["inactivity"]
    days: Annotated[int, Field(ge=1, le=3660)]


class Points(Rules):
    """How long points last, when they can be spent, and what a refund does about those that were."""

    expiry: Annotated[Never | MonthEnd | FixedDates | Inactivity, Field(discriminator="policy")] = Never()
    return_window_days: Annotated[int, Field(ge=0, le=120)] = 0
    """Whole days for which the points of a purchase are pending; 0 makes them available at once."""
    growth_waits: bool = False
    """Whether growth of a purchase counts only when its points are no longer pending."""
    refund: Literal["floor", "debt"] = "floor"
    """What becomes of points that a refund takes back and does not find: let go, or owed by the balance."""
    returned_grace_days: Annotated[int, Field(ge=0, le=60)] = 0
    """Whole days for which points that had paid can be spent again at least; 0 brings them back with their date."""


class StreakReward(Gift):
    """Given once in a streak, on the day that completes it."""

    days: Annotated[int, Field(ge=2, le=3650)]


class MakeUp(Rules):
    """Until when a missed day can be made up with a card, and how many cards a member can have."""

    within_days: Annotated[int, Field(ge=1, le=31)]
    most: Annotated[int, Field(ge=1, le=100)]


class SignIns(Rules):
    """What signing in earns: something every day, more on some days of a streak."""

    daily: Reward
    streaks: list[StreakReward] = Field(default_factory=list)
    make_up: MakeUp | None = None
    """Without it no card can be granted, and none can be used."""

    @field_validator("streaks")
    @classmethod
    def _each_length_once(cls, streaks: list[StreakReward]) -> list[StreakReward]:
        lengths = [streak.days for streak in streaks]
        if len(set(lengths)) < len(lengths):
            message = "two streaks have the same number of days"
            raise ValueError(message)
        return streaks


class Cap(Rules):
    """The most that a kind of action earns within a period; what is left out is not capped."""

    points: Count | None = None
    growth: Count | None = None


class Caps(Rules):
    """Caps by local day, week (from Monday) and month of the member, and once and for all."""

    day: Cap = Cap()
    week: Cap = Cap()
    month: Cap = Cap()
    lifetime: Cap = Cap()


class ActionRule(Gift):
    """What a kind of action earns each time that a shop vouches for it; make-up cards only if no cap cuts the rest."""

    name: Name
    tier_multiplier: bool = False
    """Whether the tier multiplies its points; growth is never multiplied."""
    caps: Caps = Caps()

    @property
    def is_capped(self) -> bool:
        """Whether what it has earned matters to what it earns next."""
        return self.caps != Caps()


class Operators(Rules):
    """What people at the brand may do to a member by hand, and the reasons they may give."""

    reasons: Mapping[Id, Name] = Field(default_factory=dict)
    """By code, what a member reads."""
    ceilings: Mapping[Literal["operator", "supervisor"], Reward] = Field(default_factory=dict)
    """By role, the most that one adjustment may give or take; a role without a ceiling adjusts nothing."""


class Checkout(Rules):
    """What points pay at checkout, and how long a hold waits for its payment."""

    point_value: Positive = 1
    """What a point is worth."""
    points_percent: Annotated[int, Field(ge=1, le=100)] = 100
    """The share of the goods that points may pay, of what member prices and coupons leave to pay of them."""
    points_minimum: Count = 0
    """How few points an order may be paid with, if with any."""
    hold_minutes: Annotated[int, Field(ge=1, le=1440)] = 15


class Programme(Rules):
    """The whole set of rules a brand has published."""

    version: Positive
    name: Name
    zone: str
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    unknown_identity: Literal["record", "enrol"] = "record"
    welcome: Gift = Gift()
    earning: Earning
    tiers: Ladder
    ladders: Annotated[Mapping[Id, Ladder], Field(max_length=10)] = Field(default_factory=dict)
    """Of kinds of account other than the consumer's, by kind."""
    sign_ins: SignIns
    points: Points = Points()
    actions: Annotated[Mapping[Id, ActionRule], Field(max_length=20)] = Field(default_factory=dict)
    operators: Operators = Operators()
    checkout: Checkout = Checkout()
    coupons: list[CouponTemplate] = Field(default_factory=list)
    benefits: Annotated[list[Benefit], Field(max_length=50)] = Field(default_factory=list)
    _earlier: Mapping[int, "Programme"] = PrivateAttr(default_factory=dict)

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        if zone not in available_timezones():
            message = "must be an IANA time zone, such as Europe/London"
            raise ValueError(message)
        return zone

    @field_validator("ladders")
    @classmethod
    def _are_of_others(cls, ladders: Mapping[str, Ladder]) -> Mapping[str, Ladder]:
        if CONSUMER in ladders:
            raise mistakes("the ladder of consumers is said under tiers", [(CONSUMER,)])
        return ladders

    @field_validator("coupons")
    @classmethod
    def _each_template_once(cls, coupons: list[CouponTemplate]) -> list[CouponTemplate]:
        if len({template.id for template in coupons}) < len(coupons):
            message = "two coupon templates have the same id"
            raise ValueError(message)
        codes = [template.public_code for template in coupons if template.public_code]
        if len(set(codes)) < len(codes):
            message = "two coupon templates have the same public code"
            raise ValueError(message)
        return coupons

    @field_validator("benefits")
    @classmethod
    def _grow_by_tier(cls, benefits: list[Benefit], info: ValidationInfo) -> list[Benefit]:
        if len({benefit.id for benefit in benefits}) < len(benefits):
            message = "two benefits have the same id"
            raise ValueError(message)
        if "tiers" not in info.data or "ladders" not in info.data:
            return benefits
        ladders = [[tier.id for tier in of.ladder] for of in (info.data["tiers"], *info.data["ladders"].values())]
        for benefit in benefits:
            if unknown := benefit.tiers.keys() - {tier_id for ladder in ladders for tier_id in ladder}:
                message = f"benefit {benefit.id} names {min(unknown)}, which is no tier"
                raise ValueError(message)
            for ladder in ladders:
                if less := gives_less(benefit, ladder):
                    message = f"benefit {benefit.id} gives {less[1]} less than {less[0]}: benefits grow by tier"
                    raise ValueError(message)
        return benefits

    @model_validator(mode="after")
    def _grants_cards_that_can_be_used(self) -> Self:
        gifts: dict[tuple[int | str, ...], Gift] = {("welcome",): self.welcome}
        gifts |= {("sign_ins", "streaks", i): streak for i, streak in enumerate(self.sign_ins.streaks)}
        gifts |= {("actions", kind): rule for kind, rule in self.actions.items()}
        granted = [(*place, "make_up_cards") for place, gift in gifts.items() if gift.make_up_cards]
        if granted and self.sign_ins.make_up is None:
            raise mistakes("there are no make-up cards without sign_ins.make_up", granted)
        return self

    @property
    def earlier_versions(self) -> list[int]:
        """The versions before this one that have been kept, the oldest first."""
        return sorted(self._earlier)

    def ladder(self, account: str) -> Ladder:
        """Answer the ladder of a kind of account; one without a ladder of its own has the consumer's."""
        return self.ladders.get(account, self.tiers)

    def of_version(self, version: int) -> "Programme":
        """Answer an earlier version of this programme; itself, if that version has not been kept."""
        return self._earlier.get(version, self)

    def following(self, earlier: Mapping[int, "Programme"]) -> "Programme":
        """Answer this programme with the earlier versions under which members may hold terms still."""
        following = self.model_copy()
        following._earlier = earlier
        return following

    def benefit(self, benefit_id: str) -> Benefit | None:
        """Find a benefit by its id."""
        return next((benefit for benefit in self.benefits if benefit.id == benefit_id), None)

    def terms(self, benefit_id: str, account: str, rank: int) -> Terms | None:
        """Answer what a benefit gives on a tier of an account's ladder: the terms of the highest it names up to it."""
        benefit = self.benefit(benefit_id)
        reached = self.ladder(account).ladder[: rank + 1]
        named = [tier.id for tier in reached if benefit and tier.id in benefit.tiers]
        return benefit.tiers[named[-1]] if benefit and named else None

    def template(self, template_id: str) -> CouponTemplate | None:
        """Find a coupon template by its id."""
        return next((template for template in self.coupons if template.id == template_id), None)
