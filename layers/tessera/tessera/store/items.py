"""The domain's records as items and back. Every item says which version of its shape it has: `schema`."""

import json
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import accumulate, islice, pairwise
from typing import Any

from tessera import birthdays, decay, growth_days, lots, varints
from tessera.actions import Action
from tessera.allowances import Allowance
from tessera.benefits import Use
from tessera.claims import Claim
from tessera.code_attempts import Attempts
from tessera.coupons import Coupon
from tessera.idempotency import Answer
from tessera.identities import bucket, shard
from tessera.instants import from_epoch_seconds, parse_instant, to_epoch_seconds, write_instant
from tessera.measures import Tally
from tessera.member import CONSUMER, ActionCount, Claimed, Hold, Member, Placement, Profile, SignInState, TierHeld, Used
from tessera.purchases import AwaitedOrder, Order, OrderLine, RefundRecord
from tessera.redemptions import HeldLine, Redemption

SCHEMA = 1
_WITHOUT_HEAD = -15
"""What zlib calls a stream without head and checksum: DynamoDB keeps its items whole."""

Fields = Mapping[str, Any]
Operation = Order | AwaitedOrder | RefundRecord | Redemption | Action | Use | Claim | Attempts | Answer


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
        "due_at": _written(due),
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


def birthday_partition(birthday: str, number: int) -> str:
    """Name the part of the index of birthdays that has a shard of those who were born on a day, `MM-DD`."""
    return f"{birthday}#{number}"


def _from_claimed(claimed: Claimed) -> object:
    if claimed.day_ends is None:
        return claimed.count
    return [claimed.count, to_epoch_seconds(claimed.day_ends), claimed.on_day]


def _to_claimed(stored: Any) -> Claimed:
    if isinstance(stored, int):
        return Claimed(stored)
    count, day_ends, on_day = stored
    return Claimed(count, from_epoch_seconds(day_ends), on_day)


def from_coupon(coupon: Coupon) -> dict[str, object]:
    """Write a coupon."""
    return {
        "member_id": coupon.member_id,
        "coupon_id": coupon.coupon_id,
        "schema": SCHEMA,
        "version": coupon.version + 1,
        "template": coupon.template.model_dump(mode="json", exclude_defaults=True),
        "valid_from": write_instant(coupon.valid_from),
        "valid_until": write_instant(coupon.valid_until),
        "redeemed": coupon.redeemed,
        "returned": coupon.returned or None,
        "redemption_id": coupon.redemption_id,
        "held_until": _written(coupon.held_until),
    }


def to_coupon(fields: Fields) -> Coupon:
    """Read a coupon."""
    # Not every process that reads the store reads coupons, and the programme's model is slow to import.
    from tessera.programme.coupons import read_template  # noqa: PLC0415

    return Coupon(
        member_id=fields["member_id"],
        coupon_id=fields["coupon_id"],
        version=fields["version"],
        template=read_template(fields["template"]),
        valid_from=parse_instant(fields["valid_from"]),
        valid_until=parse_instant(fields["valid_until"]),
        redeemed=fields["redeemed"],
        returned=fields.get("returned", False),
        redemption_id=fields.get("redemption_id"),
        held_until=_read(fields.get("held_until")),
    )


def from_operation(operation: Operation) -> dict[str, object]:  # noqa: PLR0911 - one for each kind of record
    """Write the record of an operation."""
    match operation:
        case Order():
            return _from_order(operation)
        case AwaitedOrder():
            return {
                "operation": order_key(operation.order_id),
                "kind": "awaited_order",
                "schema": SCHEMA,
                "version": operation.version + 1,
                "order_id": operation.order_id,
                "parked": operation.parked,
            }
        case RefundRecord():
            return {
                "operation": refund_key(operation.refund_id),
                "kind": "refund",
                "schema": SCHEMA,
                "version": operation.version + 1,
                "refund_id": operation.refund_id,
                "order_id": operation.order_id,
                "fingerprint": operation.fingerprint,
                "status": operation.status,
                "message": operation.message,
                "due_shard": shard(operation.refund_id) if operation.due_at else None,
                "due_at": _written(operation.due_at),
            }
        case Redemption():
            return _from_redemption(operation)
        case Action():
            return {
                "operation": action_key(operation.action_id),
                "kind": "action",
                "schema": SCHEMA,
                "version": operation.version + 1,
                "action_id": operation.action_id,
                "member_id": operation.member_id,
                "fingerprint": operation.fingerprint,
                "kind_of_action": operation.kind,
                "at": write_instant(operation.at),
                "recorded_at": write_instant(operation.recorded_at),
                "points": operation.points,
                "growth": operation.growth,
                "attributes": operation.attributes,
            }
        case Use():
            return {
                "operation": use_key(operation.member_id, operation.benefit_id, operation.use_id),
                "kind": "use",
                "schema": SCHEMA,
                "version": operation.version + 1,
                "member_id": operation.member_id,
                "benefit_id": operation.benefit_id,
                "use_id": operation.use_id,
                "name": operation.name,
                "order_id": operation.order_id,
                "since": operation.since.isoformat() if operation.since else None,
                "status": operation.status,
                "answer": operation.answer,
            }
        case Claim():
            return {
                "operation": claim_key(operation.claim_id),
                "kind": "claim",
                "schema": SCHEMA,
                "version": operation.version + 1,
                "claim_id": operation.claim_id,
                "void": operation.void or None,
                "member_id": operation.member_id,
                "coupon_id": operation.coupon_id,
                "shard": operation.shard,
                "stamp": operation.stamp,
                "answer": operation.answer,
            }
        case Attempts():
            return {
                "operation": attempts_key(operation.name),
                "kind": "attempts",
                "schema": SCHEMA,
                "version": operation.version + 1,
                "name": operation.name,
                "since": operation.since,
                "wrong": operation.wrong,
            }
        case Answer():
            return {
                "operation": operation.key,
                "kind": "answer",
                "schema": SCHEMA,
                "version": operation.version + 1,
                "body_hash": operation.body_hash,
                "body": operation.body,
            }


def to_operation(fields: Fields) -> Operation:  # noqa: PLR0911 - one for each kind of record
    """Read the record of an operation."""
    match fields["kind"]:
        case "order":
            return _to_order(fields)
        case "awaited_order":
            return AwaitedOrder(order_id=fields["order_id"], parked=tuple(fields["parked"]), version=fields["version"])
        case "refund":
            return RefundRecord(
                refund_id=fields["refund_id"],
                order_id=fields["order_id"],
                fingerprint=fields["fingerprint"],
                status=fields["status"],
                message=fields.get("message"),
                due_at=_read(fields.get("due_at")),
                version=fields["version"],
            )
        case "redemption":
            return _to_redemption(fields)
        case "action":
            return Action(
                action_id=fields["action_id"],
                member_id=fields["member_id"],
                fingerprint=fields["fingerprint"],
                kind=fields["kind_of_action"],
                at=parse_instant(fields["at"]),
                recorded_at=parse_instant(fields["recorded_at"]),
                points=fields["points"],
                growth=fields["growth"],
                attributes=fields["attributes"],
                version=fields["version"],
            )
        case "use":
            return Use(
                member_id=fields["member_id"],
                benefit_id=fields["benefit_id"],
                use_id=fields["use_id"],
                name=fields["name"],
                order_id=fields.get("order_id"),
                since=date.fromisoformat(fields["since"]) if "since" in fields else None,
                status=fields["status"],
                answer=fields["answer"],
                version=fields["version"],
            )
        case "claim":
            return Claim(
                claim_id=fields["claim_id"],
                void=fields.get("void", False),
                member_id=fields.get("member_id"),
                coupon_id=fields.get("coupon_id"),
                shard=fields.get("shard"),
                stamp=fields.get("stamp"),
                answer=fields.get("answer", ""),
                version=fields["version"],
            )
        case "attempts":
            return Attempts(
                name=fields["name"], since=fields["since"], wrong=fields["wrong"], version=fields["version"]
            )
    return Answer(
        key=fields["operation"],
        body_hash=fields["body_hash"],
        body=fields["body"],
        version=fields["version"],
    )


def order_key(order_id: str) -> str:
    """Name the record of an order."""
    return f"order:{order_id}"


def refund_key(refund_id: str) -> str:
    """Name the record of a refund."""
    return f"refund:{refund_id}"


def action_key(action_id: str) -> str:
    """Name the record of an action."""
    return f"action:{action_id}"


def make_up_key(member_id: str, day: date) -> str:
    """Name the record of a day that was made up."""
    return f"make_up:{member_id}:{day.isoformat()}"


def redemption_key(record: str) -> str:
    """Name the record of an order's redemption."""
    return f"redemption:{record}"


def use_key(member_id: str, benefit_id: str, use_id: str) -> str:
    """Name the record of a use of a benefit."""
    return f"use:{member_id}:{benefit_id}:{use_id}"


def claim_key(claim_id: str) -> str:
    """Name the record of a claim that has a name of its own."""
    return f"claim:{claim_id}"


def attempts_key(name: str) -> str:
    """Name the record of somebody's wrong codes."""
    return f"attempts:{name}"


def _from_order(order: Order) -> dict[str, object]:
    rules = list(dict.fromkeys(rule for line in order.lines for rule in line.rules))
    lines = [
        [
            line.line_id,
            line.quantity,
            line.amount,
            line.points,
            line.growth,
            [rules.index(rule) for rule in line.rules],
            line.points_spent,
            line.refunded_quantity,
            line.refunded_amount,
        ]
        for line in order.lines
    ]
    return {
        "operation": order_key(order.order_id),
        "kind": "order",
        "schema": SCHEMA,
        "version": order.version + 1,
        "order_id": order.order_id,
        "member_id": order.member_id,
        "fingerprint": order.fingerprint,
        "placed_at": write_instant(order.placed_at),
        "recorded_at": write_instant(order.recorded_at),
        "currency": order.currency,
        "growth_day": order.growth_day.isoformat(),
        "lot": _json(lots.write([(order.terms, order.points)])),
        "paid_with": _json(lots.write(order.paid_with)) if order.paid_with else None,
        "programme_version": order.programme_version,
        "rules": rules,
        # A thousand lines as attributes would cost three times the write units that they cost as one text.
        "lines": _json(lines),
        "redemption_id": order.redemption_id,
        "coupon_ids": order.coupon_ids or None,
        "benefits": _from_periods(order.benefits),
        "reports": order.reports or None,
        "parked": order.parked or None,
    }


def _to_order(fields: Fields) -> Order:
    rules = fields["rules"]
    return Order(
        order_id=fields["order_id"],
        member_id=fields.get("member_id"),
        fingerprint=fields["fingerprint"],
        placed_at=parse_instant(fields["placed_at"]),
        recorded_at=parse_instant(fields["recorded_at"]),
        currency=fields["currency"],
        growth_day=date.fromisoformat(fields["growth_day"]),
        terms=lots.read(json.loads(fields["lot"]))[0][0],
        paid_with=lots.read(json.loads(fields.get("paid_with", "[]"))),
        programme_version=fields["programme_version"],
        lines=tuple(
            OrderLine(
                line_id=line_id,
                quantity=quantity,
                amount=amount,
                points=points,
                growth=growth,
                rules=tuple(rules[i] for i in rule_indexes),
                points_spent=points_spent,
                refunded_quantity=refunded_quantity,
                refunded_amount=refunded_amount,
            )
            for (
                line_id,
                quantity,
                amount,
                points,
                growth,
                rule_indexes,
                points_spent,
                refunded_quantity,
                refunded_amount,
            ) in json.loads(fields["lines"])
        ),
        redemption_id=fields.get("redemption_id"),
        coupon_ids=tuple(fields.get("coupon_ids", ())),
        benefits=_to_periods(fields.get("benefits", {})),
        reports=tuple(fields.get("reports", ())),
        parked=tuple(fields.get("parked", ())),
        version=fields["version"],
    )


def _from_redemption(redemption: Redemption) -> dict[str, object]:
    lines = [[line.line_id, line.points, line.fingerprint] for line in redemption.lines]
    return {
        "operation": redemption_key(redemption.record),
        "kind": "redemption",
        "schema": SCHEMA,
        "version": redemption.version + 1,
        "redemption_id": redemption.redemption_id,
        "order_id": redemption.order_id,
        "member_id": redemption.member_id,
        "attempt": redemption.attempt,
        "by_shop": redemption.by_shop,
        "status": redemption.status,
        "expires_at": write_instant(redemption.expires_at),
        "lines": _json(lines),
        "parts": _json(lots.write(redemption.parts)) if redemption.parts else None,
        "coupon_ids": redemption.coupon_ids or None,
        "benefits": _from_periods(redemption.benefits),
        "allowances": _json([_from_allowance(allowance) for allowance in redemption.allowances])
        if redemption.allowances
        else None,
        "ticket": redemption.ticket or None,
        "request_hash": redemption.request_hash,
        # Written out it would take the record of five lines over the kilobyte, above which a write costs twice as much.
        "answer": zlib.compress(redemption.answer.encode(), wbits=_WITHOUT_HEAD),
    }


def _to_redemption(fields: Fields) -> Redemption:
    return Redemption(
        redemption_id=fields["redemption_id"],
        order_id=fields["order_id"],
        member_id=fields["member_id"],
        attempt=fields["attempt"],
        by_shop=fields["by_shop"],
        status=fields["status"],
        expires_at=parse_instant(fields["expires_at"]),
        lines=tuple(HeldLine(*line) for line in json.loads(fields["lines"])),
        parts=lots.read(json.loads(fields.get("parts", "[]"))),
        coupon_ids=tuple(fields.get("coupon_ids", ())),
        benefits=_to_periods(fields.get("benefits", {})),
        allowances=tuple(_to_allowance(stored) for stored in json.loads(fields.get("allowances", "[]"))),
        ticket=fields.get("ticket", ""),
        request_hash=fields["request_hash"],
        answer=zlib.decompress(fields["answer"], wbits=_WITHOUT_HEAD).decode(),
        version=fields["version"],
    )


def _from_allowance(allowance: Allowance) -> list[object]:
    return [allowance.template_id, allowance.coupon_id, allowance.by_line, allowance.beside]


def _to_allowance(stored: Sequence[Any]) -> Allowance:
    template_id, coupon_id, by_line, beside = stored
    return Allowance(template_id, coupon_id, tuple(by_line), beside)


def _from_periods(periods: Mapping[str, date]) -> dict[str, int] | None:
    return {id_: since.toordinal() for id_, since in periods.items()} or None


def _to_periods(stored: Mapping[str, int]) -> dict[str, date]:
    return {id_: date.fromordinal(since) for id_, since in stored.items()}


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
    benefits = _from_periods(hold.benefits)
    return [*stored, benefits] if benefits else stored


def _to_hold(stored: list[Any]) -> Hold:
    redemption, order, parts, expires, owed, *benefits = stored
    return Hold(
        redemption_id=redemption,
        order_id=order,
        parts=lots.unpack(parts),
        expires_at=from_epoch_seconds(expires),
        owed=owed,
        benefits=_to_periods(benefits[0]) if benefits else {},
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


def _json(content: object) -> str:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False)


def _threes(numbers: Iterator[int]) -> Iterator[tuple[int, int, int]]:
    return zip(numbers, numbers, numbers, strict=True)


def _written(instant: datetime | None) -> str | None:
    return write_instant(instant) if instant else None


def _read(text: str | None) -> datetime | None:
    return parse_instant(text) if text else None
