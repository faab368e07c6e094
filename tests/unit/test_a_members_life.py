"""One member's life, in any order of events, beside a naive model that replays it from the start."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Literal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from tessera import (
    actions,
    checkout,
    coupons,
    make_ups,
    moves,
    operators,
    purchases,
    redemptions,
    sign_ins,
    tiers,
)
from tessera.benefits import NO_BIRTHDAY
from tessera.card import Card, card
from tessera.conditions import missing
from tessera.coupons import Coupon
from tessera.enrolment import enrol
from tessera.history import rebuild
from tessera.instants import local_day, midnight
from tessera.journal import Journal
from tessera.member import Member, Standing
from tessera.messages import ActionDone
from tessera.programme.model import Programme
from tessera.purchases import Order, OrderLine
from tessera.redemptions import Redemption
from tessera.refusals import Conflict, Forbidden
from tessera.settlement import due_at, settle
from tessera.shapes import Line
from tessera.verification import verify
from tests.factories import buy, checkout_request, line, order_message, refund_message
from tests.unit import naive
from tests.unit.figures import figures, haves, tier_told
from tests.unit.naive import Account
from tests.unit.strategies import baskets, programmes

ENROLLED = datetime(2026, 3, 2, 12, tzinfo=UTC)
SHORT_WAITS = [timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=13), timedelta(days=1), timedelta(days=6)]
LONG_WAITS = [timedelta(days=days) for days in (10, 20, 33, 45, 75, 140, 400)]
LATE = st.just(timedelta(0)) | st.integers(1, 60 * 24).map(lambda hours: timedelta(hours=hours))
"""How long ago something happened that is only told now."""
COUPONS_A_MEMBER = {"five_off": 2, "tenth_off": 1}


def lasting(member: Member) -> Member:
    """Leave out what may depend on when time's work was booked: how many entries it took, and when."""
    return replace(member, chain=b"", sequence=0, booked_at=ENROLLED)


def nights(start: datetime, stop: datetime, zone: str) -> list[datetime]:
    """List the midnights of a zone after `start` and before `stop`."""
    first = local_day(start, zone)
    midnights = (midnight(first + timedelta(days=day), zone) for day in range((stop - start).days + 2))
    return [instant for instant in midnights if start < instant < stop]


class Life(RuleBasedStateMachine):
    """Drives the domain as the service does: settle, decide, keep. What was settled or repeated asks it nothing."""

    redemptions = Bundle("redemptions")

    @initialize(programme=programmes(), zone=st.sampled_from([None, "Europe/London", "Asia/Tokyo", "Pacific/Honolulu"]))
    def enrols(self, programme: Programme, zone: str | None) -> None:
        self.programme = programme
        self.now = ENROLLED
        self.ids = 0
        self.coupons: dict[str, Coupon] = {}
        self.claimed: Counter[str] = Counter()
        self.becomes: dict[str, tuple[str, str | None]] = {}
        """By coupon what it should be, and for which redemption: `free`, `held`, `used` or `replaced`."""
        self.order: dict[str, Order] = {}
        self.redemption: dict[str, Redemption] = {}
        self.basket: dict[str, list[Line]] = {}
        self.seen: dict[datetime, Card] = {}
        journal = enrol("m_1", zone, programme, self.now)
        self.ledger = journal.entries
        self.member = journal.member
        self.model = naive.History(figures(programme, zone or programme.zone))
        self.model.add(self.now, Account.enrol)
        self.answered = (self.now, 1), self.model.account(self.now)

    def opened(self) -> Journal:
        return settle(self.member, self.programme, self.now)

    def keep(self, journal: Journal) -> None:
        self.ledger += journal.entries
        self.member = journal.member

    def next_id(self) -> str:
        self.ids += 1
        return f"O{self.ids}"

    def account(self) -> Account:
        """Ask the model, once for each instant and all that had happened by then."""
        asked = self.now, len(self.model.happened)
        if self.answered[0] != asked:
            self.answered = asked, self.model.account(self.now)
        return self.answered[1]

    def earns(self) -> bool:
        return self.member.standing == "active"

    @rule(wait=st.sampled_from(SHORT_WAITS), nightly=st.booleans())
    def days_pass(self, wait: timedelta, nightly: bool) -> None:
        self.pass_time(wait, nightly)

    @rule(wait=st.sampled_from(LONG_WAITS), nightly=st.booleans())
    def months_pass(self, wait: timedelta, nightly: bool) -> None:
        self.pass_time(wait, nightly)

    def pass_time(self, wait: timedelta, nightly: bool) -> None:
        """Settling every night leaves the member as settling once does; go on with either."""
        self.seen[self.now] = card(self.member, self.programme, self.now, NO_BIRTHDAY)
        days = nights(self.now, self.now + wait, self.programme.zone)
        self.now += wait
        once, every_night = self.opened(), Journal(self.member, self.programme, self.member.booked_at)
        entries = []
        for instant in [*days, self.now]:
            every_night = settle(every_night.member, self.programme, instant)
            entries += every_night.entries
        assert lasting(every_night.member) == lasting(once.member)
        if nightly:
            self.ledger += entries
            self.member = every_night.member

    @rule()
    def the_nightly_work_runs(self) -> None:
        due = due_at(self.member, self.programme)
        journal = self.opened()
        if {entry.kind for entry in journal.entries} - {"release"}:
            assert due is not None
            assert due <= self.now
        self.keep(journal)

    @rule()
    def signs_in(self) -> None:
        journal = self.opened()
        account = self.account()
        try:
            result = sign_ins.sign_in(journal)
        except Forbidden:
            assert not self.earns()
            return
        assert self.earns()
        assert result.new == account.is_new_day()
        self.model.add(self.now, Account.sign_in)
        if result.new:
            assert result.streak == self.account().streak(result.day)
        self.keep(journal)

    @rule(days=st.lists(st.sampled_from([1, 1, 1, 2]), min_size=2, max_size=8))
    def signs_in_for_some_days(self, days: list[int]) -> None:
        for wait in days:
            self.signs_in()
            self.pass_time(timedelta(days=wait), nightly=False)

    @rule(zone=st.sampled_from(["Europe/London", "Asia/Tokyo", "Pacific/Honolulu", "Pacific/Kiritimati"]))
    def moves(self, zone: str) -> None:
        journal = self.opened()
        try:
            moves.move(journal, zone)
        except Conflict:
            assert self.member.standing == "closed"
            return
        self.model.add(self.now, Account.move, zone)
        self.keep(journal)

    @rule(data=st.data())
    def makes_up_a_day(self, data: st.DataObject) -> None:
        journal, account = self.opened(), self.account()
        days = make_ups.days_open(journal.member, self.programme, self.now)
        assert days == account.can_be_made_up(ENROLLED)
        if days:
            day = data.draw(st.sampled_from(days))
            result = make_ups.make_up(journal, day)
            self.model.add(self.now, Account.make_up, day)
            after = self.account()
            assert (result.streak, result.make_up_cards) == (after.streak(max(after.signed_in)), after.cards)
            self.keep(journal)

    @rule(basket=baskets(2), late=LATE)
    def buys(self, basket: list[Line], late: timedelta) -> None:
        self.buy(basket, late)

    def buy(self, basket: list[Line], late: timedelta) -> str:
        journal = self.opened()
        order = buy(journal, *basket, order_id=self.next_id(), placed_at=self.now - late)
        if self.earns():
            assert journal.entries[-1].detail["multiplier_bp"] == self.account().climb.rung.multiplier_bp
        self.keep(journal)
        self.count(order)
        return order.order_id

    def count(self, order: Order) -> None:
        """Keep an order that was counted, in the model too."""
        assert self.earns() or (order.points, order.growth) == (0, 0)
        self.order[order.order_id] = order
        lines = {
            of.line_id: naive.Bought(of.quantity, of.amount, of.points, of.growth, of.points_spent)
            for of in order.lines
        }
        self.model.add(self.now, Account.buy, order.order_id, order.placed_at, lines, order.redemption_id)

    @precondition(lambda self: self.order)
    @rule(data=st.data())
    def refunds_a_line(self, data: st.DataObject) -> None:
        order_id, of = self.some_line(data)
        self.refund(order_id, of.line_id, units=of.quantity - of.refunded_quantity)

    @precondition(lambda self: self.order)
    @rule(data=st.data())
    def refunds_some_units(self, data: st.DataObject) -> None:
        order_id, of = self.some_line(data)
        units = of.quantity - of.refunded_quantity
        self.refund(order_id, of.line_id, units=data.draw(st.integers(min(1, units), units)))

    @precondition(lambda self: self.order)
    @rule(data=st.data())
    def refunds_some_money(self, data: st.DataObject) -> None:
        order_id, of = self.some_line(data)
        left = of.amount - of.refunded_amount - ceil(of.amount * of.refunded_quantity / of.quantity)
        self.refund(order_id, of.line_id, amount=data.draw(st.integers(min(1, left), left)) if left > 0 else 0)

    def some_line(self, data: st.DataObject) -> tuple[str, OrderLine]:
        order_id = data.draw(st.sampled_from(sorted(self.order)))
        return order_id, data.draw(st.sampled_from(self.order[order_id].lines))

    def refund(self, order_id: str, line_id: str, units: int = 0, amount: int = 0) -> None:
        """Refund a part of a line, if anything is left of it."""
        if not units and not amount:
            return
        message = refund_message(
            quantities={line_id: units} if units else None,
            amounts={line_id: amount} if amount else None,
            order_id=order_id,
            refunded_at=self.now,
        )
        journal = self.opened()
        before = self.order[order_id]
        self.order[order_id] = purchases.refund_lines(before, message)
        used = [self.coupons[coupon_id] for coupon_id in before.coupon_ids]
        changed = purchases.refund(journal, before, self.order[order_id], message, used)
        self.coupons |= {coupon.coupon_id: coupon for coupon in changed}
        if before.status != self.order[order_id].status == "refunded":
            self.come_back(used)
        self.keep(journal)
        self.model.add(self.now, Account.refund, order_id, line_id, units=units, amount=amount)

    @rule(
        basket=baskets(2),
        late=LATE,
        wait=st.sampled_from([timedelta(0), *SHORT_WAITS, *LONG_WAITS]),
        spends=st.sampled_from(["nothing", "for now", "for good"]),
    )
    def returns_an_order(self, basket: list[Line], late: timedelta, wait: timedelta, spends: str) -> None:
        """Buy, perhaps spend all points or hold them for another order, and later bring everything back."""
        order_id = self.buy(basket, late)
        self.pass_time(wait, nightly=False)
        self.buy(basket, timedelta(0))
        if spends != "nothing" and (redemption_id := self.hold([line(quantity=100)], "max")) and spends == "for good":
            self.confirm(redemption_id, only_first=False)
        for bought in self.order[order_id].lines:
            self.refund(order_id, bought.line_id, units=bought.quantity)

    @rule(kind=st.sampled_from(["review", "survey"]), late=LATE)
    def acts(self, kind: str, late: timedelta) -> None:
        self.act(kind, late)

    @rule(late=st.lists(LATE, min_size=3, max_size=6))
    def reviews_a_lot(self, late: list[timedelta]) -> None:
        for ago in late:
            self.act("review", ago)

    def act(self, kind: str, late: timedelta) -> None:
        message = ActionDone(type="action", action_id=self.next_id(), member_id="m_1", kind=kind, at=self.now - late)
        journal = self.opened()
        action = actions.count(journal, message, "", "{}")
        self.model.add(self.now, Account.act, kind, message.at)
        if self.earns():
            assert (action.points, action.growth) == self.account().actions[-1].given
        else:
            assert (action.points, action.growth) == (0, 0)
        self.keep(journal)

    @rule(points=st.integers(-300, 300), growth=st.integers(0, 50))
    def is_adjusted(self, points: int, growth: int) -> None:
        journal = self.opened()
        try:
            operators.adjust(journal, points, growth, reason="goodwill", note="", by="o", roles=["operator"])
        except Conflict:
            assert self.member.standing == "closed" or -points > max(0, self.account().available)
            return
        assert points >= 0 or -points <= self.account().available
        self.model.add(self.now, Account.adjust, points, growth)
        self.keep(journal)

    @rule(data=st.data(), time=st.sampled_from([timedelta(days=5), timedelta(days=90), timedelta(days=500)]))
    def is_placed(self, data: st.DataObject, time: timedelta) -> None:
        tier = data.draw(st.sampled_from(self.programme.tiers.ladder[1:])).id
        journal = self.opened()
        climb = self.account().climb
        higher = climb.find(tier) > climb.spell.rung
        try:
            operators.place(journal, tier, self.now + time, reason="goodwill", note="", by="o")
        except Conflict:
            assert not higher or self.member.standing == "closed"
            return
        assert higher
        self.model.add(self.now, Account.place, tier, self.now + time)
        self.keep(journal)

    @precondition(lambda self: self.member.placement)
    @rule()
    def is_placed_no_more(self) -> None:
        journal = self.opened()
        operators.end_placement(journal, reason="goodwill", note="", by="o")
        self.model.add(self.now, Account.end_placement)
        self.keep(journal)

    def stand(self, standing: Standing) -> None:
        journal = self.opened()
        try:
            operators.change_standing(journal, standing, reason="goodwill", note="", by="o")
        except Conflict:
            assert self.member.standing == "closed"
            return
        self.model.add(self.now, Account.change_standing, standing)
        self.keep(journal)

    @precondition(lambda self: self.ids % 7 == 6)
    @rule()
    def is_frozen(self) -> None:
        self.stand("frozen")

    @precondition(lambda self: self.member.standing != "active")
    @rule()
    def is_unfrozen(self) -> None:
        self.stand("active")

    @precondition(lambda self: self.ids > 25)
    @rule()
    def is_closed(self) -> None:
        self.stand("closed")

    @rule(
        template_id=st.sampled_from(["five_off", "tenth_off"]),
        first_order=st.booleans(),
        on_refund=st.sampled_from(["never", "if_wholly_refunded", "reissue"]),
    )
    def claims(self, template_id: str, *, first_order: bool, on_refund: str) -> None:
        """Claim a coupon; those of the two templates apply together."""
        journal = self.opened()
        terms = {"first_order": first_order, "on_refund": on_refund, "group": template_id, "threshold": 0}
        try:
            template = next(one for one in journal.programme.coupons if one.id == template_id).model_copy(update=terms)
            coupon = coupons.claim(journal, template, len(self.coupons).to_bytes(coupons.CODE_BYTES))
        except Forbidden:
            assert not self.earns()
            return
        except Conflict:
            assert self.claimed[template_id] == COUPONS_A_MEMBER[template_id]
            return
        self.claimed[template_id] += 1
        self.coupons[coupon.coupon_id] = coupon
        self.becomes[coupon.coupon_id] = "free", None
        self.keep(journal)

    @rule(target=redemptions, basket=baskets(2), points=st.integers(0, 300) | st.just("max"))
    def holds(self, basket: list[Line], points: int | Literal["max"]) -> str | MultipleResults[str]:
        return self.hold(basket, points) or multiple()

    @rule(basket=baskets(2))
    def pays_with_points(self, basket: list[Line]) -> None:
        if redemption_id := self.hold(basket, "max"):
            self.arrive(redemption_id)

    def hold(self, basket: list[Line], points: int | Literal["max"]) -> str | None:
        journal = self.opened()
        account = self.account()
        too_many = len(account.holds) == checkout.MAX_OPEN_HOLDS
        request = checkout_request(*basket, order_id=self.next_id(), coupons="best", points=points)
        try:
            redemption, _, held = checkout.hold(
                journal, request, self.coupons, by_shop=False, request_hash="", ticket="", earlier=None
            )
        except Forbidden:
            assert not self.earns()
            return None
        except Conflict:
            assert too_many or (points != "max" and points > account.available)
            return None
        assert self.earns()
        assert not too_many
        if any(coupon.template.first_order for coupon in held):
            assert not self.had_first_order()
        self.coupons |= {coupon.coupon_id: coupon for coupon in held}
        self.become("held", redemption)
        self.redemption[redemption.redemption_id] = redemption
        self.basket[redemption.redemption_id] = basket
        self.model.add(self.now, Account.hold, redemption.redemption_id, redemption.points, redemption.expires_at)
        self.keep(journal)
        return redemption.redemption_id

    @rule(redemption_id=redemptions)
    def confirms(self, redemption_id: str) -> None:
        self.confirm(redemption_id, only_first=False)

    @rule(redemption_id=redemptions)
    def confirms_the_first_line(self, redemption_id: str) -> None:
        self.confirm(redemption_id, only_first=True)

    def confirm(self, redemption_id: str, *, only_first: bool) -> None:
        redemption = self.redemption[redemption_id]
        if redemption.status == "confirmed":
            return
        journal = self.opened()
        named = [redemption.lines[0].line_id] if only_first else None
        try:
            confirmed, used = redemptions.confirm(journal, redemption, self.coupons_of(redemption), named)
        except Conflict:
            assert redemption_id not in self.account().holds
            return
        spent = redemption.lines[0].points if only_first else redemption.points
        self.model.add(self.now, Account.confirm, redemption_id, spent)
        self.become("used", redemption)
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
        self.model.add(self.now, Account.release, redemption_id)
        self.become("free", redemption)
        self.coupons |= {coupon.coupon_id: coupon for coupon in back}
        self.redemption[redemption_id] = released
        self.keep(journal)

    @rule(redemption_id=consumes(redemptions))
    def arrives(self, redemption_id: str) -> None:
        self.arrive(redemption_id)

    def arrive(self, redemption_id: str) -> None:
        redemption = self.redemption[redemption_id]
        its_coupons = self.coupons_of(redemption)
        journal = self.opened()
        message = order_message(
            *self.basket[redemption_id], order_id=redemption.order_id, placed_at=self.now, redemption_id=redemption_id
        )
        arrival = redemptions.on_arrival(journal, redemption, its_coupons, message)
        order = purchases.complete(journal, message, "", arrival.redeemed, arrival.reports)
        if arrival.redemption:
            self.become("used", redemption)
        self.coupons |= {coupon.coupon_id: coupon for coupon in arrival.coupons}
        account = self.account()
        if redemption.status != "confirmed" and redemption_id not in account.holds:
            there = all(coupon.status(self.now) == "active" for coupon in its_coupons)
            lost = redemption.points > max(0, account.available) or not there or not self.earns()
            lost |= self.had_first_order() and any(coupon.template.first_order for coupon in its_coupons)
            assert ("redemption_lost" in order.reports) == lost
            if not lost:
                self.model.add(self.now, Account.take_anew, redemption_id, redemption.points)
        self.keep(journal)
        self.count(order)

    def become(self, what: str, redemption: Redemption) -> None:
        """Note what should become of the coupons of a redemption."""
        self.becomes |= dict.fromkeys(redemption.coupon_ids, (what, redemption.redemption_id))

    def come_back(self, used: list[Coupon]) -> None:
        """Note what should become of coupons whose order is wholly refunded."""
        for coupon in used:
            if coupon.template.on_refund == "if_wholly_refunded":
                self.becomes[coupon.coupon_id] = "free", None
            elif coupon.template.on_refund == "reissue":
                self.becomes[coupon.coupon_id] = "replaced", None
                (new,) = self.coupons.keys() - self.becomes.keys()
                self.becomes[new] = "free", None
                assert self.coupons[new].valid_until == coupon.template.validity(self.now)[1]

    def had_first_order(self) -> bool:
        """Whether an order counts, or one is at checkout or on its way with a coupon for a first order."""
        if any(order.counts and order.status != "refunded" for order in self.order.values()):
            return True
        arrived = {order.redemption_id for order in self.order.values()}
        return any(
            redemption_id not in arrived
            and (redemption.status == "confirmed" or redemption_id in self.account().holds)
            and any(coupon.template.first_order for coupon in self.coupons_of(redemption))
            for redemption_id, redemption in self.redemption.items()
        )

    def coupons_of(self, redemption: Redemption) -> list[Coupon]:
        return [self.coupons[coupon_id] for coupon_id in redemption.coupon_ids]

    @invariant()
    def the_balance_is_the_sum_of_the_entries_and_of_the_lots(self) -> None:
        assert self.member.points == sum(entry.points for entry in self.ledger)
        assert self.member.points == sum(self.member.lots.values())
        assert self.member.points == self.ledger[-1].points_balance

    @invariant()
    def each_coupon_is_what_became_of_it(self) -> None:
        holds = self.account().holds
        for coupon_id, coupon in self.coupons.items():
            what, redemption_id = self.becomes[coupon_id]
            in_hand = "expired" if coupon.valid_until <= self.now else "active"
            if what == "held" and redemption_id not in holds:
                what = "free"  # it has lapsed
            should_be = {"free": in_hand, "held": "held", "used": "redeemed", "replaced": "returned"}[what]
            assert coupon.status(self.now) == should_be

    @invariant()
    def the_balance_is_negative_only_as_a_debt(self) -> None:
        if self.programme.points.refund == "floor":
            assert min(entry.points_balance for entry in self.ledger) >= 0
            assert min(self.member.lots.values(), default=0) >= 0

    @invariant()
    def the_ledger_has_no_gap_and_its_chain_holds(self) -> None:
        assert [entry.sequence for entry in self.ledger] == list(range(1, len(self.ledger) + 1))
        assert [entry.previous_hash for entry in self.ledger[1:]] == [entry.hash for entry in self.ledger[:-1]]
        assert self.member.chain == self.ledger[-1].hash
        assert [entry.recorded_at for entry in self.ledger] == sorted(entry.recorded_at for entry in self.ledger)

    @invariant()
    def verification_finds_nothing_and_history_tells_the_same(self) -> None:
        assert verify(self.member, [(entry, entry.hash) for entry in self.ledger], self.programme) is None
        assert rebuild(self.member, self.ledger, self.programme).lots == self.member.lots

    @invariant()
    def the_card_shows_what_the_model_says(self) -> None:
        seen, account = card(self.member, self.programme, self.now, NO_BIRTHDAY), self.account()
        assert (seen.available, seen.pending) == (account.available, account.pending)
        expiring: dict[datetime, int] = {}
        for instant, points in seen.expiring:
            expiring[instant] = expiring.get(instant, 0) + points
        assert expiring == account.expiring
        assert seen.outlook.growth == account.worth
        assert seen.member.standing == account.standing
        assert (seen.streak, seen.signed_in_today) == (account.streak_now(), not account.is_new_day())
        assert seen.member.make_up_cards == account.cards
        assert {hold.redemption_id: (hold.points, hold.owed) for hold in seen.member.holds} == {
            redemption_id: (hold.points, hold.owed) for redemption_id, hold in account.holds.items()
        }

    @invariant()
    def the_tier_is_what_the_model_says(self) -> None:
        seen, climb = card(self.member, self.programme, self.now, NO_BIRTHDAY).outlook, self.account().climb
        assert (seen.tier.id, seen.since, seen.until, seen.grace) == climb.shown
        ahead = seen.next_tier
        assert (ahead and (ahead.tier.id, haves(ahead.progress), missing(ahead.progress))) == climb.ahead(self.now)
        assert (seen.keeping and seen.keeping.progress and haves(seen.keeping.progress)) == climb.keeping(self.now)

    @invariant()
    def the_history_of_the_tier_is_what_the_model_says(self) -> None:
        entries = [*self.ledger, *self.opened().entries]
        assert [told for entry in entries for told in tier_told(entry)] == self.account().climb.told

    @invariant()
    def the_card_of_the_past_is_what_it_was(self) -> None:
        for instant, then in list(self.seen.items())[-2:]:
            if instant < self.now:
                known = [entry for entry in self.ledger if entry.recorded_at <= instant]
                now = card(rebuild(self.member, known, self.programme), self.programme, instant, NO_BIRTHDAY)
                assert replace(now, member=then.member) == then
                assert (now.member.tier, now.member.standing) == (then.member.tier, then.member.standing)
                assert now.member.lots == then.member.lots

    @invariant()
    def no_tier_is_lower_than_what_is_earned(self) -> None:
        member = self.opened().member
        frozen = member.standing != "active"
        assert frozen or tiers.held_rank(member, self.programme) >= tiers.earned(member, self.programme, self.now)


Life.TestCase.settings = settings(max_examples=50, stateful_step_count=25)
TestAMembersLife = Life.TestCase
