"""Redemptions: holding what pays for an order beside money.

A redemption is the record of the operation `redemption:<order>`: an order has at most one that is open or confirmed.
It is held, then confirmed (by the shop, or by the order's arrival), released, or lapses by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from tessera.coupons import Coupon
from tessera.identities import short_hash
from tessera.journal import Journal
from tessera.member import Hold
from tessera.messages import OrderCompleted
from tessera.purchases import Redeemed, Report, allot_points
from tessera.quotes import Quote, QuoteRequest, quote
from tessera.refusals import Conflict, Forbidden, Invalid, Problem
from tessera.shapes import Key, Line, Shape

MAX_OPEN_HOLDS = 10
"""Orders that a member may have at checkout at once: what bounds the member's item."""


class RedemptionRequest(QuoteRequest):
    """A basket to be quoted and held, for an order that the shop has given its id."""

    order_id: Key


class ConfirmationRequest(Shape):
    """What of a redemption is confirmed: the lines that ship, or all."""

    lines: Annotated[list[Key], Field(min_length=1)] | None = None


@dataclass(frozen=True, slots=True)
class HeldLine:
    """A line of the order that is held for: the points that pay for it, and what tells it from another line."""

    line_id: str
    points: int
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """Points and coupons set aside for an order. `attempt` counts how often the order has held."""

    redemption_id: str
    order_id: str
    member_id: str
    attempt: int
    by_shop: bool
    status: Literal["held", "confirmed", "released"]
    expires_at: datetime
    lines: tuple[HeldLine, ...]
    coupon_ids: tuple[str, ...]
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

    def lapsed(self, now: datetime) -> bool:
        """Whether the deadline passed before anybody confirmed or released it."""
        return self.status == "held" and self.expires_at <= now


def record_of_order(order_id: str) -> str:
    """Name the record of an order's redemption."""
    return short_hash("redemption", order_id)


def record_of(redemption_id: str) -> str:
    """Answer the record that a redemption's id belongs to."""
    return redemption_id.removeprefix("r_").rpartition("_")[0]


def hold(
    journal: Journal,
    request: RedemptionRequest,
    in_hand: Mapping[str, Coupon],
    *,
    by_shop: bool,
    request_hash: str,
    earlier: Redemption | None,
) -> tuple[Redemption, Quote, list[Coupon]]:
    """Hold the coupons and points of a quote for an order: all of them, or nothing.

    Returns:
        the redemption, what it was priced at, and the coupons as they are now.

    Raises:
        Forbidden: the member is frozen or closed.
        Conflict: the order has a redemption, a coupon does not apply, or the points are not there.
    """
    member = journal.member
    if earlier and earlier.status != "released" and not earlier.lapsed(journal.now):
        raise Conflict("order_already_held", "This order has a redemption that is open or confirmed.")
    if member.standing != "active":
        raise Forbidden("member_" + member.standing, "This member cannot redeem at present.")
    if len(member.holds) >= MAX_OPEN_HOLDS:
        raise Conflict("too_many_holds", f"A member can have {MAX_OPEN_HOLDS} orders at checkout at once.")
    priced = quote(journal, request, in_hand)
    refused = [verdict for verdict in priced.verdicts if not verdict.applies]
    if refused and request.coupons != "best":
        raise Conflict("coupon_" + str(refused[0].code), str(refused[0].detail))
    if isinstance(request.points, int) and request.points > member.points:
        raise Conflict("insufficient_points", f"{member.points} points are available.")

    attempt = earlier.attempt + 1 if earlier else 1
    redemption = Redemption(
        redemption_id=f"r_{record_of_order(request.order_id)}_{attempt}",
        order_id=request.order_id,
        member_id=member.member_id,
        attempt=attempt,
        by_shop=by_shop,
        status="held",
        expires_at=journal.now + timedelta(minutes=journal.programme.checkout.hold_minutes),
        lines=tuple(
            HeldLine(line.line_id, points, line_fingerprint(line))
            for line, points in zip(request.order.lines, priced.points_by_line, strict=True)
        ),
        coupon_ids=tuple(verdict.coupon_id for verdict in priced.verdicts if verdict.applies),
        request_hash=request_hash,
        version=earlier.version if earlier else 0,
    )
    journal.change(
        holds=(
            *member.holds,
            Hold(
                redemption_id=redemption.redemption_id,
                order_id=redemption.order_id,
                points=redemption.points,
                expires_at=redemption.expires_at,
            ),
        )
    )
    journal.book("hold", points=-redemption.points, source=_source(redemption))
    held = [in_hand[id_].hold(redemption.redemption_id, redemption.expires_at) for id_ in redemption.coupon_ids]
    return redemption, priced, held


def confirm(
    journal: Journal, redemption: Redemption, held: Sequence[Coupon], line_ids: Sequence[str] | None = None
) -> tuple[Redemption, list[Coupon]]:
    """Confirm a redemption, wholly or for the lines that are named; the points of the others return.

    Raises:
        Conflict: it was released or has lapsed.
        Invalid: a line that is named is none of the redemption's.
    """
    if redemption.status == "released" or redemption.lapsed(journal.now):
        raise Conflict("redemption_released", "The hold was released or has lapsed.")
    kept = redemption.lines
    if line_ids is not None:
        known = {line.line_id for line in kept}
        if problems := [
            Problem(f"/lines/{i}", "is no line of it") for i, id_ in enumerate(line_ids) if id_ not in known
        ]:
            raise Invalid(problems)
        kept = tuple(line for line in kept if line.line_id in line_ids)
    confirmed = replace(redemption, status="confirmed", lines=kept)
    returned = redemption.points - confirmed.points
    _drop_hold(journal, redemption)
    journal.book(
        "confirmation",
        points=returned,
        source=_source(redemption),
        detail={"points_spent": confirmed.points, "returned": returned},
    )
    return confirmed, [coupon.redeem(redemption.redemption_id) for coupon in held]


def release(journal: Journal, redemption: Redemption, held: Sequence[Coupon]) -> tuple[Redemption, list[Coupon]]:
    """Release a hold: its points and coupons are the member's again, if their dates have not passed.

    Raises:
        Conflict: it was confirmed, or let go already.
    """
    if redemption.status == "confirmed":
        raise Conflict("redemption_confirmed", "The redemption was confirmed; a refund gives back what it spent.")
    if redemption.status == "released" or redemption.lapsed(journal.now):
        raise Conflict("redemption_released", "The hold was released or has lapsed.")
    _drop_hold(journal, redemption)
    journal.book("release", points=redemption.points, source=_source(redemption))
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


def on_arrival(
    journal: Journal, redemption: Redemption | None, its_coupons: Sequence[Coupon], message: OrderCompleted
) -> Arrival:
    """Settle the redemption that an order names: confirm it, or take it again if it was let go."""
    member = journal.member
    if redemption is None or (redemption.member_id, redemption.order_id) != (member.member_id, message.order_id):
        return Arrival(reports=("redemption_lost",))
    let_go = redemption.status == "released" or redemption.lapsed(journal.now)
    if let_go:
        there = all(coupon.status(journal.now) == "active" for coupon in its_coupons)
        if member.standing != "active" or redemption.points > member.points or not there:
            return Arrival(reports=("redemption_lost",))
    by_line = _points_by_line(redemption, message.lines)
    reports: tuple[Report, ...] = ()
    if by_line is None:
        reports = ("redemption_mismatch",)
        by_line = allot_points(redemption.points, message.lines)
    redeemed = Redeemed(
        redemption_id=redemption.redemption_id,
        points_by_line=tuple(by_line),
        to_book=redemption.points if let_go else 0,
    )
    if redemption.status == "confirmed":
        return Arrival(redeemed=redeemed, reports=reports)
    _drop_hold(journal, redemption)
    return Arrival(
        redeemed=redeemed,
        reports=reports,
        redemption=replace(redemption, status="confirmed"),
        coupons=tuple(coupon.redeem(redemption.redemption_id) for coupon in its_coupons),
    )


def line_fingerprint(line: Line) -> str:
    """Name what a line is of: its SKU, quantity and price."""
    return short_hash(line.sku, str(line.quantity), str(line.unit_price))[:8]


def _points_by_line(redemption: Redemption, lines: Sequence[Line]) -> list[int] | None:
    """Find which line of the redemption each line of the order is; None if they are not the same lines."""
    left = list(redemption.lines)
    points = []
    for line in lines:
        same = [held for held in left if held.fingerprint == line_fingerprint(line)]
        if not same:
            return None
        match = next((held for held in same if held.line_id == line.line_id), same[0])
        left.remove(match)
        points.append(match.points)
    return None if left else points


def _drop_hold(journal: Journal, redemption: Redemption) -> None:
    holds = journal.member.holds
    journal.change(holds=tuple(hold for hold in holds if hold.redemption_id != redemption.redemption_id))


def _source(redemption: Redemption) -> dict[str, str]:
    return {"redemption_id": redemption.redemption_id, "order_id": redemption.order_id}
