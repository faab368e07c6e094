"""Checkout: what a quote promises is held for an order, all of it or nothing."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from tessera import benefits, lots
from tessera.allowances import Allowance
from tessera.coupons import Coupon, Uses, coupon_id
from tessera.instants import write_instant
from tessera.journal import Journal
from tessera.member import Hold
from tessera.quotes import Quote, QuoteRequest, quote
from tessera.redemptions import HeldLine, Redemption, id_of, line_fingerprint, record_of_order, source
from tessera.refusals import Conflict, Forbidden, Problem
from tessera.shapes import Key

MAX_OPEN_HOLDS = 10
"""Orders that a member may have at checkout at once: what bounds the member's item."""


class RedemptionRequest(QuoteRequest):
    """A basket to be quoted and held, for an order that the shop has given its id."""

    order_id: Key


def hold(  # noqa: PLR0913 - what a redemption is made of
    journal: Journal,
    request: RedemptionRequest,
    in_hand: Mapping[str, Coupon],
    *,
    by_shop: bool,
    request_hash: str,
    ticket: str,
    earlier: Redemption | None,
    uses: Mapping[str, Uses] | None = None,
) -> tuple[Redemption, Quote, list[Coupon]]:
    """Hold the coupons, points and uses of benefits of a quote for an order: all of them, or nothing.

    What the coupons take of what all members together may redeem is the redemption's `allowances`: it is to be taken,
    under its ticket, before this is committed.

    Args:
        journal: the member's.
        request: the basket, and what is to pay for it.
        in_hand: the member's coupons that the request may mean, by id.
        by_shop: whether a shop holds.
        request_hash: what tells a repeat of the request from another.
        ticket: what no other attempt to hold has.
        earlier: the last redemption of the order by the same caller.
        uses: how much all members together have used of the templates that limit it.

    Returns:
        the redemption, what it was priced at, and the coupons as they are now.

    Raises:
        Forbidden: the member is frozen or closed.
        Conflict: the order has a redemption, a coupon does not apply, or the points are not there, or too few or too
            many to pay with.
    """
    member = journal.member
    if earlier and earlier.is_open(journal.now):
        first = "release it first" if earlier.status == "held" else "it is confirmed"
        raise Conflict("order_already_held", f"This order has the redemption {earlier.redemption_id}: {first}.")
    if member.standing != "active":
        raise Forbidden("member_" + member.standing, "This member cannot redeem at present.")
    if len(member.holds) >= MAX_OPEN_HOLDS:
        raise Conflict("too_many_holds", f"A member can have {MAX_OPEN_HOLDS} orders at checkout at once.")
    priced = quote(journal, request, in_hand, uses)
    if request.coupons != "best":
        _require_coupons(request.coupons, priced)
    _require_points(journal, request, priced)

    parts = journal.spend(priced.points_spent)
    used = benefits.take(journal, (applied.shown for applied in priced.benefits))
    allowances = tuple(
        Allowance(in_hand[id_].template.id, id_, off.by_line, off.cost - sum(off.by_line))
        for id_, off in priced.off.items()
        if in_hand[id_].template.limits_use
    )
    attempt = earlier.attempt + 1 if earlier else 1
    redemption = Redemption(
        redemption_id=id_of(record_of_order(request.order_id, member.member_id, by_shop=by_shop), attempt),
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
        parts=parts,
        coupon_ids=tuple(priced.off),
        benefits=used,
        allowances=allowances,
        ticket=ticket if allowances else "",
        request_hash=request_hash,
        version=earlier.version if earlier else 0,
    )
    journal.change(
        holds=(
            *member.holds,
            Hold(
                redemption_id=redemption.redemption_id,
                order_id=redemption.order_id,
                parts=parts,
                expires_at=redemption.expires_at,
                benefits=used,
            ),
        )
    )
    journal.book(
        "hold",
        change=lots.loss(parts),
        source=source(redemption),
        detail={"expires_at": write_instant(redemption.expires_at)}
        | benefits.as_used(used)
        | ({"first_order": True} if any(in_hand[id_].template.first_order for id_ in priced.off) else {}),
    )
    held = [in_hand[id_].hold(redemption.redemption_id, redemption.expires_at) for id_ in redemption.coupon_ids]
    return redemption, priced, held


def _require_coupons(named: Sequence[str], priced: Quote) -> None:
    """Insist that every coupon applies that was named.

    Raises:
        Conflict: one does not; it is said of each, at its place.
    """
    ids = [coupon_id(name) for name in named]
    refused = [verdict for verdict in priced.verdicts if not verdict.applies]
    problems = [Problem(f"/coupons/{ids.index(verdict.coupon_id)}", str(verdict.detail)) for verdict in refused]
    if refused:
        raise Conflict("coupon_" + str(refused[0].code), str(refused[0].detail), problems)


def _require_points(journal: Journal, request: RedemptionRequest, priced: Quote) -> None:
    """Insist that the points that were asked for are what pays; goods that cost less are paid with fewer.

    Raises:
        Conflict: they are not there, too few to pay with, or more than the programme lets pay.
    """
    if not isinstance(request.points, int):
        return
    rules, available = journal.programme.checkout, max(0, journal.available)
    if request.points > available:
        raise Conflict("insufficient_points", f"{available} points are available.")
    if priced.points_too_few:
        raise Conflict("points_below_minimum", f"An order is paid with {rules.points_minimum} points or more.")
    if rules.points_percent < 100 and request.points > priced.points_spent:  # noqa: PLR2004 - a percentage
        detail = f"At most {rules.points_percent}% are paid with points: {priced.points_spent} of them."
        raise Conflict("points_above_ceiling", detail)
