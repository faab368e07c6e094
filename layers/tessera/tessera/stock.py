"""Stock of a coupon template: how it is spread over shards, and what becomes of a reservation that nobody commits.

A claim reserves a unit on one shard before it is committed, so that no member's transaction meets another's. Nothing is
set up: what a shard may give follows from the stock and the shard's number, and only what it has given is kept.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tessera.claims import Claim

SHARDS = 32

ABANDONED_AFTER = 60
"""Seconds after which a reservation without its claim is taken for abandoned: three times what a function lives."""

STAMP_BITS = 32
"""Random bits by which two reservations of one claim within a second differ."""

MANY_OPEN = 16
"""Reservations of one shard at which those are dropped that were committed, so that its item stays small."""


@dataclass(frozen=True, slots=True)
class Mark:
    """That a template was found to be sold out, so that nobody looks for what is gone."""

    of: int
    """The stock that it was sold out of: a raise is not."""
    until: int | None
    """When it is to be looked at again, in seconds since 1970: a claim may not be through yet. None is never."""

    def holds(self, stock: int, now: int) -> bool:
        """Answer whether it says that nothing is left of a stock."""
        return self.of == stock and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """What a shard has given, and its reservations that are not known to be committed."""

    taken: int = 0
    open: Mapping[str, int] = field(default_factory=dict)
    """By claim id, the stamp of each."""


def share(stock: int, shard: int) -> int:
    """Answer how many of the stock a shard may give. More stock is no less of any shard's."""
    return stock // SHARDS + (shard < stock % SHARDS)


def home(claim_id: str, stock: int) -> int:
    """Answer the shard at which a claim is tried first: one that may give something."""
    return int.from_bytes(hashlib.sha256(claim_id.encode()).digest()[:4]) % min(stock, SHARDS)


def stamp(now: int, drawn: int) -> int:
    """Make what tells a reservation from every other of the same claim, and when it was made.

    Args:
        now: seconds since 1970.
        drawn: `STAMP_BITS` random bits.
    """
    return now << STAMP_BITS | drawn


def made_at(stamp: int) -> int:
    """Answer when a reservation was made, in seconds since 1970."""
    return stamp >> STAMP_BITS


def becomes(claim: Claim | None, shard: int, stamp: int, now: int) -> Literal["sold", "returned", "open"]:
    """Answer what becomes of a reservation on a shard.

    One that a repeat has made after the claim was committed, and its own reservation forgotten, was made in vain.

    Args:
        claim: the record of its claim, if there is one: it tells which reservation became a coupon.
        shard: where the reservation is.
        stamp: which one it is.
        now: the present instant, in seconds since 1970.
    """
    if claim is not None:
        return "sold" if (claim.shard, claim.stamp) == (shard, stamp) else "returned"
    return "returned" if made_at(stamp) + ABANDONED_AFTER <= now else "open"
