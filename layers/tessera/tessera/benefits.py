"""Benefits: what a member's tier entitles to, how much of it is left, and its use.

Uses are counted where there is a quota, in periods that begin on a day: of the member's zone, or for terms, which begin
at an instant, of the programme's. Of each benefit the last period is kept with its count. A member who moves west may
come into an earlier period once more: the one that is kept goes on, so that no period is ever used twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Literal, cast

from tessera import birthdays, tiers
from tessera.instants import local_day, midnight, months_later
from tessera.member import Used
from tessera.refusals import Conflict, Forbidden, NotFound
from tessera.statement import times

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from tessera.journal import Journal
    from tessera.member import Member
    from tessera.programme.benefits import Benefit, BirthdayGiftTerms, Period, Quota, Terms
    from tessera.programme.ladders import Ladder
    from tessera.programme.model import Programme

    Birthday = Mapping[str, int]
    Periods = Mapping[str, date]
    Uses = Mapping[str, Used]

Reason = Literal[
    "member_frozen",
    "member_closed",
    "tier_too_low",
    "other_account",
    "birthday_unknown",
    "outside_birthday",
    "quota_used_up",
]

NO_BIRTHDAY: Mapping[str, int] = MappingProxyType({})
"""The birthday of a member whose profile has none; for benefits that do not depend on it, anybody's."""

MULTIPLIER = "earning_multiplier"
"""The id, and the kind, under which the multiplier of a tier is shown among its benefits."""

_TIMES_ONE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """What a member may make of a benefit now; if nothing, why, and what would be needed."""

    benefit_id: str
    kind: str
    name: str
    terms: Terms | None = None
    """What the member's tier gives; None if it gives nothing, or is the tier's multiplier."""
    multiplier_bp: int | None = None
    stacks: bool | None = None
    """Of a price: whether others that stack, and a coupon, may come on top."""
    area: str | None = None
    """Of a priority: in what the member comes before others."""
    to: str | None = None
    """Of something exclusive: what it opens."""
    since: date | None = None
    """The first day of the period in which a use counts now; None without a quota."""
    left: int | None = None
    resets_at: datetime | None = None
    """When the quota is whole again, if that is known."""
    code: Reason | None = None
    detail: str | None = None

    @property
    def entitled(self) -> bool:
        """No reason against it."""
        return self.code is None

    @property
    def quota(self) -> Quota | None:
        """How often it may be used in a period; None without limit."""
        return self.terms.quota if self.terms else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """The record of a use that a shop has named: the operation `use:<member>:<benefit>:<use>`."""

    RECORD: ClassVar[Literal["use"]] = "use"
    member_id: str
    benefit_id: str
    use_id: str
    name: str
    """The benefit's, as it was called then."""
    order_id: str | None
    since: date | None
    """The first day of the period in which it counts; None without a quota."""
    status: Literal["used", "released"] = "used"
    answer: str = ""
    """The body that the use was answered with."""
    version: int = 0


def given(benefit_id: str, member: Member, programme: Programme) -> tuple[Benefit, Terms | None] | None:
    """Find a benefit, and what it gives on the tier that the member is on; None if there is no such benefit.

    Within a term nobody loses what they had when it began: what a benefit gave then is improved by what is better now,
    and one that was dropped, or became a benefit of another kind, stays what it was.
    """
    present = programme.benefit(benefit_id)
    found = (present, programme.terms(benefit_id, member.account, _rank(member, programme))) if present else None
    for promised, rank in tiers.promises(member, programme):
        before, then = promised.benefit(benefit_id), promised.terms(benefit_id, member.account, rank)
        if before is None or then is None:
            continue
        same = found if found and found[0].kind == before.kind else (before, None)
        found = same[0], then.better(same[1]) if same[1] else then
    return found


def entitlement(
    member: Member, programme: Programme, benefit_id: str, now: datetime, birthday: Birthday
) -> Entitlement | None:
    """Answer what a member may make of a benefit; None if there is no such benefit.

    Args:
        member: the member, settled at `now`.
        programme: the rules in force.
        benefit_id: the benefit.
        now: the instant.
        birthday: the member's own as the profile has it, `month` and `day`, or empty.
    """
    found = given(benefit_id, member, programme)
    if found is None:
        return None
    benefit, terms = found
    shown = Entitlement(benefit_id=benefit.id, kind=benefit.kind, name=benefit.name)
    if terms is None:
        return _of_active(_from_tier(shown, benefit, programme.ladder(member.account)), member)
    match benefit.kind:
        case "member_price" | "percentage":
            shown = replace(shown, terms=terms, stacks=benefit.stacks)
        case "priority":
            shown = replace(shown, terms=terms, area=benefit.area)
        case "exclusive":
            shown = replace(shown, terms=terms, to=benefit.to)
        case _:
            shown = replace(shown, terms=terms)
    used = member.uses.get(benefit.id)
    today = local_day(now, member.time_zone)
    day = max(today, used.since) if used else today
    if benefit.kind == "birthday_gift":
        shown = _around_birthday(shown, day, member, today, birthday)
    elif terms.quota:
        shown = _within_period(shown, terms.quota.per, day, member, programme)
    return _of_active(_left(shown, used, member.time_zone), member)


def multiplier(member: Member, programme: Programme) -> Entitlement | None:
    """Show the multiplier of the member's tier as the benefit that it is; None if it is ×1."""
    multiplier_bp = tiers.multiplier_bp(member, programme)
    if multiplier_bp == _TIMES_ONE:
        return None
    name = f"Points ×{times(multiplier_bp)}"
    return _of_active(
        Entitlement(benefit_id=MULTIPLIER, kind=MULTIPLIER, name=name, multiplier_bp=multiplier_bp), member
    )


def every(member: Member, programme: Programme, now: datetime, birthday: Birthday) -> list[Entitlement]:
    """List all benefits of the programme, in its order, whether or not the member is entitled to them."""
    versions = [programme, *(promised for promised, _ in tiers.promises(member, programme))]
    ids = dict.fromkeys(benefit.id for version in versions for benefit in version.benefits)
    listed = [entitlement(member, programme, benefit_id, now, birthday) for benefit_id in ids]
    listed.append(multiplier(member, programme))
    return [shown for shown in listed if shown]


def of(member: Member, programme: Programme, now: datetime, birthday: Birthday) -> tuple[Entitlement, ...]:
    """List what the member's tier gives, used up or not; who is frozen or closed has nothing."""
    if member.standing != "active":
        return ()
    return tuple(shown for shown in every(member, programme, now, birthday) if shown.terms or shown.multiplier_bp)


def use(
    journal: Journal, benefit_id: str, birthday: Birthday, use_id: str, order_id: str | None
) -> tuple[Use, Entitlement]:
    """Use a benefit once; answer the use's record, and what the member was entitled to before.

    Raises:
        NotFound: there is no such benefit.
        Forbidden: the member is not entitled to it.
        Conflict: it is used up for this period.
    """
    shown = entitlement(journal.member, journal.programme, benefit_id, journal.now, birthday)
    if shown is None:
        raise NotFound
    if shown.code == "quota_used_up":
        raise Conflict("quota_used_up", str(shown.detail))
    if not shown.entitled:
        raise Forbidden("not_entitled", str(shown.detail))
    used = Use(
        member_id=journal.member.member_id,
        benefit_id=benefit_id,
        use_id=use_id,
        name=shown.name,
        order_id=order_id,
        since=shown.since,
    )
    detail = {"name": shown.name} | as_used(take(journal, [shown]))
    journal.book("benefit_use", source=_source(used), detail=detail)
    return used, shown


def take_back(journal: Journal, used: Use) -> Use:
    """Take a use back; one of an earlier period counts no more, and gives nothing."""
    periods = {used.benefit_id: used.since} if used.since else {}
    give_back(journal, periods)
    journal.book("benefit_return", source=_source(used), detail={"name": used.name} | as_returned(periods))
    return replace(used, status="released")


def take(journal: Journal, shown: Iterable[Entitlement]) -> dict[str, date]:
    """Count one use of each that has a quota; answer the first days of the periods in which they count."""
    periods = {entitled.benefit_id: entitled.since for entitled in shown if entitled.since}
    journal.change(uses=counted(journal.member.uses, periods))
    return periods


def take_again(journal: Journal, benefit_ids: Iterable[str]) -> dict[str, date] | None:
    """Count one use of each, as of now; or none of any, and answer None, if one of them is not to be had now."""
    told = journal.member, journal.programme
    again = [entitlement(*told, benefit_id, journal.now, NO_BIRTHDAY) for benefit_id in benefit_ids]
    there = [shown for shown in again if shown and shown.entitled]
    return take(journal, there) if len(there) == len(again) else None


def give_back(journal: Journal, periods: Periods) -> None:
    """Count one use less of each, if its period is still the one that counts."""
    journal.change(uses=returned(journal.member.uses, periods))


def counted(uses: Uses, periods: Periods) -> Uses:
    """Answer the uses with one more of each benefit, in the period that begins on its day."""
    before = {id_: used.count for id_, used in uses.items() if used.since == periods.get(id_)}
    return {**uses, **{id_: Used(since, before.get(id_, 0) + 1) for id_, since in periods.items()}}


def returned(uses: Uses, periods: Periods) -> Uses:
    """Answer the uses with one less of each benefit whose period is still the one that is kept.

    A period of which nothing is left is kept all the same: it tells that earlier ones are over.
    """
    return {
        id_: replace(used, count=used.count - 1) if periods.get(id_) == used.since else used
        for id_, used in uses.items()
    }


def as_used(periods: Periods) -> dict[str, object]:
    """Say in an entry's detail which benefits it uses; `history` counts by it."""
    return {"benefits_used": _written(periods)} if periods else {}


def as_returned(periods: Periods) -> dict[str, object]:
    """Say in an entry's detail which benefits it gives back; `history` counts by it."""
    return {"benefits_returned": _written(periods)} if periods else {}


def read_periods(written: Mapping[str, str]) -> dict[str, date]:
    """Read what an entry says of periods."""
    return {id_: date.fromisoformat(since) for id_, since in written.items()}


def _written(periods: Periods) -> dict[str, str]:
    return {id_: since.isoformat() for id_, since in periods.items()}


def _source(used: Use) -> dict[str, str]:
    source = {"benefit_id": used.benefit_id, "use_id": used.use_id}
    return source | {"order_id": used.order_id} if used.order_id else source


def _rank(member: Member, programme: Programme) -> int:
    """Answer how high the tier stands that the member is on, earned or lent."""
    return max(tiers.held_rank(member, programme), tiers.lent_rank(member, programme) or 0)


def _from_tier(shown: Entitlement, benefit: Benefit, ladder: Ladder) -> Entitlement:
    """Say from which tier on a benefit is to be had."""
    first = next((tier for tier in ladder.ladder if tier.id in benefit.tiers), None)
    if first is None:
        return replace(shown, code="other_account", detail="It is for another kind of account.")
    return replace(shown, code="tier_too_low", detail=f"From {first.name} on.")


def _of_active(shown: Entitlement, member: Member) -> Entitlement:
    """Take it from who is frozen or closed."""
    if member.standing == "active":
        return shown
    code: Reason = "member_frozen" if member.standing == "frozen" else "member_closed"
    return replace(shown, code=code, detail=f"The account is {member.standing}.")


def _within_period(shown: Entitlement, per: Period, day: date, member: Member, programme: Programme) -> Entitlement:
    """Say in which period a use counts on a day, and when that is over."""
    if per == "term":
        began = local_day(tiers.term_start(member, programme), programme.zone)
        lent = member.placement if tiers.is_lent(member, programme) else None
        return replace(shown, since=began, resets_at=lent.until if lent else member.tier.until)
    first = day
    if per == "month":
        first = day.replace(day=1)
    elif per == "year":
        first = day.replace(month=1, day=1)
    after = day + timedelta(days=1) if per == "day" else months_later(first, 1 if per == "month" else 12)
    return replace(shown, since=first, resets_at=midnight(after, member.time_zone))


def _around_birthday(shown: Entitlement, day: date, member: Member, today: date, birthday: Birthday) -> Entitlement:
    """Say in which year of the member's life a use counts on a day, and whether today is near the birthday.

    That year begins with the first day on which the gift can be had, so that one birthday brings one gift.
    """
    if not birthday:
        return replace(shown, code="birthday_unknown", detail="The profile has no birthday.")
    gift = cast("BirthdayGiftTerms", shown.terms)
    spans = [_span(gift, birthday, year) for year in range(day.year - 1, day.year + 3)]
    current = max(i for i, (first, _) in enumerate(spans) if first <= day)
    (first, last), following = spans[current], spans[current + 1]
    shown = replace(shown, since=first, resets_at=midnight(following[0], member.time_zone))
    if first <= today <= last:
        return shown
    begins, ends = following if today > last else (first, last)
    when = f"From {begins} to {ends}." if begins < ends else f"On {begins}."
    return replace(shown, code="outside_birthday", detail=when)


def _span(gift: BirthdayGiftTerms, birthday: Birthday, year: int) -> tuple[date, date]:
    """Answer the first and the last day around the birthday of a year."""
    on = birthdays.kept_on(birthday, year)
    return on - timedelta(days=gift.days_before), on + timedelta(days=gift.days_after)


def _left(shown: Entitlement, used: Used | None, zone: str) -> Entitlement:
    """Say how much of the quota is left in the period."""
    if shown.quota is None:
        return shown
    if shown.since is None:
        return replace(shown, left=shown.quota.uses)
    count = used.count if used and used.since >= shown.since else 0
    since = used.since if used and used.since >= shown.since else shown.since
    left = max(0, shown.quota.uses - count)
    shown = replace(shown, since=since, left=left)
    if left or not shown.entitled:
        return shown
    until = f"until {local_day(shown.resets_at, zone)}" if shown.resets_at else "for this term"
    return replace(shown, code="quota_used_up", detail=f"Used up {until}.")
