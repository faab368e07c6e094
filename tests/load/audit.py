"""Whether all that clients were told is in the store, once, and adds up. Reads as root, past the functions."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

from botocore.config import Config

from tessera.redemptions import Redemption, record_of
from tessera.service.verification import verify_member
from tessera.store import client, lists
from tessera.store.items import redemption_key
from tessera.store.read import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.stack import Stack
    from tessera.coupons import Coupon
    from tessera.journal import Entry
    from tests.load.asking import Asked
    from tests.load.mix import Mix

AT_ONCE = 8
FUNCTIONS = ("CheckoutFunction", "CouponsFunction", "PurchasesFunction")
"""Their environments name all tables between them."""
LAST = 1_000_000
"""No ledger is as long."""


class Place(NamedTuple):
    """Where something stands in the ledger: whose entry, of which kind, and about which order, or of which day."""

    member_id: str
    kind: str
    about: str


class Audit:
    """What there is of the members of a mix, beside what they and their shop were told.

    Args:
        stack: where.
        mix: what was asked for; it has to be over, and the queues empty but for what is delayed.
    """

    def __init__(self, stack: Stack, mix: Mix) -> None:
        self._mix = mix
        self._told = [asked for asked in mix.asked if asked.acknowledged]
        with _as_root(stack), ThreadPoolExecutor(AT_ONCE) as pool:
            ids = [member.member_id for member in mix.members]
            self._entries = dict(zip(ids, pool.map(_entries_of, ids), strict=True))
            self._coupons: list[Coupon] = [coupon for its in pool.map(_coupons_of, ids) for coupon in its]
            self._verified = dict(zip(ids, pool.map(lambda id_: verify_member(id_, orders=True), ids), strict=True))
            self._redemptions = _read_redemptions(self._told)
            self._uses = read(uses=[mix.limited["id"]]).uses.get(mix.limited["id"])
        with ThreadPoolExecutor(AT_ONCE) as pool:
            self._by_route = dict(zip(ids, pool.map(self._ask_route, ids), strict=True))

    @property
    def entries(self) -> int:
        """How many entries there are."""
        return sum(map(len, self._entries.values()))

    @property
    def issued(self) -> int:
        """How many coupons of limited stock there are."""
        return sum(coupon.template.id == self._mix.limited["id"] for coupon in self._coupons)

    def mistakes(self, *, all_over: bool) -> list[str]:
        """Say what is wrong.

        Args:
            all_over: whether every hold has been settled or had the time to lapse: then uses and budget are exact.
        """
        wrong = [*self._lost(), *self._doubled(), *self._unasked(), *self._unbalanced()]
        return [*wrong, *self._wrong_coupons(), *self._wrong_redemptions(), *self._wrong_uses(all_over=all_over)]

    def _lost(self) -> Iterator[str]:
        there = {_place(entry): entry for entries in self._entries.values() for entry in entries}
        for asked in self._told:
            if asked.request.books:
                entry = there.get(_told_of(asked))
                if entry is None:
                    yield f"lost: {_told_of(asked)}"
                elif _points_told(asked) not in {None, entry.points}:
                    yield f"not the points that were told: {_place(entry)}"

    def _doubled(self) -> Iterator[str]:
        times = Counter(_place(entry) for entries in self._entries.values() for entry in entries)
        return (f"doubled: {place}" for place, count in times.items() if count > 1)

    def _unasked(self) -> Iterator[str]:
        asked_about = {asked.request.key for asked in self._mix.asked}
        for entries in self._entries.values():
            for entry in entries:
                if entry.source.get("order_id", "") not in asked_about:
                    yield f"nobody has asked for it: {_place(entry)}"

    def _unbalanced(self) -> Iterator[str]:
        """Compare balances, chains, lots and the records of orders with the entries, and that with the API's word."""
        for member_id, entries in self._entries.items():
            route, verified = self._by_route[member_id], self._verified[member_id]
            if not route["verified"] or verified is None or verified.mismatch:
                yield f"does not verify: {member_id}, {route['mismatch']}, {verified}"
            if (route["entries"], route["points_balance"]) != (len(entries), sum(entry.points for entry in entries)):
                yield f"the balance is not the sum of the entries: {member_id}"

    def _wrong_coupons(self) -> Iterator[str]:
        there = {coupon.coupon_id: coupon for coupon in self._coupons}
        claims = [asked.answer.json()["coupon_id"] for asked in self._told if asked.answer and _claims(asked)]
        yield from (f"lost: {coupon_id}" for coupon_id in claims if coupon_id not in there)
        if len(set(claims)) < len(claims):
            yield "one coupon was the answer to two claims"
        in_doubt = sum(_claims(asked) for asked in self._mix.asked if asked.in_doubt)
        if not 0 <= len(there) - len(claims) <= in_doubt:
            yield f"{len(there)} coupons of {len(claims)} claims"
        if self.issued > self._mix.limited["stock"]:
            yield f"{self.issued} coupons of a stock of {self._mix.limited['stock']}"

    def _wrong_redemptions(self) -> Iterator[str]:
        """Compare what became of holds with what was asked for, and of their coupons with both."""
        confirmed = {asked.request.key for asked in self._told if asked.request.books in {"confirmation", "purchase"}}
        released = {asked.request.key for asked in self._told if asked.request.books == "release"}
        in_doubt = {asked.request.key for asked in self._mix.asked if asked.in_doubt}
        coupons = {coupon.coupon_id: coupon for coupon in self._coupons}
        now = datetime.now(UTC)
        for redemption in self._redemptions:
            order_id = redemption.order_id
            should = {"confirmed"} if order_id in confirmed else {"released"}
            if order_id not in confirmed | released:
                should.add("held")  # nobody needs to say that it has lapsed
            used = {"redeemed"} if redemption.status == "confirmed" else {"active", "held"}
            if redemption.status not in should and order_id not in in_doubt:
                yield f"{redemption.status}, should be {should}: {order_id}"
            for coupon_id in redemption.coupon_ids:
                if (status := coupons[coupon_id].status(now)) not in used:
                    yield f"its coupon is {status}: {order_id}, {redemption.status}"

    def _wrong_uses(self, *, all_over: bool) -> Iterator[str]:
        """Compare what all members together have used of the limited template with the redemptions.

        Before all is over a use may be taken for a hold that lapses still, or was broken off before it was committed.
        """
        template_id = self._mix.limited["id"]
        costs = [
            (redemption.status, allowance.cost)
            for redemption in self._redemptions
            for allowance in redemption.allowances
            if allowance.template_id == template_id
        ]
        kept = [cost for status, cost in costs if status == "confirmed"]
        open_ = [cost for status, cost in costs if status == "held"]
        broken_off = sum(len(asked.failures) for asked in self._mix.asked if asked.request.step == "hold")
        count, spent = (self._uses.count, self._uses.spent) if self._uses else (0, 0)
        more = 0 if all_over else len(open_) + broken_off
        if not len(kept) <= count <= len(kept) + more:
            yield f"{count} uses of {len(kept)} confirmed redemptions, and {more} that may come back"
        if all_over and spent != sum(kept):
            yield f"{spent} spent of a budget, should be {sum(kept)}"

    def _ask_route(self, member_id: str) -> Any:
        return self._mix.shop.get(f"/members/{member_id}/entries/verification").json()


def _place(entry: Entry) -> Place:
    return Place(entry.member_id, entry.kind, entry.source.get("order_id") or entry.source.get("day", ""))


def _told_of(asked: Asked) -> Place:
    """Name the entry that an acknowledged request has to have brought."""
    told = asked.answer.json() if asked.answer and asked.answer.body else {}
    member_id = asked.request.member_id or told["member_id"]
    return Place(member_id, asked.request.books, asked.request.key or told.get("day", ""))


def _points_told(asked: Asked) -> int | None:
    """Answer the points that a client was told; None if it was told none."""
    told = asked.answer.json() if asked.answer and asked.answer.body else {}
    match asked.request.books:
        case "sign_in":
            return int(told["points"])
        case "hold":
            return -int(told["quote"]["points_spent"])
    return None


def _claims(asked: Asked) -> bool:
    return asked.request.step == "claim"


def _entries_of(member_id: str) -> list[Entry]:
    return [entry for entry, _ in lists.history(member_id, LAST)]


def _coupons_of(member_id: str) -> list[Coupon]:
    return list(lists.coupons(member_id))


def _read_redemptions(told: list[Asked]) -> list[Redemption]:
    ids = [asked.answer.json()["redemption_id"] for asked in told if asked.answer and asked.request.books == "hold"]
    found = []
    for start in range(0, len(ids), 100):
        keys = [redemption_key(record_of(id_)) for id_ in ids[start : start + 100]]
        found += list(read(operations=keys).operations.values())
    return [redemption for redemption in found if isinstance(redemption, Redemption)]


@contextmanager
def _as_root(stack: Stack) -> Iterator[None]:
    environment = {name: value for function in FUNCTIONS for name, value in stack.environment(function).items()}
    config = Config(max_pool_connections=AT_ONCE, retries={"mode": "standard"})
    dynamodb: Any = stack.aws.session.client("dynamodb", endpoint_url=stack.aws.url, config=config)
    with patch.dict(os.environ, environment), patch.object(client, "DYNAMODB", dynamodb):
        yield
