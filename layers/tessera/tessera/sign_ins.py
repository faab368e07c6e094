"""The daily sign-in (签到): once per local day of the member, with rewards for streaks."""

from dataclasses import dataclass
from datetime import date, timedelta

from tessera.instants import local_day
from tessera.journal import Journal
from tessera.member import SignInState
from tessera.refusals import Forbidden


@dataclass(frozen=True, slots=True)
class SignInResult:
    """What a sign-in gave. `new` is false for the repeat of an earlier one."""

    day: date
    streak: int
    points: int
    growth: int
    new: bool


def sign_in(journal: Journal) -> SignInResult:
    """Sign the member in on today's local day.

    A second one on the same day gives what the first one gave; so does one on a day before, after a move westwards.

    Raises:
        Forbidden: the member is frozen or closed.
    """
    member = journal.member
    if member.standing != "active":
        raise Forbidden("member_" + member.standing, "This member cannot collect rewards at present.")
    state = member.sign_in
    today = local_day(journal.now, member.time_zone)
    if state.day is not None and today <= state.day:
        return SignInResult(state.day, state.streak, state.points, state.growth, new=False)

    streak = streak_on(state, today) + 1
    rules = journal.programme.sign_ins
    reached = [reward for reward in rules.streaks if reward.days == streak]
    points = rules.daily.points + sum(reward.points for reward in reached)
    growth = rules.daily.growth + sum(reward.growth for reward in reached)
    journal.change(sign_in=signed(state, today, streak, points, growth))
    journal.book(
        "sign_in",
        change=journal.earn(points, journal.now),
        growth=growth,
        rules=("daily_sign_in", *(f"streak_{reward.days}" for reward in reached)),
        source={"day": today.isoformat()},
        detail={"streak": streak},
    )
    return SignInResult(today, streak, points, growth, new=True)


def streak_on(state: SignInState, day: date) -> int:
    """Answer the streak as it stands on `day`: alive until a whole day has been missed."""
    alive = state.day is not None and state.day >= day - timedelta(days=1)
    return state.streak if alive else 0


def days_in(state: SignInState, month: date) -> list[date]:
    """List the days of the month of `month` on which the member signed in."""
    if state.first_day is None:
        return []
    first = month.replace(day=1)
    days = [first + timedelta(days=i) for i in range(31)]
    return [
        day
        for day in days
        if day.month == first.month and day >= state.first_day and state.days >> (day - state.first_day).days & 1
    ]


def signed(state: SignInState, day: date, streak: int, points: int, growth: int) -> SignInState:
    """Answer the state after a sign-in on `day` that was worth this much."""
    first = state.first_day or day
    return SignInState(
        day=day,
        streak=streak,
        longest_streak=max(state.longest_streak, streak),
        points=points,
        growth=growth,
        first_day=first,
        days=state.days | 1 << (day - first).days,
    )
