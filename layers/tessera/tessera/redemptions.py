"""Redemptions: what is held for an order, until it is confirmed or let go.

A redemption is the record of the operation `redemption:<order>`, or `redemption:<order, member>` where a member's own
app made it, and at most one attempt of it is open or confirmed. It is held, then confirmed (by the shop, or by the
order's arrival), released, or lapses by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from tessera import benefits, lots
from tessera.apportion import apportion
from tessera.identities import short_hash
from tessera.purchases import Redeemed, Report, allot_points, miss, returned
from tessera.refusals import Conflict, Invalid, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from tessera.allowances import Allowance
    from tessera.coupons import Coupon
    from tessera.journal import Journal
    from tessera.lots import Parts
    from tessera.messages import OrderCompleted
    from tessera.purchases import Order
    from tessera.shapes import Line


@dataclass(frozen=True, slots=True)
class HeldLine:
    """A line of the order that is held for: the points that pay for it, and what tells it from another line."""

    line_id: str
    points: int
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """Points and coupons set aside for an order. `attempt` counts how often the order has held."""

    RECORD: ClassVar[Literal["redemption"]] = "redemption"
    redemption_id: str
    order_id: str
    member_id: str
    attempt: int
    by_shop: bool
    status: Literal["held", "confirmed", "released"]
    expires_at: datetime
    lines: tuple[HeldLine, ...]
    parts: Parts
    """The points that it holds or has spent, by the lots they came from and in that order."""
    coupon_ids: tuple[str, ...]
    benefits: Mapping[str, date] = field(default_factory=dict)
    """The benefits with a quota of which it uses one, with the first days of the periods in which that counts."""
    allowances: tuple[Allowance, ...] = ()
    """What it takes of what all members together may redeem."""
    ticket: str = ""
    """What its allowances are taken under."""
    in_part: bool = False
    """Whether it was confirmed for some lines of those that it had held; `lines` are the ones."""
    request_hash: str
    answer: str = ""
    """The body that the hold was answered with."""
    version: int = 0

    @property
    def record(self) -> str:
        """The name of its record, which all attempts of an order share."""
        return record_of(self.redemption_id)

    @property
    def points(self) -> int:
        """All points that it holds or has spent."""
        return sum(line.points for line in self.lines)

    def is_open(self, now: datetime) -> bool:
        """Whether it still stands: confirmed, or held and in time."""
        return self.status != "released" and not self.lapsed(now)

    def counts(self, ticket: str) -> bool:
        """Whether what was taken under a ticket is used."""
        return self.status == "confirmed" and self.ticket == ticket

    def may_count(self, ticket: str) -> bool:
        """Whether it is not known yet whether what was taken under a ticket is used."""
        return self.status == "held" and self.ticket == ticket

    def lapsed(self, now: datetime) -> bool:
        """Whether the deadline passed before anybody confirmed or released it."""
        return self.status == "held" and self.expires_at <= now


def record_of_order(order_id: str, member_id: str, *, by_shop: bool) -> str:
    """Name the record of an order's redemption.

    A shop's is the order's. A member's own app may have made an order id up, so its record is good for that member
    alone: nobody can stand in the way of another's checkout.
    """
    return short_hash("redemption", order_id) if by_shop else short_hash("redemption", order_id, member_id)


def record_of_others(redemption: Redemption) -> str:
    """Name the record of what others hold for the same order: the member, if it is a shop's, or else a shop."""
    return record_of_order(redemption.order_id, redemption.member_id, by_shop=not redemption.by_shop)


def id_of(record: str, attempt: int) -> str:
    """Make the id of a redemption: the n-th that its record has held."""
    return f"r_{record}_{attempt}"


def record_of(redemption_id: str) -> str:
    """Answer the record that a redemption's id belongs to."""
    return redemption_id.removeprefix("r_").rpartition("_")[0]


def require_lines(confirmed: Redemption, line_ids: Sequence[str] | None) -> None:
    """See to it that a repeated confirmation is for the lines that were confirmed.

    Raises:
        Conflict: it names others, or means all where some were.
    """
    same = not confirmed.in_part if line_ids is None else set(line_ids) == {line.line_id for line in confirmed.lines}
    if not same:
        raise Conflict("redemption_confirmed", "The redemption was confirmed for other lines.")


def confirm(
    journal: Journal,
    redemption: Redemption,
    held: Sequence[Coupon],
    line_ids: Sequence[str] | None = None,
    order: Order | None = None,
) -> tuple[Redemption, list[Coupon]]:
    """Confirm a redemption, wholly or for the lines that are named; the points and money of the others return.

    Args:
        journal: the member's.
        redemption: the redemption.
        held: its coupons.
        line_ids: the lines that are confirmed; all, if none are named.
        order: its order, if that was counted without naming it and was refunded in part since: what the refunds would
            have given back returns now, and the order has to be recorded as one that this `pay`s for.

    Returns:
        the redemption, and the coupons that it uses up.

    Raises:
        Conflict: it was released or has lapsed.
        Invalid: a line that is named is none of the redemption's.
    """
    if not redemption.is_open(journal.now):
        raise Conflict("redemption_released", "The hold was released or has lapsed.")
    kept = list(range(len(redemption.lines)))
    if line_ids is not None:
        known = {line.line_id for line in redemption.lines}
        if problems := [
            Problem(f"/lines/{i}", "is no line of it") for i, id_ in enumerate(line_ids) if id_ not in known
        ]:
            raise Invalid(problems)
        kept = [i for i in kept if redemption.lines[i].line_id in line_ids]
    lines = tuple(redemption.lines[i] for i in kept)
    spent = sum(line.points for line in lines)
    confirmed = replace(
        redemption,
        status="confirmed",
        lines=lines,
        in_part=len(lines) < len(redemption.lines),
        parts=lots.between(redemption.parts, 0, spent),
        allowances=tuple(allowance.of_lines(kept) for allowance in redemption.allowances),
    )
    owed, _ = _drop_hold(journal, redemption)
    back = lots.between(redemption.parts, spent + owed, redemption.points)
    detail: dict[str, object] = {"points_spent": spent, "returned": sum(points for _, points in back)}
    refunded = returned(journal, order, pay(order, confirmed)) if order else ()
    if refunded:
        detail["refunded"] = sum(points for _, points in refunded)
    change = miss(journal, max(0, spent + owed - redemption.points), lots.gain((*back, *refunded)), detail)
    journal.book("confirmation", change=change, source=source(redemption), detail=detail)
    journal.book_expired()
    return confirmed, [coupon.redeem(redemption.redemption_id) for coupon in held]


def release(journal: Journal, redemption: Redemption, held: Sequence[Coupon]) -> tuple[Redemption, list[Coupon]]:
    """Release a hold: its points, coupons and uses are the member's again, if their dates have not passed.

    Raises:
        Conflict: it was confirmed, or let go already.
    """
    if redemption.status == "confirmed":
        raise Conflict("redemption_confirmed", "The redemption was confirmed; a refund gives back what it spent.")
    if not redemption.is_open(journal.now):
        raise Conflict("redemption_released", "The hold was released or has lapsed.")
    owed, used = _drop_hold(journal, redemption)
    benefits.give_back(journal, used)
    journal.book(
        "release",
        change=lots.gain(lots.between(redemption.parts, owed, redemption.points)),
        source=source(redemption),
        detail=({"owed": owed} if owed else {}) | benefits.as_returned(used),
    )
    journal.book_expired()
    return replace(redemption, status="released"), [coupon.release() for coupon in held]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What an arriving order makes of the redemption it names."""

    redeemed: Redeemed | None = None
    reports: tuple[Report, ...] = ()
    redemption: Redemption | None = None
    """The redemption, if it changed."""
    coupons: tuple[Coupon, ...] = ()
    """The coupons that it uses up."""


def is_named(redemption: Redemption | None, message: OrderCompleted, member_id: str) -> bool:
    """Whether a redemption is the one that an order names, and the member's."""
    named = message.redemption_id, message.order_id, member_id
    return redemption is not None and named == (redemption.redemption_id, redemption.order_id, redemption.member_id)


def on_arrival(
    journal: Journal,
    redemption: Redemption | None,
    its_coupons: Sequence[Coupon],
    message: OrderCompleted,
    *,
    allowed: bool = True,
) -> Arrival:
    """Settle the redemption that an order names: confirm it, or take it again if it was let go.

    Args:
        journal: the member's.
        redemption: the record that the order names, if there is one.
        its_coupons: all of its coupons.
        message: the order.
        allowed: whether its allowances are there, once more if they were given back.
    """
    if redemption is None or not is_named(redemption, message, journal.member.member_id) or not allowed:
        return Arrival(reports=("redemption_lost",))
    let_go = redemption.status != "confirmed" and not _is_held(journal, redemption)
    used = _take_again(journal, redemption, its_coupons) if let_go else redemption.benefits
    if used is None:
        return Arrival(reports=("redemption_lost",))
    by_line = _points_by_line(redemption, message.lines)
    as_held = by_line is not None and len(message.lines) == len(redemption.lines)
    reports: tuple[Report, ...] = () if as_held else ("redemption_mismatch",)
    if by_line is None:
        by_line = allot_points(redemption.points, message.lines)
    redeemed = Redeemed(
        redemption_id=redemption.redemption_id,
        points_by_line=tuple(by_line),
        parts=journal.spend(redemption.points) if let_go else redemption.parts,
        booked=not let_go,
        owed=_drop_hold(journal, redemption)[0],
        coupon_ids=redemption.coupon_ids,
        benefits=used,
    )
    if redemption.status == "confirmed":
        return Arrival(redeemed=redeemed, reports=reports)
    return Arrival(
        redeemed=redeemed,
        reports=reports,
        redemption=replace(redemption, status="confirmed", benefits=used),
        coupons=tuple(coupon.redeem(redemption.redemption_id) for coupon in its_coupons),
    )


def pay(order: Order, confirmed: Redemption) -> Order:
    """Say of an order that came without naming it what its redemption has paid, so that refunds find it."""
    by_line = {line.line_id: line.points for line in confirmed.lines}
    points = [by_line.get(line.line_id, 0) for line in order.lines]
    if sum(points) != confirmed.points:
        weights = [line.amount for line in order.lines]
        points = apportion(confirmed.points, weights if sum(weights) else [1] * len(weights))
    return replace(
        order,
        redemption_id=confirmed.redemption_id,
        coupon_ids=confirmed.coupon_ids,
        benefits=confirmed.benefits,
        paid_with=confirmed.parts,
        lines=tuple(replace(line, points_spent=paid) for line, paid in zip(order.lines, points, strict=True)),
    )


def _is_held(journal: Journal, redemption: Redemption) -> bool:
    """Whether the member holds it still.

    Its record may say that it was let go: what all members share is given back when the deadline has passed, and an
    order that was sent before may be counted after.
    """
    return any(hold.redemption_id == redemption.redemption_id for hold in journal.member.holds)


def _take_again(journal: Journal, redemption: Redemption, its_coupons: Sequence[Coupon]) -> Mapping[str, date] | None:
    """Use the benefits of a redemption that was let go once more; None if not all that it held is to be had now."""
    active = all(coupon.status(journal.now) == "active" for coupon in its_coupons)
    if journal.member.standing != "active" or redemption.points > max(0, journal.available) or not active:
        return None
    if journal.member.had_first_order and any(coupon.template.first_order for coupon in its_coupons):
        return None
    return benefits.take_again(journal, redemption.benefits)


def line_fingerprint(line: Line) -> str:
    """Name what a line is of: its SKU, quantity and price."""
    return short_hash(line.sku, str(line.quantity), str(line.unit_price))[:8]


def _points_by_line(redemption: Redemption, lines: Sequence[Line]) -> list[int] | None:
    """Find which line of the redemption each line of the order is; None if not all of them are in the order.

    Lines that nothing was held for are paid with nothing.
    """
    left: dict[str, list[HeldLine]] = {}
    for held in redemption.lines:
        left.setdefault(held.fingerprint, []).append(held)
    points = []
    for line in lines:
        same = left.get(line_fingerprint(line))
        if not same:
            points.append(0)
            continue
        match = next((held for held in same if held.line_id == line.line_id), same[0])
        same.remove(match)
        points.append(match.points)
    return None if any(left.values()) else points


def _drop_hold(journal: Journal, redemption: Redemption) -> tuple[int, Mapping[str, date]]:
    """Take the hold off the member; answer the points of it that refunds are owed, and the benefits that it used."""
    holds = journal.member.holds
    journal.change(holds=tuple(hold for hold in holds if hold.redemption_id != redemption.redemption_id))
    its_own = [hold for hold in holds if hold.redemption_id == redemption.redemption_id]
    return (its_own[0].owed, its_own[0].benefits) if its_own else (0, {})


def source(redemption: Redemption) -> dict[str, str]:
    """Name what an entry about a redemption is about."""
    return {"redemption_id": redemption.redemption_id, "order_id": redemption.order_id}
