"""The naive model of what all members share: the stock of a template, how often its coupons are redeemed, and for what.

A unit of stock is taken before its coupon is issued, and a use before its hold is committed: so at any moment at least
as much is taken as was issued or is redeemed, and never more than there is. Once nothing is under way, it is just that.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.simulation import wire
from tests.simulation.violations import insist

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.simulation.model import Commit
    from tests.simulation.store import Change
    from tests.simulation.wallets import Wallets

Fields = dict[str, Any]

SHARDS = 32
STAMP_BITS = 32
"""A reservation's stamp has the second in which it was made above these bits, which tell it from all others."""
LEEWAY = 7
"""Seconds by which clocks may disagree."""
RESERVED_FOR = 60
"""Seconds for which a claim that is not committed keeps its unit of a stock."""


@dataclass
class Uses:
    """What was redeemed, by redemption: the templates whose coupons it uses, each with what it takes off."""

    clock: Callable[[], int]
    """Answers the time, in seconds since 1970."""
    standing: dict[str, list[tuple[str, str, int]]] = field(default_factory=dict)
    """By redemption that is confirmed and has not come back, or is held: of each coupon the template and the money."""
    until: dict[str, int] = field(default_factory=dict)
    """By redemption that is held: when the hold lapses."""
    stored: dict[str, Fields] = field(default_factory=dict)
    """By template what is stored of it."""
    names: set[str] = field(default_factory=set)
    """All uses that were ever taken, by name: each is taken once."""

    def follow(self, commit: Commit) -> None:
        """Count the redemptions that a commit has held, confirmed or let go, and those whose coupons come back."""
        touched: set[str] = set()
        for before, after in commit.records.values():
            if after["kind"] != "redemption":
                continue
            id_, rows = after["redemption_id"], json.loads(after.get("allowances", "[]"))
            if before:
                self.until.pop(before["redemption_id"], None)
            if after["status"] == "released":
                self.standing.pop(id_, None)
                continue
            self.standing[id_] = [(template, coupon, sum(lines) + beside) for template, coupon, lines, beside in rows]
            touched |= {template for template, _, _ in self.standing[id_]}
            if after["status"] == "held":
                self.until[id_] = int(wire.instant(after["expires_at"]).timestamp())
        for order in commit.wholly_refunded:
            rows = self.standing.get(order.get("redemption_id", ""), [])
            back = [row for row in rows if row[1] in commit.come_back]
            for row in back:
                rows.remove(row)
        for template_id in touched:
            self._check(template_id)

    def change(self, template_id: str, change: Change, limits: Mapping[str, Any]) -> None:
        """Insist that a change of what is used of a template is one, and stays within its limits."""
        before, after = wire.plain(change.before or {}), wire.plain(change.after)
        self.stored[template_id] = after
        new = {name for name in after.keys() - before.keys() if name.startswith("o:")}
        gone = {name for name in before.keys() - after.keys() if name.startswith("o:")}
        insist(not new & self.names, "a use is taken once", new)
        self.names |= new
        more, spent = (after[name] - before.get(name, 0) for name in ("used", "spent"))
        if new:
            insist((len(new), more) == (1, 1), "a use is taken once", new, more)
            insist(spent == sum(after[name] for name in new), "a use takes what it costs", new, spent)
        else:
            insist(more in {0, -1} and len(gone) <= 1 and spent <= 0, "a use is given back once", gone, more, spent)
        insist(after["used"] <= limits.get("redemptions", after["used"]), "no more than can be redeemed", template_id)
        insist(after["spent"] <= limits.get("budget", after["spent"]), "no more than the budget", template_id)
        insist(min(after["used"], after["spent"]) >= 0, "a use is given back once", template_id, after)
        self._check(template_id)

    def _check(self, template_id: str) -> None:
        used, spent = self._standing(template_id, self.clock() + LEEWAY)
        stored = self.stored.get(template_id, {})
        there = stored.get("used", 0), stored.get("spent", 0)
        insist(used <= there[0] and spent <= there[1], "what is redeemed is taken", template_id, used, spent, there)

    def _standing(self, template_id: str, now: int) -> tuple[int, int]:
        """Recount what is redeemed of a template, or held by what has not lapsed."""
        costs = [
            cost
            for id_, rows in self.standing.items()
            if self.until.get(id_, now + 1) > now
            for template, _, cost in rows
            if template == template_id
        ]
        return len(costs), sum(costs)

    def close(self) -> None:
        """Insist that exactly what was redeemed is taken, as nothing is under way any more."""
        for template_id, stored in self.stored.items():
            opened = [name for name in stored if name.startswith("o:")]
            insist(not opened, "a use is settled in the end", template_id, opened)
            recount = self._standing(template_id, self.clock())
            insist((stored["used"], stored["spent"]) == recount, "uses as redeemed", template_id, stored, recount)


@dataclass
class Stock:
    """What is reserved of the stock of each template, and whose claims it was."""

    taken: dict[str, dict[int, tuple[int, dict[str, int]]]] = field(default_factory=dict)
    """By template and shard: how many units, and the stamps of those of which it is not stored that they are sold."""
    claims: dict[str, Fields] = field(default_factory=dict)
    """The records of claims, by id."""

    def follow(self, commit: Commit, wallets: Wallets) -> None:
        """Insist that each coupon of a limited stock has taken its unit, and each claim its coupon."""
        claimed = {}
        for _, after in commit.records.values():
            if after["kind"] == "claim":
                self.claims[after["claim_id"]] = after
                if not after.get("void"):
                    claimed[after["coupon_id"]] = after
        insist(claimed.keys() <= commit.coupons.keys(), "a claim has its coupon", claimed)
        for id_, (before, after) in commit.coupons.items():
            template = after["template"]
            if before is not None or "stock" not in template or id_ in commit.come_back:
                continue
            claim = claimed.get(id_)
            insist(claim is not None and "shard" in claim, "a coupon has its unit of the stock", id_)
            assert claim is not None
            _, reserved = self.taken.get(template["id"], {}).get(claim["shard"], (0, {}))
            its_own = reserved.get(claim["claim_id"]) == claim["stamp"]
            insist(its_own, "a coupon has its unit of the stock", id_, claim, reserved)
            units = sum(taken for taken, _ in self.taken[template["id"]].values())
            insist(wallets.issued[template["id"]] <= units, "a coupon has its unit of the stock", template["id"], units)

    def change(self, template_id: str, shard: int, change: Change, stock: int) -> None:
        """Insist that a change of a shard takes a unit, gives one back, or forgets what is sold, and nothing else."""
        shards = self.taken.setdefault(template_id, {})
        had, held = shards.get(shard, (0, {}))
        taken, reserved = shards[shard] = read_shard(change.after)
        new, gone = reserved.keys() - held.keys(), held.keys() - reserved.keys()
        insist(
            (taken - had, len(new)) in {(1, 1), (0, 0), (-1, 0)}, "a unit is taken once", template_id, new, taken - had
        )
        insist(taken >= had or len(gone) == 1, "a unit is given back once", template_id, gone)
        for id_ in gone:
            sold = self._sold(id_, shard, held[id_])
            insist(sold if taken == had else not sold, "what is sold stays so, the rest comes back", id_, shard)
        insist(0 <= taken <= stock // SHARDS + (shard < stock % SHARDS), "no more than the stock", template_id, shard)

    def _sold(self, claim_id: str, shard: int, stamp: int) -> bool:
        claim = self.claims.get(claim_id, {})
        return (claim.get("shard"), claim.get("stamp")) == (shard, stamp)

    def open(self, template_id: str) -> dict[str, int]:
        """Answer the reservations whose claims are not committed, and when they were made."""
        shards = self.taken.get(template_id, {})
        return {
            id_: stamp >> STAMP_BITS
            for number, (_, reserved) in shards.items()
            for id_, stamp in reserved.items()
            if not self._sold(id_, number, stamp)
        }

    def close(self, issued: Mapping[str, int]) -> None:
        """Insist that every unit that was taken was issued, or is reserved by a claim that never came to an end."""
        for template_id, shards in self.taken.items():
            units = sum(taken for taken, _ in shards.values())
            expected = issued.get(template_id, 0) + len(self.open(template_id))
            insist(units == expected, "stock as issued", template_id, units, expected)


def read_shard(item: Fields) -> tuple[int, dict[str, int]]:
    """Read a shard as it is stored: how many units, and the stamps of the reservations by claim."""
    stored = wire.plain(item)
    return stored.get("taken", 0), {
        name.removeprefix("r:"): stamp for name, stamp in stored.items() if name.startswith("r:")
    }
