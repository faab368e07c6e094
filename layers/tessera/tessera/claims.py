"""Claims that have a name: what was issued under it, so that it is issued once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from tessera.identities import short_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The record of a claim. Whoever finds a reservation of stock without one can tell by it what became of the claim.

    A void one stands for a claim that did not come in time, and keeps it from coming later.
    """

    RECORD: ClassVar[Literal["claim"]] = "claim"
    claim_id: str
    void: bool = False
    member_id: str | None = None
    coupon_id: str | None = None
    shard: int | None = None
    """Where the stock was taken from, if the template has a limited stock."""
    stamp: int | None = None
    """Which reservation there became the coupon: a repeat may have made another one, in vain."""
    answer: str = ""
    """The coupon as JSON, as it was issued."""
    version: int = 0


def attempt_id(claim_id: str, voided: int) -> str:
    """Answer the id under which a claim is made when so many of its ids have been declared void."""
    return f"{claim_id}~{short_hash(claim_id, str(voided))}" if voided else claim_id
