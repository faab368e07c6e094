"""Verification: whether a member's ledger is what it was when it was written, and adds up to what the member has."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from tessera import growth_days, lots, measures, tiers
from tessera.history import blank, step
from tessera.instants import local_day
from tessera.settlement import REMEMBERED_FOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tessera.journal import Entry
    from tessera.member import Member
    from tessera.programme.model import Programme
    from tessera.purchases import Order


class Head(NamedTuple):
    """The end of a chain: the number of the last entry, and its hash."""

    sequence: int
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """The first thing that does not add up."""

    check: str
    """`sequence`, `chain`, `balance`, `lots`, `head`, `member`, `order` or `unreadable`."""
    sequence: int | None
    """The number of the entry where it shows, if it does at one."""
    detail: str


def verify(
    member: Member,
    entries: Iterable[tuple[Entry, bytes]],
    programme: Programme,
    earlier: Head | None = None,
) -> Mismatch | None:
    """Recompute a member's chain, balances and lots from the entries, and compare with what is kept.

    Args:
        member: the state that is kept.
        entries: all entries up to the last that the state counts, in their order, each with the hash that is stored.
        programme: the rules in force.
        earlier: a head that was attested before: the entry of that number must have that hash still.

    Returns:
        the first mismatch, or None if all is as it has to be.
    """
    rebuilt = blank(member, programme)
    same_rules = True
    for entry, stored in entries:
        same_rules = same_rules and entry.programme_version == programme.version
        mismatch = _misfit(rebuilt, entry, stored, earlier)
        if mismatch:
            return mismatch
        rebuilt = step(rebuilt, entry, programme)
        if rebuilt.points != sum(rebuilt.lots.values()):
            return Mismatch(check="lots", sequence=entry.sequence, detail="The lots do not add up to the balance.")
    if earlier and earlier.sequence > rebuilt.sequence:
        return Mismatch(check="head", sequence=earlier.sequence, detail="An entry that was attested is not there.")
    return _misfits(member, rebuilt, programme if same_rules else None)


def _misfit(before: Member, entry: Entry, stored: bytes, earlier: Head | None) -> Mismatch | None:
    """Say what is wrong with an entry that should follow on `before`."""
    number = entry.sequence
    if number != before.sequence + 1:
        return Mismatch(check="sequence", sequence=before.sequence + 1, detail="There is no entry with this number.")
    if entry.previous_hash != before.chain or entry.hash != stored:
        return Mismatch(check="chain", sequence=number, detail="This entry, or the one before, was changed.")
    if earlier and number == earlier.sequence and stored != earlier.hash:
        return Mismatch(check="head", sequence=number, detail="The entry is not the one that was attested.")
    if entry.points_balance != before.points + entry.points:
        return Mismatch(check="balance", sequence=number, detail="The balance is not the one before plus the points.")
    detail: Any = entry.detail
    if sum(points for _, points in lots.read(detail.get("lots", ()))) != entry.points:
        return Mismatch(check="lots", sequence=number, detail="What happened to the lots is not what was booked.")
    return None


_KEPT = (
    "sequence",
    "chain",
    "points",
    "lots",
    "holds",
    "growth_waiting",
    "decays",
    "standing",
    "time_zone",
    "sign_in",
    "make_up_cards",
    "active_on",
    "tier",
    "placement",
    "tier_entries",
    "uses",
    "orders",
    "tags",
    "first_order",
)
"""What is kept of a member exactly as the entries have it, whatever the rules have become since."""


def _misfits(member: Member, rebuilt: Member, programme: Programme | None) -> Mismatch | None:
    """Compare the state that is kept with the one that follows from the entries.

    Without a programme, as it has changed since the first entry, less can be told: how much of the past the windows
    have let go.
    """
    if member.tier.until is None and not rebuilt.tier_entries:
        # Nothing tells how the lowest tier was called when the member began.
        rebuilt = replace(rebuilt, tier=replace(rebuilt.tier, id=member.tier.id))
    wrong = [what for what in _KEPT if getattr(member, what) != getattr(rebuilt, what)]
    # What came back after it was forgotten, and expired once more, is remembered alone until it is forgotten, too.
    since = member.booked_at - REMEMBERED_FOR
    remembered = {
        terms: points for terms, points in member.gone.items() if terms.expires_at and terms.expires_at > since
    }
    if any(rebuilt.gone.get(terms) != points for terms, points in remembered.items()):
        wrong.append("gone")
    if programme:
        if _counting(member, member, programme) != _counting(rebuilt, member, programme):
            wrong.append("growth_days")
        if _tallies(member, member, programme) != _tallies(rebuilt, member, programme):
            wrong.append("tallies")
    elif any(growth > rebuilt.growth_days.get(day, 0) for day, growth in member.growth_days.items()):
        wrong.append("growth_days")
    if not wrong:
        return None
    detail = f"What is kept of the member ({wrong[0]}) is not what follows from the entries."
    return Mismatch(check="member", sequence=rebuilt.sequence, detail=detail)


def _counting(state: Member, member: Member, programme: Programme) -> growth_days.GrowthDays:
    """Answer the growth that may still count at the member's last booking."""
    today = local_day(member.booked_at, programme.zone)
    return tiers.counting(state.growth_days, member, programme, today)


def _tallies(state: Member, member: Member, programme: Programme) -> Mapping[str, measures.Tally]:
    today = local_day(member.booked_at, programme.zone)
    first = tiers.earliest_day(member, programme, today)
    return measures.trimmed(state.tallies, programme.ladder(member.account), first, today)


@dataclass(slots=True)
class _Booked:
    """What the entries say of an order, summed."""

    earned: int = 0
    taken_back: int = 0
    returned: int = 0
    sequence: int = 0


@dataclass(slots=True)
class OrderBook:
    """What the entries of a member say of orders, to be compared with the orders' own records."""

    _booked: dict[str, _Booked] = field(default_factory=lambda: defaultdict(_Booked))

    def note(self, entry: Entry) -> None:
        """Take note of one more entry; one that is about no order says nothing."""
        detail: Any = entry.detail
        if entry.kind == "purchase":
            booked = self._booked[entry.source["order_id"]]
            booked.earned += entry.points + detail.get("taken_again", 0) + detail.get("debt", 0)
            booked.sequence = entry.sequence
        elif entry.kind == "refund":
            booked = self._booked[entry.source["order_id"]]
            expired = sum(points for _, points in lots.read(detail.get("expired", ())))
            booked.taken_back += expired + sum(detail.get(part, 0) for part in ("taken", "debt", "owed", "shortfall"))
            booked.returned += detail.get("returned", 0)
            booked.sequence = entry.sequence

    @property
    def order_ids(self) -> list[str]:
        """The orders that the entries are about."""
        return list(self._booked)

    def verify(self, orders: Mapping[str, Order]) -> Mismatch | None:
        """Compare with the orders' records; answer the first mismatch."""
        for order_id, booked in self._booked.items():
            order = orders.get(order_id)
            if order is None:
                return Mismatch(check="order", sequence=booked.sequence, detail="The order of the entry has no record.")
            said = booked.earned, booked.taken_back, booked.returned
            if said != (order.points, order.refunded("points"), order.refunded("points_spent")):
                detail = "What was booked for the order is not what its record says."
                return Mismatch(check="order", sequence=booked.sequence, detail=detail)
        return None
