"""Verifying a member's ledger: against itself, the member's state, and the records of the orders."""

from collections.abc import Iterator
from dataclasses import dataclass

from tessera import verification
from tessera.journal import Entry
from tessera.member import Member
from tessera.programme.load import in_force
from tessera.purchases import Order
from tessera.store import lists
from tessera.store.items import order_key
from tessera.store.read import UNREADABLE, read
from tessera.verification import Head, Mismatch, OrderBook

_ORDERS_AT_ONCE = 100
"""Records that the store reads in one call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What came of verifying a member."""

    entries: int
    head: bytes
    """The hash of the last entry."""
    mismatch: Mismatch | None


def verify_member(member_id: str, earlier_head: Head | None = None, *, orders: bool = False) -> Verified | None:
    """Verify a member's ledger.

    Args:
        member_id: the member.
        earlier_head: the number of an entry and the hash that was attested for it before.
        orders: whether to compare with the records of the orders, too.

    Returns:
        what came of it; None if there is no such member.
    """
    try:
        member = read(member=member_id).members.get(member_id)
    except UNREADABLE as error:
        return Verified(entries=0, head=b"", mismatch=_unreadable(None, error))
    return verify(member, earlier_head, orders=orders) if member else None


def verify(member: Member, earlier_head: Head | None = None, *, orders: bool = False) -> Verified:
    """Verify the ledger of a member whose state has been read; as `verify_member` otherwise."""
    book = OrderBook()
    last = 0

    def noted() -> Iterator[tuple[Entry, bytes]]:
        nonlocal last
        for entry, stored in lists.history(member.member_id, member.sequence):
            last = entry.sequence
            book.note(entry)
            yield entry, stored

    try:
        mismatch = verification.verify(member, noted(), in_force(), earlier_head)
        if orders and mismatch is None:
            mismatch = book.verify(_orders(book.order_ids))
    except UNREADABLE as error:
        mismatch = _unreadable(last or None, error)
    return Verified(entries=member.sequence, head=member.chain, mismatch=mismatch)


def _unreadable(after: int | None, error: Exception) -> Mismatch:
    detail = f"What follows this entry cannot be read ({type(error).__name__})."
    if after is None:
        detail = f"The member, or the first entry, cannot be read ({type(error).__name__})."
    return Mismatch(check="unreadable", sequence=after, detail=detail)


def _orders(order_ids: list[str]) -> dict[str, Order]:
    found: dict[str, Order] = {}
    for start in range(0, len(order_ids), _ORDERS_AT_ONCE):
        keys = [order_key(order_id) for order_id in order_ids[start : start + _ORDERS_AT_ONCE]]
        there = read(operations=keys).operations.values()
        found |= {order.order_id: order for order in there if isinstance(order, Order)}
    return found
