"""One member's life, in any order of events, beside a model that is plain arithmetic on one balance."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, consumes, invariant, multiple, rule

from tessera import checkout, coupons, purchases, redemptions, tiers
from tessera.card import card
from tessera.coupons import Coupon
from tessera.enrolment import enrol
from tessera.journal import Journal
from tessera.purchases import Order, OrderLine
from tessera.redemptions import Redemption
from tessera.refusals import Conflict
from tessera.settlement import settle
from tessera.shapes import Line
from tessera.sign_ins import sign_in
from tests.factories import NOON, buy, checkout_request, order_message, programme, refund, refund_message
from tests.unit.strategies import baskets

RULES = programme(zone="UTC", welcome={"points": 100})
WINDOW = timedelta(days=365)
WAITS = [timedelta(minutes=5), timedelta(minutes=15), timedelta(days=1), timedelta(days=45), timedelta(days=370)]
STREAK_POINTS = {3: 6, 7: 11, 30: 51}
"""Points of a sign-in that completes a streak; any other gives 1."""


@dataclass
class Model:
    """What the member should have."""

    balance: int = 100
    held: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    owed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """What each hold gives back less, because a refund found its points held."""
    growth: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    last_sign_in: date = date.min
    streak: int = 0

    def pass_time(self, now: datetime) -> None:
        """Give back what lapsed holds have held."""
        for redemption_id, (points, expires_at) in list(self.held.items()):
            if expires_at <= now:
                self.balance += points - self.owed.pop(redemption_id, 0)
                del self.held[redemption_id]

    def refund(self, given_back: int, due: int) -> None:
        """Take what is due from the balance, then from what holds will give back; the rest is not asked for."""
        missing = max(0, due - given_back - self.balance)
        self.balance = max(0, self.balance + given_back - due)
        for redemption_id, (points, _) in self.held.items():
            part = min(missing, points - self.owed[redemption_id])
            self.owed[redemption_id] += part
            missing -= part

    def sign_in(self, today: date) -> None:
        """Count a sign-in, once a day."""
        if today == self.last_sign_in:
            return
        self.streak = self.streak + 1 if today - self.last_sign_in == timedelta(days=1) else 1
        self.last_sign_in = today
        self.balance += STREAK_POINTS.get(self.streak, 1)
        self.growth[today] += 3 if self.streak == 7 else 1


def refunded(of: OrderLine, what: int, units: int) -> int:
    """Answer how much of a line's points or growth so many refunded units are."""
    return what * units // of.quantity


class Life(RuleBasedStateMachine):
    """Drives the domain as the service does: settle, decide, keep. What was settled or repeated asks it nothing."""

    orders = Bundle("orders")
    redemptions = Bundle("redemptions")

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.model = Model()
        self.ids = 0
        self.coupons: dict[str, Coupon] = {}
        self.order: dict[str, Order] = {}
        self.redemption: dict[str, Redemption] = {}
        self.basket: dict[str, list[Line]] = {}
        journal = enrol("m_1", None, RULES, NOON)
        self.ledger = journal.entries
        self.member = journal.member

    def opened(self) -> Journal:
        return settle(self.member, RULES, self.now)

    def keep(self, journal: Journal) -> None:
        self.ledger += journal.entries
        self.member = journal.member

    def next_id(self) -> str:
        self.ids += 1
        return f"O{self.ids}"

    def count(self, order: Order) -> str:
        """Keep an order that was counted, in the model too."""
        self.order[order.order_id] = order
        self.model.balance += order.points
        self.model.growth[order.growth_day] += order.growth
        return order.order_id

    @rule(wait=st.sampled_from(WAITS))
    def time_passes(self, wait: timedelta) -> None:
        self.now += wait
        self.model.pass_time(self.now)

    @rule()
    def the_nightly_work_runs(self) -> None:
        self.keep(self.opened())

    @rule()
    def signs_in(self) -> None:
        journal = self.opened()
        result = sign_in(journal)
        assert result.new == (self.now.date() != self.model.last_sign_in)
        self.model.sign_in(self.now.date())
        assert result.streak == self.model.streak
        self.keep(journal)

    @rule(target=orders, basket=baskets(2))
    def buys(self, basket: list[Line]) -> str:
        journal = self.opened()
        order = buy(journal, *basket, order_id=self.next_id())
        self.keep(journal)
        return self.count(order)

    @rule(order_id=orders, data=st.data())
    def refunds(self, order_id: str, data: st.DataObject) -> None:
        before = self.order[order_id]
        left = [of for of in before.lines if of.refunded_quantity < of.quantity]
        if not left:
            return
        of = data.draw(st.sampled_from(left))
        units = data.draw(st.integers(1, of.quantity - of.refunded_quantity))
        journal = self.opened()
        self.order[order_id] = refund(journal, before, refund_message({of.line_id: units}, order_id=order_id))
        self.keep(journal)

        points, spent, growth = (
            refunded(of, what, of.refunded_quantity + units) - refunded(of, what, of.refunded_quantity)
            for what in (of.points, of.points_spent, of.growth)
        )
        self.model.refund(spent, points)
        if before.growth_day > self.now.date() - WINDOW:
            self.model.growth[before.growth_day] -= growth

    @rule(template_id=st.sampled_from(["five_off", "tenth_off"]))
    def claims(self, template_id: str) -> None:
        journal = self.opened()
        had = sum(coupon.template.id == template_id for coupon in self.coupons.values())
        try:
            coupon = coupons.claim(journal, template_id, len(self.coupons).to_bytes(coupons.CODE_BYTES))
        except Conflict:
            assert had == {"five_off": 2, "tenth_off": 1}[template_id]
            return
        self.coupons[coupon.coupon_id] = coupon
        self.keep(journal)

    @rule(target=redemptions, basket=baskets(2), points=st.integers(0, 300) | st.just("max"))
    def holds(self, basket: list[Line], points: int | Literal["max"]) -> str | MultipleResults[str]:
        journal = self.opened()
        too_many = len(self.model.held) == checkout.MAX_OPEN_HOLDS
        request = checkout_request(*basket, order_id=self.next_id(), coupons="best", points=points)
        try:
            redemption, _, held = checkout.hold(
                journal, request, self.coupons, by_shop=False, request_hash="", earlier=None
            )
        except Conflict:
            assert too_many or (points != "max" and points > self.model.balance)
            return multiple()
        assert not too_many
        self.coupons |= {coupon.coupon_id: coupon for coupon in held}
        self.redemption[redemption.redemption_id] = redemption
        self.basket[redemption.redemption_id] = basket
        self.model.balance -= redemption.points
        self.model.held[redemption.redemption_id] = (redemption.points, redemption.expires_at)
        self.keep(journal)
        return redemption.redemption_id

    @rule(redemption_id=redemptions, only_first=st.booleans())
    def confirms(self, redemption_id: str, only_first: bool) -> None:
        redemption = self.redemption[redemption_id]
        if redemption.status == "confirmed":
            return
        journal = self.opened()
        named = [redemption.lines[0].line_id] if only_first else None
        try:
            confirmed, used = redemptions.confirm(journal, redemption, self.coupons_of(redemption), named)
        except Conflict:
            assert redemption_id not in self.model.held
            return
        points, _ = self.model.held.pop(redemption_id)
        spent = redemption.lines[0].points if only_first else points
        self.model.balance += max(0, points - spent - self.model.owed.pop(redemption_id, 0))
        self.coupons |= {coupon.coupon_id: coupon for coupon in used}
        self.redemption[redemption_id] = confirmed
        self.keep(journal)

    @rule(redemption_id=redemptions)
    def releases(self, redemption_id: str) -> None:
        redemption = self.redemption[redemption_id]
        if redemption.status == "released" or redemption.lapsed(self.now):
            return
        journal = self.opened()
        try:
            released, back = redemptions.release(journal, redemption, self.coupons_of(redemption))
        except Conflict:
            assert redemption.status == "confirmed"
            return
        self.model.balance += self.model.held.pop(redemption_id)[0] - self.model.owed.pop(redemption_id, 0)
        self.coupons |= {coupon.coupon_id: coupon for coupon in back}
        self.redemption[redemption_id] = released
        self.keep(journal)

    @rule(target=orders, redemption_id=consumes(redemptions))
    def arrives(self, redemption_id: str) -> str:
        redemption = self.redemption[redemption_id]
        its_coupons = self.coupons_of(redemption)
        journal = self.opened()
        message = order_message(
            *self.basket[redemption_id], order_id=redemption.order_id, placed_at=self.now, redemption_id=redemption_id
        )
        arrival = redemptions.on_arrival(journal, redemption, its_coupons, message)
        order = purchases.complete(journal, message, "", arrival.redeemed, arrival.reports)
        self.keep(journal)
        self.coupons |= {coupon.coupon_id: coupon for coupon in arrival.coupons}
        if redemption.status != "confirmed" and not self.model.held.pop(redemption_id, None):
            there = all(coupon.status(self.now) == "active" for coupon in its_coupons)
            lost = redemption.points > self.model.balance or not there
            assert ("redemption_lost" in order.reports) == lost
            self.model.balance -= 0 if lost else redemption.points
        return self.count(order)

    def coupons_of(self, redemption: Redemption) -> list[Coupon]:
        return [self.coupons[coupon_id] for coupon_id in redemption.coupon_ids]

    @invariant()
    def the_balance_is_the_sum_of_the_entries_and_never_negative(self) -> None:
        assert self.member.points == sum(entry.points for entry in self.ledger)
        assert min(entry.points_balance for entry in self.ledger) >= 0

    @invariant()
    def the_ledger_has_no_gap_and_its_chain_holds(self) -> None:
        assert [entry.sequence for entry in self.ledger] == list(range(1, len(self.ledger) + 1))
        assert [entry.previous_hash for entry in self.ledger[1:]] == [entry.hash for entry in self.ledger[:-1]]
        assert self.member.chain == self.ledger[-1].hash
        assert [entry.recorded_at for entry in self.ledger] == sorted(entry.recorded_at for entry in self.ledger)

    @invariant()
    def the_card_shows_what_the_model_says(self) -> None:
        seen = card(self.member, RULES, self.now)
        assert seen.available == self.model.balance
        assert {hold.redemption_id: hold.points for hold in seen.member.holds} == {
            redemption_id: points for redemption_id, (points, _) in self.model.held.items()
        }
        oldest = self.now.date() - WINDOW
        assert seen.growth == sum(growth for day, growth in self.model.growth.items() if day > oldest)

    @invariant()
    def no_tier_is_lower_than_what_is_earned(self) -> None:
        member = self.opened().member
        earned = RULES.tiers.earned_by(tiers.growth(member, RULES, self.now))
        assert RULES.tiers.rank(member.tier.id) >= earned


Life.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestAMembersLife = Life.TestCase
