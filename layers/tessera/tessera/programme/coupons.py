"""Coupon templates: what a coupon takes off, of what, until when, how many there are and who may have one.

Money is in minor units of the currency. The kinds are those that shops know: so much off, a share off, steps, free
shipping, a gift, buy some and get more, and goods together at a price.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, model_validator

from tessera.instants import parse_instant
from tessera.programme.rules import Count, Id, Name, Positive, Rules, Text

MAX_NAMED = 100
"""SKUs, categories or brands that one template may name: each coupon carries its template."""

Label = Annotated[str, Field(min_length=1, max_length=100)]
Labels = Annotated[list[Label], Field(max_length=MAX_NAMED)]
Occasion = Literal["welcome", "upgrade", "birthday"]


def _in_utc(instant: datetime) -> datetime:
    if instant.utcoffset() != timedelta(0):
        message = "must be in UTC"
        raise ValueError(message)
    return instant.astimezone(UTC)


Instant = Annotated[datetime, BeforeValidator(parse_instant), AfterValidator(_in_utc)]


class Goods(Rules):
    """Goods by SKU, brand or category: those that any of the three names."""

    categories: Labels = Field(default_factory=list)
    brands: Labels = Field(default_factory=list)
    skus: Labels = Field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is named."""
        return not (self.categories or self.brands or self.skus)

    def name(self, sku: str, brand: str | None, category: str | None) -> bool:
        """Answer whether some goods are among these."""
        return sku in self.skus or brand in self.brands or category in self.categories


class Scope(Goods):
    """The goods that a coupon is for: those that are named, or all; and of them not those that are excluded."""

    exclude: Goods = Goods()

    @property
    def is_all(self) -> bool:
        """Whether a coupon is for all goods."""
        return self.is_empty and self.exclude.is_empty

    def covers(self, sku: str, brand: str | None, category: str | None) -> bool:
        """Answer whether a coupon is for some goods."""
        named = self.is_empty or self.name(sku, brand, category)
        return named and not self.exclude.name(sku, brand, category)


class Eligibility(Rules):
    """Who may claim: everybody whom no list leaves out."""

    tiers: Annotated[list[Id], Field(max_length=20)] = Field(default_factory=list)
    """Only who is on one of these, if there are any."""
    tags: Annotated[list[Id], Field(max_length=20)] = Field(default_factory=list)
    """Only who has one of these, if there are any."""
    enrolled_within_days: Annotated[int, Field(ge=1, le=3660)] | None = None
    """Only who enrolled so many days ago at most."""


class _Template(Rules):
    id: Id
    name: Name
    terms: Text
    threshold: Count = 0
    """What the goods in scope must come to, by the prices that the member pays before any coupon."""
    scope: Scope = Scope()
    first_order: bool = False
    """Whether only the first order of a member can use it."""
    valid_days: Annotated[int, Field(ge=1, le=3660)] | None = None
    """How long a coupon is good from its issue on; without it the two dates say."""
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    claimable: bool = True
    """Whether members may claim it; if not, it is granted, or comes with a code or an event."""
    eligible: Eligibility = Eligibility()
    price_points: Count = 0
    """The points that a claim costs."""
    issue_on: Annotated[list[Occasion], Field(max_length=3)] = Field(default_factory=list)
    """The events that bring one by itself."""
    public_code: Annotated[str, Field(pattern=r"^[A-Z0-9]{4,32}$")] | None = None
    """A word by which anybody may claim it who knows it."""
    stock: Positive | None = None
    """How many are issued at most."""
    per_member: Annotated[int, Field(ge=1, le=1000)] = 1
    per_member_day: Annotated[int, Field(ge=1, le=1000)] | None = None
    redemptions: Positive | None = None
    """How many are redeemed at most, by all members together."""
    budget: Positive | None = None
    """What they take off at most, by all members together."""
    group: Id | None = None
    """Coupons of different groups apply together, one of a group and one of a template; without a group, one alone."""
    priority: Annotated[int, Field(ge=0, le=1000)] = 500
    """Of several that apply together, the lower number comes first."""
    on_refund: Literal["never", "if_wholly_refunded", "reissue"] = "never"
    """Whether a used coupon comes back when its order is wholly refunded: as it was, or as a new one."""

    @model_validator(mode="after")
    def _has_a_time(self) -> Self:
        if (self.valid_days is None) == (self.valid_until is None):
            message = "either valid_days or valid_until is needed"
            raise ValueError(message)
        if self.valid_from is not None and (self.valid_until is None or self.valid_from >= self.valid_until):
            message = "valid_from needs a later valid_until"
            raise ValueError(message)
        return self

    def validity(self, now: datetime) -> tuple[datetime, datetime]:
        """Answer from when until when a coupon that is issued now can be used."""
        if self.valid_until is not None:
            return self.valid_from or now, self.valid_until
        return now, now + timedelta(days=self.valid_days or 0)

    @property
    def limits_use(self) -> bool:
        """Whether all members together may only redeem so many, or for so much."""
        return self.redemptions is not None or self.budget is not None


class AmountOff(_Template):
    """A fixed amount off, over a threshold or without one (满减)."""

    kind: Literal["amount_off"]
    amount: Positive


class Percentage(_Template):
    """A share off, up to a ceiling."""

    kind: Literal["percentage"]
    percent: Annotated[int, Field(ge=1, le=100)]
    ceiling: Positive | None = None


class Step(Rules):
    """So much off from so much on."""

    threshold: Positive
    amount: Positive


class Stepped(_Template):
    """The more is bought, the more is off: the highest step that is reached counts."""

    kind: Literal["stepped"]
    steps: Annotated[list[Step], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _steps_rise(self) -> Self:
        for lower, higher in pairwise(self.steps):
            if higher.threshold <= lower.threshold or higher.amount <= lower.amount:
                message = "each step must ask for more and take more off than the one before"
                raise ValueError(message)
        if self.threshold:
            message = "the steps say from when on it applies: threshold must be left out"
            raise ValueError(message)
        return self


class FreeShipping(_Template):
    """Shipping costs nothing, or so much less."""

    kind: Literal["free_shipping"]
    up_to: Positive | None = None


class GiftItem(_Template):
    """Something that the shop adds to the order; the total stays as it is."""

    kind: Literal["gift"]
    sku: Label
    quantity: Annotated[int, Field(ge=1, le=1000)] = 1
    value: Count = 0
    """What all of it is worth: what a budget counts."""


class BuyXGetY(_Template):
    """Of every so many units in scope, the cheapest so many cost less, or nothing."""

    kind: Literal["buy_x_get_y"]
    buy: Annotated[int, Field(ge=1, le=1000)]
    get: Annotated[int, Field(ge=1, le=1000)]
    percent: Annotated[int, Field(ge=1, le=100)] = 100
    times: Positive | None = None
    """How often within an order, at most."""


class Bundle(_Template):
    """Some goods together at a price, once an order."""

    kind: Literal["bundle"]
    goods: Annotated[Mapping[Label, Annotated[int, Field(ge=1, le=1000)]], Field(min_length=1, max_length=20)]
    """How many units of each SKU."""
    price: Count


CouponTemplate = Annotated[
    AmountOff | Percentage | Stepped | FreeShipping | GiftItem | BuyXGetY | Bundle, Field(discriminator="kind")
]


def read_template(content: object) -> CouponTemplate:
    """Read a template from what JSON says of it.

    Raises:
        ValidationError: it is none.
    """
    template: CouponTemplate = _adapter().validate_python(content)
    return template


@cache
def _adapter() -> TypeAdapter[Any]:
    # Made when a template is read: building it costs a start some milliseconds.
    return TypeAdapter(CouponTemplate)
