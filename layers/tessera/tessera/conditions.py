"""The conditions of tiers: how far a member has come with each thing that is asked for, and with the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tessera import measures
from tessera.instants import local_day
from tessera.measures import Tally

if TYPE_CHECKING:
    from datetime import datetime

    from tessera.member import Member
    from tessera.programme.ladders import AllOf, AnyOf, Criterion, Measure, Within
    from tessera.programme.model import Programme


@dataclass(frozen=True, slots=True)
class Step:
    """How far a member has come with one thing that is asked for."""

    measure: Measure
    within: Within | None
    have: int
    need: int

    @property
    def missing(self) -> int:
        """What is still to come."""
        return max(0, self.need - self.have)

    @property
    def met(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing

    @property
    def nearest(self) -> tuple[Step, ...]:
        """The one step there is."""
        return (self,)


@dataclass(frozen=True, slots=True)
class Steps:
    """How far a member has come with several conditions, of which all or any are asked for."""

    form: Literal["all", "any"]
    parts: tuple[Step | Steps, ...]

    @property
    def met(self) -> bool:
        """Whether enough of them are met."""
        met = [part.met for part in self.parts]
        return all(met) if self.form == "all" else any(met)

    @property
    def nearest(self) -> tuple[Step, ...]:
        """What is to be done where there is a choice: the way of which the greatest share is done already."""
        if self.form == "all":
            return tuple(step for part in self.parts for step in part.nearest)
        return max((part.nearest for part in self.parts), key=_share_done)


Progress = Step | Steps

BASIS_POINTS = 10_000


def steps(progress: Progress) -> tuple[Step, ...]:
    """List everything that is asked for, however it is combined."""
    if isinstance(progress, Step):
        return (progress,)
    return tuple(step for part in progress.parts for step in steps(part))


def missing(progress: Progress) -> dict[Measure, int]:
    """Answer what is missing by measure on the nearest way; of a measure that is asked for twice, the greater part."""
    needs: dict[Measure, int] = {}
    for step in progress.nearest:
        if step.missing or progress.met:
            needs[step.measure] = max(step.missing, needs.get(step.measure, 0))
    return needs


def progress(
    condition: AllOf | AnyOf | Criterion, member: Member, programme: Programme, instant: datetime, growth: int
) -> Progress:
    """Answer how far a member has come with a condition, as of an instant.

    Args:
        condition: what is asked for.
        member: as of then.
        programme: the programme in force.
        instant: its day, in the programme's zone, is the last that counts.
        growth: the growth that counts then.
    """
    day = local_day(instant, programme.zone)

    def of(condition: AllOf | AnyOf | Criterion) -> Progress:
        if condition.form != "criterion":
            return Steps(condition.form, tuple(of(part) for part in condition.parts))
        match condition.measure:
            case "growth" if condition.within is None:
                have = growth
            case "growth":
                have = measures.value(Tally(member.growth_days, 0), condition.within, day)
            case "tenure":
                have = (day - local_day(member.enrolled_at, programme.zone)).days
            case measure:
                have = measures.value(member.tallies.get(measure, Tally({}, 0)), condition.within, day)
        return Step(condition.measure, condition.within, have, condition.at_least)

    return of(condition)


def _share_done(steps: tuple[Step, ...]) -> int:
    return min(min(step.have, step.need) * BASIS_POINTS // step.need for step in steps)
