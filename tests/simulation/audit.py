"""What every commit must keep, whatever caused it. Only what a commit wrote is looked at, so it is cheap.

`Audit.commit` watches the store; `Audit.close` goes over the whole of it once more at the end of a seed, on its own.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from tessera import growth_days
from tessera.programme.load import in_force
from tests.simulation import wire
from tests.simulation.climb import Climb, Held, day_of, reckons, window, windows
from tests.simulation.model import Account, Commit, Fields, Model, lot_changes
from tests.simulation.shared import LEEWAY, RESERVED_FOR, Stock, Uses
from tests.simulation.violations import insist
from tests.simulation.wallets import claims_as_stored

_CAUSES = {"action": "action_id", "benefit_use": "use_id", "benefit_return": "use_id"}
"""By kind of entry what names its cause, where that is no order."""

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulation.history import History
    from tests.simulation.store import Change, Key, Store

Both = dict[str, tuple[Fields | None, Fields]]
"""Items by key: before, and after."""


class Audit:
    """Watches a store."""

    def __init__(self, history: History, clock: Callable[[], int]) -> None:
        """Begin with an empty store; the clock answers seconds since 1970."""
        self.model = Model(history)
        self.clock = clock
        self.used = Uses(clock)
        self.stock = Stock()
        self.commits = 0
        self._read: dict[tuple[str, Key], Fields] = {}
        """Records and coupons as they were last written, so that each is read from the wire once."""
        self._coupons: dict[str, list[str]] = {}
        """By member: the ids of all coupons."""

    def commit(self, changes: list[Change]) -> None:
        """Insist on what a commit must keep."""
        self.commits += 1
        commit = Commit(*self._versioned(changes))
        members, entries = [], []
        for change in changes:
            match change.table:
                case "MembersTable" if "alias_of" not in change.after:
                    members.append(change.after)
                case "LedgerTable":
                    insist(change.on_condition, "entries are written on condition", change.key)
                    insist(change.before is None, "the ledger is never overwritten", change.key)
                    entries.append(wire.plain(change.after))
                case "StockTable":
                    # What comes back after it was settled has a record of its own, which can be written once.
                    recorded = any(key.startswith("given_back:") for key in commit.records)
                    once = change.on_condition or _forgets(change) or recorded
                    insist(once, "what is shared is taken on condition", change.key)
                    self._shared(change)
                case "CouponTemplatesTable":
                    self._mark(change)
                case "OperationsTable" | "CouponsTable":
                    pass
                case _:
                    insist(change.before is None, "written once", change.table, change.key)
        self._records(commit, entries)
        insist(len(members) <= 1, "one member a commit")
        insist(members or not entries, "an entry has its member", entries)
        for member in members:
            self._member(member, entries, commit)
        self.model.record(commit)
        self._issues(commit, entries, members)

    def _versioned(self, changes: list[Change]) -> tuple[Both, Both]:
        """Read the records and the coupons of a commit; insist that they, and members, count their versions."""
        records, coupons = {}, {}
        for change in changes:
            match change.table:
                case "OperationsTable" if change.key[0].startswith("counts:"):
                    _insist_on_counting_once(change)
                    continue
                case "OperationsTable":
                    records[change.key[0]] = self._both(change)
                case "CouponsTable":
                    coupons[change.key[1]] = self._both(change)
                case "MembersTable" if "alias_of" not in change.after:
                    pass
                case _:
                    continue
            earlier = wire.number(change.before, "version") if change.before else 0
            insist(wire.number(change.after, "version") == earlier + 1, "versions count the writes", change.key)
        return records, coupons

    def _issues(self, commit: Commit, entries: list[Fields], members: list[dict[str, Any]]) -> None:
        """Follow what a commit makes of coupons, and of what all members share of them."""
        account = self.model.accounts[wire.text(members[0], "member_id")] if members else None
        paid = {entry["source"]["coupon_id"]: -entry["points"] for entry in entries if entry["kind"] == "exchange"}
        for id_, (before, after) in commit.coupons.items():
            if before is None:
                self._coupons.setdefault(after["member_id"], []).append(id_)
        self.model.wallets.follow(commit, account, paid)
        self.used.follow(commit)
        self.stock.follow(commit, self.model.wallets)
        if account:
            _insist_on_claims(members[0], account)

    def coupons_of(self, member_id: str) -> dict[str, Fields]:
        """Answer a member's coupons as they are stored, by id."""
        ids = self._coupons.get(member_id, [])
        return {id_: self._read["CouponsTable", (member_id, id_)] for id_ in ids}

    def uses(self) -> dict[str, tuple[int, int]]:
        """Answer by template how often its coupons were redeemed or are held, and for how much money, by everybody."""
        return {id_: (stored["used"], stored["spent"]) for id_, stored in self.used.stored.items()}

    def _both(self, change: Change) -> tuple[Fields | None, Fields]:
        """Read an item as it was and as it is."""
        place = (change.table, change.key)
        before = self._read.get(place) if change.before is not None else None
        self._read[place] = after = wire.plain(change.after)
        return before, after

    def _mark(self, change: Change) -> None:
        """Insist that a stock is marked as sold out for good when it is, and else for as long as a claim may take."""
        if "sold_out_of" not in change.after or change.key[1] != "head":
            return
        of, until = (change.after.get(name, {"N": "0"})["N"] for name in ("sold_out_of", "sold_out_until"))
        issued = self.model.wallets.issued.get(change.key[0], 0)
        for_good = "sold_out_until" not in change.after
        insist(issued == int(of) if for_good else int(until) <= self.clock() + RESERVED_FOR + LEEWAY, "sold out", until)

    def _shared(self, change: Change) -> None:
        """Follow a change of what all members share."""
        of, template_id, *shard = change.key[0].split(":")
        template = in_force().template(template_id)
        limits = template.model_dump(include={"stock", "redemptions", "budget"}, exclude_none=True) if template else {}
        if of == "uses":
            self.used.change(template_id, change, limits)
        else:
            self.stock.change(template_id, int(shard[0]), change, limits["stock"])

    def _member(self, item: dict[str, Any], entries: list[Fields], commit: Commit) -> None:
        member_id = wire.text(item, "member_id")
        account = self.model.accounts.get(member_id)
        if account is None:
            enrolled_at = wire.instant(wire.written(wire.number(item, "enrolled_at")))
            account = self.model.accounts[member_id] = Account(wire.text(item, "time_zone"), Climb(enrolled_at))
        now = wire.written(wire.number(item, "booked_at"))
        for entry in entries:
            insist(entry["member_id"] == member_id, "an entry has its member", entry["member_id"])
            insist(entry["recorded_at"] == now, "recorded now", entry["recorded_at"])
            self._entry(account, entry)
            self.model.expect(member_id, account, entry, commit)
            insist(entry["points_balance"] == account.balance, "balance after an entry", entry["points_balance"])
        state = wire.plain({name: item[name] for name in ("holds", "uses") if name in item})
        held = wire.lots(item["lots"]["B"])
        insist(wire.number(item, "points") == account.balance, "balance = sum of entries", member_id)
        insist(sum(held.values()) == account.balance, "balance = sum of lots", member_id, held)
        insist(held == account.lots, "lots as the entries made them", member_id, held, account.lots)
        insist(wire.number(item, "sequence") == account.sequence, "no gap in the sequence", member_id)
        insist(item["chain"]["B"] == account.chain, "the chain is valid", member_id)
        insist(wire.number(item, "version") == account.version + 1, "nothing lost under another's write", member_id)
        insist(now >= account.booked_at, "time never runs backwards", member_id)
        _insist_on_tier(item, account.climb, now)
        insist(wire.text(item, "standing") == account.standing, "standing", member_id, account.standing)
        insist(wire.text(item, "time_zone") == account.time_zone, "where a member lives", member_id, account.time_zone)
        cards = wire.number(item, "make_up_cards") if "make_up_cards" in item else 0
        insist(cards == account.cards, "cards as the entries made them", member_id, cards, account.cards)
        said = wire.plain({name: item[name] for name in ("orders", "first_order", "tags") if name in item})
        insist(said.get("orders", 0) == account.orders, "orders are counted", member_id, said, account.orders)
        insist(said.get("first_order") == account.first_order, "one first order", member_id, said, account.first_order)
        insist(said.get("tags", []) == account.tags, "tags as the entries made them", member_id, said)
        uses = {id_: [date.fromordinal(since).isoformat(), n] for id_, (since, n) in state.get("uses", {}).items()}
        latest = {id_: [since, account.uses[id_, since]] for id_, since in sorted(account.uses)}
        insist(uses == latest, "uses are counted", member_id, uses, latest)
        expected = [[id_, hold.order_id, hold.points, hold.owed] for id_, hold in account.holds.items()]
        stored = [[hold[0], hold[1], sum(wire.lots(hold[2]).values()), hold[4]] for hold in state.get("holds", [])]
        insist(stored == expected, "open holds", stored, expected)
        _insist_on_what_is_overdue(now, account, held.keys() - _gained(entries))
        account.version += 1
        account.booked_at = now

    def _entry(self, account: Account, entry: Fields) -> None:
        insist(entry["sequence"] == account.sequence + 1, "no gap in the sequence", entry["sequence"], account.sequence)
        insist(entry["previous_hash"] == account.chain, "the chain is valid", entry["sequence"])
        insist(entry["hash"] == hashed(entry), "the chain is valid", entry["sequence"])
        account.sequence += 1
        account.chain = entry["hash"]

    def _records(self, commit: Commit, entries: list[Fields]) -> None:
        """See to it that what the records of operations say is booked in the same commit."""
        booked = {(entry["kind"], entry["source"].get(_CAUSES.get(entry["kind"], "order_id"))) for entry in entries}
        for key, (before, after) in commit.records.items():
            status = after.get("status")
            earlier = before.get("status") if before else None
            match after["kind"]:
                case "order" if "member_id" in after and (before is None or before["kind"] != "order"):
                    insist(("purchase", after["order_id"]) in booked, "an order has its entry", key)
                case "order" if before and before["kind"] == "order":
                    # A refund finds what was confirmed for an order that named no redemption.
                    paid = () if before.get("redemption_id") is None else ("redemption_id",)
                    for name in ("member_id", "fingerprint", "placed_at", *paid):
                        insist(before.get(name) == after.get(name), "an order stays what it is", key, name)
                case "refund":
                    insist(earlier != "booked", "a refund counts once", key)
                    if status == "booked":
                        _insist_on_refund(key, after, commit, booked)
                case "redemption":
                    insist(
                        (earlier, status) != ("confirmed", "confirmed") and earlier != "confirmed",
                        "a redemption ends once",
                        key,
                    )
                case "use":
                    kind = {"used": "benefit_use", "released": "benefit_return"}[after["status"]]
                    insist((kind, after["use_id"]) in booked, "a use has its entry", key)
                case "action" | "answer" | "claim" | "given_back":
                    insist(before is None, "written once", key)
                    entry = ("action", after.get("action_id"))
                    insist(after["kind"] != "action" or entry in booked, "an action has its entry", key)

    def close(self, store: Store) -> None:
        """Go over the whole store: numbers, links, balances and growth from the first entry of everybody."""
        self.used.close()
        self.stock.close(self.model.wallets.issued)
        ledger, members = store.tables["LedgerTable"], store.tables["MembersTable"]
        for (member_id,), item in members.items.items():
            if "alias_of" in item:
                continue
            balance, previous = 0, b""
            numbers = ledger.partitions.get(member_id, [])
            insist(numbers == list(range(1, len(numbers) + 1)), "no gap in the sequence", member_id)
            for number in numbers:
                entry = ledger.items[member_id, number]
                balance += wire.number(entry, "points")
                insist(wire.number(entry, "points_balance") == balance, "balance after an entry", member_id, number)
                insist(entry["previous_hash"]["B"] == previous, "the chain is valid", member_id, number)
                previous = entry["hash"]["B"]
            insist(wire.number(item, "points") == balance, "balance = sum of entries", member_id)
            account = self.model.accounts[member_id]
            insist(account.balance == balance, "naive balance", member_id)
            stored = growth_days.unpack(item["growth_days"]["B"])
            if reckons():
                first = account.climb.first_day_kept(wire.instant(account.booked_at))
                counted, expected = (
                    {day: growth for day, growth in by_day.items() if growth and day >= first}
                    for by_day in (stored, account.climb.counted["growth"])
                )
                insist(counted == expected, "growth by day", member_id, counted, expected)


def _insist_on_claims(item: dict[str, Any], account: Account) -> None:
    """Insist that a member's claims are counted, and where a day is limited, those of the last day."""
    stored = wire.plain(item.get("claims", {"M": {}})["M"])
    limited = {template.id for template in in_force().coupons if template.per_member_day is not None}
    expected = claims_as_stored(account.claims, limited)
    insist(stored == expected, "claims are counted", stored, expected)


def _forgets(change: Change) -> bool:
    """Whether all that a change does is to forget reservations."""
    kept = change.before is not None and {name: change.before.get(name) for name in change.after}
    return bool(kept) and kept == change.after


def _insist_on_what_is_overdue(now: str, account: Account, held: set[wire.Terms]) -> None:
    """See to it that a write has booked first what time had done."""
    lapsed = [id_ for id_, hold in account.holds.items() if hold.expires_at <= wire.instant(now)]
    over = [terms for terms in held if (terms[0] or "9") <= now or (terms[1] or "9") <= now]
    insist(not lapsed and not over, "what is overdue is booked", lapsed, over)


def _insist_on_tier(item: dict[str, Any], climb: Climb, now: str) -> None:
    """Insist that the member's tier, what is lent, and what counts for it are as the entries made them."""
    instant, ladder = wire.instant(now), in_force().tiers.ladder
    climb.settled(instant)
    names = ("tier", "tier_until", "tier_grace", "tier_before", "placement")
    said = wire.plain({name: item[name] for name in names if name in item})
    insist(said.get("tier") == ladder[climb.held.rank].id, "tier", said, climb.held)
    if reckons():
        insist(_told(said) == _held(climb.held), "tier", said, climb.held)
    lent = [ladder[climb.lent.rank].id, int(climb.lent.until.timestamp())] if climb.lent else []
    insist(said.get("placement", [])[::2] == lent, "placements as the entries made them", said, climb.lent)
    tallies = wire.plain(item.get("tallies", {"M": {}})["M"])
    for measure in ("spend", "orders", "active_days"):
        counted = climb.counted[measure]
        packed, lifetime = tallies.get(measure, [b"", 0])
        for within in windows(measure):
            if within == "lifetime":
                insist(lifetime == sum(counted.values()), "what counts for a tier", measure, lifetime, counted)
                continue
            first, _ = window(within, day_of(instant))
            stored = {day: n for day, n in growth_days.unpack(packed).items() if day >= first}
            expected = {day: n for day, n in counted.items() if n and day >= first}
            insist(stored == expected, "what counts for a tier", measure, within, stored, expected)


def _told(said: Fields) -> list[Any]:
    """Answer a stored tier, and those before it: which, until when, and whether it is in its grace."""
    before = _told(said["tier_before"]) if "tier_before" in said else []
    return [said["tier"], said.get("tier_until"), said.get("tier_grace", False), *before]


def _held(held: Held | None) -> list[Any]:
    if held is None:
        return []
    until = held.until and int(held.until.timestamp())
    return [in_force().tiers.ladder[held.rank].id, until, held.grace, *_held(held.beneath)]


def _insist_on_refund(key: str, refund: Fields, commit: Commit, booked: set[tuple[str, Any]]) -> None:
    """Insist that a refund is booked with the order that it is of."""
    _, order = commit.of(f"order:{refund['order_id']}", "order", "a refund has its order")
    insist(refund["refund_id"] not in order.get("parked", []), "what is booked waits no more", key)
    if "member_id" in order:
        insist(("refund", refund["order_id"]) in booked, "a refund has its entry", key)


def _gained(entries: list[Fields]) -> set[wire.Terms]:
    """Answer the terms of points that entries have brought: an order may come so late that they have expired."""
    return {terms for entry in entries for terms, points in lot_changes(entry) if points > 0}


def hashed(entry: Fields) -> bytes:
    """Hash an entry as docs and ledger say: SHA-256 over the hash before and all that the entry says."""
    return hashlib.sha256(entry["previous_hash"] + _canonical(_hashed_parts(entry)).encode()).digest()


_hashed_parts = itemgetter(
    "member_id",
    "sequence",
    "kind",
    "at",
    "recorded_at",
    "points",
    "growth",
    "points_balance",
    "rules",
    "programme_version",
    "source",
    "detail",
)
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def _insist_on_counting_once(change: Change) -> None:
    """Insist that a record of counts grows by a part that it did not have, or not at all."""
    before = change.before or {}
    grown = len(change.after["done"]["NS"]) > len(before.get("done", {"NS": []})["NS"])
    counted = {name: number for name, number in change.after.items() if name.startswith("n:")}
    same = all(before.get(name) == number for name, number in counted.items())
    insist(grown or same, "a batch is counted once", change.key)
