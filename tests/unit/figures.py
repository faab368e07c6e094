"""The programme, and what the product answers, in the words of the naive model."""

from typing import Any

from tessera.conditions import Progress, Steps
from tessera.instants import parse_instant
from tessera.journal import Entry
from tessera.programme import ladders
from tessera.programme.ladders import CalendarYear, Days, Decay, Ladder, TermOfDays, TermToYearEnd, Window
from tessera.programme.model import FixedDates, Inactivity, MonthEnd, Programme, Reward
from tests.unit import naive, naive_tiers


def figures(programme: Programme, member_zone: str) -> naive.Figures:
    """Write the programme as plain numbers."""
    points, growth, rules = programme.points, programme.tiers.growth, programme.points.expiry
    return naive.Figures(
        zone=programme.zone,
        member_zone=member_zone,
        welcome=given(programme.welcome),
        daily=given(programme.sign_ins.daily),
        cards=programme.welcome.make_up_cards,
        within_days=programme.sign_ins.make_up.within_days if programme.sign_ins.make_up else 0,
        streaks={streak.days: given(streak) for streak in programme.sign_ins.streaks},
        expiry=naive.MonthEnd(rules.months)
        if isinstance(rules, MonthEnd)
        else naive.Dates(tuple((int(day[:2]), int(day[3:])) for day in rules.dates), rules.least_days)
        if isinstance(rules, FixedDates)
        else naive.Inactivity(rules.days)
        if isinstance(rules, Inactivity)
        else None,
        growth=naive.Decay(growth.idle_months, growth.percent)
        if isinstance(growth, Decay)
        else naive.Window(growth.days)
        if isinstance(growth, Window)
        else naive.CalendarYear()
        if isinstance(growth, CalendarYear)
        else None,
        ladder=ladder_figures(programme.tiers),
        return_window_days=points.return_window_days,
        growth_waits=points.growth_waits,
        debt=points.refund == "debt",
        grace_days=points.returned_grace_days,
        actions={
            kind: naive.ActionFigures(
                given(action),
                {
                    "day": (action.caps.day.points, action.caps.day.growth),
                    "week": (action.caps.week.points, action.caps.week.growth),
                    "month": (action.caps.month.points, action.caps.month.growth),
                    "lifetime": (action.caps.lifetime.points, action.caps.lifetime.growth),
                },
            )
            for kind, action in programme.actions.items()
        },
    )


def given(reward: Reward) -> tuple[int, int]:
    """Answer the points and the growth of a reward."""
    return reward.points, reward.growth


def ladder_figures(ladder: Ladder) -> naive_tiers.LadderFigures:
    """Write a ladder as plain numbers."""
    term, review = ladder.term, ladder.review
    return naive_tiers.LadderFigures(
        rungs=tuple(
            naive_tiers.Rung(tier.id, condition(tier.condition) if tier.condition else None, tier.multiplier_bp)
            for tier in ladder.ladder
        ),
        term=term.days
        if isinstance(term, TermOfDays)
        else "calendar_year"
        if isinstance(term, TermToYearEnd)
        else "anniversary",
        review=review.policy,
        grace_days=review.grace_days,
        soft_landing=review.soft_landing,
        refunds_review=ladder.refunds == "review",
    )


def condition(rules: ladders.AllOf | ladders.AnyOf | ladders.Criterion) -> naive_tiers.Condition:
    """Write what a tier asks for as plain numbers."""
    if isinstance(rules, ladders.AllOf):
        return naive_tiers.AllOf(tuple(condition(part) for part in rules.all))
    if isinstance(rules, ladders.AnyOf):
        return naive_tiers.AnyOf(tuple(condition(part) for part in rules.any))
    within = rules.within.days if isinstance(rules.within, Days) else rules.within
    return naive_tiers.Asked(rules.measure, rules.at_least, within)


def haves(progress: Progress) -> list[naive_tiers.Have]:
    """List how far the member has come with everything that is asked for, however it is combined."""
    if isinstance(progress, Steps):
        return [have for part in progress.parts for have in haves(part)]
    within = progress.within.days if isinstance(progress.within, Days) else progress.within
    return [naive_tiers.Have(naive_tiers.Asked(progress.measure, progress.need, within), progress.have)]


def tier_told(entry: Entry) -> list[naive_tiers.Told]:
    """Answer what an entry tells of the tier that is earned: as of its own instant, if time has brought it."""
    detail: Any = entry.detail
    if "tier" not in detail:
        return []
    at = entry.at if entry.kind in ("tier_change", "tier_review", "maturity") else entry.recorded_at
    tier = detail["tier"]
    until = parse_instant(tier["until"]) if "until" in tier else None
    return [naive_tiers.Told(at, tier["reason"], tier["from"], tier["to"], until)]
