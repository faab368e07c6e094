"""The benefits of tiers: what each kind gives, and what of two tiers' terms, or of two versions', is better.

Money is in minor units of the currency. A tier has the terms of the highest named tier at or below it.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from tessera.programme.rules import Count, Id, Name, Positive, Rules, Text

EARNING_MULTIPLIER = "earning_multiplier"
"""The id under which a tier's multiplier of points is shown among the benefits. No other benefit may have it."""

MAX_NAMED = 200
"""SKUs, categories, brands or references that the terms of one tier may name."""

Period = Literal["day", "month", "year", "term"]
Sku = Annotated[str, Field(min_length=1, max_length=100)]
Names = Annotated[list[Sku], Field(max_length=MAX_NAMED)]


class Quota(Rules):
    """Uses within a day, month or year of the member's zone, or within the term of the tier."""

    uses: Positive
    per: Period


class Terms(Rules):
    """What a benefit gives on one tier. Without a quota it can be used without limit."""

    quota: Quota | None = None

    def better(self, other: Self) -> Self:
        """Answer these terms, improved by what `other` gives more of; what cannot be compared stays as it is here."""
        return self.model_copy(update={"quota": _better_quota(self.quota, other.quota)})

    def gives_less_than(self, other: Self) -> bool:
        """Whether `other` gives more of anything that can be compared."""
        return self.better(other) != self


class MemberPriceTerms(Terms):
    """What a unit costs a member, by SKU."""

    prices: Annotated[Mapping[Sku, Count], Field(min_length=1, max_length=MAX_NAMED)]

    def better(self, other: Self) -> Self:
        """Take the lower of two prices, and the one that there is."""
        lower = {sku: min(price, self.prices.get(sku, price)) for sku, price in other.prices.items()}
        return super().better(other).model_copy(update={"prices": {**self.prices, **lower}})


class PercentageTerms(Terms):
    """A share off each line that its SKU, brand or category names; off every line, if nothing is named."""

    percent: Annotated[int, Field(ge=1, le=100)]
    categories: Names = Field(default_factory=list)
    brands: Names = Field(default_factory=list)
    skus: Names = Field(default_factory=list)

    @property
    def covers_all(self) -> bool:
        """Whether it is for every line."""
        return not (self.categories or self.brands or self.skus)

    def covers(self, other: Self) -> bool:
        """Answer whether it is for every line that `other` is for."""
        return self.covers_all or (
            not other.covers_all
            and set(other.categories) <= set(self.categories)
            and set(other.brands) <= set(self.brands)
            and set(other.skus) <= set(self.skus)
        )

    def better(self, other: Self) -> Self:
        """Take the other share, if it is as large and for as much."""
        improved = super().better(other)
        if other.percent < self.percent or not other.covers(self):
            return improved
        if other.percent == self.percent and self.covers(other):
            return improved
        return other.model_copy(update={"quota": improved.quota})

    def gives_less_than(self, other: Self) -> bool:
        """Whether `other` gives more: also for some of the lines only that this one is for."""
        return super().gives_less_than(other) or (self.percent < other.percent and self.covers(other))


class FreeShippingTerms(Terms):
    """Shipping costs nothing, or so much less."""

    up_to: Positive | None = None

    def better(self, other: Self) -> Self:
        """Take the larger amount."""
        return super().better(other).model_copy(update={"up_to": _unlimited_or_more(self.up_to, other.up_to)})


class OncePerBirthday(Quota):
    """Uses around one birthday. The year begins with the first day on which the gift of a birthday can be had."""

    uses: Positive = 1
    per: Literal["year"] = "year"


class BirthdayGiftTerms(Terms):
    """A gift that is to be had on the birthday and so many days before and after it."""

    gift: Text
    days_before: Annotated[int, Field(ge=0, le=60)] = 0
    days_after: Annotated[int, Field(ge=0, le=60)] = 0
    quota: OncePerBirthday = OncePerBirthday()

    def better(self, other: Self) -> Self:
        """Take the more days."""
        days = {
            "days_before": max(self.days_before, other.days_before),
            "days_after": max(self.days_after, other.days_after),
        }
        return super().better(other).model_copy(update=days)


class PriorityTerms(Terms):
    """So many hours ahead of others, or a level: the higher the sooner. It is had, never used up."""

    hours: Positive | None = None
    level: Positive | None = None
    quota: None = None

    @model_validator(mode="after")
    def _says_how_much(self) -> Self:
        if self.hours is None and self.level is None:
            message = "hours or level is needed"
            raise ValueError(message)
        return self

    def better(self, other: Self) -> Self:
        """Take the more hours and the higher level."""
        more = {"hours": _more(self.hours, other.hours), "level": _more(self.level, other.level)}
        return super().better(other).model_copy(update=more)


class TrialTerms(Terms):
    """Something to try for so many days."""

    of: Text
    days: Positive

    def better(self, other: Self) -> Self:
        """Take the longer trial."""
        return super().better(other).model_copy(update={"days": max(self.days, other.days)})


class ExclusiveTerms(Terms):
    """The shop's own references of goods or events that are not for everybody."""

    references: Annotated[Names, Field(min_length=1)]

    def better(self, other: Self) -> Self:
        """Take all that either names."""
        every = list(dict.fromkeys([*self.references, *other.references]))
        return super().better(other).model_copy(update={"references": every})


class CustomTerms(Terms):
    """Whatever a brand gives, in words that its shop understands."""

    attributes: Annotated[Mapping[Id, Text], Field(max_length=20)] = Field(default_factory=dict)


class _Benefit(Rules):
    id: Id
    name: Name

    @field_validator("id")
    @classmethod
    def _not_the_multiplier(cls, benefit_id: str) -> str:
        if benefit_id == EARNING_MULTIPLIER:
            message = "is the id of the tier's own multiplier"
            raise ValueError(message)
        return benefit_id


class MemberPrice(_Benefit):
    """Goods that cost a member less."""

    kind: Literal["member_price"]
    stacks: bool = False
    """Whether other prices that stack, and a coupon, may come on top."""
    tiers: Annotated[Mapping[Id, MemberPriceTerms], Field(min_length=1)]


class PercentageOff(_Benefit):
    """A share that a member does not pay."""

    kind: Literal["percentage"]
    stacks: bool = False
    """Whether other prices that stack, and a coupon, may come on top."""
    tiers: Annotated[Mapping[Id, PercentageTerms], Field(min_length=1)]


class FreeShipping(_Benefit):
    """Shipping that a member does not pay."""

    kind: Literal["free_shipping"]
    tiers: Annotated[Mapping[Id, FreeShippingTerms], Field(min_length=1)]


class BirthdayGift(_Benefit):
    """A gift around the birthday."""

    kind: Literal["birthday_gift"]
    tiers: Annotated[Mapping[Id, BirthdayGiftTerms], Field(min_length=1)]


class Priority(_Benefit):
    """Being served before others."""

    kind: Literal["priority"]
    area: Literal["purchase_window", "dispatch", "service"]
    tiers: Annotated[Mapping[Id, PriorityTerms], Field(min_length=1)]


class Trial(_Benefit):
    """Something to try."""

    kind: Literal["trial"]
    tiers: Annotated[Mapping[Id, TrialTerms], Field(min_length=1)]


class Exclusive(_Benefit):
    """Goods or events that are not for everybody."""

    kind: Literal["exclusive"]
    to: Literal["goods", "events"]
    tiers: Annotated[Mapping[Id, ExclusiveTerms], Field(min_length=1)]


class Custom(_Benefit):
    """Anything else, which the shop knows how to give."""

    kind: Literal["custom"]
    tiers: Annotated[Mapping[Id, CustomTerms], Field(min_length=1)]


Benefit = Annotated[
    MemberPrice | PercentageOff | FreeShipping | BirthdayGift | Priority | Trial | Exclusive | Custom,
    Field(discriminator="kind"),
]


def gives_less(benefit: Benefit, ladder: Sequence[str]) -> tuple[str, str] | None:
    """Find a tier that gives less than a lower one, where both can be compared: the lower, and that tier."""
    terms: Mapping[str, Terms] = benefit.tiers
    for lower, upper in pairwise(tier for tier in ladder if tier in terms):
        if terms[upper].gives_less_than(terms[lower]):
            return lower, upper
    return None


def _better_quota(one: Quota | None, other: Quota | None) -> Quota | None:
    if one is None or other is None:
        return None
    return other if other.per == one.per and other.uses > one.uses else one


def _unlimited_or_more(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else max(one, other)


def _more(one: int | None, other: int | None) -> int | None:
    return max(one or 0, other or 0) or None
