"""History: a member's state rebuilt from the entries of the ledger alone.

What is rebuilt is what the card shows and what the balances rest on. So the state that is kept with the member can be
verified, and the card can be shown as of any past instant.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import reduce
from typing import TYPE_CHECKING, Any

from tessera import benefits, decay, first_orders, growth_days, lots, measures, streaks, tiers
from tessera.decay import Decayed
from tessera.instants import local_day, parse_instant
from tessera.journal import MOST_TIER_ENTRIES
from tessera.make_up_cards import CARDS
from tessera.measures import ACTIVITIES
from tessera.member import Hold, Member, Placement, Used
from tessera.purchases import owe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from tessera.journal import Entry
    from tessera.programme.model import Programme

_BY_TIME = frozenset({"expiry", "maturity", "decay", "tier_change", "tier_review", "placement_end"})
"""The kinds of entries that nobody causes."""


def rebuild(member: Member, entries: Iterable[Entry], programme: Programme) -> Member:
    """Rebuild a member from all entries up to some point, in their order.

    Args:
        member: whose they are; of it is taken only who the member is, and since when.
        entries: from the first on, without a gap.
        programme: the rules in force.
    """
    return reduce(lambda before, entry: step(before, entry, programme), entries, blank(member, programme))


def blank(member: Member, programme: Programme) -> Member:
    """Answer the member as before the first entry."""
    return Member(
        member_id=member.member_id,
        enrolled_at=member.enrolled_at,
        time_zone=member.time_zone,
        account=member.account,
        tier=tiers.lowest(programme, member.account, member.enrolled_at),
        tallied_under=programme.version,
        active_on=local_day(member.enrolled_at, programme.zone),
        booked_at=member.enrolled_at,
    )


def step(member: Member, entry: Entry, programme: Programme) -> Member:
    """Answer the member after one more entry."""
    detail: Any = entry.detail
    instant = _effective(entry)
    change = dict(lots.read(detail.get("lots", ())))
    after = replace(
        member,
        sequence=entry.sequence,
        chain=entry.hash,
        points=member.points + entry.points,
        lots=lots.changed(member.lots, change),
        gone=_gone(member, entry, change),
        holds=_holds(member, entry, change),
        uses=_uses(member, detail),
        orders=member.orders + detail.get("orders", 0),
        first_order=first_orders.after_entry(member.first_order, entry.kind, entry.source, detail),
        tags=tuple(detail.get("tags", member.tags)),
        booked_at=entry.recorded_at,
    )
    if entry.kind in ACTIVITIES:
        after = replace(after, active_on=max(after.active_on, local_day(entry.at, programme.zone)))
    after = _with_growth(after, entry, programme, instant)
    after = _with_tier(after, entry, programme, instant)
    if "standing" in detail:
        after = replace(after, standing=detail["standing"])
    return _with_sign_ins(after, entry)


def _effective(entry: Entry) -> datetime:
    """Answer as of when an entry was booked: what time had done as of when it did, everything else as of then."""
    return entry.at if _by_time(entry) else entry.recorded_at


def _by_time(entry: Entry) -> bool:
    return entry.kind in _BY_TIME or "lapsed" in entry.detail


def _gone(member: Member, entry: Entry, change: lots.Lots) -> lots.Lots:
    if entry.kind == "expiry":
        expired = tuple((terms, -points) for terms, points in change.items())
        return lots.gain(lots.gone(expired, entry.at), member.gone)
    detail: Any = entry.detail
    return lots.changed(member.gone, lots.loss(lots.read(detail.get("expired", ()))))


def _holds(member: Member, entry: Entry, change: lots.Lots) -> tuple[Hold, ...]:
    detail: Any = entry.detail
    redemption_id = entry.source.get("redemption_id")
    if entry.kind == "hold":
        hold = Hold(
            redemption_id=entry.source["redemption_id"],
            order_id=entry.source["order_id"],
            parts=tuple((terms, -points) for terms, points in change.items()),
            expires_at=parse_instant(detail["expires_at"]),
            benefits=benefits.read_periods(detail.get("benefits_used", {})),
        )
        return (*member.holds, hold)
    if "owed" in detail and entry.kind == "refund":
        return owe(member.holds, detail["owed"])
    return tuple(hold for hold in member.holds if hold.redemption_id != redemption_id)


def _uses(member: Member, detail: Any) -> Mapping[str, Used]:
    uses = benefits.counted(member.uses, benefits.read_periods(detail.get("benefits_used", {})))
    return benefits.returned(uses, benefits.read_periods(detail.get("benefits_returned", {})))


def _with_tier(member: Member, entry: Entry, programme: Programme, instant: datetime) -> Member:
    detail: Any = entry.detail
    ladder, today = programme.ladder(member.account), local_day(instant, programme.zone)
    active = entry.kind in ACTIVITIES and member.standing == "active"
    tallies = measures.after_entry(member.tallies, ladder, programme.zone, today, entry.at, detail, active=active)
    member = replace(member, tallies=tallies)
    if written := detail.get("tier"):
        tier = tiers.applied(member.tier, tiers.read(written), instant, entry.programme_version)
        member = replace(member, tier=tier)
    if placed := detail.get("placement"):
        placement = None
        if "until" in placed:
            until, version = parse_instant(placed["until"]), entry.programme_version
            placement = Placement(tier_id=placed["tier"], since=instant, until=until, programme_version=version)
        member = replace(member, placement=placement)
    if "tier" in detail or "placement" in detail:
        member = replace(member, tier_entries=(*member.tier_entries, entry.sequence)[-MOST_TIER_ENTRIES:])
    return member


def _with_sign_ins(member: Member, entry: Entry) -> Member:
    detail: Any = entry.detail
    state, skipped = member.sign_in, detail.get("carried", 0)
    if entry.kind == "sign_in":
        day = date.fromisoformat(entry.source["day"])
        state = streaks.signed(state, day, detail["streak"], entry.points, entry.growth, skipped)
    elif entry.kind == "make_up":
        day = date.fromisoformat(entry.source["day"])
        state = streaks.made_up(streaks.bridged(state, day, skipped), day, entry.points, entry.growth)
    elif entry.kind == "move":
        state = streaks.moved(state, detail["from"], entry.recorded_at)
    return replace(
        member,
        sign_in=state,
        make_up_cards=member.make_up_cards + detail.get(CARDS, 0),
        time_zone=detail["to"] if entry.kind == "move" else detail.get("time_zone", member.time_zone),
    )


def _with_growth(member: Member, entry: Entry, programme: Programme, instant: datetime) -> Member:
    detail: Any = entry.detail
    if entry.kind == "decay":
        decays = (*member.decays, Decayed(local_day(instant, programme.zone), detail["percent"]))
        nothing = not decay.value(member.growth_days, decays)
        return replace(member, growth_days={}, decays=()) if nothing else replace(member, decays=decays)
    if "growth_day" in detail:
        day, growth = _growth_day(member, entry, programme), detail.get("growth_as_earned", entry.growth)
        member = replace(member, growth_days=growth_days.counted(member.growth_days, day, growth))
    waiting = dict(member.growth_waiting)
    if "growth_waiting" in detail:
        growth, until, day = detail["growth_waiting"]
        key = parse_instant(until), date.fromisoformat(day)
        waiting[key] = waiting.get(key, 0) + growth
    if entry.kind == "maturity":
        waiting = {key: growth for key, growth in waiting.items() if key[0] > entry.at}
    return replace(member, growth_waiting={key: growth for key, growth in waiting.items() if growth})


def _growth_day(member: Member, entry: Entry, programme: Programme) -> date:
    """Answer the day under which the growth of an entry is kept.

    Where growth did not leave a window by its day when the entry was booked, and does now, it is the day on which it
    was earned.
    """
    detail: Any = entry.detail
    then = programme.of_version(entry.programme_version).ladder(member.account)
    if programme.ladder(member.account).growth.policy in tiers.BY_DAY and then.growth.policy not in tiers.BY_DAY:
        return date.fromisoformat(detail["order_day"]) if "order_day" in detail else local_day(entry.at, programme.zone)
    return date.fromisoformat(detail["growth_day"])
