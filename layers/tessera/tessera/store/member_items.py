"""Members and their profiles as items and back."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import accumulate, islice, pairwise
from typing import Any

from tessera import birthdays, decay, growth_days, lots, varints
from tessera.identities import bucket, shard
from tessera.instants import from_epoch_seconds, to_epoch_seconds
from tessera.measures import Tally
from tessera.member import CONSUMER, ActionCount, Claimed, Hold, Member, Placement, Profile, SignInState, TierHeld, Used
from tessera.store.items import SCHEMA, Fields, birthday_partition, from_periods, to_periods, written


def from_member(member: Member, due: datetime | None) -> dict[str, object]:
    """Write a member's state.

    `due_shard` and `due_at` put it into the sparse index of what the night has to do; `bucket`, which never changes,
    into the index of those who are verified together.

    Instants are seconds since 1970 and days are numbered as `date.toordinal` does: written out they would take a
    regular's item over the kilobyte from which on each write costs twice as much.
    """
    state = member.sign_in
    return {
        "member_id": member.member_id,
        "schema": SCHEMA,
        "version": member.version + 1,
        "enrolled_at": to_epoch_seconds(member.enrolled_at),
        "time_zone": member.time_zone,
        "standing": member.standing,
        "sequence": member.sequence,
        "chain": member.chain,
        "points": member.points,
        "lots": lots.pack(member.lots.items()),
        "gone": lots.pack(member.gone.items()) or None,
        "account": member.account if member.account != CONSUMER else None,
        **_from_tier(member.tier),
        "placement": _from_placement(member.placement) if member.placement else None,
        "tier_entries": varints.pack(member.tier_entries) or None,
        "growth_days": growth_days.pack(member.growth_days),
        "growth_waiting": varints.pack(
            number
            for (matures_at, day), growth in member.growth_waiting.items()
            for number in (to_epoch_seconds(matures_at), day.toordinal(), growth)
        )
        or None,
        "decays": decay.pack(member.decays) or None,
        "tallies": {
            measure: [growth_days.pack(tally.days), tally.lifetime] for measure, tally in member.tallies.items()
        }
        or None,
        "tallied_under": member.tallied_under if member.tallied_under > 1 else None,
        "active_on": member.active_on.toordinal(),
        "actions": {kind: _from_action_count(count) for kind, count in member.actions.items()} or None,
        "sign_in": _from_sign_ins(state, state.day) if state.day else None,
        "make_up_cards": member.make_up_cards or None,
        "holds": [_from_hold(hold) for hold in member.holds] or None,
        "claims": {id_: _from_claimed(claimed) for id_, claimed in member.claims.items()} or None,
        "tags": member.tags or None,
        "orders": member.orders or None,
        "first_order": member.first_order,
        "uses": {id_: [used.since.toordinal(), used.count] for id_, used in member.uses.items()} or None,
        "booked_at": to_epoch_seconds(member.booked_at),
        "bucket": bucket(member.member_id),
        "due_shard": shard(member.member_id) if due else None,
        "due_at": written(due),
    }


def to_member(fields: Fields) -> Member:
    """Read a member's state."""
    state = fields.get("sign_in")
    return Member(
        member_id=fields["member_id"],
        version=fields["version"],
        enrolled_at=from_epoch_seconds(fields["enrolled_at"]),
        time_zone=fields["time_zone"],
        standing=fields["standing"],
        sequence=fields["sequence"],
        chain=fields["chain"],
        points=fields["points"],
        lots=dict(lots.unpack(fields["lots"])),
        gone=dict(lots.unpack(fields.get("gone", b""))),
        account=fields.get("account", CONSUMER),
        tier=_to_tier(fields),
        placement=_to_placement(fields["placement"]) if "placement" in fields else None,
        tier_entries=tuple(varints.unpack(fields.get("tier_entries", b""))),
        growth_days=growth_days.unpack(fields["growth_days"]),
        growth_waiting={
            (from_epoch_seconds(matures_at), date.fromordinal(day)): growth
            for matures_at, day, growth in _threes(varints.unpack(fields.get("growth_waiting", b"")))
        },
        decays=decay.unpack(fields.get("decays", b"")),
        tallies={
            measure: Tally(growth_days.unpack(days), lifetime)
            for measure, (days, lifetime) in fields.get("tallies", {}).items()
        },
        tallied_under=fields.get("tallied_under", 1),
        active_on=date.fromordinal(fields["active_on"]),
        actions={kind: _to_action_count(count) for kind, count in fields.get("actions", {}).items()},
        sign_in=_to_sign_ins(state) if state else SignInState(),
        make_up_cards=fields.get("make_up_cards", 0),
        holds=tuple(_to_hold(stored) for stored in fields.get("holds", [])),
        claims={id_: _to_claimed(claimed) for id_, claimed in fields.get("claims", {}).items()},
        tags=tuple(fields.get("tags", ())),
        orders=fields.get("orders", 0),
        first_order=fields.get("first_order"),
        uses={id_: Used(date.fromordinal(since), count) for id_, (since, count) in fields.get("uses", {}).items()},
        booked_at=from_epoch_seconds(fields["booked_at"]),
    )


def _from_tier(tier: TierHeld) -> dict[str, object]:
    return {
        "tier": tier.id,
        "tier_since": to_epoch_seconds(tier.since),
        "tier_until": to_epoch_seconds(tier.until) if tier.until else None,
        "tier_renewed": to_epoch_seconds(tier.renewed_at) if tier.renewed_at else None,
        "tier_version": tier.programme_version if tier.programme_version > 1 else None,
        "tier_grace": tier.grace or None,
        "tier_unearned": tier.unearned or None,
        "tier_before": _from_tier(tier.before) if tier.before else None,
    }


def _to_tier(fields: Fields) -> TierHeld:
    return TierHeld(
        id=fields["tier"],
        since=from_epoch_seconds(fields["tier_since"]),
        until=from_epoch_seconds(fields["tier_until"]) if "tier_until" in fields else None,
        renewed_at=from_epoch_seconds(fields["tier_renewed"]) if "tier_renewed" in fields else None,
        programme_version=fields.get("tier_version", 1),
        grace=fields.get("tier_grace", False),
        unearned=fields.get("tier_unearned", False),
        before=_to_tier(fields["tier_before"]) if "tier_before" in fields else None,
    )


def _from_placement(placement: Placement) -> list[object]:
    since, until = to_epoch_seconds(placement.since), to_epoch_seconds(placement.until)
    return [placement.tier_id, since, until, placement.programme_version]


def _to_placement(written: Sequence[Any]) -> Placement:
    tier_id, since, until, version = written
    return Placement(
        tier_id=tier_id,
        since=from_epoch_seconds(since),
        until=from_epoch_seconds(until),
        programme_version=version,
    )


def from_alias(alias_id: str, member_id: str) -> dict[str, object]:
    """Write that an identity is another member's too: it stands where that identity's own member would."""
    return {"member_id": alias_id, "schema": SCHEMA, "alias_of": member_id}


def from_profile(profile: Profile) -> dict[str, object]:
    """Write what a member told of themselves; `birthday_shard` puts who has a birthday into their sparse index."""
    birthday = birthdays.written(profile.birthday) if profile.birthday else None
    return {
        "member_id": profile.member_id,
        "schema": SCHEMA,
        "display_name": profile.display_name,
        "locale": profile.locale,
        "birthday": dict(profile.birthday) or None,
        "channel": profile.channel,
        "referral_code": profile.referral_code,
        "consents": dict(profile.consents) or None,
        "birthday_shard": birthday_partition(birthday, shard(profile.member_id)) if birthday else None,
    }


def to_profile(fields: Fields) -> Profile:
    """Read what a member told of themselves."""
    told = {name: content for name, content in fields.items() if name not in ("schema", "birthday_shard")}
    return Profile(**told)


def _from_claimed(claimed: Claimed) -> object:
    if claimed.day_ends is None:
        return claimed.count
    return [claimed.count, to_epoch_seconds(claimed.day_ends), claimed.on_day]


def _to_claimed(stored: Any) -> Claimed:
    if isinstance(stored, int):
        return Claimed(stored)
    count, day_ends, on_day = stored
    return Claimed(count, from_epoch_seconds(day_ends), on_day)


def _from_sign_ins(state: SignInState, last: date) -> dict[str, object]:
    first = state.first_day or last
    return {
        "day": last.toordinal(),
        "ends": to_epoch_seconds(state.ends_at) if state.ends_at else None,
        "streak": state.streak,
        "longest": state.longest_streak,
        "answered": state.answered_streak if state.answered_streak != state.streak else None,
        "points": state.points,
        "growth": state.growth,
        "first": first.toordinal(),
        "days": state.days.to_bytes((state.days.bit_length() + 7) // 8, "little"),
        "made_up": _pack_days(state.made_up, first),
        "bridged": _pack_days(state.bridged, first),
    }


def _to_sign_ins(stored: Mapping[str, Any]) -> SignInState:
    first = date.fromordinal(stored["first"])
    return SignInState(
        day=date.fromordinal(stored["day"]),
        ends_at=from_epoch_seconds(stored["ends"]) if "ends" in stored else None,
        streak=stored["streak"],
        longest_streak=stored["longest"],
        answered_streak=stored.get("answered", stored["streak"]),
        points=stored["points"],
        growth=stored["growth"],
        first_day=first,
        days=int.from_bytes(stored["days"], "little"),
        made_up=_unpack_days(stored.get("made_up", b""), first),
        bridged=_unpack_days(stored.get("bridged", b""), first),
    )


def _pack_days(days: Collection[date], first: date) -> bytes | None:
    """Write a few days, none before `first`, as how far each is from the one before."""
    numbers = [first.toordinal(), *sorted(day.toordinal() for day in days)]
    return varints.pack(later - earlier for earlier, later in pairwise(numbers)) or None


def _unpack_days(packed: bytes, first: date) -> frozenset[date]:
    numbers = accumulate(varints.unpack(packed), initial=first.toordinal())
    return frozenset(date.fromordinal(number) for number in islice(numbers, 1, None))


def _from_hold(hold: Hold) -> list[object]:
    stored: list[object] = [
        hold.redemption_id,
        hold.order_id,
        lots.pack(hold.parts),
        to_epoch_seconds(hold.expires_at),
        hold.owed,
    ]
    benefits = from_periods(hold.benefits)
    return [*stored, benefits] if benefits else stored


def _to_hold(stored: list[Any]) -> Hold:
    redemption, order, parts, expires, owed, *benefits = stored
    return Hold(
        redemption_id=redemption,
        order_id=order,
        parts=lots.unpack(parts),
        expires_at=from_epoch_seconds(expires),
        owed=owed,
        benefits=to_periods(benefits[0]) if benefits else {},
    )


def _from_action_count(count: ActionCount) -> list[object]:
    by_day = growth_days.pack(count.points_by_day), growth_days.pack(count.growth_by_day)
    return [count.points, count.growth, *by_day]


def _to_action_count(stored: list[Any]) -> ActionCount:
    points, growth, points_by_day, growth_by_day = stored
    return ActionCount(
        points=points,
        growth=growth,
        points_by_day=growth_days.unpack(points_by_day),
        growth_by_day=growth_days.unpack(growth_by_day),
    )


def _threes(numbers: Iterator[int]) -> Iterator[tuple[int, int, int]]:
    return zip(numbers, numbers, numbers, strict=True)
