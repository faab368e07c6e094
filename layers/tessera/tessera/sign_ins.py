"""The daily sign-in (签到): once per local day of the member, with rewards for streaks."""

from dataclasses import dataclass
from datetime import date

from tessera import make_up_cards
from tessera.instants import local_day
from tessera.journal import Journal
from tessera.refusals import Forbidden
from tessera.streaks import carried, is_open, signed, streak_on


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

    A second one on the same day gives what the first one gave; so does one on a day that a move has begun before the
    last one was over, or has begun again.

    Raises:
        Forbidden: the member is frozen or closed.
    """
    member = journal.member
    if member.standing != "active":
        raise Forbidden("member_" + member.standing, "This member cannot collect rewards at present.")
    state, zone = member.sign_in, member.time_zone
    if state.day is not None and not is_open(state, zone, journal.now):
        return SignInResult(state.day, state.answered_streak, state.points, state.growth, new=False)

    today = local_day(journal.now, zone)
    streak = streak_on(state, zone, today) + 1
    rules = journal.programme.sign_ins
    reached = [reward for reward in rules.streaks if reward.days == streak]
    points = rules.daily.points + sum(reward.points for reward in reached)
    growth = rules.daily.growth + sum(reward.growth for reward in reached)
    skipped = carried(state, zone, today)
    journal.change(sign_in=signed(state, today, streak, points, growth, skipped))
    journal.book(
        "sign_in",
        change=journal.earn(points, journal.now),
        growth=growth,
        rules=("daily_sign_in", *(f"streak_{reward.days}" for reward in reached)),
        source={"day": today.isoformat()},
        detail={
            "streak": streak,
            **({"carried": skipped} if skipped else {}),
            **make_up_cards.grant(journal, sum(reward.make_up_cards for reward in reached)),
        },
    )
    return SignInResult(today, streak, points, growth, new=True)
