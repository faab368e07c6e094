"""A member: the state that operations decide on, in one item, and apart from it what is personal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from tessera.growth_days import GrowthDays

Standing = Literal["active", "frozen", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TierHeld:
    """The tier a member is on: since when, and until when whatever happens. The lowest tier has no end."""

    id: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInState:
    """What the next sign-in needs to know of the earlier ones, and the days of all of them."""

    day: date | None = None
    streak: int = 0
    longest_streak: int = 0
    points: int = 0
    """What the last sign-in gave: the answer to its repeat."""
    growth: int = 0
    first_day: date | None = None
    """The day of the lowest bit of `days`."""
    days: int = 0
    """One bit a day: signed in or not. 46 bytes a year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Points set aside for an order until its redemption is confirmed, released or lapses."""

    redemption_id: str
    order_id: str
    points: int
    expires_at: datetime
    owed: int = 0
    """Points that refunds could not take because they were held: what the hold gives back is less by them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member as of the last booking. `points` is the booked balance: the sum of all entries."""

    member_id: str
    enrolled_at: datetime
    time_zone: str
    tier: TierHeld
    standing: Standing = "active"
    version: int = 0
    """How many times this state was stored; 0 is not yet."""
    sequence: int = 0
    """The number of the last entry."""
    chain: bytes = b""
    """The hash of the last entry."""
    points: int = 0
    growth_days: GrowthDays = field(default_factory=dict)
    sign_in: SignInState = field(default_factory=SignInState)
    holds: tuple[Hold, ...] = ()
    claims: Mapping[str, int] = field(default_factory=dict)
    """How many coupons of each template the member has claimed."""
    booked_at: datetime
    """The now of the last operation: no later one may be booked before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a member told of themselves: personal, kept apart from the rest, and needed by no rule."""

    member_id: str
    display_name: str | None = None
    locale: str | None = None
    birthday: Mapping[str, int] = field(default_factory=dict)
    """`month`, `day` and, if the member wants to say so, `year`."""
    channel: str | None = None
    referral_code: str | None = None
    consents: Mapping[str, bool] = field(default_factory=dict)
