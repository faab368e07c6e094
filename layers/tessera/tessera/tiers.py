"""The ladder: a tier is reached at once, held for a term, and reviewed when the term ends.

What is decided is a `Change`: an entry of the ledger says it, and `applied` makes of it the tier that is held from then
on, for the member now as for whoever rebuilds the member from the entries.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from tessera import conditions, decay, growth_days, measures
from tessera.instants import local_day, midnight, months_later, parse_instant, write_instant
from tessera.member import Member, TierHeld

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tessera.conditions import Progress
    from tessera.programme.ladders import Ladder, Tier, Window, Within
    from tessera.programme.model import Programme

_A_SECOND = timedelta(seconds=1)

BY_DAY = ("window", "calendar_year")
"""The policies under which growth leaves its window by its own day."""

Reason = Literal["reached", "kept", "earned_again", "grace", "fell", "refunded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of the tier that a member holds, and why."""

    reason: Reason
    tier_id: str
    until: datetime | None = None
    unearned: bool = False
    """Whether it is held from now on though it is not earned."""
    keeps_before: bool = False
    """Whether the tier held until now comes back if what brought the new one is refunded."""
    restores: bool = False
    """Whether it is the tier that was held before."""


@dataclass(frozen=True, slots=True)
class NextTier:
    """The next rung that can be earned, and what is asked for it."""

    tier: Tier
    progress: Progress


def growth(member: Member, programme: Programme, now: datetime) -> int:
    """Answer the growth that counts at an instant, as the ladder says."""
    rule = programme.ladder(member.account).growth
    today = local_day(now, programme.zone)
    match rule.policy:
        case "window":
            return growth_days.within(member.growth_days, today, rule.days)
        case "calendar_year":
            return growth_days.of_year(member.growth_days, today.year)
    return decay.value_on(today, member.growth_days, member.decays)


def is_tallied(member: Member, programme: Programme) -> bool:
    """Whether all that the programme asks for is kept of the member: if not, it is to be counted from the ledger."""
    if member.tallied_under == programme.version:
        return True
    earlier = programme.of_version(member.tallied_under)
    if earlier is programme:
        return False
    now, then = programme.ladder(member.account), earlier.ladder(member.account)
    return measures.asks_no_more(now, then) and _keeps_no_more_growth(now, then)


def _keeps_no_more_growth(now: Ladder, then: Ladder) -> bool:
    if now.growth.policy not in BY_DAY or then.growth.policy not in BY_DAY:
        return now.growth.policy not in BY_DAY and then.growth.policy not in BY_DAY
    day = measures.ANY_NEW_YEARS_EVE
    return _first_growth_day(then, day) <= _first_growth_day(now, day)


def earliest_day(member: Member, programme: Programme, today: date) -> date:
    """Answer the first of the days as of which it may be asked what counts: today, or where terms began.

    Where a refund has the tier reviewed, it is asked again what had counted when the present term began, and the terms
    of the tiers that were held before and run on.
    """
    first = today
    tier: TierHeld | None = member.tier
    if programme.ladder(member.account).refunds == "review":
        while tier and (tier is member.tier or _runs(tier, member.booked_at)):
            first = min(first, local_day(tier.term_start - _A_SECOND, programme.zone))
            tier = tier.before
    return first


def counting(days: growth_days.GrowthDays, member: Member, programme: Programme, today: date) -> growth_days.GrowthDays:
    """Drop of growth by day what will never be asked for any more."""
    ladder = programme.ladder(member.account)
    if ladder.growth.policy not in BY_DAY:
        return days
    start = _first_growth_day(ladder, earliest_day(member, programme, today))
    return {day: growth for day, growth in days.items() if day >= start}


def _first_growth_day(ladder: Ladder, last: date) -> date:
    """Answer the first day of the longest window of growth that ends with `last`."""
    own = [criterion.within for criterion in ladder.criteria if criterion.measure == "growth"]
    widest: Window | Within = ladder.growth if ladder.growth.policy == "window" else "calendar_year"
    return min(measures.first_day(within, last) for within in (widest, *own))


def _runs(tier: TierHeld, now: datetime) -> bool:
    return tier.until is None or tier.until > now


def rank(tier_id: str, ladder: Ladder, earlier: Ladder | None = None) -> int:
    """Answer how high a tier stands, from 0.

    A tier that the programme has dropped stands where the next lower tier of its own, earlier ladder is now.
    """
    found = ladder.find(tier_id)
    if found is not None or earlier is None:
        return found or 0
    was = earlier.find(tier_id) or 0
    return max((ladder.find(tier.id) or 0 for tier in earlier.ladder[:was]), default=0)


def held_rank(member: Member, programme: Programme) -> int:
    """Answer how high the tier stands that the member has earned."""
    tier = member.tier
    earlier = programme.of_version(tier.programme_version).ladder(member.account)
    return rank(tier.id, programme.ladder(member.account), earlier)


def lent_rank(member: Member, programme: Programme) -> int | None:
    """Answer how high the tier stands that the member is placed on; None if there is no placement."""
    placement = member.placement
    if placement is None:
        return None
    earlier = programme.of_version(placement.programme_version).ladder(member.account)
    return rank(placement.tier_id, programme.ladder(member.account), earlier)


def is_lent(member: Member, programme: Programme) -> bool:
    """Whether the tier that the member is on is one they are placed on."""
    lent = lent_rank(member, programme)
    return lent is not None and lent > held_rank(member, programme)


def held(member: Member, programme: Programme) -> Tier:
    """Answer the rules of the tier that the member is on: the higher of what is earned and what is lent."""
    if member.placement and is_lent(member, programme):
        return _rules(member.placement.tier_id, member.placement.programme_version, member.account, programme)
    return earned_tier(member, programme)


def earned_tier(member: Member, programme: Programme) -> Tier:
    """Answer the rules of the tier that the member has earned, placed higher or not."""
    return _rules(member.tier.id, member.tier.programme_version, member.account, programme)


def promises(member: Member, programme: Programme) -> Iterator[tuple[Programme, int]]:
    """List the earlier versions that made promises for terms which run, each with how high the tier stood in it.

    These are the terms of the tier that the member is on, of that beneath a placement, and of those held before. A
    version that is not kept any more promises nothing.
    """
    held_now = [(member.tier.id, member.tier.until, member.tier.programme_version)]
    if member.placement:
        placement = member.placement
        held_now.append((placement.tier_id, placement.until, placement.programme_version))
    before = member.tier.before
    while before:
        if _runs(before, member.booked_at):
            held_now.append((before.id, before.until, before.programme_version))
        before = before.before
    for tier_id, until, version in held_now:
        promised = programme.of_version(version)
        found = promised.ladder(member.account).find(tier_id)
        if until and promised is not programme and found is not None:
            yield promised, found


def _rules(tier_id: str, version: int, account: str, programme: Programme) -> Tier:
    """Find a tier in the programme or, if it was dropped, in the version under which it was reached."""
    ladder, earlier = programme.ladder(account), programme.of_version(version).ladder(account)
    for rules in (ladder, earlier):
        if (found := rules.find(tier_id)) is not None:
            return rules.ladder[found]
    return ladder.ladder[0]


def term_start(member: Member, programme: Programme) -> datetime:
    """Answer when the term of the tier began that the member is on."""
    if member.placement and is_lent(member, programme):
        return member.placement.since
    return member.tier.term_start


def multiplier_bp(member: Member, programme: Programme) -> int:
    """Answer by how much the member's points are multiplied: within a term by no less than when it began."""
    promised = (of.ladder(member.account).ladder[rank].multiplier_bp for of, rank in promises(member, programme))
    return max([held(member, programme).multiplier_bp, *promised])


def earned(member: Member, programme: Programme, instant: datetime) -> int:
    """Answer how high the highest tier stands that is earned at an instant."""
    ladder = programme.ladder(member.account).ladder
    return max(i for i, tier in enumerate(ladder) if not i or _is_earned(tier, member, programme, instant))


def progress(tier: Tier, member: Member, programme: Programme, instant: datetime) -> Progress | None:
    """Answer how far the member has come, as of an instant, with what a tier asks for; None if it cannot be earned."""
    if tier.condition is None:
        return None
    return conditions.progress(tier.condition, member, programme, instant, growth(member, programme, instant))


def _is_earned(tier: Tier, member: Member, programme: Programme, instant: datetime) -> bool:
    made = progress(tier, member, programme, instant)
    return made is not None and made.met


def next_tier(member: Member, programme: Programme, now: datetime) -> NextTier | None:
    """Answer the next rung above the member's that can be earned, and the progress with it; None at the top."""
    above = max(held_rank(member, programme), lent_rank(member, programme) or 0) + 1
    for tier in programme.ladder(member.account).ladder[above:]:
        if made := progress(tier, member, programme, now):
            return NextTier(tier, made)
    return None


def lowest(programme: Programme, account: str, now: datetime) -> TierHeld:
    """Answer the tier that a new member starts on."""
    return TierHeld(id=programme.ladder(account).ladder[0].id, since=now)


def term_end(member: Member, programme: Programme, start: datetime) -> datetime:
    """Answer when a term ends that begins at an instant."""
    term = programme.ladder(member.account).term
    day = local_day(start, programme.zone)
    match term.policy:
        case "days":
            return start + timedelta(days=term.days)
        case "calendar_year":
            return midnight(day.replace(year=day.year + 1, month=1, day=1), programme.zone)
    enrolled = local_day(member.enrolled_at, programme.zone)
    years = max(1, day.year - enrolled.year)
    if (anniversary := months_later(enrolled, 12 * years)) <= day:
        anniversary = months_later(enrolled, 12 * (years + 1))
    return midnight(anniversary, programme.zone)


def promotion(member: Member, programme: Programme, instant: datetime) -> Change | None:
    """Answer the higher tier that is reached, or the one that is earned again within its grace; None if neither is."""
    ladder, tier, present = programme.ladder(member.account), member.tier, held_rank(member, programme)
    for i in range(len(ladder.ladder) - 1, present, -1):
        if _is_above(ladder.ladder[i], tier, member, programme) and _is_earned(
            ladder.ladder[i], member, programme, instant
        ):
            until = term_end(member, programme, instant)
            # What comes back with a refund, or was promised by an earlier version, is remembered while it runs.
            remembered = ladder.refunds == "review" or tier.programme_version != programme.version
            keeps = remembered and tier.until is not None
            return Change(reason="reached", tier_id=ladder.ladder[i].id, until=until, keeps_before=keeps)
    if (
        tier.grace
        and ladder.find(tier.id) is not None
        and _is_earned(ladder.ladder[present], member, programme, instant)
    ):
        return Change(reason="earned_again", tier_id=tier.id, until=term_end(member, programme, instant))
    return None


def _is_above(rung: Tier, tier: TierHeld, member: Member, programme: Programme) -> bool:
    """Whether a rung that stands above the tier now did so when they were on one ladder.

    A tier that the programme has dropped is held to the end of its term; only what stood above it then is above it. One
    of a version that is not kept any more is below everything.
    """
    if programme.ladder(member.account).find(tier.id) is not None:
        return True
    earlier = programme.of_version(tier.programme_version)
    if earlier is programme:
        return True
    ladder = earlier.ladder(member.account)
    then, held_then = ladder.find(rung.id), ladder.find(tier.id)
    return then is not None and held_then is not None and then > held_then


def review(member: Member, programme: Programme, end: datetime) -> Change:
    """Answer what the end of a term, or of its grace, makes of the tier: by what counted in the term's last second."""
    ladder, present = programme.ladder(member.account), held_rank(member, programme)
    reached = earned(member, programme, end - _A_SECOND)
    if ladder.find(member.tier.id) is None:
        landing = reached if ladder.review.policy == "to_earned" else max(reached, present)
        until = term_end(member, programme, end) if landing else None
        return Change(reason="fell", tier_id=ladder.ladder[landing].id, until=until, unearned=landing > reached)
    if reached >= present or ladder.review.policy == "keep":
        until = term_end(member, programme, end)
        return Change(reason="kept", tier_id=member.tier.id, until=until, unearned=reached < present)
    if ladder.review.grace_days and not member.tier.grace:
        return Change(reason="grace", tier_id=member.tier.id, until=end + timedelta(days=ladder.review.grace_days))
    softly = ladder.review.soft_landing and not member.tier.unearned
    if ladder.review.policy == "one_step" or softly:
        lower = (i for i in range(present - 1, 0, -1) if not ladder.ladder[i].by_invitation)
        landing = max(reached, next(lower, 0))
    else:
        landing = reached
    return Change(
        reason="fell",
        tier_id=ladder.ladder[landing].id,
        until=term_end(member, programme, end) if landing else None,
        unearned=landing > reached,
    )


def refunded(member: Member, programme: Programme, now: datetime) -> Change | None:
    """Answer what a refund makes of the tier, if the policy is to review it at once.

    The tier stands if it had been reached without what is refunded: by what counted when its term began, and is left.
    If it does not, what was held before and runs on comes back, if that stands; or what is earned now, if it is more.
    """
    ladder, tier = programme.ladder(member.account), member.tier
    if ladder.refunds == "keep" or tier.grace or _stands(tier, member, programme):
        return None
    before = tier.before
    while before and ((before.until and before.until <= now) or not _stands(before, member, programme)):
        before = before.before
    reached = earned(member, programme, now)
    if before and held_rank(replace(member, tier=before), programme) >= reached:
        return Change(reason="refunded", tier_id=before.id, until=before.until, restores=True)
    if reached >= held_rank(member, programme):
        return None
    return Change(
        reason="refunded",
        tier_id=ladder.ladder[reached].id,
        until=term_end(member, programme, now) if reached else None,
    )


def _stands(tier: TierHeld, member: Member, programme: Programme) -> bool:
    """Whether what is left of what counted when a tier's term began is enough for it.

    A change of the programme takes nothing within a term, so a term of an earlier version is not judged by this one.
    """
    if tier.until is None or tier.unearned or tier.programme_version != programme.version:
        return True
    present = held_rank(replace(member, tier=tier), programme)
    # A term that follows on another was decided by the other's last second, one that began by tenure at its midnight.
    return any(
        earned(member, programme, instant) >= present for instant in (tier.term_start, tier.term_start - _A_SECOND)
    )


def applied(tier: TierHeld, change: Change, instant: datetime, version: int) -> TierHeld:
    """Answer the tier that is held after a change.

    Args:
        tier: the one before.
        change: what is decided.
        instant: as of when.
        version: that of the programme in force.
    """
    match change.reason:
        case "kept" | "earned_again":
            return replace(
                tier,
                renewed_at=instant,
                until=change.until,
                grace=False,
                unearned=change.unearned,
                programme_version=version,
                before=None,
            )
        case "grace":
            return replace(tier, until=change.until, grace=True)
    if change.restores:
        before = tier.before
        while before and (before.id, before.until) != (change.tier_id, change.until):
            before = before.before
        if before:
            return before
    return TierHeld(
        id=change.tier_id,
        since=instant,
        until=change.until,
        programme_version=version,
        unearned=change.unearned,
        before=tier if change.keeps_before else None,
    )


def write(before: TierHeld, change: Change) -> dict[str, object]:
    """Write a change for an entry."""
    until = {"until": write_instant(change.until)} if change.until else {}
    marks = {mark: True for mark in _MARKS if getattr(change, mark)}
    return {"from": before.id, "to": change.tier_id, "reason": change.reason, **until, **marks}


def read(written: Mapping[str, Any]) -> Change:
    """Read what `write` wrote."""
    return Change(
        reason=written["reason"],
        tier_id=written["to"],
        until=parse_instant(written["until"]) if "until" in written else None,
        **{mark: written.get(mark, False) for mark in _MARKS},
    )


_MARKS = ("unearned", "keeps_before", "restores")


def tenure_promotions(member: Member, programme: Programme, done_until: datetime) -> Iterator[datetime]:
    """List when, after `done_until`, tenure alone will bring a higher tier, or the present one again."""
    ladder, present = programme.ladder(member.account), held_rank(member, programme)
    enrolled = local_day(member.enrolled_at, programme.zone)
    if member.standing != "active":
        return
    for tier in ladder.ladder[present if member.tier.grace else present + 1 :]:
        for criterion in tier.criteria:
            if criterion.measure == "tenure":
                reached = midnight(enrolled + timedelta(days=criterion.at_least), programme.zone)
                if reached > done_until and _is_earned(tier, member, programme, reached):
                    yield reached
