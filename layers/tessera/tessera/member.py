"""A member: the state that operations decide on, in one item, and apart from it what is personal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from tessera.decay import Decays
from tessera.growth_days import GrowthDays
from tessera.lots import Lots, Parts
from tessera.measures import Tally

CONSUMER = "consumer"
"""The kind of account that everybody has, unless they are enrolled as another."""

Standing = Literal["active", "frozen", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TierHeld:
    """The tier that a member holds: since when, and until when whatever happens. The lowest tier has no end."""

    id: str
    since: datetime
    until: datetime | None = None
    renewed_at: datetime | None = None
    """When the present term began, if it is not the first."""
    programme_version: int = 1
    """That under which the present term began: what it promised holds until the term ends."""
    grace: bool = False
    """Whether the term is over, and `until` is the end of the grace in which the tier may be earned again."""
    unearned: bool = False
    """Whether it was not earned when the present term began: a fall ended there early, or it is kept in any case."""
    before: "TierHeld | None" = None
    """What was held before, and is again if what brought this tier is refunded."""

    @property
    def term_start(self) -> datetime:
        """When the present term began."""
        return self.renewed_at or self.since


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A tier that an operator has placed the member on, whatever is earned."""

    tier_id: str
    since: datetime
    until: datetime
    programme_version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInState:
    """What the next sign-in needs to know of the earlier ones, and the days of all of them."""

    day: date | None = None
    """The last one."""
    ends_at: datetime | None = None
    """When that day is over for a member who has moved since; otherwise it ends with the day in the member's zone."""
    streak: int = 0
    longest_streak: int = 0
    answered_streak: int = 0
    """What the last sign-in was answered, whatever has been made up since; like points and growth, for its repeat."""
    points: int = 0
    growth: int = 0
    first_day: date | None = None
    """The day of the lowest bit of `days`."""
    days: int = 0
    """One bit a day: signed in, or made up, or not. 46 bytes a year."""
    made_up: frozenset[date] = frozenset()
    """Those of them that were made up."""
    bridged: frozenset[date] = frozenset()
    """Days without a sign-in over which a streak goes on, as they were no chance to sign in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Points set aside for an order until its redemption is confirmed, released or lapses."""

    redemption_id: str
    order_id: str
    parts: Parts
    """The points, by the lots they were taken from and in that order."""
    expires_at: datetime
    owed: int = 0
    """Points that refunds could not take because they were held: what the hold gives back is less by them."""
    benefits: Mapping[str, date] = field(default_factory=dict)
    """The benefits of which it uses one, each with the first day of the period in which that counts."""

    @property
    def points(self) -> int:
        """All points that it holds."""
        return sum(points for _, points in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCount:
    """What a kind of action has earned, as far as its caps need to know."""

    points: int = 0
    growth: int = 0
    points_by_day: GrowthDays = field(default_factory=dict)
    growth_by_day: GrowthDays = field(default_factory=dict)
    """By local day of the member, of the last days only."""


@dataclass(frozen=True, slots=True)
class Used:
    """How often a benefit was used, less what was taken back, in the period that began on `since`."""

    since: date
    count: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """How many coupons of a template were issued to a member; and, if days are limited, how many on the last day."""

    count: int = 0
    day_ends: datetime | None = None
    """When that day is over wherever one was issued on it: no other day begins before, even for a member who moves."""
    on_day: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member as of the last booking. `points` is the booked balance: the sum of all entries, and of all lots."""

    member_id: str
    enrolled_at: datetime
    time_zone: str
    account: str = CONSUMER
    """The kind of account, by which there are ladders."""
    tier: TierHeld
    """What is earned."""
    placement: Placement | None = None
    """What is lent, for a time: the member is on the higher of the two."""
    tier_entries: tuple[int, ...] = ()
    """The numbers of the last entries that tell of the tier."""
    standing: Standing = "active"
    version: int = 0
    """How many times this state was stored; 0 is not yet."""
    sequence: int = 0
    """The number of the last entry."""
    chain: bytes = b""
    """The hash of the last entry."""
    points: int = 0
    lots: Lots = field(default_factory=dict)
    gone: Lots = field(default_factory=dict)
    """What has expired in the last year, by the instant at which it did: a refund does not take it once more."""
    growth_days: GrowthDays = field(default_factory=dict)
    """Growth by the day on which it counts; if it decays, by the bucket that `decay.bucket` answers."""
    growth_waiting: Mapping[tuple[datetime, date], int] = field(default_factory=dict)
    """Growth that does not count yet: by when it will, and as of which day."""
    decays: Decays = ()
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    """By measure, those of them that the ladder asks for."""
    tallied_under: int = 1
    """The programme version up to which the tallies, and growth by day, are known to be whole."""
    active_on: date
    """The last day, in the programme's zone, on which the member did something."""
    actions: Mapping[str, ActionCount] = field(default_factory=dict)
    """By kind, for kinds that have caps."""
    sign_in: SignInState = field(default_factory=SignInState)
    make_up_cards: int = 0
    holds: tuple[Hold, ...] = ()
    claims: Mapping[str, Claimed] = field(default_factory=dict)
    """By template, how many of its coupons the member has had."""
    tags: tuple[str, ...] = ()
    """What operators have marked the member with."""
    orders: int = 0
    """Orders that counted, less those that were wholly refunded."""
    first_order: str | None = None
    """The order for which a coupon for a first order is held or used, until it comes."""
    uses: Mapping[str, Used] = field(default_factory=dict)
    """By benefit that has a quota, in the last period in which it was used."""
    booked_at: datetime
    """The now of the last operation: no later one may be booked before it."""

    @property
    def had_first_order(self) -> bool:
        """Whether a first order was counted, or is at checkout with a coupon that is good for no other."""
        return self.orders > 0 or self.first_order is not None


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
