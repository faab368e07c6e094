"""Allowances: taken before a hold is committed, and settled when it is known what has become of it.

A message that is delivered when the hold lapses settles what nobody else has: then the record tells what counts. Before
anything is taken that message is sent, so that nothing stays taken for a hold that was never committed.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from secrets import token_hex
from typing import TYPE_CHECKING, Literal

from tessera import allowances, redemptions
from tessera.allowances import COMMITTED_WITHIN, Refunded, Taken
from tessera.coupons import Coupon
from tessera.programme.load import in_force
from tessera.purchases import Order
from tessera.redemptions import Redemption
from tessera.refusals import Unavailable
from tessera.service.attempts import until_committed
from tessera.store import allowances as stored
from tessera.store import queues
from tessera.store.items import order_key, redemption_key
from tessera.store.read import read
from tessera.store.transaction import Transaction

if TYPE_CHECKING:
    from tessera.stock import Mark
    from tessera.templates import Head

_QUEUE = "ALLOWANCES_QUEUE_URL"
_LONGEST_DELAY = timedelta(minutes=15)
"""What SQS delays a message by at most; after that it is sent on."""

_SECOND = timedelta(seconds=1)

_TICKET_BYTES = 8

Shortage = Literal["used_up", "budget_spent"]


def new_ticket() -> str:
    """Make a ticket that nothing was ever taken under."""
    return token_hex(_TICKET_BYTES)


def limited(its_coupons: Mapping[str, Coupon]) -> list[str]:
    """Name the templates of coupons that limit what all members together may redeem."""
    return sorted({coupon.template.id for coupon in its_coupons.values() if coupon.template.limits_use})


def under_present_limits(its_coupons: Mapping[str, Coupon], heads: "Mapping[str, Head | Mark]") -> dict[str, Coupon]:
    """Answer coupons with the limits for all members together as operators have left them.

    Args:
        its_coupons: the coupons, by id.
        heads: how their templates stand that are `limited`.
    """
    names = limited(its_coupons)
    if not names:
        return dict(its_coupons)
    # Few templates limit their use, and nobody else waits for the import of what reads how a template stands.
    from tessera import templates  # noqa: PLC0415

    standing = {id_: head for id_ in names if (head := templates.standing(id_, heads, in_force()))}
    return {
        id_: coupon.under(standing[coupon.template.id].template) if coupon.template.id in standing else coupon
        for id_, coupon in its_coupons.items()
    }


def take(redemption: Redemption, its_coupons: Mapping[str, Coupon], lasts: timedelta) -> Shortage | None:
    """Take all allowances of a redemption that is about to be committed, or none.

    Args:
        redemption: with a ticket that nothing was taken under.
        its_coupons: its coupons, by id.
        lasts: how long it will hold.

    Returns:
        what is missing, if anything is.

    Raises:
        Unavailable: the store or the queue did not answer; what was taken will be settled.
        TryAgain: others were at the same template all the time; what was taken will be settled.
    """
    if not redemption.allowances:
        return None
    template_ids = tuple(allowance.template_id for allowance in redemption.allowances)
    _send(
        Taken(redemption_id=redemption.redemption_id, ticket=redemption.ticket, template_ids=template_ids),
        max(lasts, COMMITTED_WITHIN),
    )
    for i, allowance in enumerate(redemption.allowances):
        template = its_coupons[allowance.coupon_id].template
        use = allowances.name(redemption.ticket, i)
        taken = until_committed(partial(stored.take, template, use, allowance.cost))
        if taken != "taken":
            give_back(redemption)
            return taken
    return None


def settle(redemption: Redemption) -> None:
    """Settle the allowances of a redemption as it was committed: kept if it is confirmed, given back if it is released.

    Where the store does not answer the message does it later.
    """
    with suppress(Unavailable):
        for i, allowance in enumerate(redemption.allowances):
            kept = allowance.cost if redemption.counts(redemption.ticket) else None
            stored.settle(allowance.template_id, allowances.name(redemption.ticket, i), kept)


def give_back(redemption: Redemption) -> None:
    """Give back all that was taken for a redemption that was not committed, and will not be."""
    settle(replace(redemption, status="released"))


def let_go(redemption: Redemption) -> Redemption:
    """Mark a hold that has lapsed as released, so that nothing confirms it any more, and settle it.

    Raises:
        StaleError: it has changed since it was read.
        Unavailable: the store did not answer.
    """
    released = _close(redemption)
    settle(released)
    return released


def expect_return(order: Order, its_coupons: Mapping[str, Coupon]) -> None:
    """Have the allowances of coupons that come back given back, if the refund which is about to be committed is.

    Raises:
        Unavailable: the queue did not answer.
    """
    back = [id_ for id_, used in its_coupons.items() if used.template.limits_use and used.template.on_refund != "never"]
    if back and order.redemption_id:
        message = Refunded(order_id=order.order_id, redemption_id=order.redemption_id, coupon_ids=tuple(back))
        _send(message, COMMITTED_WITHIN)


def work_off(body: str, now: datetime) -> Literal["settled", "waiting", "given_back", "nothing"]:
    """Work off a message of the allowances queue; once or more often makes no difference.

    Args:
        body: the message.
        now: when it was received first.

    Returns:
        what came of it: a ticket was settled, or is to be looked at again later; what a refunded order had used was
        given back; or there was nothing to be done.

    Raises:
        ValueError: the message is none.
        Unavailable: the store or the queue did not answer; try again.
        TryAgain: others were at the same redemption all the time; try again.
    """
    message = allowances.read(body)
    if isinstance(message, Refunded):
        return _give_back_refunded(message)
    return until_committed(lambda: _settle_ticket(message, now))


def _settle_ticket(taken: Taken, now: datetime) -> Literal["settled", "waiting"]:
    redemption = _read(taken.redemption_id)
    if redemption and redemption.may_count(taken.ticket):
        if not redemption.lapsed(now):
            _send(taken, redemption.expires_at - now)
            return "waiting"
        redemption = _close(redemption)
    used = redemption.allowances if redemption and redemption.counts(taken.ticket) else ()
    for i, template_id in enumerate(taken.template_ids):
        kept = used[i].cost if used else None
        stored.settle(template_id, allowances.name(taken.ticket, i), kept)
    return "settled"


def _give_back_refunded(refunded: Refunded) -> Literal["given_back", "nothing"]:
    order = read(operations=[order_key(refunded.order_id)]).operations.get(order_key(refunded.order_id))
    redemption = _read(refunded.redemption_id)
    if not isinstance(order, Order) or order.status != "refunded" or redemption is None:
        return "nothing"
    for i, allowance in enumerate(redemption.allowances):
        if allowance.coupon_id in refunded.coupon_ids:
            use = allowances.name(redemption.ticket, i)
            until_committed(partial(stored.give_back, allowance.template_id, use, allowance.cost))
    return "given_back"


def _close(lapsed: Redemption) -> Redemption:
    released = replace(lapsed, status="released")
    transaction = Transaction()
    transaction.operation(released)
    transaction.commit()
    return replace(released, version=lapsed.version + 1)


def _read(redemption_id: str) -> Redemption | None:
    key = redemption_key(redemptions.record_of(redemption_id))
    redemption = read(operations=[key]).operations.get(key)
    return redemption if isinstance(redemption, Redemption) else None


def _send(message: Taken | Refunded, wait: timedelta) -> None:
    queues.send_later(_QUEUE, allowances.write(message), ceil(min(wait, _LONGEST_DELAY) / _SECOND))
