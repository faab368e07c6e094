"""Making up a missed sign-in with a card (补签): the day counts, and what missing it had cost is given after all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tessera import make_up_cards
from tessera.instants import local_day
from tessera.refusals import Conflict, Forbidden
from tessera.streaks import bridged, carried, is_missed, made_up, runs, signed_in_on

if TYPE_CHECKING:
    from datetime import date, datetime

    from tessera.journal import Journal
    from tessera.member import Member
    from tessera.programme.model import MakeUp, Programme, SignIns


@dataclass(frozen=True, slots=True)
class MakeUpResult:
    """What making up a day gave: the streak that ends with the last day signed in on, and the cards that are left."""

    day: date
    streak: int
    points: int
    growth: int
    make_up_cards: int


@dataclass(frozen=True, slots=True)
class _Worth:
    points: int
    growth: int
    rules: tuple[str, ...]


def make_up(journal: Journal, day: date) -> MakeUpResult:
    """Use a card for a day that was missed.

    Raises:
        Forbidden: the member is frozen or closed.
        Conflict: there is no card, or the day cannot be made up.
    """
    member = journal.member
    if member.standing != "active":
        raise Forbidden("member_" + member.standing, "This member cannot collect rewards at present.")
    if refusal := _refusal(member, journal.programme, journal.now, day):
        raise refusal
    skipped = carried(member.sign_in, member.time_zone, day)
    state = bridged(member.sign_in, day, skipped)
    worth = _worth(journal.programme.sign_ins, *runs(state, day))
    after = made_up(state, day, worth.points, worth.growth)
    journal.change(sign_in=after)
    journal.book(
        "make_up",
        change=journal.earn(worth.points, journal.now),
        growth=worth.growth,
        rules=worth.rules,
        source={"day": day.isoformat()},
        detail={
            "streak": after.streak,
            **({"carried": skipped} if skipped else {}),
            **make_up_cards.use(journal),
        },
    )
    return MakeUpResult(day, after.streak, worth.points, worth.growth, journal.member.make_up_cards)


def days_open(member: Member, programme: Programme, now: datetime) -> list[date]:
    """List the days that the member could make up now, the earliest first."""
    rules = programme.sign_ins.make_up
    if rules is None or member.standing != "active":
        return []
    today = local_day(now, member.time_zone)
    days = [today - timedelta(days=ago) for ago in range(rules.within_days, 0, -1)]
    return [day for day in days if not _refusal(member, programme, now, day)]


def _refusal(member: Member, programme: Programme, now: datetime, day: date) -> Conflict | None:
    """Answer why a day cannot be made up, if so."""
    rules = programme.sign_ins.make_up
    if rules is None:
        return Conflict("no_make_up", "The programme has no make-up cards.")
    if refusal := _refusal_of_day(member, rules, now, day):
        return refusal
    if not member.make_up_cards:
        return Conflict("no_make_up_card", "The member has no make-up card.")
    return None


def _refusal_of_day(member: Member, rules: MakeUp, now: datetime, day: date) -> Conflict | None:
    """Answer what is wrong with a day, if anything, whether there is a card or not."""
    zone = member.time_zone
    today = local_day(now, zone)
    if day >= today:
        return Conflict("day_not_over", "Only a day that is over can be made up.")
    if day < local_day(member.enrolled_at, zone):
        return Conflict("before_enrolment", "The member had not enrolled on that day.")
    if signed_in_on(member.sign_in, day):
        return Conflict("day_signed_in", "The member signed in on that day.")
    if day < today - timedelta(days=rules.within_days):
        return Conflict("day_too_long_ago", f"A day can be made up within {rules.within_days} days.")
    if not is_missed(member.sign_in, zone, day):
        return Conflict("day_not_missed", "The streak went on without that day.")
    return None


def _worth(rules: SignIns, before: int, behind: int) -> _Worth:
    """Answer what a day gives between a run of so many days and one of so many.

    It is the daily reward, and what the streak that joins the two reaches beyond the longer of them, less what the
    shorter had given on its own; points and growth apart, and neither below the daily reward.
    """
    gained = [reward for reward in rules.streaks if max(before, behind) < reward.days <= before + 1 + behind]
    given = [reward for reward in rules.streaks if reward.days <= min(before, behind)]
    return _Worth(
        rules.daily.points + max(0, sum(reward.points for reward in gained) - sum(reward.points for reward in given)),
        rules.daily.growth + max(0, sum(reward.growth for reward in gained) - sum(reward.growth for reward in given)),
        ("make_up", "daily_sign_in", *(f"streak_{reward.days}" for reward in gained)),
    )
