"""What a programme may say of tiers: how they are reached, for how long they are held, and what follows.

Money is in minor units of the currency, multipliers are in basis points (10 000 is ×1), days are those of the
programme's zone.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from tessera.programme.rules import Count, Id, Name, Positive, Rules

CONSUMER = "consumer"
"""The kind of account whose ladder is the programme's `tiers`. No other ladder may have this name."""

Measure = Literal["growth", "spend", "orders", "active_days", "tenure"]


class Days(Rules):
    """So many days, the present one included."""

    days: Annotated[int, Field(ge=1, le=1100)]


def _window(within: Any) -> str | None:
    if isinstance(within, dict | Days):
        return "days"
    return "named" if within in ("calendar_year", "lifetime") else None


Within = Annotated[
    Annotated[Days, Tag("days")] | Annotated[Literal["calendar_year", "lifetime"], Tag("named")],
    Discriminator(
        _window,
        custom_error_type="within",
        custom_error_message="must be a number of days, such as {days: 90}, or calendar_year or lifetime",
    ),
]


class Criterion(Rules):
    """`at_least` so much of a measure: growth, minor units spent, orders, active days, or days since enrolment.

    Tenure counts from enrolment, growth as the ladder's `growth` says unless it is given a window; the others need one.
    """

    form: ClassVar[Literal["criterion"]] = "criterion"

    measure: Measure
    at_least: Positive
    within: Within | None = None

    @model_validator(mode="after")
    def _has_its_window(self) -> Self:
        if self.measure == "tenure" and self.within is not None:
            message = "tenure has no window: it counts from enrolment"
            raise ValueError(message)
        if self.measure not in ("growth", "tenure") and self.within is None:
            message = f"within is needed for {self.measure}: a number of days, calendar_year or lifetime"
            raise ValueError(message)
        return self


class AllOf(Rules):
    """Every one of these conditions."""

    form: ClassVar[Literal["all"]] = "all"

    all: Annotated[Sequence["Condition"], Field(min_length=1, max_length=10)]

    @property
    def parts(self) -> Sequence["AllOf | AnyOf | Criterion"]:
        """The conditions."""
        return self.all


class AnyOf(Rules):
    """One of these conditions at least."""

    form: ClassVar[Literal["any"]] = "any"

    any: Annotated[Sequence["Condition"], Field(min_length=1, max_length=10)]

    @property
    def parts(self) -> Sequence["AllOf | AnyOf | Criterion"]:
        """The conditions."""
        return self.any


def _form(condition: Any) -> str:
    keys = condition if isinstance(condition, dict) else vars(condition) if isinstance(condition, Rules) else {}
    return "all" if "all" in keys else "any" if "any" in keys else "criterion"


Condition = Annotated[
    Annotated[AllOf, Tag("all")] | Annotated[AnyOf, Tag("any")] | Annotated[Criterion, Tag("criterion")],
    Discriminator(_form),
]


class Tier(Rules):
    """A rung, and how it is reached: by `growth`, by another `entry`, or by invitation only; the lowest by nothing."""

    id: Id
    name: Name
    growth: Count = 0
    """Short for an entry of so much growth."""
    entry: Condition | None = None
    by_invitation: bool = False
    """Whether nobody earns it: operators place members on it."""
    multiplier_bp: Annotated[int, Field(ge=0, le=100_000)] = 10_000

    @model_validator(mode="after")
    def _is_reached_in_one_way(self) -> Self:
        if bool(self.growth) + (self.entry is not None) + self.by_invitation > 1:
            message = "a tier has one of growth, entry and by_invitation"
            raise ValueError(message)
        return self

    @cached_property
    def condition(self) -> AllOf | AnyOf | Criterion | None:
        """What earns it; None for the lowest tier and for one that is by invitation only."""
        if self.growth:
            return Criterion(measure="growth", at_least=self.growth)
        return self.entry

    @cached_property
    def criteria(self) -> list[Criterion]:
        """All that is asked for in its condition, however it is combined."""
        return list(_leaves(self.condition)) if self.condition else []


def _leaves(condition: AllOf | AnyOf | Criterion) -> Iterator[Criterion]:
    if condition.form == "criterion":
        yield condition
    else:
        for part in condition.parts:
            yield from _leaves(part)


class Window(Rules):
    """Growth counts for so many local days."""

    policy: Literal["window"]
    days: Annotated[int, Field(ge=1, le=1100)]


class CalendarYear(Rules):
    """Growth counts to the end of the calendar year it is of."""

    policy: Literal["calendar_year"]


class Lifetime(Rules):
    """Growth counts for good."""

    policy: Literal["lifetime"]


class Decay(Rules):
    """Growth counts for good, but after `idle_months` in which the member did nothing it loses a share each month."""

    policy: Literal["decay"]
    idle_months: Annotated[int, Field(ge=1, le=60)]
    percent: Annotated[int, Field(ge=1, le=100)]


class TermOfDays(Rules):
    """A term lasts so many times 24 hours."""

    policy: Literal["days"]
    days: Annotated[int, Field(ge=1, le=3660)]


class TermToYearEnd(Rules):
    """A term lasts to the end of the calendar year."""

    policy: Literal["calendar_year"]


class TermToAnniversary(Rules):
    """A term lasts to the next anniversary of the member's enrolment."""

    policy: Literal["anniversary"]


class Review(Rules):
    """What becomes, when a term ends, of a tier that is not earned any more."""

    policy: Literal["to_earned", "one_step", "keep"] = "to_earned"
    """Fall to what is earned, or one tier down but not below that, or keep it."""
    grace_days: Annotated[int, Field(ge=0, le=366)] = 0
    """Days for which it is held on before it falls: who earns it again within them keeps it without a gap."""
    soft_landing: bool = False
    """Whether the first fall is one step only; the review after that goes on to what is earned."""

    @model_validator(mode="after")
    def _lands_only_where_it_falls(self) -> Self:
        if self.soft_landing and self.policy != "to_earned":
            message = "soft_landing softens the fall of to_earned: with another policy it means nothing"
            raise ValueError(message)
        if self.grace_days and self.policy == "keep":
            message = "grace_days put off a fall: with keep there is none"
            raise ValueError(message)
        return self


class Ladder(Rules):
    """Tiers from the lowest up. One that is reached is held for a `term`, then there is a `review`."""

    growth: Annotated[Window | CalendarYear | Lifetime | Decay, Field(discriminator="policy")]
    term: Annotated[TermOfDays | TermToYearEnd | TermToAnniversary, Field(discriminator="policy")]
    review: Review = Review()
    refunds: Literal["keep", "review"] = "keep"
    """Whether a tier stays to the end of its term, or goes at once with a refund of what had brought it."""
    ladder: Annotated[list[Tier], Field(min_length=1, max_length=50)]

    @field_validator("ladder")
    @classmethod
    def _climbs_from_nothing(cls, ladder: list[Tier]) -> list[Tier]:
        if ladder[0].condition or ladder[0].by_invitation:
            message = "the lowest tier must ask for nothing, so that every member has a tier"
            raise ValueError(message)
        for tier in ladder[1:]:
            if tier.condition is None and not tier.by_invitation:
                message = f"tier {tier.id} must say how it is reached: growth, entry or by_invitation"
                raise ValueError(message)
        by_growth = [tier for tier in ladder if tier.growth]
        for lower, upper in pairwise(by_growth):
            if upper.growth <= lower.growth:
                message = f"tier {upper.id} must ask for more growth than {lower.id}"
                raise ValueError(message)
        if len({tier.id for tier in ladder}) < len(ladder):
            message = "two tiers have the same id"
            raise ValueError(message)
        return ladder

    @model_validator(mode="after")
    def _keeps_growth_by_day_for_its_windows(self) -> Self:
        for criterion in self.criteria:
            if criterion.measure != "growth" or criterion.within is None:
                continue
            if criterion.within == "lifetime" or self.growth.policy not in ("window", "calendar_year"):
                message = "growth has windows of days or of a calendar_year, in a ladder whose growth has one too"
                raise ValueError(message)
        return self

    @cached_property
    def criteria(self) -> list[Criterion]:
        """All that any tier asks for."""
        return [criterion for tier in self.ladder for criterion in tier.criteria]

    def find(self, tier_id: str) -> int | None:
        """Answer how high a tier stands, from 0; None if there is none of this id."""
        return next((i for i, tier in enumerate(self.ladder) if tier.id == tier_id), None)
