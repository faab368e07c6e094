"""Checkout: what a quote promises is held for an order, all of it or nothing."""

from collections.abc import Mapping
from datetime import timedelta

from tessera import benefits, lots
from tessera.coupons import Coupon
from tessera.instants import write_instant
from tessera.journal import Journal
from tessera.member import Hold
from tessera.quotes import Quote, QuoteRequest, quote
from tessera.redemptions import HeldLine, Redemption, id_of, line_fingerprint, record_of_order, source
from tessera.refusals import Conflict, Forbidden
from tessera.shapes import Key

MAX_OPEN_HOLDS = 10
"""Orders that a member may have at checkout at once: what bounds the member's item."""


class RedemptionRequest(QuoteRequest):
    """A basket to be quoted and held, for an order that the shop has given its id."""

    order_id: Key


def hold(
    journal: Journal,
    request: RedemptionRequest,
    in_hand: Mapping[str, Coupon],
    *,
    by_shop: bool,
    request_hash: str,
    earlier: Redemption | None,
) -> tuple[Redemption, Quote, list[Coupon]]:
    """Hold the coupons, points and uses of benefits of a quote for an order: all of them, or nothing.

    Returns:
        the redemption, what it was priced at, and the coupons as they are now.

    Raises:
        Forbidden: the member is frozen or closed.
        Conflict: the order has a redemption, a coupon does not apply, or the points are not there.
    """
    member = journal.member
    if earlier and earlier.is_open(journal.now):
        raise Conflict("order_already_held", "This order has a redemption that is open or confirmed.")
    if member.standing != "active":
        raise Forbidden("member_" + member.standing, "This member cannot redeem at present.")
    if len(member.holds) >= MAX_OPEN_HOLDS:
        raise Conflict("too_many_holds", f"A member can have {MAX_OPEN_HOLDS} orders at checkout at once.")
    priced = quote(journal, request, in_hand)
    refused = [verdict for verdict in priced.verdicts if not verdict.applies]
    if refused and request.coupons != "best":
        raise Conflict("coupon_" + str(refused[0].code), str(refused[0].detail))
    if isinstance(request.points, int) and request.points > max(0, journal.available):
        raise Conflict("insufficient_points", f"{max(0, journal.available)} points are available.")

    parts = journal.spend(priced.points_spent)
    used = benefits.take(journal, (applied.shown for applied in priced.benefits))
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
        coupon_ids=tuple(verdict.coupon_id for verdict in priced.verdicts if verdict.applies),
        benefit_ids=tuple(used),
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
        detail={"expires_at": write_instant(redemption.expires_at)} | benefits.as_used(used),
    )
    held = [in_hand[id_].hold(redemption.redemption_id, redemption.expires_at) for id_ in redemption.coupon_ids]
    return redemption, priced, held
