"""The naive model of tiers: which one a member must be on, by counting all that happened on the days that count.

It is told what happened, and keeps all of it by day, in the programme's zone: nothing is packed, trimmed or summed up
beforehand. Tiers are numbered from 0, the lowest. Where growth decays it does not know what growth is worth, and takes
the entries' word for what becomes of the tier.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tessera.programme.load import in_force
from tests.simulation import wire
from tests.simulation.violations import insist

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tessera.programme.ladders import AllOf, AnyOf, Criterion, Ladder, Tier, Within

Fields = dict[str, Any]

ACTIVE = frozenset({"welcome", "sign_in", "make_up", "purchase", "action", "hold", "benefit_use"})
"""The kinds of entries that make a day an active one."""
RAISING = ACTIVE | {"maturity", "adjustment", "unfreeze"}
"""The kinds of entries with which a tier is reached."""
BY_TIME = frozenset({"expiry", "maturity", "decay", "tier_change", "tier_review", "placement_end"})
"""The kinds of entries that are booked as of when they were due, not as of when it was noticed."""

KNOWN_ACTIVE = 62
"""The last so many days, and those of the windows, are known as active or not; what is told later makes none so."""

_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Held:
    """A tier that was earned, and its present term."""

    rank: int
    began: datetime
    until: datetime | None = None
    grace: bool = False
    landed: bool = False
    """Whether it was not earned when the term began."""
    beneath: Held | None = None
    """What was held before, and may come back with a refund."""


@dataclass(frozen=True, slots=True)
class Lent:
    """A tier that an operator has placed the member on."""

    rank: int
    until: datetime


Outcome = tuple[str, Held]
"""Why a tier changes, or its term does; and what is held then."""


def _nothing_counted() -> dict[str, dict[date, int]]:
    return {measure: {} for measure in ("growth", "spend", "orders", "active_days")}


@dataclass(slots=True)
class Climb:
    """Where one member stands on the ladder."""

    enrolled_at: datetime
    held: Held = field(init=False)
    lent: Lent | None = None
    active: bool = True
    """Whether the member is neither frozen nor closed; who is, reaches nothing and has no active days."""
    counted: dict[str, dict[date, int]] = field(default_factory=_nothing_counted)
    """By measure and day."""
    passed: datetime = field(init=False)
    """Up to when everything is booked."""
    awaited: Outcome | None = None
    """What a refund makes of the tier: the next entry must say so."""

    def __post_init__(self) -> None:
        """Begin on the lowest tier."""
        self.held, self.passed = Held(0, self.enrolled_at), self.enrolled_at

    # ---- how things stand ----------------------------------------------------------------------------------------

    @property
    def rank(self) -> int:
        """How high the tier stands that the member is on: the higher of what is earned and what is lent."""
        return max(self.held.rank, self.lent.rank if self.lent else 0)

    @property
    def tier(self) -> Tier:
        """The tier that the member is on."""
        return _ladder().ladder[self.rank]

    @property
    def is_lent(self) -> bool:
        """Whether what is lent is the higher."""
        return self.rank > self.held.rank

    @property
    def chain(self) -> list[Held]:
        """What is held, and all that may come back."""
        chain = [self.held]
        while beneath := chain[-1].beneath:
            chain.append(beneath)
        return chain

    def have(self, criterion: Criterion, day: date) -> int:
        """Count what a criterion asks for, as it stands on a day."""
        if criterion.measure == "tenure":
            return (day - day_of(self.enrolled_at)).days
        if criterion.measure == "growth" and criterion.within is None:
            return self.growth_on(day)
        first, last = window(criterion.within, day)
        return sum(n for on, n in self.counted[criterion.measure].items() if first <= on <= last)

    def growth_on(self, day: date) -> int:
        """Count the growth that counts on a day."""
        first, last = _growth_window(day)
        return sum(n for on, n in self.counted["growth"].items() if first <= on <= last)

    def earned(self, instant: datetime) -> int:
        """Answer the highest tier whose condition is met."""
        return max(rank for rank in range(len(_ladder().ladder)) if not rank or self._earns(rank, instant))

    def _earns(self, rank: int, instant: datetime) -> bool:
        condition, day = _ladder().ladder[rank].condition, day_of(instant)

        def met(condition: AllOf | AnyOf | Criterion) -> bool:
            if condition.form == "criterion":
                return self.have(condition, day) >= condition.at_least
            parts = [met(part) for part in condition.parts]
            return all(parts) if condition.form == "all" else any(parts)

        return condition is not None and met(condition)

    def first_day_kept(self, now: datetime) -> date:
        """Answer the first day of which growth can still be asked for: what is refunded of earlier ones is gone."""
        asked = [now]
        if _ladder().refunds == "review":
            run_on = [held for held in self.chain[1:] if held.until and held.until > now]
            asked += [held.began - _SECOND for held in (self.held, *run_on)]
        day = day_of(min(asked))
        return min([_growth_window(day)[0], *(window(within, day)[0] for within in windows("growth") if within)])

    def is_settled(self, now: datetime) -> bool:
        """Whether time has changed nothing since the last booking."""
        ends = (self.held.until, self.lent.until if self.lent else None)
        return not any(end and end <= now for end in ends) and not any(self._tenures(now))

    # ---- what happens --------------------------------------------------------------------------------------------

    def count(self, measure: str, day: date, gain: int) -> None:
        """Count something on a day."""
        by_day = self.counted[measure]
        by_day[day] = by_day.get(day, 0) + gain

    def pass_until(self, entry: Fields, instant: datetime) -> None:
        """Insist that until an entry no tier was missed that tenure brings."""
        by_tenure = entry["kind"] == "tier_change" and entry["detail"]["tier"]["reason"] in {"reached", "earned_again"}
        self._miss_nothing(instant - _SECOND if by_tenure else instant)
        if by_tenure and reckons():
            insist(instant in self._tenures(instant), "tier", "nothing is reached by itself, but by tenure", entry)
        self.passed = max(self.passed, instant)

    def follow(self, entry: Fields, instant: datetime) -> None:
        """Count an active day, and insist that an entry makes of the tier what it must."""
        if self.active and entry["kind"] in ACTIVE:
            self._be_active(day_of(wire.instant(entry["at"])), day_of(instant))
        told = entry["detail"].get("tier")
        if told and not reckons():
            self.held = Held(_rank(told["to"]), instant, _end(told))
            return
        outcome = self._outcome(entry, instant) if reckons() else None
        says = outcome and _written(self.held, *outcome)
        said = told and {name: told.get(name) for name in ("from", "to", "reason", "until")}
        insist(said == says, "tier", entry["kind"], entry["at"], "says", said, "not", says)
        if outcome:
            self.held = outcome[1]
        if entry["kind"] == "refund" and reckons():
            self.awaited = self._refunded(instant)

    def settled(self, now: datetime) -> None:
        """Insist that all is booked that time, and what was booked, have made of the tier."""
        self._miss_nothing(now)
        insist(self.awaited is None, "tier", "a refund takes what it had brought", self.awaited)
        insist(self.is_settled(now), "what is overdue is booked", self.held, self.lent)
        self.passed = now

    def with_order(self, spend: int, growth: int, now: datetime) -> Climb:
        """Answer where an order would bring the member."""
        if not self.active:
            return self
        tried = replace(self, counted=deepcopy(self.counted))
        tried.held, tried.passed = self.held, self.passed
        for measure, gain in (("spend", spend), ("orders", 1), ("growth", growth)):
            tried.count(measure, day_of(now), gain)
        tried._be_active(day_of(now), day_of(now))
        if outcome := tried._risen(now):
            tried.held = outcome[1]
        return tried

    def _be_active(self, day: date, today: date) -> None:
        known_from = [window(within, today)[0] for within in windows("active_days") if within != "lifetime"]
        if day >= min([today - timedelta(days=KNOWN_ACTIVE - 1), *known_from]):
            self.counted["active_days"][day] = 1

    def _outcome(self, entry: Fields, instant: datetime) -> Outcome | None:
        if entry["kind"] in {"tier_change", "tier_review"}:
            reason = entry["detail"]["tier"]["reason"]
            if reason == "refunded":
                outcome, self.awaited = self.awaited, None
                return outcome
            if reason in {"reached", "earned_again"}:
                return self._risen(instant)
            insist(instant == self.held.until, "tier", "terms end when they do", entry, self.held)
            outcome = self._reviewed(instant)
            insist((outcome[0] == "fell") == (entry["kind"] == "tier_change"), "tier", entry["kind"], outcome)
            return outcome
        return self._risen(instant) if self.active and entry["kind"] in RAISING else None

    def _risen(self, now: datetime) -> Outcome | None:
        """Answer what is reached at once, or earned again within its grace."""
        earned, held = self.earned(now), self.held
        if earned > held.rank:
            beneath = held if _ladder().refunds == "review" and held.until else None
            return "reached", Held(earned, now, self._term_end(now), beneath=beneath)
        if earned == held.rank and held.grace:
            return "earned_again", self._renewed(now)
        return None

    def _reviewed(self, end: datetime) -> Outcome:
        """Answer what the end of a term makes of the tier, by what counted in its last second."""
        held, rules, earned = self.held, _ladder().review, self.earned(end - _SECOND)
        if earned >= held.rank or rules.policy == "keep":
            return "kept", replace(self._renewed(end), landed=earned < held.rank)
        if rules.grace_days and not held.grace:
            return "grace", replace(held, grace=True, until=end + timedelta(days=rules.grace_days))
        lands = rules.policy == "one_step" or (rules.soft_landing and not held.landed)
        below = [rank for rank in range(held.rank) if not _ladder().ladder[rank].by_invitation]
        rank = max(earned, below[-1]) if lands else earned
        return "fell", Held(rank, end, self._term_end(end) if rank else None, landed=rank > earned)

    def _refunded(self, now: datetime) -> Outcome | None:
        """Answer what a refund makes of the tier: what was held before, or what is earned; None if the tier stands."""
        if _ladder().refunds == "keep" or self.held.grace or self._stands(self.held):
            return None
        earned = self.earned(now)
        back = [held for held in self.chain[1:] if not (held.until and held.until <= now) and self._stands(held)]
        if back and back[0].rank >= earned:
            return "refunded", back[0]
        if earned >= self.held.rank:
            return None
        return "refunded", Held(earned, now, self._term_end(now) if earned else None)

    def _stands(self, held: Held) -> bool:
        """Whether a tier would have been reached by what is left of what counted when its term began."""
        if held.until is None or held.landed:
            return True
        return any(self.earned(began) >= held.rank for began in (held.began, held.began - _SECOND))

    def _renewed(self, now: datetime) -> Held:
        return Held(self.held.rank, now, self._term_end(now))

    def _term_end(self, start: datetime) -> datetime:
        term = _ladder().term
        if term.policy == "days":
            return start + timedelta(days=term.days)
        enrolled, day = day_of(self.enrolled_at), day_of(start) + _DAY
        ends = (1, 1) if term.policy == "calendar_year" else (enrolled.month, enrolled.day)
        while (day.month, day.day) != ends:
            day += _DAY
        return _midnight(day)

    def _tenures(self, until: datetime) -> Iterator[datetime]:
        """List when, since all was booked, tenure has brought a higher tier, or the present one again."""
        if not self.active:
            return
        for rank in range(self.held.rank + (not self.held.grace), len(_ladder().ladder)):
            for criterion in _ladder().ladder[rank].criteria:
                if criterion.measure == "tenure":
                    reached = _midnight(day_of(self.enrolled_at) + timedelta(days=criterion.at_least))
                    if self.passed < reached <= until and self._earns(rank, reached):
                        yield reached

    def _miss_nothing(self, until: datetime) -> None:
        if reckons():
            missed = [instant for instant in self._tenures(until) if self._risen(instant)]
            insist(not missed, "tier", "tenure brings it", missed)


def effective(entry: Fields) -> datetime:
    """Answer as of when an entry was booked: what time had done as of when it did, everything else as of then."""
    by_time = entry["kind"] in BY_TIME or "lapsed" in entry["detail"]
    return wire.instant(entry["at" if by_time else "recorded_at"])


def reckons() -> bool:
    """Whether growth counts by day, so that it is known here what is earned."""
    return in_force().tiers.growth.policy in {"window", "calendar_year"}


def windows(measure: str) -> list[Within | None]:
    """List the windows in which a measure is asked for."""
    return [criterion.within for criterion in _ladder().criteria if criterion.measure == measure]


def window(within: Within | None, day: date) -> tuple[date, date]:
    """Answer the first and the last day that count on a day; clocks differ, so the day after does, too."""
    if within == "calendar_year":
        return date(day.year, 1, 1), date(day.year, 12, 31)
    if within is None or within == "lifetime":
        return date.min, date.max
    return day - timedelta(days=within.days - 1), day + _DAY


def day_of(instant: datetime) -> date:
    """Answer which day it is at an instant, in the programme's zone."""
    return instant.astimezone(ZoneInfo(in_force().zone)).date()


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(in_force().zone)).astimezone(UTC)


def _growth_window(day: date) -> tuple[date, date]:
    rule = in_force().tiers.growth
    match rule.policy:
        case "window":
            return day - timedelta(days=rule.days - 1), day + _DAY
        case "calendar_year":
            return window("calendar_year", day)
    return date.min, date.max


def _written(before: Held, reason: str, after: Held) -> Fields:
    """Write an outcome as an entry has to say it."""
    ids = [_ladder().ladder[held.rank].id for held in (before, after)]
    until = after.until and wire.written(int(after.until.timestamp()))
    return {"from": ids[0], "to": ids[1], "reason": reason, "until": until}


def _end(told: Fields) -> datetime | None:
    return wire.instant(told["until"]) if "until" in told else None


def _rank(tier_id: str) -> int:
    return [tier.id for tier in _ladder().ladder].index(tier_id)


def _ladder() -> Ladder:
    return in_force().tiers
