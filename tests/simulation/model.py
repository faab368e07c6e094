"""The naive model: what each entry must come to, by plain arithmetic over what was sent.

It knows the programme's figures and the messages, and none of the product's rules; it reads a commit as it is stored,
entry after entry, and says what the member must have now. One function a kind of entry: see `RULES`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import lcm
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tessera.programme.load import in_force
from tests.simulation import wire
from tests.simulation.climb import Climb, Lent, day_of, effective, reckons
from tests.simulation.history import amount
from tests.simulation.violations import ViolationError, insist
from tests.simulation.wallets import OwnDay, Wallets

if TYPE_CHECKING:
    from collections.abc import Callable

    from tessera.programme.ladders import Tier
    from tests.simulation.history import Content, History, Placing

Fields = dict[str, Any]

BASIS_POINTS = 10_000
_OPEN: wire.Terms = (None, None, None)
"""The terms of a debt."""


@dataclass(slots=True)
class Hold:
    """Points that were set aside for an order, and what became of them."""

    order_id: str
    member_id: str
    points: int
    expires_at: datetime
    owed: int = 0
    state: str = "open"
    spent: int = 0
    """Points that a confirmation kept."""
    benefits: dict[str, str] = field(default_factory=dict)
    """The benefits that it used, with the first days of the months in which they counted."""


@dataclass(slots=True)
class Bought:
    """An order as it was counted: by line its quantity, its money, its points, its growth and the points it cost."""

    member_id: str | None
    day: date
    growth_day: date
    counts: bool
    """Whether it counts towards the tier."""
    lines: dict[str, tuple[int, int, int, int, int]]
    redemption_id: str | None = None
    refunded: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By line the quantity and the money that have come back."""

    def share(self, line_id: str, whole: int) -> int:
        """Answer how much of `whole` belongs to what has come back of a line, rounded down."""
        quantity, money, *_ = self.lines[line_id]
        pieces, minor = self.refunded.get(line_id, (0, 0))
        money = max(money, 1)
        return whole * min(quantity * money, pieces * money + minor * quantity) // (quantity * money)

    def awaits_payment(self, member_id: str) -> bool:
        """Whether refunds of it would have given back what the member confirms for it only now."""
        some_came_back = any(any(back) for back in self.refunded.values()) and not self.came_back
        return some_came_back and self.member_id == member_id and self.redemption_id is None

    def taken_back(self, what: int) -> int:
        """Answer the whole that has come back: of money (1), points (2), growth (3) or points spent (4)."""
        return sum(self.share(line_id, line[what]) for line_id, line in self.lines.items())

    @property
    def came_back(self) -> bool:
        """Whether all of it has come back: a line of no money, too, which only its pieces tell."""
        return all(self.share(line_id, quantity) == quantity for line_id, (quantity, *_) in self.lines.items())


@dataclass
class Account:
    """A member, as the entries so far have made them."""

    time_zone: str
    climb: Climb
    """Where the member stands on the ladder, and all that counts for that."""
    balance: int = 0
    sequence: int = 0
    chain: bytes = b""
    version: int = 0
    booked_at: str = ""
    standing: str = "active"
    balances: list[int] = field(default_factory=list)
    """After each entry."""
    recorded: list[str] = field(default_factory=list)
    """When each entry was."""
    lots: dict[wire.Terms, int] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    """Points that have expired, by when, less those for which a refund has taken nothing else."""
    holds: dict[str, Hold] = field(default_factory=dict)
    """Those that are open, in the order in which they were made."""
    days: set[str] = field(default_factory=set)
    """The days that were signed in on, or made up."""
    made_up: set[str] = field(default_factory=set)
    short_days: set[str] = field(default_factory=set)
    """Days without a sign-in that end no streak: a move had shortened them."""
    left: list[tuple[str, datetime]] = field(default_factory=list)
    """The zones that were left since the last of `days`, and when."""
    cards: int = 0
    claims: dict[str, list[OwnDay]] = field(default_factory=dict)
    """By template: the member's own day of each coupon that they were issued."""
    tags: list[str] = field(default_factory=list)
    first_order: str | None = None
    """The redemption that has a coupon for a first order, until its order comes."""
    uses: dict[tuple[str, str], int] = field(default_factory=dict)
    """By benefit and the first day of a month: the uses that stand."""
    used: set[str] = field(default_factory=set)
    """The uses that a shop has named, taken back or not."""
    actions: dict[str, list[tuple[date, dict[str, int]]]] = field(default_factory=dict)
    """By kind: the member's own day of each action, and what it earned in points and growth."""

    @property
    def tier(self) -> Tier:
        """The tier that the member is on."""
        return self.climb.tier

    @property
    def zone(self) -> ZoneInfo:
        """Where the member lives."""
        return ZoneInfo(self.time_zone)

    @property
    def orders(self) -> int:
        """The orders that counted, less those that were wholly refunded."""
        return sum(self.climb.counted["orders"].values())

    @property
    def had_first_order(self) -> bool:
        """Whether a coupon for a first order is for the member no more."""
        return self.orders > 0 or self.first_order is not None


@dataclass(frozen=True, slots=True)
class Commit:
    """The records of operations that one commit wrote, by key: before, and after."""

    records: dict[str, tuple[Fields | None, Fields]]
    coupons: dict[str, tuple[Fields | None, Fields]] = field(default_factory=dict)
    """Coupons, likewise."""
    wholly_refunded: list[Fields] = field(default_factory=list)
    """The records of orders of which it takes back the last that was left."""
    come_back: set[str] = field(default_factory=set)
    """The coupons that come back with them, and those that come in the place of others."""

    def of(self, key: str, kind: str, check: str) -> tuple[Fields | None, Fields]:
        """Find a record that must be in it."""
        found = self.records.get(key)
        insist(found and found[1]["kind"] == kind, check, f"the entry has no {kind} {key} beside it")
        assert found
        return found


@dataclass
class Model:
    """All that is known of everybody."""

    history: History
    accounts: dict[str, Account] = field(default_factory=dict)
    orders: dict[str, Bought] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    """By redemption, whatever became of it."""
    refunds: set[str] = field(default_factory=set)
    """Those that were booked."""
    adjusted: set[str] = field(default_factory=set)
    """The notes of adjustments that were booked."""
    placed: set[str] = field(default_factory=set)
    """The notes of placements, and of ends of placements, that were booked."""
    wallets: Wallets = field(default_factory=Wallets)
    """Everybody's coupons."""

    def expect(self, member_id: str, account: Account, entry: Fields, commit: Commit) -> None:
        """Insist that an entry comes to what it must, and keep what it changes."""
        rule = RULES.get(entry["kind"])
        if rule is None:
            raise ViolationError("known kinds", entry["kind"])
        instant = effective(entry)
        account.climb.pass_until(entry, instant)
        points = rule(self, member_id, account, entry, commit)
        insist(
            entry["points"] == points, "naive balance", entry["kind"], "of", entry["points"], "points, not of", points
        )
        _apply(account, entry)
        _count_uses(account, entry)
        account.climb.follow(entry, instant)
        account.balance += points
        account.balances.append(account.balance)
        account.recorded.append(entry["recorded_at"])

    def record(self, commit: Commit) -> None:
        """Keep what a commit says of orders that are nobody's, which no entry tells of."""
        for before, after in commit.records.values():
            if after["kind"] == "order" and "member_id" not in after:
                if before is None or before["kind"] != "order":
                    self.count(after, BASIS_POINTS, earns=False)
                else:
                    self.refund(before, after, commit)

    def count(self, order: Fields, multiplier_bp: int, *, earns: bool = True) -> Bought:
        """Keep an order that was counted; its points are what its lines earn, exactly, rounded down once."""
        lines = json.loads(order["lines"])
        content = self.history.order(order["order_id"], lines)
        if content is None:
            raise ViolationError("orders as sent", order["order_id"])
        insist(order["order_id"] not in self.orders, "an order counts once", order["order_id"])
        rates = in_force().earning
        for column, of, multiplier in ((3, rates.points, multiplier_bp), (4, rates.growth, BASIS_POINTS)):
            weights, per = _weights(content, of, multiplier if earns else 0)
            whole = sum(line[column] for line in lines)
            total = sum(weights)
            insist(whole == total // per, "what an order earns", order["order_id"], whole)
            shares = zip((line[column] for line in lines), weights, strict=True)
            insist(
                all(abs(line * total - whole * weight) < max(total, 1) for line, weight in shares),
                "what a line earns",
                order["order_id"],
            )
        bought = Bought(
            order.get("member_id"),
            _local(order["placed_at"]),
            date.fromisoformat(order["growth_day"]),
            earns,
            {line[0]: (line[1], line[2], line[3], line[4], line[6]) for line in lines},
            order.get("redemption_id"),
        )
        self.orders[order["order_id"]] = bought
        return bought

    def refund(self, before: Fields, after: Fields, commit: Commit) -> tuple[str, Bought, list[int]] | None:
        """Keep what came back of an order; answer the refund, the order, and what it is in money, points and growth.

        Last comes what is returned of the points that had paid.
        """
        then, now = ({line[0]: (line[7], line[8]) for line in json.loads(order["lines"])} for order in (before, after))
        taken = {
            line_id: (now[line_id][0] - then[line_id][0], now[line_id][1] - then[line_id][1])
            for line_id in now
            if now[line_id] != then[line_id]
        }
        if not taken:
            return None
        booked = [key for key, (_, record) in commit.records.items() if record["kind"] == "refund"]
        insist(len(booked) == 1, "a refund has a record", after["order_id"])
        record = commit.records[booked[0]][1]
        refund_id = record["refund_id"]
        insist(record["status"] == "booked", "a refund has a record", refund_id, record["status"])
        insist(self.history.refund(refund_id, after["order_id"], taken), "refunds as sent", refund_id, taken)
        insist(refund_id not in self.refunds, "a refund counts once", refund_id)
        self.refunds.add(refund_id)
        bought = self.orders[after["order_id"]]
        earlier = [bought.taken_back(what) for what in (1, 2, 3, 4)]
        self.find_paid(bought, after)
        for line_id, (pieces, minor) in taken.items():
            had = bought.refunded.get(line_id, (0, 0))
            bought.refunded[line_id] = (had[0] + pieces, had[1] + minor)
            insist(bought.refunded[line_id] == now[line_id], "refunds add up", refund_id)
            insist(bought.refunded[line_id][0] <= bought.lines[line_id][0], "no more than was bought", refund_id)
        return refund_id, bought, [bought.taken_back(what) - had for what, had in enumerate(earlier, 1)]

    def find_paid(self, bought: Bought, order: Fields) -> None:
        """Keep what was confirmed for an order that has not named it: its refunds find that, those before it too."""
        confirmed = [
            redemption_id
            for redemption_id, hold in self.holds.items()
            if (hold.order_id, hold.member_id, hold.state) == (order["order_id"], bought.member_id, "confirmed")
        ]
        insist(len(confirmed) <= 1, "one redemption an order", *confirmed)
        named = [order["redemption_id"]] if "redemption_id" in order else []
        insist(named == confirmed, "refunds find what paid", confirmed)
        if bought.redemption_id or not confirmed:
            return
        bought.redemption_id = confirmed[0]
        bought.lines = {line[0]: (*bought.lines[line[0]][:4], line[6]) for line in json.loads(order["lines"])}
        spent = sum(points for *_, points in bought.lines.values())
        insist(spent == self.holds[confirmed[0]].spent, "points spent", order["order_id"], spent)


def lot_changes(entry: Fields) -> list[tuple[wire.Terms, int]]:
    """Answer what an entry says it does to the lots: absent terms at the end of a row are left out."""
    return [(_terms(*terms), points) for points, *terms in entry["detail"].get("lots", [])]


def _terms(expires: str | None = None, matures: str | None = None, idle_days: int | None = None) -> wire.Terms:
    return expires, matures, idle_days


def _apply(account: Account, entry: Fields) -> None:
    """Apply what an entry says it does to the lots: it comes to the entry's points, and takes from no empty lot."""
    rows = lot_changes(entry)
    insist(sum(points for _, points in rows) == entry["points"], "sum of lots = points of the entry", entry["kind"])
    for terms, points in rows:
        left = account.lots.get(terms, 0) + points
        insist(left >= 0 or (terms == _OPEN and _may_owe()), "never below zero", entry["kind"], terms, left)
        account.lots[terms] = left
        if not left:
            del account.lots[terms]


def _count_uses(account: Account, entry: Fields) -> None:
    """Count what an entry uses of benefits, and gives back: never more in a month than the quota of the tier."""
    recorded = wire.instant(entry["recorded_at"])
    # Wherever the member is, it is yesterday, today or tomorrow there.
    months = {f"{recorded + timedelta(days=days):%Y-%m}-01" for days in (-1, 0, 1)}
    for benefit_id, since in entry["detail"].get("benefits_used", {}).items():
        insist(account.standing == "active", "who is frozen uses nothing", benefit_id)
        insist(since in months, "a use counts in its month", benefit_id, since)
        account.uses[benefit_id, since] = account.uses.get((benefit_id, since), 0) + 1
        uses, most = account.uses[benefit_id, since], _quota(benefit_id, account.climb.rank)
        insist(most and uses <= most, "no more uses than the quota", benefit_id, uses, most)
    for benefit_id, since in entry["detail"].get("benefits_returned", {}).items():
        account.uses[benefit_id, since] -= 1
        insist(account.uses[benefit_id, since] >= 0, "what was not used cannot be given back", benefit_id)


def _quota(benefit_id: str, rank: int) -> int | None:
    """Answer the quota of the highest tier up to the member's that the benefit names; None if it has none."""
    (benefit,) = (benefit for benefit in in_force().benefits if benefit.id == benefit_id)
    named = [tier.id for tier in in_force().tiers.ladder[: rank + 1] if tier.id in benefit.tiers]
    insist(named, "benefits are of the tier", benefit_id, rank)
    quota = benefit.tiers[named[-1]].quota
    return quota.uses if quota else None


def _may_owe() -> bool:
    return in_force().points.refund == "debt"


def spendable(account: Account) -> int:
    """Answer what is not pending."""
    return sum(points for (_, matures, _), points in account.lots.items() if matures is None)


def _welcome(_model: Model, _member_id: str, account: Account, _entry: Fields, _commit: Commit) -> int:
    insist(account.sequence == 1, "welcome once", account.sequence)
    account.cards = in_force().welcome.make_up_cards
    return in_force().welcome.points


def _sign_in(_model: Model, _member_id: str, account: Account, entry: Fields, _commit: Commit) -> int:
    day = entry["source"]["day"]
    insist(day not in account.days, "one sign-in a day", day)
    insist(account.standing == "active", "who is frozen earns nothing", day)
    now = wire.instant(entry["recorded_at"])
    today = now.astimezone(ZoneInfo(account.time_zone)).date()
    insist(day == today.isoformat(), "the day of a sign-in", day, today)
    insist(not account.left or now >= _last_day_over(account), "no two days in one", day, account.left)
    _count_day(account, today)
    rules = in_force().sign_ins
    reached = [reward for reward in rules.streaks if reward.days == _run(account, today)]
    most = rules.make_up.most if rules.make_up else 0
    account.cards = min(most, account.cards + sum(reward.make_up_cards for reward in reached))
    _grow(account, entry, _local(entry["at"]), sum(reward.growth for reward in (rules.daily, *reached)))
    return sum(reward.points for reward in (rules.daily, *reached))


def _make_up(_model: Model, member_id: str, account: Account, entry: Fields, commit: Commit) -> int:
    written = entry["source"]["day"]
    day, rules = date.fromisoformat(written), in_force().sign_ins
    commit.of(f"make_up:{member_id}:{written}", "answer", "a make-up has its answer")
    today = wire.instant(entry["recorded_at"]).astimezone(ZoneInfo(account.time_zone)).date()
    insist(account.standing == "active", "who is frozen earns nothing", written)
    insist(account.cards > 0, "a make-up takes a card", written)
    insist(written not in account.days, "a day is made up once", written)
    insist(rules.make_up and 0 < (today - day).days <= rules.make_up.within_days, "when a day is made up", written)
    before, behind = _run(account, day - timedelta(days=1)), _run(account, day + timedelta(days=1), 1)
    _count_day(account, day)
    account.made_up.add(written)
    account.cards -= 1
    due, had = _rewards(before + 1 + behind), (_rewards(before), _rewards(behind))
    _grow(account, entry, _local(entry["at"]), rules.daily.growth + max(0, due[1] - had[0][1] - had[1][1]))
    return rules.daily.points + max(0, due[0] - had[0][0] - had[1][0])


def _move(_model: Model, _member_id: str, account: Account, entry: Fields, _commit: Commit) -> int:
    detail = entry["detail"]
    insist(detail["from"] == account.time_zone != detail["to"], "a move goes somewhere else", detail)
    insist(account.standing != "closed", "closed for good", "a move")
    if account.days:
        account.left.append((account.time_zone, wire.instant(entry["recorded_at"])))
    account.time_zone = detail["to"]
    return 0


def _count_day(account: Account, day: date) -> None:
    """Count a day that was signed in on, or made up."""
    if account.days and day.isoformat() > max(account.days):
        over, short = _last_day_over(account), date.fromisoformat(max(account.days)) + timedelta(days=1)
        while short < day and _midnight(short, account.time_zone) < over:
            account.short_days.add(short.isoformat())
            short += timedelta(days=1)
    if not account.days or day.isoformat() > max(account.days):
        account.left = []
    account.days.add(day.isoformat())


def _last_day_over(account: Account) -> datetime:
    """Answer when the last day is over in the zone where it was signed in on, and in others it was spent in."""
    tomorrow = date.fromisoformat(max(account.days)) + timedelta(days=1)
    if not account.left:
        return _midnight(tomorrow, account.time_zone)
    (first, _), *others = [(_midnight(tomorrow, zone), left) for zone, left in account.left]
    return max([first, *(end for end, left in others if left <= end)])


def _midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _run(account: Account, day: date, step: int = -1) -> int:
    """Answer how many days in a row there are, from a day on and in one direction."""
    length = 0
    while (written := day.isoformat()) in account.days or written in account.short_days:
        length += written in account.days
        day += timedelta(days=step)
    return length


def _rewards(streak: int) -> tuple[int, int]:
    """Answer what the rewards of a streak of so many days come to, in points and growth."""
    reached = [reward for reward in in_force().sign_ins.streaks if reward.days <= streak]
    return sum(reward.points for reward in reached), sum(reward.growth for reward in reached)


def _purchase(model: Model, member_id: str, account: Account, entry: Fields, commit: Commit) -> int:
    order_id = entry["source"]["order_id"]
    before, order = commit.of(f"order:{order_id}", "order", "an entry has its order")
    insist(before is None or before["kind"] == "awaited_order", "an order counts once", order_id)
    insist(order["member_id"] == member_id, "an entry has its order", order_id)
    bought = model.count(order, account.tier.multiplier_bp, earns=account.standing == "active")
    if bought.counts:
        account.climb.count("spend", bought.day, sum(money for _, money, *_ in bought.lines.values()))
        account.climb.count("orders", bought.day, 1)
    earned = sum(line[2] for line in bought.lines.values())
    waits = "growth_waiting" in entry["detail"]
    _grow(account, entry, bought.growth_day, 0 if waits else sum(line[3] for line in bought.lines.values()))
    spent = sum(line[4] for line in bought.lines.values())
    account.first_order = None if account.first_order == order_id else account.first_order
    if "redemption_id" not in order:
        insist(spent == 0, "points spent", order_id)
        return earned
    return earned - _redeemed(model, account, order, spent, entry)


def _redeemed(model: Model, account: Account, order: Fields, spent: int, entry: Fields) -> int:
    """Answer what an order takes for the redemption that it names: nothing, if its hold has taken it."""
    hold = model.holds[order["redemption_id"]]
    insist(hold.order_id == order["order_id"], "whose redemption", order["redemption_id"])
    kept = hold.spent if hold.state == "confirmed" else hold.points
    insist(spent == kept, "points spent", order["order_id"], spent, kept)
    # Who has come to a tier without a quota since uses as much as they like.
    again = {id_ for id_ in hold.benefits if _quota(id_, account.climb.rank)} if hold.state == "let go" else set()
    insist(entry["detail"].get("benefits_used", {}).keys() == again, "benefits used", order["order_id"])
    if hold.state == "open":
        account.holds.pop(order["redemption_id"], None)
        hold.state, hold.spent = "confirmed", hold.points
        return _missed(entry, hold.owed)
    if hold.state == "confirmed":
        return 0
    insist(hold.state == "let go", "one redemption an order", hold.state)
    insist(account.standing == "active", "who is frozen holds nothing", order["redemption_id"])
    insist(hold.points <= max(0, spendable(account)), "never below zero", "a hold taken again", hold.points)
    hold.state, hold.spent = "confirmed", hold.points
    hold.benefits = entry["detail"].get("benefits_used", {})
    return hold.points


def _refund(model: Model, member_id: str, account: Account, entry: Fields, commit: Commit) -> int:
    order_id = entry["source"]["order_id"]
    before, order = commit.of(f"order:{order_id}", "order", "an entry has its order")
    assert before
    had_come_back = model.orders[order_id].came_back
    found = model.refund(before, order, commit)
    if found is None:
        raise ViolationError("refunds as sent", order_id)
    refund_id, bought, (money, due, growth, returned) = found
    insist(entry["source"]["refund_id"] == refund_id, "refunds as sent", refund_id)
    insist(bought.member_id == member_id, "whose refund", refund_id)
    _grow_back(account, entry, bought.growth_day, growth)
    if bought.counts:
        account.climb.count("spend", bought.day, -money)
        account.climb.count("orders", bought.day, had_come_back - bought.came_back)
    detail = entry["detail"]
    gone_whole = bought.came_back and not had_come_back
    used = model.holds[bought.redemption_id].benefits if bought.redemption_id and gone_whole else {}
    insist(detail.get("benefits_returned", {}) == used, "benefits come back", refund_id, used)
    if gone_whole:
        commit.wholly_refunded.append(order)
    insist(detail.get("returned", 0) == returned, "points come back", refund_id, returned)
    expired: int = sum(row[0] for row in detail.get("expired", []))
    end = (json.loads(order["lot"])[0] + [None])[1]
    if end is not None:
        forgotten = wire.instant(end) <= wire.instant(entry["recorded_at"]) - _REMEMBERED
        known = 0 if forgotten else min(due, account.gone.get(end, 0))
        if end <= order["recorded_at"]:
            known = due  # nobody could ever spend them
        insist(expired == known, "what has expired is not taken again", refund_id, expired, known)
        account.gone[end] = account.gone.get(end, 0) - expired
    due -= expired
    there = sum(points for points in account.lots.values() if points > 0)
    insist(min(due, there) <= detail["taken"] <= min(due, there + returned), "what a refund takes", refund_id, detail)
    left = due - detail["taken"]
    for hold in account.holds.values():
        part = min(left, hold.points - hold.owed)
        hold.owed += part
        left -= part
    return returned - int(detail["taken"]) - _missed(entry, left)


_REMEMBERED = timedelta(days=366)
"""For so long it is known how many points have expired."""


def _missed(entry: Fields, points: int) -> int:
    """Answer what an entry takes for points that are to be taken back and are spent: a debt, or nothing."""
    stated = "debt" if _may_owe() else "shortfall"
    insist(entry["detail"].get(stated, 0) == points, "what a refund takes", entry["source"], points)
    return points if _may_owe() else 0


def _exchange(_model: Model, _member_id: str, account: Account, entry: Fields, commit: Commit) -> int:
    coupon_id = entry["source"]["coupon_id"]
    before, coupon = commit.coupons.get(coupon_id, ({}, {}))
    insist(before is None, "an exchange has its coupon", coupon_id)
    price: int = coupon["template"]["price_points"]
    insist(price <= max(0, spendable(account)), "never below zero", "an exchange", price)
    return -price


def _tags(_model: Model, _member_id: str, account: Account, entry: Fields, _commit: Commit) -> int:
    account.tags = entry["detail"]["tags"]
    return 0


def _action(model: Model, member_id: str, account: Account, entry: Fields, commit: Commit) -> int:
    action_id = entry["source"]["action_id"]
    _, record = commit.of(f"action:{action_id}", "action", "an entry has its action")
    kind, at = record["kind_of_action"], entry["at"]
    content = model.history.action(action_id, kind, record["at"])
    if content is None or at != record["at"]:
        raise ViolationError("actions as sent", f"{action_id} {kind} {at}")
    whose = {record["member_id"], content.get("member_id", member_id)}
    insist(whose == {member_id}, "whose action", action_id, whose)
    rule = in_force().actions[kind]
    multiplier = account.tier.multiplier_bp if rule.tier_multiplier else BASIS_POINTS
    earned = (rule.points * multiplier // BASIS_POINTS, rule.growth) if account.standing == "active" else (0, 0)
    zone = ZoneInfo(account.time_zone)
    day, today = (wire.instant(written).astimezone(zone).date() for written in (at, entry["recorded_at"]))
    points = _capped(account, kind, "points", earned[0], day, today)
    growth = _capped(account, kind, "growth", earned[1], day, today)
    insist(entry["points"] == record["points"] == points, "what an action earns", action_id, kind, points)
    insist(record["growth"] == growth, "what an action earns", action_id, kind, growth)
    account.actions.setdefault(kind, []).append((day, {"points": points, "growth": growth}))
    _grow(account, entry, _local(at), growth)
    return points


_TOO_LATE = timedelta(days=62)
"""What is told of a period that began longer ago earns nothing that has a cap."""


def _capped(account: Account, kind: str, what: str, worth: int, day: date, today: date) -> int:
    """Answer what the caps leave of the points or the growth that an action on `day` is worth."""
    caps = in_force().actions[kind].caps
    for period, first in _periods(day).items():
        most = getattr(getattr(caps, period), what)
        if most is None:
            continue
        earlier = account.actions.get(kind, [])
        used = sum(earned[what] for on, earned in earlier if _periods(on)[period] == first)
        insist(used <= most, "no more than the caps allow", kind, what, period, used)
        too_late = period != "lifetime" and today - first > _TOO_LATE
        worth = 0 if too_late else min(worth, most - used)
    return worth


def _periods(day: date) -> dict[str, date]:
    """Answer the first day of each period of caps that a day is in."""
    monday = day - timedelta(days=day.weekday())
    return {"day": day, "week": monday, "month": day.replace(day=1), "lifetime": date.min}


def _adjustment(model: Model, member_id: str, account: Account, entry: Fields, _commit: Commit) -> int:
    note = entry["detail"]["note"]
    asked = model.history.adjustments[note]
    insist(asked.member_id == member_id, "whose adjustment", note)
    insist(account.standing != "closed", "closed for good", note)
    insist(not asked.once or note not in model.adjusted, "an adjustment counts once", note)
    insist(-asked.points <= max(0, spendable(account)), "never below zero", "an adjustment", asked.points)
    model.adjusted.add(note)
    _grow(account, entry, _local(entry["at"]), asked.growth)
    return asked.points


def _placement(model: Model, member_id: str, account: Account, entry: Fields, _commit: Commit) -> int:
    placing = _placing(model, member_id, entry)
    rank = [tier.id for tier in in_force().tiers.ladder].index(placing.tier or "")
    insist(account.standing != "closed", "closed for good", placing)
    insist(rank > account.climb.held.rank, "who is placed is placed higher", placing)
    insist(placing.until > entry["recorded_at"], "who is placed is placed for a time", placing)
    said = {"tier": placing.tier, "until": placing.until}
    insist(entry["detail"]["placement"] == said, "a placement is what was asked for", said)
    account.climb.lent = Lent(rank, wire.instant(placing.until))
    return 0


def _placement_end(model: Model, member_id: str, account: Account, entry: Fields, _commit: Commit) -> int:
    lent = account.climb.lent
    if lent is None:
        raise ViolationError("a placement ends once", entry["at"])
    if "note" in entry["detail"]:
        insist(_placing(model, member_id, entry).tier is None, "a placement is what was asked for", entry["detail"])
    else:
        insist(wire.instant(entry["at"]) == lent.until, "a placement ends when it does", entry["at"], lent)
    account.climb.lent = None
    return 0


def _placing(model: Model, member_id: str, entry: Fields) -> Placing:
    """Find what an operator had asked for."""
    note = entry["detail"]["note"]
    placing = model.history.placings[note]
    insist(placing.member_id == member_id, "whose placement", note)
    insist(not placing.once or note not in model.placed, "a placement counts once", note)
    model.placed.add(note)
    return placing


def _standing(_model: Model, _member_id: str, account: Account, entry: Fields, _commit: Commit) -> int:
    insist(account.standing != "closed", "closed for good", entry["kind"])
    account.standing = {"freeze": "frozen", "unfreeze": "active", "close": "closed"}[entry["kind"]]
    account.climb.active = account.standing == "active"
    return 0


def _hold(model: Model, member_id: str, account: Account, entry: Fields, commit: Commit) -> int:
    redemption_id = entry["source"]["redemption_id"]
    record = _redemption(commit, redemption_id)
    insist(record["status"] == "held" and record["member_id"] == member_id, "a hold has its record", redemption_id)
    insist(redemption_id not in model.holds, "a redemption holds once", redemption_id)
    insist(account.standing == "active", "who is frozen holds nothing", redemption_id)
    open_already = [hold for hold in account.holds.values() if hold.order_id == record["order_id"]]
    insist(not open_already, "one redemption an order", record["order_id"])
    points: int = sum(line[1] for line in json.loads(record["lines"]))
    insist(points <= max(0, spendable(account)), "never below zero", "a hold", points)
    benefits = entry["detail"].get("benefits_used", {})
    until = wire.instant(record["expires_at"])
    hold = Hold(record["order_id"], member_id, points, until, benefits=benefits)
    minutes = in_force().checkout.hold_minutes
    insist(hold.expires_at == wire.instant(entry["recorded_at"]) + timedelta(minutes=minutes), "how long a hold stands")
    templates = [model.wallets.coupons[id_].template for id_ in record.get("coupon_ids", [])]
    if any(template.get("first_order") for template in templates):
        insist(not account.had_first_order, "one first order", redemption_id)
        account.first_order = hold.order_id
    model.holds[redemption_id] = account.holds[redemption_id] = hold
    return -points


def _release(_model: Model, _member_id: str, account: Account, entry: Fields, commit: Commit) -> int:
    redemption_id = entry["source"]["redemption_id"]
    hold = account.holds.pop(redemption_id, None)
    if hold is None:
        raise ViolationError("a hold ends once", redemption_id)
    lapsed = entry["detail"].get("lapsed", False)
    insist(lapsed == (hold.expires_at <= wire.instant(entry["recorded_at"])), "when a hold lapses", redemption_id)
    if lapsed:
        insist(wire.instant(entry["at"]) == hold.expires_at, "when a hold lapses", redemption_id)
    else:
        insist(_redemption(commit, redemption_id)["status"] == "released", "a release has its record", redemption_id)
    insist(entry["detail"].get("benefits_returned", {}) == hold.benefits, "benefits come back", redemption_id)
    hold.state = "let go"
    account.first_order = None if account.first_order == hold.order_id else account.first_order
    return hold.points - hold.owed


def _confirmation(model: Model, member_id: str, account: Account, entry: Fields, commit: Commit) -> int:
    redemption_id = entry["source"]["redemption_id"]
    hold = account.holds.pop(redemption_id, None)
    if hold is None:
        raise ViolationError("a hold ends once", redemption_id)
    insist(hold.expires_at > wire.instant(entry["recorded_at"]), "no late confirmation", redemption_id)
    record = _redemption(commit, redemption_id)
    insist(record["status"] == "confirmed", "a confirmation has its record", redemption_id)
    hold.state, hold.spent = "confirmed", sum(line[1] for line in json.loads(record["lines"]))
    left = hold.points - hold.spent - hold.owed
    returned = 0
    bought = model.orders.get(hold.order_id)
    if bought and bought.awaits_payment(member_id):
        model.find_paid(bought, commit.of(f"order:{hold.order_id}", "order", "what was refunded comes back")[1])
        returned = bought.taken_back(4)
    insist(entry["detail"].get("refunded", 0) == returned, "what was refunded comes back", redemption_id, returned)
    return returned + max(0, left) - _missed(entry, max(0, -left))


def _benefit_use(_model: Model, member_id: str, account: Account, entry: Fields, commit: Commit) -> int:
    benefit_id, use_id = entry["source"]["benefit_id"], entry["source"]["use_id"]
    before, use = commit.of(f"use:{member_id}:{benefit_id}:{use_id}", "use", "an entry has its use")
    insist(before is None and use["status"] == "used", "a use counts once", use_id)
    insist(account.standing == "active", "who is frozen uses nothing", use_id)
    account.used.add(use_id)
    return 0


def _benefit_return(_model: Model, member_id: str, _account: Account, entry: Fields, commit: Commit) -> int:
    benefit_id, use_id = entry["source"]["benefit_id"], entry["source"]["use_id"]
    before, use = commit.of(f"use:{member_id}:{benefit_id}:{use_id}", "use", "an entry has its use")
    insist(before and before["status"] == "used" and use["status"] == "released", "a use comes back once", use_id)
    return 0


def _expiry(_model: Model, _member_id: str, account: Account, entry: Fields, _commit: Commit) -> int:
    rows = entry["detail"]["lots"]
    for points, *terms in rows:
        insist(points < 0, "expiry takes", points)
        insist(terms and (terms[0] is None or terms[0] <= entry["at"]), "no early expiry", terms, entry["at"])
        if terms[0] is not None:
            account.gone[terms[0]] = account.gone.get(terms[0], 0) - points
    return sum(int(row[0]) for row in rows)


def _maturity(_model: Model, _member_id: str, account: Account, entry: Fields, _commit: Commit) -> int:
    _grow(account, entry, _day_of(entry), entry["growth"])
    return 0


def _nothing(_model: Model, _member_id: str, _account: Account, _entry: Fields, _commit: Commit) -> int:
    return 0


RULES: dict[str, Callable[[Model, str, Account, Fields, Commit], int]] = {
    "welcome": _welcome,
    "sign_in": _sign_in,
    "make_up": _make_up,
    "move": _move,
    "purchase": _purchase,
    "refund": _refund,
    "hold": _hold,
    "release": _release,
    "confirmation": _confirmation,
    "benefit_use": _benefit_use,
    "benefit_return": _benefit_return,
    "expiry": _expiry,
    "maturity": _maturity,
    "decay": _nothing,
    "tier_change": _nothing,
    "tier_review": _nothing,
    "placement": _placement,
    "placement_end": _placement_end,
    "action": _action,
    "adjustment": _adjustment,
    "exchange": _exchange,
    "grant": _nothing,
    "tags": _tags,
    "freeze": _standing,
    "unfreeze": _standing,
    "close": _standing,
}
"""By the kind of an entry: what points it must have."""


def _redemption(commit: Commit, redemption_id: str) -> Fields:
    for _, after in commit.records.values():
        if after["kind"] == "redemption" and after["redemption_id"] == redemption_id:
            return after
    raise ViolationError("a redemption has its record", redemption_id)


def _grow(account: Account, entry: Fields, day: date, growth: int) -> None:
    """Count growth on its day. Growth that decays is left to the domain's own tests: here it need not add up."""
    if reckons():
        insist(entry["growth"] == growth, "growth", entry["kind"], entry["growth"], growth)
        account.climb.count("growth", day, growth)


def _grow_back(account: Account, entry: Fields, day: date, growth: int) -> None:
    """Take growth back from the day that got it, if that can still count; what waits is taken as it says."""
    if "growth_waiting" not in entry["detail"]:
        first = account.climb.first_day_kept(wire.instant(entry["recorded_at"]))
        counted = account.climb.counted["growth"].get(day, 0) if day >= first else 0
        _grow(account, entry, day, -min(growth, counted))


def _day_of(entry: Fields) -> date:
    said = entry["detail"].get("growth_day")
    return date.fromisoformat(said) if said else _local(entry["at"])


def _local(written: str) -> date:
    return day_of(wire.instant(written))


def earned(content: Content, multiplier_bp: int) -> tuple[int, int]:
    """Answer the points and the growth that an order earns: what its lines earn, exactly, rounded down once."""
    rates = in_force().earning
    points, per_point = _weights(content, rates.points, multiplier_bp)
    growth, per_growth = _weights(content, rates.growth, BASIS_POINTS)
    return sum(points) // per_point, sum(growth) // per_growth


def _weights(content: Content, rates: Any, multiplier_bp: int) -> tuple[list[int], int]:
    """Answer what each line earns over a common denominator, and that denominator."""
    found = []
    for line in content["lines"]:
        named = (
            rates.skus.get(line["sku"])
            or rates.brands.get(line.get("brand"))
            or rates.categories.get(line.get("category"))
        )
        found.append((amount(line), named or rates.base))
    per = lcm(*(rate.per for _, rate in found))
    return [paid * rate.earn * (per // rate.per) * multiplier_bp for paid, rate in found], per * BASIS_POINTS
