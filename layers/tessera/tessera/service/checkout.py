"""Quotes and redemptions."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from pydantic import Field

from tessera import checkout, quotes, redemptions
from tessera.access import Caller
from tessera.answers import Status, write
from tessera.answers import checkout as answers
from tessera.checkout import RedemptionRequest
from tessera.coupons import Coupon, coupon_id
from tessera.idempotency import body_hash
from tessera.journal import Journal
from tessera.member import Member
from tessera.purchases import Order
from tessera.quotes import QuoteRequest
from tessera.redemptions import Redemption
from tessera.refusals import Conflict, Forbidden, NotFound
from tessera.service import allowances
from tessera.service.attempts import until_committed
from tessera.service.lookup import access_first, find, named
from tessera.service.opening import look, open_journal
from tessera.shapes import Key, Shape, read_json
from tessera.shapes import read as shape
from tessera.store import lists
from tessera.store.client import StaleError
from tessera.store.items import order_key, redemption_key
from tessera.store.read import Found, read
from tessera.store.transaction import Transaction
from tessera.verdicts import EXHAUSTED


class ConfirmationRequest(Shape):
    """What of a redemption is confirmed: the lines that ship, or all."""

    lines: Annotated[list[Key], Field(min_length=1)] | None = None


@dataclass(frozen=True, slots=True)
class HoldAnswer:
    """The body that a hold is answered with, and whether it was made now."""

    body: str
    new: bool


def quote(caller: Caller, path_id: str, body: str | None, now: datetime) -> answers.QuoteAnswer:
    """Price a basket for a member; nothing changes.

    Raises:
        NotFound: there is no such member for this caller.
        Unreadable: the body is no JSON.
        Invalid: it is no basket, or its currency is none of the programme's.
    """
    member_id = named(caller, path_id)
    request = access_first(member_id, lambda: shape(QuoteRequest, read_json(body)))
    member, found = find(member_id, lambda id_: _read(id_, request))
    journal = look(member, now)
    limited = allowances.limited(found.coupons)
    beside = read(templates=limited, uses=limited, consistent=False)  # what is asked for here may change at once anyway
    in_hand = allowances.under_present_limits(found.coupons, beside.templates)
    priced = quotes.quote(journal, request, in_hand, beside.uses)
    return answers.quote(priced, request.order.lines)


def hold(caller: Caller, path_id: str, body: str | None, now: datetime) -> HoldAnswer:
    """Hold coupons and points for an order. A repeat answers what the first one did.

    Raises:
        NotFound: there is no such member for this caller.
        Unreadable: the body is no JSON.
        Invalid: it is no basket with an order, or its currency is none of the programme's.
        Forbidden: the member is frozen or closed.
        Conflict: something cannot be held; nothing is.
    """
    member_id = named(caller, path_id)
    content = access_first(member_id, lambda: read_json(body))
    request = access_first(member_id, lambda: shape(RedemptionRequest, content))
    by_shop = caller.acts_for_others

    def attempt() -> HoldAnswer:
        member, found = find(member_id, lambda id_: _read(id_, request))
        # What changes any of these changes the member, too. Read after the member they are no older, and a change
        # since then keeps this from being committed.
        order, records = order_key(request.order_id), _records(request.order_id, member.member_id)
        limited = allowances.limited(found.coupons)
        beside = read(operations=[order, *records], templates=limited, uses=limited)
        counted = beside.operations.get(order)
        shops, members_own = (beside.operations.get(key) for key in records)
        earlier, other = (shops, members_own) if by_shop else (members_own, shops)
        journal = open_journal(member, now)
        hashed = body_hash(content)
        earlier = earlier if isinstance(earlier, Redemption) else None
        if earlier and _is_repeat(earlier, member, hashed) and earlier.is_open(journal.now):
            return HoldAnswer(earlier.answer, new=False)
        if isinstance(counted, Order) and counted.member_id == member.member_id:
            raise Conflict("order_already_counted", "This order was counted before; nothing can pay for it any more.")
        if isinstance(other, Redemption) and other.member_id == member.member_id and other.is_open(journal.now):
            raise Conflict("order_already_held", "This order has a redemption that is open or confirmed.")
        if earlier and earlier.allowances and earlier.lapsed(journal.now):
            allowances.let_go(earlier)
            raise StaleError  # what it had taken is there again
        in_hand = allowances.under_present_limits(found.coupons, beside.templates)
        redemption, priced, held = checkout.hold(
            journal,
            request,
            in_hand,
            by_shop=by_shop,
            request_hash=hashed,
            ticket=allowances.new_ticket(),
            earlier=earlier,
            uses=beside.uses,
        )
        if short := allowances.take(redemption, in_hand, redemption.expires_at - journal.now):
            if request.coupons == "best":
                raise StaleError  # others apply in its place
            raise Conflict("coupon_" + short, EXHAUSTED[short])
        answer = write(answers.held(redemption, priced, request.order.lines))
        try:
            _commit(journal, replace(redemption, answer=answer), held)
        except StaleError:
            allowances.give_back(redemption)
            raise
        return HoldAnswer(answer, new=True)

    return until_committed(attempt)


def confirm(caller: Caller, path_id: str, redemption_id: str, body: str | None, now: datetime) -> Status:
    """Confirm a redemption, or the lines of it that are named.

    Raises:
        NotFound: there is no such member for this caller, or no such redemption of theirs.
        Forbidden: a shop made it, and the caller is none.
        Invalid: a line that is named is none of it.
        Conflict: it was released, has lapsed, or was confirmed for other lines; or its order was refunded already.
    """
    member_id = named(caller, path_id)

    def attempt() -> Status:
        member, redemption, superseded = _find(member_id, redemption_id)
        request = shape(ConfirmationRequest, read_json(body) if body else {})
        if redemption.by_shop and not caller.acts_for_others:
            raise Forbidden("made_by_shop", "Only the shop can confirm what it has held.")
        if superseded:
            raise Conflict("redemption_released", "The hold was released or has lapsed.")
        if redemption.status == "confirmed":
            redemptions.require_lines(redemption, request.lines)
        if redemption.status != "confirmed":
            journal = open_journal(member, now)
            key = order_key(redemption.order_id)
            found = read(coupons=(redemption.member_id, redemption.coupon_ids), operations=[key])
            order = _partly_refunded(found.operations.get(key), redemption)
            held = list(found.coupons.values())
            confirmed, used = redemptions.confirm(journal, redemption, held, request.lines, order)
            _commit(journal, confirmed, used, redemptions.pay(order, confirmed) if order else None)
            allowances.settle(confirmed)
        return {"status": "confirmed"}

    return until_committed(attempt)


def release(caller: Caller, path_id: str, redemption_id: str, now: datetime) -> Status:
    """Release a redemption. One that was released or has lapsed stays so.

    Raises:
        NotFound: there is no such member for this caller, or no such redemption of theirs.
        Forbidden: a shop made it, and the caller is none.
        Conflict: it was confirmed.
    """
    member_id = named(caller, path_id)

    def attempt() -> Status:
        member, redemption, superseded = _find(member_id, redemption_id)
        if superseded:
            return {"status": "released"}
        if redemption.by_shop and not caller.acts_for_others:
            raise Forbidden("made_by_shop", "Only the shop can release what it has held.")
        journal = open_journal(member, now)
        if redemption.is_open(journal.now):
            held = list(read(coupons=(redemption.member_id, redemption.coupon_ids)).coupons.values())
            released, back = redemptions.release(journal, redemption, held)
            _commit(journal, released, back)
            allowances.settle(released)
        return {"status": "released"}

    return until_committed(attempt)


def _read(member_id: str, request: QuoteRequest) -> Found:
    if request.coupons == "best":
        found = read(member=member_id)
        found.coupons = {coupon.coupon_id: coupon for coupon in lists.coupons(member_id)}
        return found
    return read(member=member_id, coupons=(member_id, [coupon_id(named) for named in request.coupons]))


def _records(order_id: str, member_id: str) -> list[str]:
    """Name the records of an order's redemptions: the shop's, and the member's own."""
    return [
        redemption_key(redemptions.record_of_order(order_id, member_id, by_shop=by_shop)) for by_shop in (True, False)
    ]


def _is_repeat(earlier: Redemption, member: Member, hashed: str) -> bool:
    return earlier.member_id == member.member_id and earlier.request_hash == hashed


def _find(member_id: str, redemption_id: str) -> tuple[Member, Redemption, bool]:
    """Read a redemption and its member; and whether it was let go and the order has held anew since."""
    record = redemptions.record_of(redemption_id)
    member, found = find(member_id, lambda id_: read(member=id_, operations=[redemption_key(record)]))
    redemption = found.operations.get(redemption_key(record))
    if not isinstance(redemption, Redemption) or redemption.member_id != member.member_id:
        raise NotFound
    if redemption_id not in (redemptions.id_of(record, attempt + 1) for attempt in range(redemption.attempt)):
        raise NotFound
    return member, redemption, redemption_id != redemption.redemption_id


def _partly_refunded(order: object, redemption: Redemption) -> Order | None:
    """Answer the order of a redemption, if it was counted without naming any and refunded in part: nothing came back.

    Raises:
        Conflict: it is wholly refunded: no refund will come that could give back what is spent now.
    """
    if not isinstance(order, Order) or order.member_id != redemption.member_id:
        return None
    if order.status == "refunded":
        raise Conflict("order_already_counted", "This order was counted and refunded; nothing can pay for it any more.")
    return order if order.status == "partly_refunded" and not order.redemption_id else None


def _commit(
    journal: Journal, redemption: Redemption, its_coupons: Iterable[Coupon], order: Order | None = None
) -> None:
    transaction = Transaction()
    transaction.journal(journal)
    transaction.operation(redemption)
    for coupon in its_coupons:
        transaction.coupon(coupon)
    if order:
        transaction.operation(order)
    transaction.commit()
