"""A member's tier, reckoned the slow and obvious way: beside `naive`, and like it sharing nothing with the product.

Rungs are numbered from 0, the lowest. What is asked for is counted by the caller over all that happened, on any day; so
nothing here is summed, packed or forgotten. Instants are in UTC, days are in the programme's zone.
"""

from calendar import isleap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Literal
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)
HUNDREDTH_OF_A_PERCENT = 10_000
"""How finely it is told which of several ways to a tier is the nearest; of equally near ones it is the first."""

Within = int | Literal["calendar_year", "lifetime"]
"""A window: so many days, the present year, or ever since."""


@dataclass(frozen=True)
class Asked:
    """At least so much of something."""

    measure: Literal["growth", "spend", "orders", "active_days", "tenure"]
    at_least: int
    within: Within | None = None


@dataclass(frozen=True)
class AllOf:
    """Every one of several conditions."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True)
class AnyOf:
    """One at least of several conditions."""

    parts: "tuple[Condition, ...]"


Condition = Asked | AllOf | AnyOf


@dataclass(frozen=True)
class Rung:
    """A tier; nobody earns one without a condition, but the lowest."""

    tier_id: str
    condition: Condition | None
    multiplier_bp: int


@dataclass(frozen=True)
class LadderFigures:
    """What the programme says of tiers."""

    rungs: tuple[Rung, ...]
    term: int | Literal["calendar_year", "anniversary"]
    review: Literal["to_earned", "one_step", "keep"]
    grace_days: int
    soft_landing: bool
    refunds_review: bool


@dataclass
class Spell:
    """A time for which a rung is held."""

    rung: int
    since: datetime
    until: datetime | None
    began: datetime
    """When its present term began."""
    grace: bool = False
    unearned: bool = False
    """Whether it was not earned when its term began."""


@dataclass(frozen=True)
class Lent:
    """A rung that an operator lends."""

    rung: int
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Told:
    """What became of the tier that was earned, when and why."""

    at: datetime
    reason: str
    before: str
    after: str
    until: datetime | None


@dataclass(frozen=True)
class Have:
    """How far the member has come with one thing that is asked for."""

    asked: Asked
    have: int

    @property
    def missing(self) -> int:
        """What is still to come."""
        return max(0, self.asked.at_least - self.have)


@dataclass
class Climb:
    """Where one member stands on the ladder."""

    figures: LadderFigures
    zone: str
    enrolled_at: datetime
    have: Callable[[Asked, date], int]
    """Counts what is asked for, as it stands on a day."""
    spell: Spell = field(init=False)
    beneath: list[Spell] = field(default_factory=list)
    """What was held before, and may come back with a refund."""
    lent: Lent | None = None
    told: list[Told] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin on the lowest rung."""
        self.spell = Spell(0, self.enrolled_at, None, self.enrolled_at)

    # How things stand.

    @property
    def is_lent(self) -> bool:
        """Whether what is lent is higher than what is earned."""
        return self.lent is not None and self.lent.rung > self.spell.rung

    @property
    def rung(self) -> Rung:
        """The tier that the member is on."""
        return self.figures.rungs[max(self.spell.rung, self.lent.rung if self.lent else 0)]

    @property
    def shown(self) -> tuple[str, datetime, datetime | None, bool]:
        """What the card shows: the tier, since when, until when, and whether that is a grace."""
        spell = self.lent if self.lent and self.is_lent else self.spell
        return self.rung.tier_id, spell.since, spell.until, self.spell.grace and not self.is_lent

    def ahead(self, now: datetime) -> tuple[str, list[Have], dict[str, int]] | None:
        """Answer the next tier that can be earned, each thing that it asks for, and what is missing by measure."""
        above = self.figures.rungs.index(self.rung) + 1
        for rung in self.figures.rungs[above:]:
            if rung.condition:
                day = self.day_of(now)
                return rung.tier_id, self.haves(rung.condition, day), self.missing(rung.condition, day)
        return None

    def keeping(self, now: datetime) -> list[Have] | None:
        """Answer, of what keeps the tier that is earned, what will count in the last second of the term."""
        condition = self.figures.rungs[self.spell.rung].condition
        if self.spell.until is None or self.figures.review == "keep" or not condition:
            return None
        return self.haves(condition, self.day_of(now if self.spell.grace else self.spell.until - SECOND))

    def haves(self, condition: Condition, day: date) -> list[Have]:
        """Count everything that a condition asks for."""
        return [Have(asked, self.have(asked, day)) for asked in all_asked(condition)]

    def missing(self, condition: Condition, day: date) -> dict[str, int]:
        """Answer what is missing by measure, the greater part of what is asked twice; what is there, only if all is."""
        whole = self.met(condition, day)
        parts: dict[str, int] = {}
        for part in self.nearest(condition, day):
            if whole or part.missing:
                parts[part.asked.measure] = max(part.missing, parts.get(part.asked.measure, 0))
        return parts

    def nearest(self, condition: Condition, day: date) -> list[Have]:
        """Choose, wherever there is a choice, the way whose least advanced part has come the farthest."""
        if isinstance(condition, Asked):
            return self.haves(condition, day)
        ways = [self.nearest(part, day) for part in condition.parts]
        return max(ways, key=advanced) if isinstance(condition, AnyOf) else [have for way in ways for have in way]

    def met(self, condition: Condition, day: date) -> bool:
        """Whether a condition is met on a day."""
        if isinstance(condition, Asked):
            return self.have(condition, day) >= condition.at_least
        met = (self.met(part, day) for part in condition.parts)
        return all(met) if isinstance(condition, AllOf) else any(met)

    def earned(self, instant: datetime) -> int:
        """Answer the highest rung whose condition is met."""
        day = self.day_of(instant)
        conditions = [rung.condition for rung in self.figures.rungs]
        return max(i for i, condition in enumerate(conditions) if not i or (condition and self.met(condition, day)))

    # What happens.

    def rise(self, now: datetime) -> None:
        """Reach what is earned; what is earned again in its grace is held on."""
        earned = self.earned(now)
        if earned > self.spell.rung:
            runs_on = self.figures.refunds_review and self.spell.until
            self.beneath = [*self.beneath, self.spell] if runs_on else []
            self.move("reached", Spell(earned, now, self.term_end(now), now), now)
        elif earned == self.spell.rung and self.spell.grace:
            self.renew("earned_again", now)

    def long_enough(self) -> Iterator[datetime]:
        """List the midnights at which the member has been there for as long as a tier asks for."""
        for rung in self.figures.rungs:
            for asked in all_asked(rung.condition):
                if asked.measure == "tenure":
                    yield self.midnight(self.day_of(self.enrolled_at) + timedelta(days=asked.at_least))

    def end_term(self, end: datetime) -> None:
        """Review the tier whose term, or grace, is over."""
        earned, held = self.earned(end - SECOND), self.spell.rung
        if earned >= held or self.figures.review == "keep":
            self.renew("kept", end, unearned=earned < held)
        elif self.figures.grace_days and not self.spell.grace:
            grace = replace(self.spell, grace=True, until=end + timedelta(days=self.figures.grace_days))
            self.move("grace", grace, end)
        else:
            softly = self.figures.soft_landing and not self.spell.unearned
            by_one = softly or self.figures.review == "one_step"
            down = max((i for i in range(held) if not i or self.figures.rungs[i].condition), default=0)
            to = max(earned, down) if by_one else earned
            self.beneath = []
            until = self.term_end(end) if to else None
            self.move("fell", Spell(to, end, until, end, unearned=to > earned), end)

    def refund(self, now: datetime) -> None:
        """Review the tier after a refund: whether it had been reached without what has gone back."""
        if not self.figures.refunds_review or self.spell.grace or self.stands(self.spell):
            return
        running = [spell for spell in self.beneath if not spell.until or spell.until > now]
        standing = [spell for spell in running if self.stands(spell)]
        earned = self.earned(now)
        if standing and standing[-1].rung >= earned:
            self.beneath = self.beneath[: self.beneath.index(standing[-1])]
            self.move("refunded", standing[-1], now)
        elif earned < self.spell.rung:
            self.beneath = []
            self.move("refunded", Spell(earned, now, self.term_end(now) if earned else None, now), now)

    def stands(self, spell: Spell) -> bool:
        """Whether a tier was earned when its term began, as far as what counted then has not gone back."""
        if spell.until is None or spell.unearned:
            return True
        return any(self.earned(instant) >= spell.rung for instant in (spell.began, spell.began - SECOND))

    def place(self, tier_id: str, now: datetime, until: datetime) -> None:
        """Lend a tier."""
        self.lent = Lent(self.find(tier_id), now, until)

    def find(self, tier_id: str) -> int:
        """Answer how high a tier stands."""
        return next(i for i, rung in enumerate(self.figures.rungs) if rung.tier_id == tier_id)

    def end_placement(self) -> None:
        """Take back what was lent."""
        self.lent = None

    # What that comes to.

    def renew(self, reason: str, now: datetime, *, unearned: bool = False) -> None:
        """Hold the same tier for another term."""
        held = replace(self.spell, began=now, until=self.term_end(now), grace=False, unearned=unearned)
        self.beneath = []
        self.move(reason, held, now)

    def move(self, reason: str, spell: Spell, now: datetime) -> None:
        """Hold another spell, and tell of it."""
        ids = [self.figures.rungs[each.rung].tier_id for each in (self.spell, spell)]
        self.told.append(Told(now, reason, ids[0], ids[1], spell.until))
        self.spell = spell

    def term_end(self, start: datetime) -> datetime:
        """Answer when a term ends that begins at an instant."""
        if isinstance(self.figures.term, int):
            return start + timedelta(days=self.figures.term)
        day = self.day_of(start) + timedelta(days=1)
        while not (self.is_anniversary(day) if self.figures.term == "anniversary" else (day.month, day.day) == (1, 1)):
            day += timedelta(days=1)
        return self.midnight(day)

    def is_anniversary(self, day: date) -> bool:
        """Whether a day is that of the enrolment in its year; in a year without a 29 February it is the 28th."""
        enrolled = self.day_of(self.enrolled_at)
        if (enrolled.month, enrolled.day) == (2, 29) and not isleap(day.year):
            return (day.month, day.day) == (2, 28)
        return (day.month, day.day) == (enrolled.month, enrolled.day)

    def day_of(self, instant: datetime) -> date:
        """Answer on which day something is."""
        return instant.astimezone(ZoneInfo(self.zone)).date()

    def midnight(self, day: date) -> datetime:
        """Answer the midnight that begins a day."""
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.zone)).astimezone(UTC)


def all_asked(condition: Condition | None) -> Iterable[Asked]:
    """List everything that a condition asks for."""
    if isinstance(condition, Asked):
        return [condition]
    return [asked for part in (condition.parts if condition else ()) for asked in all_asked(part)]


def advanced(way: list[Have]) -> int:
    """Answer how far the least advanced part of a way has come."""
    least = min(min(Fraction(have.have, have.asked.at_least), Fraction(1)) for have in way)
    return int(least * HUNDREDTH_OF_A_PERCENT)


def covers(within: Within | None, day: date, today: date) -> bool:
    """Whether what was on a day counts today."""
    if within == "calendar_year":
        return day.year == today.year
    return not isinstance(within, int) or -1 <= (today - day).days < within
