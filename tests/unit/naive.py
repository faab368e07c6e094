"""A member's points, growth and tier, reckoned the slow and obvious way: all that happened, replayed from the start.

This is what the product is compared with, so it shares nothing with it: a plain list of lots, plain figures in place of
the programme, nothing packed, nothing kept between two questions. Instants are in UTC, days are in the programme's zone
unless something else is said.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import partial
from typing import Concatenate, Literal, ParamSpec
from zoneinfo import ZoneInfo

from tests.unit.naive_tiers import Asked, Climb, LadderFigures, all_asked, covers

P = ParamSpec("P")

BEGINNING_OF_TIME, END_OF_TIME = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
REMEMBERED = timedelta(days=366)
"""For how long it is known what has expired, so that no refund takes it once more."""
KNOWN_ACTIVE = 62
"""For how many days at least it is known whether the member was active; what is told later makes no day active."""
COUNTED_DAYS = 62
"""For how many days it is known what actions have earned; a capped period that began before them earns nothing."""
TENURE, LAPSE, EXPIRY, DECAY, MATURITY, REVIEW, PLACEMENT = range(7)
"""What time does, in the order in which it is done at the same instant."""


@dataclass(frozen=True)
class MonthEnd:
    """Points last for so many months after the one they were earned in."""

    months: int


@dataclass(frozen=True)
class Dates:
    """Points last to the end of the next of these days of the year, `(month, day)`, that leaves them `least_days`."""

    days: tuple[tuple[int, int], ...]
    least_days: int


@dataclass(frozen=True)
class Inactivity:
    """Points last for so many whole days in which the member does nothing."""

    days: int


@dataclass(frozen=True)
class Window:
    """Growth counts for so many days."""

    days: int


@dataclass(frozen=True)
class CalendarYear:
    """Growth counts in the year it is of."""


@dataclass(frozen=True)
class Decay:
    """Growth loses a share each month, from so many months after the member did something."""

    idle_months: int
    percent: int


Period = Literal["day", "week", "month", "lifetime"]
Given = tuple[int, int]
"""Points and growth."""


@dataclass(frozen=True)
class ActionFigures:
    """What a kind of action earns, and by period the most points and the most growth; None is no cap."""

    earns: Given
    caps: dict[Period, tuple[int | None, int | None]]


@dataclass(frozen=True)
class Figures:
    """What the programme says, as plain numbers."""

    zone: str
    member_zone: str
    welcome: Given
    daily: Given
    streaks: dict[int, Given]
    expiry: MonthEnd | Dates | Inactivity | None
    growth: Window | CalendarYear | Decay | None
    ladder: LadderFigures
    return_window_days: int = 0
    growth_waits: bool = False
    debt: bool = False
    grace_days: int = 0
    actions: dict[str, ActionFigures] = field(default_factory=dict)
    cards: int = 0
    """Make-up cards that the member is welcomed with; no other are granted."""
    within_days: int = 0
    """For how many days a missed day can be made up."""


@dataclass
class Lot:
    """Points that expire together and can be spent from the same instant on."""

    points: int
    expires: datetime | None = None
    idle: bool = False
    """Whether they expire when the member does nothing, at no fixed instant."""
    matures: datetime | None = None


@dataclass
class Gone:
    """Points that have expired, in their order, and whether a date or inactivity was the reason."""

    points: int
    at: datetime
    idle: bool


@dataclass
class Hold:
    """Points set aside, in the order in which they were taken."""

    parts: list[Lot]
    expires_at: datetime
    owed: int = 0

    @property
    def points(self) -> int:
        """All that it holds."""
        return sum(part.points for part in self.parts)


@dataclass
class Bought:
    """A line of an order, and which part of it has come back."""

    quantity: int
    amount: int
    points: int
    growth: int
    spent: int
    refunded: Fraction = Fraction(0)


@dataclass
class Order:
    """An order that counted."""

    lines: dict[str, Bought]
    earned: Lot
    """Of the points that it earned, the terms."""
    paid: list[Lot]
    """What had paid for it and has not come back, in the order in which it was taken."""
    gone_before: int
    """How many times points had expired when it was booked."""
    booked: datetime
    day: date
    counts: bool
    """Whether it counts towards the tier: that of a frozen or closed member does not."""

    @property
    def spend(self) -> int:
        """What was paid for it and has not come back."""
        return sum(line.amount - int(line.amount * line.refunded) for line in self.lines.values())

    @property
    def came_back(self) -> bool:
        """Whether all of it has come back."""
        return all(line.refunded == 1 for line in self.lines.values())


@dataclass
class Growth:
    """Growth as it was earned."""

    amount: int
    day: date
    order_id: str | None = None
    waits_until: datetime | None = None
    decays_before: int = 0
    """How many decays there had been when it began to count."""


@dataclass
class ActionCounted:
    """What an action has earned, on a day of the member's zone."""

    kind: str
    day: date
    given: Given


@dataclass
class History:
    """All that happened to a member, in the order of booking."""

    figures: Figures
    happened: "list[tuple[datetime, Callable[[Account], None]]]" = field(default_factory=list)

    def add(
        self, now: datetime, what: "Callable[Concatenate[Account, P], None]", *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Note what happened: a method of `Account`, and what it is to be called with."""
        self.happened.append((now, lambda account: what(account, *args, **kwargs)))

    def account(self, now: datetime) -> "Account":
        """Replay everything, and answer how things stand at `now`."""
        account = Account(self.figures, self.happened[0][0])
        for at, what in self.happened:
            account.pass_time(at)
            what(account)
            account.rise(at)
        account.pass_time(now)
        return account


class Account:
    """How a member stands at an instant of the replay."""

    def __init__(self, figures: Figures, now: datetime) -> None:
        """Begin with nothing."""
        self.figures = figures
        self.now = now
        self.decays_done_until = now
        self.active_on = date.min
        self.active_days: set[date] = set()
        self.climb = Climb(figures.ladder, figures.zone, now, self.have)
        self.standing = "active"
        self.lots: list[Lot] = []
        self.debt = 0
        self.gone: list[Gone] = []
        self.holds: dict[str, Hold] = {}
        self.spent: dict[str, list[Lot]] = {}
        self.orders: dict[str, Order] = {}
        self.growth: list[Growth] = []
        self.decays: list[tuple[date, Fraction]] = []
        self.actions: list[ActionCounted] = []
        self.zone = figures.member_zone
        self.signed_in: list[date] = []
        """The days of sign-ins and of make-ups, in any order."""
        self.no_chance: set[date] = set()
        """Days without a sign-in that end no streak: a move had shortened them."""
        self.left: list[tuple[str, datetime]] = []
        """The zones that the member has left since the last day signed in on, and when."""
        self.cards = figures.cards

    # How things stand.

    @property
    def available(self) -> int:
        """Points that can be spent; below zero they are owed."""
        return sum(lot.points for lot in self.at_hand()) - self.debt

    @property
    def pending(self) -> int:
        """Points that cannot be spent yet."""
        return sum(lot.points for lot in self.lots if lot.matures)

    @property
    def expiring(self) -> dict[datetime, int]:
        """Points by the instant at which they expire."""
        points: dict[datetime, int] = defaultdict(int)
        for lot in self.lots:
            if self.end(lot) != END_OF_TIME:
                points[self.end(lot)] += lot.points
        return dict(points)

    @property
    def worth(self) -> int:
        """What growth counts for."""
        return self.worth_on(self.today())

    def worth_on(self, today: date) -> int:
        """Answer what growth counts for on a day, as things stand."""
        rule = self.figures.growth
        counting = [growth for growth in self.growth if not growth.waits_until]
        if isinstance(rule, Window):
            counting = [growth for growth in counting if growth.day <= today + timedelta(days=1)]
            return sum(growth.amount for growth in counting if growth.day > today - timedelta(days=rule.days))
        if isinstance(rule, CalendarYear):
            return sum(growth.amount for growth in counting if growth.day.year == today.year)
        exact = Fraction(0)
        for growth in counting:
            left = Fraction(growth.amount)
            for day, share in self.decays[growth.decays_before :]:
                left *= share if day <= today else 1
            exact += left
        return int(exact)

    def have(self, asked: Asked, today: date) -> int:
        """Count something that a tier asks for, as it stands on a day."""
        orders = [order for order in self.orders.values() if order.counts and covers(asked.within, order.day, today)]
        match asked.measure:
            case "growth":
                return self.worth_on(today)
            case "spend":
                return sum(order.spend for order in orders)
            case "orders":
                return sum(not order.came_back for order in orders)
            case "active_days":
                return sum(covers(asked.within, day, today) for day in self.active_days)
            case "tenure":
                return (today - self.day_of(self.climb.enrolled_at)).days

    @property
    def known_since(self) -> date:
        """Since when it is known on which days the member was active: as long as a tier asks for them, at least."""
        today = self.today()
        windows = [
            asked.within
            for rung in self.figures.ladder.rungs
            for asked in all_asked(rung.condition)
            if asked.measure == "active_days"
        ]
        days = [KNOWN_ACTIVE, *(within for within in windows if isinstance(within, int))]
        new_year = [today.replace(month=1, day=1)] if "calendar_year" in windows else []
        return min([today - timedelta(days=max(days) - 1), *new_year])

    def today(self) -> date:
        """Answer which day it is."""
        return self.day_of(self.now)

    def day_of(self, instant: datetime) -> date:
        """Answer on which day something was."""
        return instant.astimezone(ZoneInfo(self.figures.zone)).date()

    def members_day_of(self, instant: datetime) -> date:
        """Answer on which day of the member's zone something was."""
        return instant.astimezone(ZoneInfo(self.zone)).date()

    def streak(self, last: date) -> int:
        """Answer how many days in a row were signed in on that end with a day."""
        length = 0
        while last in self.signed_in or last in self.no_chance:
            length += last in self.signed_in
            last -= timedelta(days=1)
        return length

    def last_day_over(self) -> datetime:
        """Answer when the last day signed in on is over in every zone that the member was in on it."""
        tomorrow = max(self.signed_in) + timedelta(days=1)
        ends = [(self.midnight(tomorrow, zone), left) for zone, left in self.left]
        return max([end for end, left in ends if left <= end] or [self.midnight(tomorrow, self.zone)])

    def is_new_day(self) -> bool:
        """Answer whether a sign-in now is of a new day."""
        if not self.signed_in:
            return True
        over = not self.left or self.now >= self.last_day_over()
        return over and self.members_day_of(self.now) > max(self.signed_in)

    def shortened(self) -> set[date]:
        """List the days since the last one signed in on that began before it was over."""
        if not self.signed_in:
            return set()
        over, day, days = self.last_day_over(), max(self.signed_in) + timedelta(days=1), set()
        while self.midnight(day, self.zone) < over:
            days.add(day)
            day += timedelta(days=1)
        return days

    def streak_now(self) -> int:
        """Answer the streak as it stands: none, if a day since the last one was missed."""
        if not self.signed_in:
            return 0
        last = max(self.signed_in)
        between = {last + timedelta(days=later) for later in range(1, (self.members_day_of(self.now) - last).days)}
        return self.streak(last) if between <= self.shortened() else 0

    def can_be_made_up(self, enrolled: datetime) -> list[date]:
        """List the days that a card can be used for now."""
        today, first = self.members_day_of(self.now), self.members_day_of(enrolled)
        days = [today - timedelta(days=ago) for ago in range(self.figures.within_days, 0, -1)]
        there = {*self.signed_in, *self.no_chance, *self.shortened()}
        usable = self.cards and self.standing == "active"
        return [day for day in days if day >= first and day not in there] if usable else []

    def after(self, day: date) -> datetime:
        """Answer the midnight that ends a day."""
        return self.midnight(day + timedelta(days=1))

    def midnight(self, day: date, zone: str | None = None) -> datetime:
        """Answer the midnight that begins a day."""
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone or self.figures.zone)).astimezone(UTC)

    def end(self, lot: Lot) -> datetime:
        """Answer when points expire, as things stand."""
        if lot.idle and isinstance(self.figures.expiry, Inactivity):
            return self.after(self.active_on + timedelta(days=self.figures.expiry.days))
        return lot.expires or END_OF_TIME

    def at_hand(self) -> list[Lot]:
        """List what can be spent, the soonest to expire first."""
        return self.soonest_first(lot for lot in self.lots if not lot.matures)

    def soonest_first(self, lots: Iterable[Lot]) -> list[Lot]:
        """Order lots by when they expire; of those that expire together, the pending ones come first."""
        return sorted(lots, key=lambda lot: (self.end(lot), lot.matures is None, lot.matures or END_OF_TIME))

    # What happens.

    def enrol(self) -> None:
        """Begin."""
        self.is_active(self.now)
        self.earn(self.figures.welcome, self.now)

    def sign_in(self) -> None:
        """Sign in on the member's own day."""
        if not self.is_new_day():
            return
        today = self.members_day_of(self.now)
        self.count_day(today)
        self.is_active(self.now)
        self.earn(self.figures.daily, self.now)
        self.earn(self.figures.streaks.get(self.streak(today), (0, 0)), self.now)

    def make_up(self, day: date) -> None:
        """Make up a day."""
        self.bridge(day)
        had = self.rewards_around(day, 0)
        self.count_day(day)
        due = self.rewards_around(day, 1)
        self.cards -= 1
        self.is_active(self.now)
        self.earn(self.figures.daily, self.now)
        self.earn((max(0, due[0] - had[0]), max(0, due[1] - had[1])), self.now)

    def count_day(self, day: date) -> None:
        """Count a day that was signed in on, or made up."""
        self.bridge(day)
        self.signed_in.append(day)

    def bridge(self, day: date) -> None:
        """Take days between the last one and a later one for no chance, if they were none."""
        if not self.signed_in or day > max(self.signed_in):
            self.no_chance |= {other for other in self.shortened() if other < day}
            self.left = []

    def move(self, zone: str) -> None:
        """Move to another zone."""
        if zone != self.zone and self.signed_in:
            # The zone in which the member signed in counts, however late it was left.
            self.left.append((self.zone, self.now if self.left else BEGINNING_OF_TIME))
        self.zone = zone

    def rewards_around(self, day: date, joined: int) -> Given:
        """Answer what the streaks before and after a day are worth, or the one that it joins them to."""
        before, behind = self.streak(day - timedelta(days=1)), 0
        following = day + timedelta(days=1)
        while following in self.signed_in or following in self.no_chance:
            behind += following in self.signed_in
            following += timedelta(days=1)
        lengths = [before + 1 + behind] if joined else [before, behind]
        reached = [given for length in lengths for days, given in self.figures.streaks.items() if days <= length]
        return sum(points for points, _ in reached), sum(growth for _, growth in reached)

    def buy(
        self, order_id: str, placed_at: datetime, lines: dict[str, Bought], redemption_id: str | None = None
    ) -> None:
        """Count an order; a redemption of it that is open is confirmed."""
        self.is_active(placed_at)
        if redemption_id in self.holds:
            self.confirm(redemption_id, self.holds[redemption_id].points)
        earned = Lot(0, *self.terms(placed_at))
        matures = self.after(self.day_of(placed_at) + timedelta(days=self.figures.return_window_days))
        if self.figures.return_window_days and matures > self.now:
            earned.matures = matures
        paid = self.spent.pop(redemption_id, []) if redemption_id else []
        self.orders[order_id] = Order(
            {line_id: replace(line) for line_id, line in lines.items()},
            earned,
            paid,
            len(self.gone),
            self.now,
            self.day_of(placed_at),
            self.standing == "active",
        )
        self.put([replace(earned, points=sum(line.points for line in lines.values()))])
        self.grow(
            sum(line.growth for line in lines.values()),
            placed_at,
            order_id=order_id,
            waits_until=earned.matures if self.figures.growth_waits else None,
        )

    def refund(self, order_id: str, line_id: str, units: int = 0, amount: int = 0) -> None:
        """Take back what a part of a line earned, and give back what had paid for it."""
        order = self.orders[order_id]
        line = order.lines[line_id]
        before = line.refunded
        line.refunded = min(Fraction(1), before + Fraction(units, line.quantity) + Fraction(amount, line.amount or 1))
        points, growth, spent = (
            int(whole * line.refunded) - int(whole * before) for whole in (line.points, line.growth, line.spent)
        )
        if spent:
            order.paid, back = divided(order.paid, sum(part.points for part in order.paid) - spent)
            self.put([self.with_grace(part) for part in back])
        self.take_back(order, points)
        for counted in self.growth:
            if counted.order_id == order_id:
                counted.amount -= growth
        if order.counts:
            self.climb.refund(self.now)

    def act(self, kind: str, at: datetime) -> None:
        """Count an action: what it earns, or what the caps leave of it."""
        self.is_active(at)
        if self.standing == "active":
            day = self.members_day_of(at)
            given = (self.left_by_caps(kind, day, 0), self.left_by_caps(kind, day, 1))
            self.actions.append(ActionCounted(kind, day, given))
            self.earn(given, at)

    def hold(self, redemption_id: str, points: int, expires_at: datetime) -> None:
        """Set points aside."""
        self.is_active(self.now)
        self.holds[redemption_id] = Hold(self.take(self.at_hand(), points), expires_at)

    def confirm(self, redemption_id: str, spent: int) -> None:
        """Spend so many of the points of a hold, the first of them; the others return."""
        hold = self.holds.pop(redemption_id)
        self.spent[redemption_id], back = divided(hold.parts, spent)
        self.miss(max(0, spent + hold.owed - hold.points))
        self.put(divided(back, hold.owed)[1])

    def release(self, redemption_id: str) -> None:
        """Give up a hold."""
        hold = self.holds.pop(redemption_id)
        self.put(divided(hold.parts, hold.owed)[1])

    def take_anew(self, redemption_id: str, points: int) -> None:
        """Spend the points of a redemption that was let go."""
        self.spent[redemption_id] = self.take(self.at_hand(), points)

    def adjust(self, points: int, growth: int) -> None:
        """Give points and growth, or take points that can be spent."""
        self.earn((max(0, points), growth), self.now)
        self.take(self.at_hand(), max(0, -points))

    def place(self, tier_id: str, until: datetime) -> None:
        """Be placed on a tier."""
        self.climb.place(tier_id, self.now, until)

    def end_placement(self) -> None:
        """Be placed nowhere any more."""
        self.climb.end_placement()

    def change_standing(self, standing: str) -> None:
        """Freeze, unfreeze or close."""
        self.standing = standing

    def pass_time(self, until: datetime) -> None:
        """Let time do its work, each thing at its own instant."""
        while True:
            coming = list(self.coming())
            instant, _, do = min(coming, key=lambda what: what[:2], default=(END_OF_TIME, LAPSE, self.decay))
            if instant > until:
                break
            self.now = instant
            do()
            self.rise(instant)
        self.now = self.decays_done_until = until

    def coming(self) -> Iterable[tuple[datetime, int, Callable[[], None]]]:
        """List what time will do next of each kind: when, what and how."""
        for redemption_id, hold in self.holds.items():
            yield hold.expires_at, LAPSE, partial(self.release, redemption_id)
        for lot in self.lots:
            yield self.end(lot), EXPIRY, partial(self.expire, lot)
            if lot.matures:
                yield lot.matures, MATURITY, partial(self.mature, lot)
        for growth in self.growth:
            if growth.waits_until:
                yield growth.waits_until, MATURITY, partial(self.count, growth.waits_until)
        rule = self.figures.growth
        if isinstance(rule, Decay) and self.worth:
            months = rule.idle_months
            while self.after(months_later(self.active_on, months)) <= self.decays_done_until:
                months += 1
            yield self.after(months_later(self.active_on, months)), DECAY, self.decay
        yield from self.coming_to_the_tier()

    def coming_to_the_tier(self) -> Iterable[tuple[datetime, int, Callable[[], None]]]:
        """List what time will do next to the tier."""
        for midnight in self.climb.long_enough():
            if midnight > self.now:
                yield midnight, TENURE, partial(self.rise, midnight)
        if self.climb.spell.until:
            yield self.climb.spell.until, REVIEW, partial(self.climb.end_term, self.climb.spell.until)
        if self.climb.lent:
            yield self.climb.lent.until, PLACEMENT, self.climb.end_placement

    # What that comes to.

    def rise(self, instant: datetime) -> None:
        """Reach what is earned, unless rewards are frozen."""
        if self.standing == "active":
            self.climb.rise(instant)

    def is_active(self, at: datetime) -> None:
        """Note that the member did something."""
        day = self.day_of(at)
        self.active_on = max(self.active_on, day)
        if self.standing == "active" and day >= self.known_since:
            self.active_days.add(day)

    def earn(self, given: Given, at: datetime) -> None:
        """Give points and growth that were earned at some instant."""
        self.put([Lot(given[0], *self.terms(at))])
        self.grow(given[1], at)

    def grow(self, amount: int, at: datetime, order_id: str | None = None, waits_until: datetime | None = None) -> None:
        """Give growth."""
        self.growth.append(Growth(amount, self.day_of(at), order_id, waits_until, len(self.decays)))

    def terms(self, at: datetime) -> tuple[datetime | None, bool]:
        """Answer when points that were earned at an instant expire, or whether inactivity decides it."""
        day, rule = self.day_of(at), self.figures.expiry
        if isinstance(rule, MonthEnd):
            return self.midnight(months_later(day.replace(day=1), rule.months + 1)), False
        if isinstance(rule, Dates):
            last = day + timedelta(days=rule.least_days)
            while (last.month, last.day) not in rule.days:
                last += timedelta(days=1)
            return self.after(last), False
        return None, isinstance(rule, Inactivity)

    def with_grace(self, part: Lot) -> Lot:
        """Answer points that had paid as they come back."""
        least = self.after(self.today() + timedelta(days=self.figures.grace_days))
        short = self.end(part) <= self.now if part.idle else self.end(part) < least
        if self.figures.grace_days and short:
            return Lot(part.points, expires=least)
        return part

    def put(self, parts: Iterable[Lot]) -> None:
        """Give points on their terms: what is past its date expires, what is owed is paid, the rest stays."""
        for part in parts:
            lot = next((lot for lot in self.lots if replace(lot, points=0) == replace(part, points=0)), None)
            if lot is None:
                lot = replace(part, points=0)
                self.lots.append(lot)
            lot.points += part.points
            if self.end(lot) <= self.now:
                self.expire(lot)
        self.debt -= sum(part.points for part in self.take(self.at_hand(), self.debt))

    def take(self, lots: list[Lot], points: int) -> list[Lot]:
        """Take points from lots, in their order, as many as are there."""
        parts = []
        for lot in lots:
            part = min(points, lot.points)
            if part:
                parts.append(replace(lot, points=part))
            lot.points -= part
            points -= part
        self.lots = [lot for lot in self.lots if lot.points]
        return parts

    def take_back(self, order: Order, points: int) -> None:
        """Take back what an order earned."""
        own = order.earned
        for number, gone in enumerate(self.gone):
            its_own = number >= order.gone_before if own.idle else gone.at == own.expires
            if gone.idle == own.idle and its_own and self.now - gone.at <= REMEMBERED:
                part = min(points, gone.points)
                gone.points -= part
                points -= part
        if own.expires and own.expires <= order.booked:
            points = 0  # nobody could ever spend them, though it is forgotten that they expired
        pending = [lot for lot in self.lots if replace(lot, points=0) == own]
        mature = [lot for lot in self.lots if replace(lot, points=0) == replace(own, matures=None)]
        for lots in (pending, mature, self.soonest_first(self.lots)):
            points -= sum(part.points for part in self.take(lots, points))
        for hold in self.holds.values():
            part = min(points, hold.points - hold.owed)
            hold.owed += part
            points -= part
        self.miss(points)

    def miss(self, points: int) -> None:
        """Owe points that are to be taken back and are spent, or let them go."""
        if self.figures.debt:
            self.debt += points

    def expire(self, lot: Lot) -> None:
        """Let points go."""
        self.lots.remove(lot)
        self.gone.append(Gone(lot.points, self.end(lot), lot.idle))

    def mature(self, lot: Lot) -> None:
        """Let pending points be spent."""
        self.lots.remove(lot)
        self.put([replace(lot, matures=None)])

    def count(self, waited_until: datetime) -> None:
        """Let growth that has waited count; where there was none, none can have decayed before."""
        if not self.worth:
            self.decays_done_until = max(self.decays_done_until, self.now)
        for growth in self.growth:
            if growth.waits_until == waited_until:
                growth.waits_until = None
                growth.decays_before = len(self.decays)

    def decay(self) -> None:
        """Let growth lose its share; what has come to nothing is forgotten."""
        if isinstance(self.figures.growth, Decay):
            self.decays.append((self.today(), 1 - Fraction(self.figures.growth.percent, 100)))
            self.decays_done_until = self.now
            if not self.worth:
                self.growth = [growth for growth in self.growth if growth.waits_until]

    def left_by_caps(self, kind: str, day: date, what: int) -> int:
        """Answer how many points (0) or how much growth (1) an action on a day earns."""
        figures = self.figures.actions[kind]
        left = figures.earns[what]
        for period, caps in figures.caps.items():
            if (most := caps[what]) is None:
                continue
            first, last = within(period, day)
            if period != "lifetime" and first < self.members_day_of(self.now) - timedelta(days=COUNTED_DAYS):
                return 0
            used = sum(
                counted.given[what] for counted in self.actions if counted.kind == kind and first <= counted.day <= last
            )
            left = min(left, max(0, most - used))
        return left


def divided(parts: list[Lot], points: int) -> tuple[list[Lot], list[Lot]]:
    """Divide points, in their order, into the first so many and the others."""
    first, others = [], []
    for part in parts:
        here = min(points, part.points)
        points -= here
        first += [replace(part, points=here)] if here else []
        others += [replace(part, points=part.points - here)] if part.points > here else []
    return first, others


def months_later(day: date, months: int) -> date:
    """Answer the same day of a later month, or its last."""
    year, month = day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def within(period: Period, day: date) -> tuple[date, date]:
    """Answer the first and the last day of the period that a day is in."""
    if period == "day":
        return day, day
    if period == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    if period == "month":
        return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
    return date.min, date.max
