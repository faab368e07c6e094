"""Counting the messages of the purchases queue: each once, whatever their number and order.

What cannot be counted raises a `Refusal`: a person has to look at it. Whatever else goes wrong can be tried again.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from tessera import actions, purchases, redemptions
from tessera.identities import SHOP, Identity
from tessera.journal import Journal
from tessera.member import Profile
from tessera.programme.load import in_force
from tessera.purchases import AwaitedOrder, Order, RefundRecord
from tessera.redemptions import Arrival, Redemption
from tessera.refusals import Invalid, Refusal
from tessera.service.attempts import until_committed
from tessera.service.opening import open_journal
from tessera.store import queues
from tessera.store.client import StaleError
from tessera.store.items import action_key, order_key, redemption_key, refund_key
from tessera.store.read import Found, read
from tessera.store.transaction import Transaction

if TYPE_CHECKING:
    from tessera.messages import ActionDone, OrderCompleted, OrderRefunded
    from tessera.service.arrivals import Redeemed

PARKED_FOR = timedelta(days=30)
"""How long a refund waits for the order that it overtook."""

MAX_PARKED = 100
"""Refunds that can wait for one order."""

UnknownIdentity = Literal["record", "enrol"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message."""

    kind: Literal["counted", "duplicate", "parked", "rejected"]
    reports: tuple[str, ...] = ()
    order_id: str | None = None
    """The order that was counted and needs a look."""
    refusal: str | None = None
    """Why a refund that had waited was rejected: it is among the dead letters."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """An order that was counted, now or before, and the refunds that waited for it and still do."""

    outcome: Outcome
    waiting: tuple[str, ...] = ()


def count(body: str, now: datetime, unknown_identity: UnknownIdentity | None = None) -> list[Outcome]:
    """Count a message, and the refunds that had overtaken it.

    Args:
        body: the message as it came.
        now: when it was sent.
        unknown_identity: what to do with an order of somebody who has not enrolled; the programme says it otherwise.

    Raises:
        Refusal: it never can be counted as it is.
        Unavailable: the store did not answer; try again.
        TryAgain: others were at the same member all the time; try again.
    """
    # With the first message, as the programme is: both stand on the same library, which a start would wait for.
    from tessera.messages import ActionDone, OrderRefunded, fingerprint, read_message  # noqa: PLC0415
    from tessera.shapes import read_json  # noqa: PLC0415

    message = read_message(read_json(body), in_force(), now)
    hashed = fingerprint(message)
    if isinstance(message, OrderRefunded):
        return [until_committed(lambda: _count_refund(message, hashed, now))]
    if isinstance(message, ActionDone):
        return [until_committed(lambda: _count_action(message, hashed, now))]
    unknown = unknown_identity or in_force().unknown_identity
    counted = until_committed(lambda: _count_order(message, hashed, now, unknown))
    return [counted.outcome, *(_release_parked(refund_id, now) for refund_id in counted.waiting)]


def give_up_on(refund: str, now: datetime) -> bool:
    """Give up on a parked refund whose order has not come in its time: it becomes a dead letter.

    Args:
        refund: the name of the refund's record.
        now: the instant as of which it is due.

    Returns:
        whether it was still waiting.
    """
    parked = read(operations=[refund]).operations.get(refund)
    if not isinstance(parked, RefundRecord) or not parked.message or not parked.due_at or parked.due_at > now:
        return False
    if isinstance(read(operations=[order_key(parked.order_id)]).operations.get(order_key(parked.order_id)), Order):
        _release_parked(parked.refund_id, now)
        return True
    # The dead letter goes first: should what follows fail, it comes twice, and counts once all the same.
    dead_letter(parked.message, Refusal("order_never_came", "The order of this refund has not come in 30 days."))
    until_committed(lambda: _stop_waiting(refund, "order_never_came"))
    return True


def dead_letter(body: str, refusal: Refusal) -> None:
    """Put a message that cannot be counted on the dead-letter queue, with attributes that say why."""
    # SQS refuses some characters that a client may have put into the name of a field.
    detail = "".join(char if char.isprintable() else "?" for char in refusal.explanation[:2000])
    queues.send("PURCHASES_DEAD_LETTERS_URL", body, {"reason": refusal.code, "detail": detail})


def _count_order(message: "OrderCompleted", hashed: str, now: datetime, unknown_identity: UnknownIdentity) -> _Counted:
    member_id = message.member_id
    if message.identity is not None:
        member_id = Identity(SHOP, message.identity).member_id
    redemption = redemption_key(redemptions.record_of(message.redemption_id)) if message.redemption_id else None
    found = _read_order(message.order_id, member_id, redemption)
    there = found.operations.get(order_key(message.order_id))
    if isinstance(there, Order):
        if there.fingerprint != hashed:
            raise Refusal("order_id_reused", "Another order with this order_id was counted before.")
        return _Counted(Outcome("duplicate"), there.parked)

    transaction = Transaction()
    journal = _journal(message, found, now, unknown_identity)
    redeemed = None
    if journal:
        if redemption:
            # Most orders redeem nothing, and a start would wait for the import.
            from tessera.service import arrivals  # noqa: PLC0415

            held = found.operations.get(redemption)
            redeemed = arrivals.redeem(journal, message, held if isinstance(held, Redemption) else None)
        order = _complete(transaction, journal, message, hashed, redeemed.arrival if redeemed else Arrival())
    else:
        reports: tuple[purchases.Report, ...] = ("unknown_identity",) if message.identity is not None else ()
        if message.redemption_id:
            reports = (*reports, "redemption_lost")
        order = replace(purchases.record(message, hashed, in_force(), now), reports=reports)
    if isinstance(there, AwaitedOrder):
        order = replace(order, parked=there.parked, version=there.version)
    transaction.operation(order)
    _commit(transaction, redeemed)
    return _Counted(Outcome("counted", order.reports, order.order_id), order.parked)


def _commit(transaction: Transaction, redeemed: "Redeemed | None") -> None:
    try:
        transaction.commit()
    except StaleError:
        if redeemed:
            redeemed.undo()
        raise
    if redeemed:
        redeemed.settle()


def _journal(
    message: "OrderCompleted", found: Found, now: datetime, unknown_identity: UnknownIdentity
) -> Journal | None:
    """Open the journal of the member whose order it is; None if it is nobody's."""
    for member in found.members.values():
        return open_journal(member, now)
    if message.member_id is not None:
        raise Refusal("unknown_member", "No member has this member_id.")
    if message.identity is not None and unknown_identity == "enrol":
        from tessera.enrolment import enrol  # noqa: PLC0415 - the first order of a customer, and no other

        return enrol(Identity(SHOP, message.identity).member_id, None, in_force(), now)
    return None


def _complete(
    transaction: Transaction, journal: Journal, message: "OrderCompleted", hashed: str, arrival: Arrival
) -> Order:
    """Count a member's order, with what it makes of the redemption that it names."""
    if not journal.member.version:
        transaction.profile(Profile(member_id=journal.member.member_id))
    order = purchases.complete(journal, message, hashed, arrival.redeemed, arrival.reports)
    transaction.journal(journal)
    if arrival.redemption:
        transaction.operation(arrival.redemption)
    for coupon in arrival.coupons:
        transaction.coupon(coupon)
    return order


def _count_action(message: "ActionDone", hashed: str, now: datetime) -> Outcome:
    member_id = message.member_id or Identity(SHOP, message.identity or "").member_id
    key = action_key(message.action_id)
    found = read(member=member_id, operations=[key])
    if alias := found.aliases.get(member_id):
        found = read(member=alias, operations=[key])
    if isinstance(earlier := found.operations.get(key), actions.Action):
        if earlier.fingerprint != hashed:
            raise Refusal("action_id_reused", "Another action with this action_id was counted before.")
        return Outcome("duplicate")
    for member in found.members.values():
        journal = open_journal(member, now)
        transaction = Transaction()
        transaction.operation(actions.count(journal, message, hashed, json.dumps(message.attributes)))
        transaction.journal(journal)
        transaction.commit()
        return Outcome("counted")
    raise Refusal("unknown_member", "No member has this member_id or identity.")


def _read_order(order_id: str, member_id: str | None, redemption: str | None) -> Found:
    operations = [order_key(order_id), *([redemption] if redemption else [])]
    found = read(member=member_id, operations=operations)
    if member_id and (alias := found.aliases.get(member_id)):
        found = read(member=alias, operations=operations)
    return found


def _count_refund(message: "OrderRefunded", hashed: str, now: datetime) -> Outcome:
    refund, order = refund_key(message.refund_id), order_key(message.order_id)
    found = read(operations=[refund, order])
    earlier, there = found.operations.get(refund), found.operations.get(order)
    version = 0
    if isinstance(earlier, RefundRecord):
        if earlier.fingerprint != hashed and earlier.status in ("booked", "parked"):
            raise Refusal("refund_id_reused", "Another refund with this refund_id was counted before.")
        if earlier.status == "booked" or (earlier.status == "parked" and not isinstance(there, Order)):
            return Outcome("duplicate")
        version = earlier.version
    record = RefundRecord(
        refund_id=message.refund_id, order_id=message.order_id, fingerprint=hashed, status="booked", version=version
    )
    if isinstance(there, Order):
        _book_refund(message, record, there, now)
        return Outcome("counted")

    parked = there.parked if isinstance(there, AwaitedOrder) else ()
    if len(parked) >= MAX_PARKED:
        raise Refusal("too_many_refunds", f"{MAX_PARKED} refunds are waiting for this order already.")
    awaited = AwaitedOrder(
        order_id=message.order_id,
        parked=(*parked, message.refund_id),
        version=there.version if isinstance(there, AwaitedOrder) else 0,
    )
    transaction = Transaction()
    transaction.operation(awaited)
    transaction.operation(
        replace(
            record,
            status="parked",
            message=json.dumps(message.model_dump(mode="json", exclude_none=True), separators=(",", ":")),
            due_at=now + PARKED_FOR,
        )
    )
    transaction.commit()
    return Outcome("parked")


def _book_refund(message: "OrderRefunded", record: RefundRecord, order: Order, now: datetime) -> None:
    after = purchases.refund_lines(order, message)
    transaction = Transaction()
    transaction.operation(record)
    if order.member_id:
        its_coupons = after.coupon_ids if purchases.is_last(order, after) else ()
        found = read(member=order.member_id, coupons=(order.member_id, its_coupons))
        if not order.redemption_id and (redemption := _unnamed(order.order_id, order.member_id)):
            after = redemptions.pay(after, redemption)
            its_coupons = after.coupon_ids if purchases.is_last(order, after) else ()
            found.coupons = read(coupons=(order.member_id, its_coupons)).coupons
        journal = open_journal(found.members[order.member_id], now)
        for coupon in purchases.refund(journal, order, after, message, list(found.coupons.values())):
            transaction.coupon(coupon)
        transaction.journal(journal)
        if found.coupons:
            from tessera.service import allowances  # noqa: PLC0415 - as above

            allowances.expect_return(after, found.coupons)
    transaction.operation(_without(after, message.refund_id))
    transaction.commit()


def _unnamed(order_id: str, member_id: str) -> Redemption | None:
    """Read the redemption that was confirmed for an order which did not name it.

    Whatever confirms one changes the member: read after the member, it is no older.
    """
    records = [redemptions.record_of_order(order_id, member_id, by_shop=by_shop) for by_shop in (True, False)]
    for found in read(operations=[redemption_key(record) for record in records]).operations.values():
        if isinstance(found, Redemption) and found.member_id == member_id and found.status == "confirmed":
            return found
    return None


def _without(order: Order | AwaitedOrder, refund_id: str) -> Order | AwaitedOrder:
    """Take a refund off the list of those that wait."""
    return replace(order, parked=tuple(parked for parked in order.parked if parked != refund_id))


def _release_parked(refund_id: str, now: datetime) -> Outcome:
    """Book a refund that waited for an order which is there now; if it does not fit the order, a person has to look."""
    parked = read(operations=[refund_key(refund_id)]).operations.get(refund_key(refund_id))
    if not isinstance(parked, RefundRecord) or not parked.message:
        return Outcome("duplicate")
    from tessera.messages import OrderRefunded, fingerprint  # noqa: PLC0415 - as above
    from tessera.shapes import read as shape  # noqa: PLC0415

    message = shape(OrderRefunded, json.loads(parked.message))
    try:
        return until_committed(lambda: _count_refund(message, fingerprint(message), now))
    except Invalid as refusal:
        dead_letter(parked.message, refusal)
        until_committed(lambda: _stop_waiting(refund_key(refund_id), "rejected"))
        return Outcome("rejected", refusal=refusal.code)


def _stop_waiting(refund: str, status: Literal["rejected", "order_never_came"]) -> None:
    """Mark a parked refund as given up on, and take it off its order's list."""
    parked = read(operations=[refund]).operations.get(refund)
    if not isinstance(parked, RefundRecord) or parked.status != "parked":
        return
    key = order_key(parked.order_id)
    order = read(operations=[key]).operations.get(key)
    transaction = Transaction()
    transaction.operation(replace(parked, status=status, message=None, due_at=None))
    if isinstance(order, AwaitedOrder | Order):
        transaction.operation(_without(order, parked.refund_id))
    transaction.commit()
