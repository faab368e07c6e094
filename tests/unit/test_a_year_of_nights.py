"""The result of a year of nights, whichever of them ran, equals a full recomputation for every member."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Literal, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from tessera import actions, operators, sign_ins
from tessera.benefits import NO_BIRTHDAY
from tessera.card import card
from tessera.enrolment import enrol
from tessera.instants import local_day, midnight
from tessera.journal import Entry, Journal
from tessera.member import Member
from tessera.messages import ActionDone
from tessera.programme.model import Programme
from tessera.refusals import Conflict
from tessera.settlement import due_at, settle
from tessera.verification import verify
from tests.factories import buy, line, refund, refund_message
from tests.unit import naive, naive_tiers
from tests.unit.figures import figures, tier_told
from tests.unit.naive import Account
from tests.unit.strategies import programmes

if TYPE_CHECKING:
    from tessera.purchases import Order

BEGIN = datetime(2027, 11, 20, 5, tzinfo=UTC)
NIGHTS = 480
"""Over two ends of a year, and a 29 February."""
END = BEGIN + timedelta(days=NIGHTS, hours=4)
"""After the last night, wherever its midnight is and however late it runs."""
MEMBERS = 20
ZONE = "Europe/London"

What = Literal["sign_in", "buy", "refund", "act", "adjust", "place", "end_placement"]


@dataclass(frozen=True)
class Deed:
    """What happens to a member: of so much money, of an order or towards a tier of this number, told so much later."""

    at: datetime
    what: What
    amount: int
    number: int
    late: timedelta


@dataclass(frozen=True)
class History:
    """What happens to one member, in its order."""

    enrolled: datetime
    deeds: list[Deed]


def history(random: Random) -> History:
    """Draw what happens to one member, who is busy in some seasons, and idle between them."""
    enrolled = BEGIN + timedelta(minutes=random.randrange(60 * 24 * 120))
    seasons = [random.randrange(NIGHTS) for _ in range(3)]
    drawn = (deed(random, enrolled, seasons) for _ in range(random.choice([0, 5, 15, 30])))
    return History(enrolled, sorted(drawn, key=lambda deed: deed.at))


def deed(random: Random, enrolled: datetime, seasons: list[int]) -> Deed:
    """Draw what happens once."""
    at = BEGIN + timedelta(days=random.choice(seasons), minutes=random.randrange(60 * 24 * 40))
    return Deed(
        at=min(max(at, enrolled), END),
        what=random.choice(["sign_in", "buy", "buy", "refund", "act", "adjust", "place", "end_placement"]),
        amount=random.choice([2_000, 6_000, 15_000, 50_000]),
        number=random.randrange(12),
        late=timedelta(hours=random.choice([0, 0, 1, 50, 24 * 40, 24 * 70])),
    )


class Life:
    """One member's life in the product, and what the naive model has to know of it."""

    def __init__(self, programme: Programme, enrolled: datetime) -> None:
        journal = enrol("m_1", ZONE, programme, enrolled)
        self.programme = programme
        self.member: Member = journal.member
        self.due = due_at(self.member, programme)
        self.entries: list[Entry] = journal.entries
        self.orders: list[Order] = []
        self.deeds = 0
        """How many of its history were done."""
        self.model = naive.History(figures(programme, ZONE))
        self.model.add(enrolled, Account.enrol)

    def opened(self, now: datetime) -> Journal:
        return settle(self.member, self.programme, now)

    def keep(self, journal: Journal) -> None:
        self.entries += journal.entries
        self.member = journal.member
        self.due = due_at(self.member, self.programme)

    def is_due(self, now: datetime) -> bool:
        return self.due is not None and self.due <= now

    def is_looked_at(self, now: datetime) -> None:
        """Have the nightly work done, of which there is some only for who is due."""
        journal = self.opened(now)
        assert bool(journal.entries) == self.is_due(now)
        self.keep(journal)

    def goes_on_until(self, now: datetime, history: History) -> None:
        while self.deeds < len(history.deeds) and history.deeds[self.deeds].at <= now:
            self.does(history.deeds[self.deeds])
            self.deeds += 1

    def does(self, deed: Deed) -> None:
        journal = self.opened(deed.at)
        match deed.what:
            case "sign_in":
                sign_ins.sign_in(journal)
                self.model.add(deed.at, Account.sign_in)
            case "buy":
                self.buys(journal, deed)
            case "refund":
                self.brings_back(journal, deed)
            case "act":
                message = ActionDone(
                    type="action", action_id="A", member_id="m_1", kind="survey", at=deed.at - deed.late
                )
                actions.count(journal, message, "", "{}")
                self.model.add(deed.at, Account.act, "survey", message.at)
            case "adjust":
                by_hand = {"reason": "goodwill", "note": "", "by": "o"}
                operators.adjust(journal, 0, deed.number, **by_hand, roles=["operator"])
                self.model.add(deed.at, Account.adjust, 0, deed.number)
            case "place":
                self.is_placed(journal, deed)
            case "end_placement":
                operators.end_placement(journal, reason="goodwill", note="", by="o")
                self.model.add(deed.at, Account.end_placement)
        self.keep(journal)

    def buys(self, journal: Journal, deed: Deed) -> None:
        bought = line(unit_price=deed.amount // 2, quantity=2)
        placed_at = deed.at - deed.late
        order = buy(journal, bought, order_id=f"O{len(self.orders)}", placed_at=placed_at)
        self.orders.append(order)
        (of,) = order.lines
        lines = {of.line_id: naive.Bought(of.quantity, of.amount, of.points, of.growth, 0)}
        self.model.add(deed.at, Account.buy, order.order_id, placed_at, lines)

    def brings_back(self, journal: Journal, deed: Deed) -> None:
        if not self.orders:
            return
        number = max(0, len(self.orders) - 1 - deed.number % 3)
        order = self.orders[number]
        units = min(1 + deed.number % 2, order.lines[0].quantity - order.lines[0].refunded_quantity)
        if units:
            message = refund_message({"1": units}, order_id=order.order_id, refunded_at=deed.at)
            self.orders[number] = refund(journal, order, message)
            self.model.add(deed.at, Account.refund, order.order_id, "1", units=units)

    def is_placed(self, journal: Journal, deed: Deed) -> None:
        ladder = journal.ladder.ladder
        tier, until = ladder[deed.number % len(ladder)].id, deed.at + timedelta(days=10 * (1 + deed.number))
        try:
            operators.place(journal, tier, until, reason="goodwill", note="", by="o")
        except Conflict:
            return
        self.model.add(deed.at, Account.place, tier, until)


Policy = Literal["no nights", "every night", "nights with outages", "nights twice, in any order"]


def lived(programme: Programme, histories: list[History], policy: Policy, random: Random) -> list[Life]:
    """Live all lives to the end, with nights of some policy."""
    lives = [Life(programme, history.enrolled) for history in histories]
    outages = [random.randrange(NIGHTS) for _ in range(8)]
    for night in range(NIGHTS + 1):
        begins = midnight(local_day(BEGIN, programme.zone) + timedelta(days=night), programme.zone)
        now = begins + timedelta(minutes=random.choice([0, 5, 200]))
        for life, history in zip(lives, histories, strict=True):
            life.goes_on_until(now, history)
        is_down = policy == "no nights" or (
            policy == "nights with outages" and any(0 <= night - first < 30 for first in outages)
        )
        works_on = [] if is_down else [life for life in lives if life.is_due(now)]
        if policy == "nights twice, in any order":
            works_on = random.sample(works_on, len(works_on)) * 2
        for life in works_on:
            life.is_looked_at(now)
    for life, history in zip(lives, histories, strict=True):
        life.goes_on_until(END, history)
        life.keep(life.opened(END))
    return lives


def lasting(life: Life) -> Member:
    """Leave out what depends on when time's work was booked: how many entries it took, and when."""
    return replace(life.member, chain=b"", sequence=0, tier_entries=(), booked_at=END)


def told(life: Life) -> list[naive_tiers.Told]:
    """Answer the history of the tier that is earned."""
    return [of_tier for entry in life.entries for of_tier in tier_told(entry)]


@given(programmes(), st.integers(0, 2**32))
@settings(max_examples=20)
def test_whichever_nights_ran_everybody_has_what_a_full_recomputation_comes_to(programme: Programme, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - a life to be tried, no secret
    histories = [history(random) for _ in range(MEMBERS)]
    never = lived(programme, histories, "no nights", random)
    for policy in get_args(Policy)[1:]:
        for other, life in zip(lived(programme, histories, policy, random), never, strict=True):
            assert lasting(other) == lasting(life)
            assert told(other) == told(life)
            assert verify(other.member, [(entry, entry.hash) for entry in other.entries], programme) is None
    for life in never:
        account, seen = life.model.account(END), card(life.member, programme, END, NO_BIRTHDAY)
        assert told(life) == account.climb.told
        outlook = seen.outlook
        assert (outlook.tier.id, outlook.since, outlook.until, outlook.grace) == account.climb.shown
        assert (seen.available, seen.pending, outlook.growth) == (account.available, account.pending, account.worth)
        expiring: dict[datetime, int] = {}
        for instant, points in seen.expiring:
            expiring[instant] = expiring.get(instant, 0) + points
        assert expiring == account.expiring
