"""Orders and refunds: what they earn, and what is taken back.

An `Order` is the record of the operation `order:<order_id>`: it is what makes a repeat change nothing, what a refund
is reckoned against, and the answer to `GET /purchases/{order_id}`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import gcd
from typing import TYPE_CHECKING, ClassVar, Literal

from tessera import benefits, coupons, decay, lots, tiers
from tessera.apportion import apportion
from tessera.earning import LineEarning, earn
from tessera.instants import local_day, write_instant
from tessera.lots import OPEN, Parts, Terms
from tessera.refusals import Invalid, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from tessera.coupons import Coupon
    from tessera.journal import Detail, Journal
    from tessera.lots import Lots
    from tessera.member import Hold
    from tessera.messages import OrderCompleted, OrderRefunded, RefundedLine
    from tessera.programme.model import Programme
    from tessera.shapes import Line

Report = Literal["redemption_mismatch", "redemption_lost", "member_frozen", "member_closed", "unknown_identity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """A line as it was bought and what has come back of it. Money is in minor units."""

    line_id: str
    quantity: int
    amount: int
    points: int
    growth: int
    rules: tuple[str, ...]
    points_spent: int = 0
    refunded_quantity: int = 0
    refunded_amount: int = 0

    @property
    def refunded(self) -> tuple[int, int]:
        """The share of the line that is refunded, as numerator and denominator.

        Quantities and amounts may be mixed: two of four, then half the money of the rest, is three quarters. Money
        comes in whole units, so what is left of a line may be a fraction of one less than what is refunded for it.
        """
        amount = max(self.amount, 1)
        whole = self.quantity * amount
        part = min(whole, self.refunded_quantity * amount + self.refunded_amount * self.quantity)
        return part // gcd(part, whole), whole // gcd(part, whole)

    def allows(self, refunded: RefundedLine) -> bool:
        """Whether so much can still be refunded. What is returned whole may have been refunded in part, as goodwill."""
        if refunded.quantity is not None:
            return self.refunded_quantity + refunded.quantity <= self.quantity
        left = self.amount - self.amount * self.refunded_quantity // self.quantity
        return self.refunded_amount + (refunded.amount or 0) <= left

    def share(self, whole: int) -> int:
        """Answer how much of `whole` belongs to what is refunded, rounded down."""
        part, of = self.refunded
        return whole * part // of


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order that was counted, with or without a member."""

    RECORD: ClassVar[Literal["order"]] = "order"
    order_id: str
    member_id: str | None
    fingerprint: str
    placed_at: datetime
    recorded_at: datetime
    currency: str
    growth_day: date
    """The day on which its growth counts."""
    terms: Terms = OPEN
    """Those of the points that it earned."""
    paid_with: Parts = ()
    """The points that paid for it, by the lots they came from and in that order."""
    programme_version: int
    lines: tuple[OrderLine, ...]
    redemption_id: str | None = None
    coupon_ids: tuple[str, ...] = ()
    """The coupons that its redemption has used."""
    benefits: Mapping[str, date] = field(default_factory=dict)
    """The benefits that its redemption has used, with the first days of the periods in which that counts."""
    reports: tuple[Report, ...] = ()
    """What a person should know of it: it counted all the same."""
    parked: tuple[str, ...] = ()
    """The refunds that overtook it and are not booked yet."""
    version: int = 0

    @property
    def points(self) -> int:
        """What the order earned, refunds not deducted."""
        return sum(line.points for line in self.lines)

    @property
    def growth(self) -> int:
        """What the order earned, refunds not deducted."""
        return sum(line.growth for line in self.lines)

    @property
    def amount(self) -> int:
        """What was paid for the goods, in minor units, refunds not deducted."""
        return sum(line.amount for line in self.lines)

    @property
    def counts(self) -> bool:
        """Whether it counts towards the tier as an order: that of a frozen or closed member does not."""
        return self.member_id is not None and not {"member_frozen", "member_closed"} & set(self.reports)

    def refunded(self, what: Literal["points", "growth", "points_spent", "amount"]) -> int:
        """Answer how much of what the lines have belongs to what is refunded of them."""
        return sum(line.share(getattr(line, what)) for line in self.lines)

    @property
    def status(self) -> str:
        """How much of it has come back: `completed`, `partly_refunded` or `refunded`."""
        shares = [line.refunded for line in self.lines]
        if all(part == of for part, of in shares):
            return "refunded"
        return "partly_refunded" if any(part for part, _ in shares) else "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitedOrder:
    """Stands where an order will: refunds have overtaken it."""

    RECORD: ClassVar[Literal["awaited_order"]] = "awaited_order"
    order_id: str
    parked: tuple[str, ...]
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRecord:
    """The record of a refund: booked, or parked until its order arrives, or given up on."""

    RECORD: ClassVar[Literal["refund"]] = "refund"
    refund_id: str
    order_id: str
    fingerprint: str
    status: Literal["booked", "parked", "rejected", "order_never_came"]
    message: str | None = None
    """The message of a parked refund, as JSON."""
    due_at: datetime | None = None
    """When a parked refund is given up on."""
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """What a redemption paid towards an order: points by line of the order, and by the lots they came from."""

    redemption_id: str
    points_by_line: tuple[int, ...]
    parts: Parts
    booked: bool
    """Whether the balance is without these points already; those of a hold that was let go are taken once more."""
    owed: int = 0
    """Points that its hold should have given back less, for refunds: as all of them are spent, it cannot."""
    coupon_ids: tuple[str, ...] = ()
    benefits: Mapping[str, date] = field(default_factory=dict)
    """The benefits that it uses, with the first days of the periods in which that counts; once more if not `booked`."""


def record(
    message: OrderCompleted,
    fingerprint: str,
    programme: Programme,
    now: datetime,
    earnings: Sequence[LineEarning] | None = None,
) -> Order:
    """Record an order, for now as nobody's; without `earnings` it earns nothing."""
    earnings = earnings or [LineEarning(0, 0, ())] * len(message.lines)
    return Order(
        order_id=message.order_id,
        member_id=None,
        fingerprint=fingerprint,
        placed_at=message.placed_at,
        recorded_at=now,
        currency=message.currency,
        growth_day=local_day(message.placed_at, programme.zone),
        programme_version=programme.version,
        lines=tuple(
            OrderLine(
                line_id=line.line_id,
                quantity=line.quantity,
                amount=line.amount,
                points=earning.points,
                growth=earning.growth,
                rules=earning.rules,
            )
            for line, earning in zip(message.lines, earnings, strict=True)
        ),
    )


def complete(
    journal: Journal,
    message: OrderCompleted,
    fingerprint: str,
    redeemed: Redeemed | None = None,
    reports: tuple[Report, ...] = (),
) -> Order:
    """Count a member's order: points, growth, tier and the redemption it confirms, in one entry.

    The tier before the order sets the multiplier. A frozen or closed member's order is recorded and earns nothing.
    """
    member, programme = journal.member, journal.programme
    tier, multiplier_bp = tiers.held(member, programme), tiers.multiplier_bp(member, programme)
    earnings = None
    if member.standing == "active":
        earnings = earn(message.lines, programme, multiplier_bp)
    else:
        reports = (*reports, "member_frozen" if member.standing == "frozen" else "member_closed")
    order = replace(
        record(message, fingerprint, programme, journal.now, earnings), member_id=member.member_id, reports=reports
    )
    terms = journal.terms(order.placed_at, pending=True)
    change: Lots = {terms: order.points} if order.points else {}
    waits = programme.points.growth_waits and terms.matures_at is not None
    order = replace(order, terms=terms, growth_day=_growth_day(journal, order, terms.matures_at if waits else None))
    if redeemed:
        spent = zip(order.lines, redeemed.points_by_line, strict=True)
        order = replace(
            order,
            redemption_id=redeemed.redemption_id,
            coupon_ids=redeemed.coupon_ids,
            benefits=redeemed.benefits,
            paid_with=redeemed.parts,
            lines=tuple(replace(line, points_spent=points) for line, points in spent),
        )
        if not redeemed.booked:
            change = lots.loss(redeemed.parts, change)
    rules = tuple(dict.fromkeys(rule for line in order.lines for rule in line.rules))
    detail: dict[str, object] = {"multiplier_bp": multiplier_bp, "on_tier": tier.id}
    detail |= _rates(rules, programme)
    if order.counts:
        detail |= {"spend": order.amount, "orders": 1}
    if reports:
        detail["reports"] = list(reports)
    if redeemed:
        detail |= _paid(redeemed)
    source = {"order_id": order.order_id}
    if redeemed:
        source["redemption_id"] = redeemed.redemption_id
        change = miss(journal, redeemed.owed, change, detail)
    if waits and order.growth and terms.matures_at:
        detail["growth_waiting"] = _wait(journal, terms.matures_at, order.growth_day, order.growth)
    journal.book(
        "purchase",
        at=order.placed_at,
        change=change,
        growth=0 if waits else order.growth,
        growth_day=order.growth_day,
        rules=rules,
        source=source,
        detail=detail,
    )
    return order


def _paid(redeemed: Redeemed) -> dict[str, object]:
    """Say for an entry what a redemption has paid, and what of it is taken only now."""
    points = sum(redeemed.points_by_line)
    paid: dict[str, object] = {"points_spent": points}
    if not redeemed.booked:
        paid["taken_again"] = points
        paid |= benefits.as_used(redeemed.benefits)
    return paid


def refund_lines(order: Order, message: OrderRefunded) -> Order:
    """Mark what is refunded on the order's lines.

    Raises:
        Invalid: a line is none of the order's, or more than was bought is refunded.
    """
    by_id = {line.line_id: (i, line) for i, line in enumerate(order.lines)}
    lines = list(order.lines)
    problems = []
    for i, refunded in enumerate(message.lines):
        if refunded.line_id not in by_id:
            problems.append(Problem(f"/lines/{i}/line_id", "is no line of the order"))
            continue
        position, line = by_id[refunded.line_id]
        lines[position] = _refund_line(line, refunded)
        if not line.allows(refunded):
            problems.append(Problem(f"/lines/{i}", "more would be refunded than was bought and is not refunded yet"))
    if problems:
        raise Invalid(problems, "refund_exceeds_order")
    return replace(order, lines=tuple(lines))


def refund(
    journal: Journal, before: Order, after: Order, message: OrderRefunded, its_coupons: Sequence[Coupon] = ()
) -> list[Coupon]:
    """Book what a refund takes back and gives back, on the member who had placed the order.

    Points that had paid come back to the lots they came from; of several the last to expire comes back first. Points
    that were earned are taken from the order's own lot, then from others, the soonest to expire first; those that have
    expired are gone already, as far as that is remembered. What is held for other orders is not spent yet: the holds
    give back so much less. What is not there at all is, by the programme's policy, owed by the balance, or let go and
    stated. Growth leaves the day that got it, if that day still counts. With the last unit the uses of benefits come
    back that its redemption made, if their periods still count, and its coupons as their templates say.

    Returns:
        the coupons as they are then, and those that come in the place of others.
    """
    due = _difference(before, after, "points")
    returning = returned(journal, before, after)
    change, expired = _take_back(journal, before, due, lots.gain(returning))
    back = sum(points for _, points in returning)
    taken = back - sum(change.values())
    left = due - taken - sum(points for _, points in expired)
    detail: dict[str, object] = {"taken": taken}
    if back:
        detail["returned"] = back
    if expired:
        detail["expired"] = lots.write(expired)
    before_owing = sum(hold.owed for hold in journal.member.holds)
    journal.change(holds=owe(journal.member.holds, left))
    if owed := sum(hold.owed for hold in journal.member.holds) - before_owing:
        detail["owed"] = owed
    change = miss(journal, left - owed, change, detail)
    due_growth = _difference(before, after, "growth")
    growth, day = _take_growth(journal, before, due_growth, detail)
    if growth < due_growth and journal.counts_growth_by_day and "growth_waiting" not in detail:
        # Its day has left the window. Should a later programme ask for that day again, the entry tells what is gone.
        detail |= {"growth_day": day.isoformat(), "growth_as_earned": -due_growth}
    coupons_back: list[Coupon] = []
    gone_whole = is_last(before, after)
    if gone_whole:
        benefits.give_back(journal, after.benefits)
        detail |= benefits.as_returned(after.benefits)
        coupons_back = [back for used in its_coupons for back in coupons.refunded(used, journal.now)]
    if ready := [back.coupon_id for back in coupons_back if not back.returned]:
        detail["coupons_returned"] = ready
    if before.counts:
        day_of_order = local_day(before.placed_at, journal.programme.zone).isoformat()
        detail |= {"spend": -_difference(before, after, "amount"), "order_day": day_of_order}
        detail |= {"orders": -1} if gone_whole else {}
    remembered = tuple(part for part in expired if part[0] in journal.member.gone)
    journal.change(gone=lots.changed(journal.member.gone, lots.loss(remembered)))
    journal.book(
        "refund",
        at=message.refunded_at,
        change=change,
        growth=-growth,
        growth_day=day,
        rules=tuple(dict.fromkeys(rule for line in before.lines for rule in line.rules)),
        source={"order_id": before.order_id, "refund_id": message.refund_id},
        detail=detail,
    )
    journal.book_expired()
    if change_of_tier := tiers.refunded(journal.member, journal.programme, journal.now):
        journal.book_tier("tier_change", change_of_tier)
    return coupons_back


def is_last(before: Order, after: Order) -> bool:
    """Whether a refund is the one after which nothing of the order is left."""
    return after.status == "refunded" != before.status


def returned(journal: Journal, before: Order, after: Order) -> Parts:
    """Answer which points that had paid come back, and on what terms.

    Args:
        journal: the member's.
        before: the order before, with what had come back of it then.
        after: the order now, with what has paid for it.
    """
    total = sum(points for _, points in after.paid_with)
    start, stop = (total - order.refunded("points_spent") for order in (after, before))
    parts = lots.between(after.paid_with, start, stop)
    rules, zone, active_on = journal.programme.points, journal.programme.zone, journal.member.active_on
    return tuple((lots.with_grace(terms, rules, zone, active_on, journal.now), points) for terms, points in parts)


def miss(journal: Journal, points: int, change: Lots, detail: dict[str, object]) -> Lots:
    """Book, on top of a change, that points which are to be taken back are spent: by policy a debt, or let go."""
    if not points:
        return change
    if journal.programme.points.refund == "debt":
        detail["debt"] = points
        return lots.loss([(OPEN, points)], change)
    detail["shortfall"] = points
    return change


def _growth_day(journal: Journal, order: Order, waits_until: datetime | None) -> date:
    """Answer the day by which a refund finds the order's growth."""
    if journal.counts_growth_by_day:
        return order.growth_day
    if waits_until:
        return local_day(waits_until, journal.programme.zone)
    return journal.growth_day(order.growth_day)


def _wait(journal: Journal, until: datetime, day: date, growth: int) -> list[object]:
    """Let growth wait, or take it from what waits; answer what an entry says of it."""
    waiting = journal.member.growth_waiting
    left = {**waiting, (until, day): waiting.get((until, day), 0) + growth}
    journal.change(growth_waiting={key: of_key for key, of_key in left.items() if of_key})
    return [growth, write_instant(until), day.isoformat()]


def _take_growth(journal: Journal, order: Order, growth: int, detail: dict[str, object]) -> tuple[int, date]:
    """Take growth from what still waits, or answer how much there is to be taken of which day."""
    until = order.terms.matures_at
    if until and (waiting := journal.member.growth_waiting.get((until, order.growth_day))):
        if growth:
            detail["growth_waiting"] = _wait(journal, until, order.growth_day, -min(growth, waiting))
        return 0, order.growth_day
    day: date | None = order.growth_day
    if not journal.counts_growth_by_day:
        day = decay.bucket(journal.member.growth_days, order.growth_day)
    return min(growth, journal.member.growth_days.get(day, 0) if day else 0), day or order.growth_day


def _take_back(journal: Journal, order: Order, due: int, back: Lots) -> tuple[Lots, Parts]:
    """Take points that an order had earned; answer the change, on top of what comes back, and what had expired."""
    if due and (end := order.terms.expires_at) and end <= order.recorded_at:
        # They could not be spent for a moment: that is known however long ago they expired.
        return back, ((order.terms._replace(matures_at=None), due),)
    gone = {terms: points for terms, points in journal.member.gone.items() if _of_order(terms, order)}
    expired = lots.take(gone, gone, due)
    due -= sum(points for _, points in expired)
    held = lots.changed(journal.member.lots, back)
    there = {
        terms: points for terms, points in held.items() if not (end := journal.end(terms)) or end > journal.instant
    }
    own = [order.terms, order.terms._replace(matures_at=None)]
    others = [terms for terms in journal.soonest_first(there) if terms not in own]
    return lots.loss(lots.take(there, [*dict.fromkeys(own), *others], due), back), expired


def _of_order(gone: Terms, order: Order) -> bool:
    """Whether points that expired may have been of the order's own lot."""
    if gone.idle_days is None or gone.expires_at is None:
        return gone == order.terms._replace(matures_at=None)
    return gone.idle_days == order.terms.idle_days and gone.expires_at >= order.recorded_at


def owe(holds: tuple[Hold, ...], points: int) -> tuple[Hold, ...]:
    """Let open holds, the oldest first, owe what a refund could not take, as far as they hold so much."""
    left = points
    owing = []
    for hold in holds:
        part = min(left, hold.points - hold.owed)
        owing.append(replace(hold, owed=hold.owed + part))
        left -= part
    return tuple(owing)


def allot_points(points: int, lines: Sequence[Line]) -> list[int]:
    """Allot the points that pay for an order to its lines, by what each costs."""
    weights = [line.quantity * line.unit_price for line in lines]
    return apportion(points, weights if sum(weights) else [1] * len(lines))


def _refund_line(line: OrderLine, refunded: RefundedLine) -> OrderLine:
    return replace(
        line,
        refunded_quantity=line.refunded_quantity + (refunded.quantity or 0),
        refunded_amount=line.refunded_amount + (refunded.amount or 0),
    )


def _difference(before: Order, after: Order, what: Literal["points", "growth", "amount"]) -> int:
    return after.refunded(what) - before.refunded(what)


def _rates(rules: Sequence[str], programme: Programme) -> Detail:
    """Keep the rate of an order under one rule, so that its entry can say it in words."""
    if tuple(rules) != ("base_rate",):
        return {}
    base = programme.earning.points.base
    return {"rate": [base.earn, base.per], "currency": programme.currency}
