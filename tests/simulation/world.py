"""A world in which the product runs: its people and shops, its clock, its queues, its store, and the weather.

Everything that happens is drawn from one seed, in one thread, so a seed is a history. An *operation* is one request,
or one message that is delivered to a function.
"""

from __future__ import annotations

import json
import random
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from tessera.identities import Identity
from tessera.refusals import Refusal
from tests import resources
from tests.app import ISSUER
from tests.simulation import functions
from tests.simulation.audit import Audit
from tests.simulation.faults import CrashError, Weather
from tests.simulation.functions import OPERATOR, SHOP, Caller
from tests.simulation.history import Content, History
from tests.simulation.store import Queues, Store
from tests.simulation.violations import ViolationError, insist

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
PURCHASES, SETTLEMENTS, ALLOWANCES = "PurchasesQueue", "SettlementsQueue", "AllowancesQueue"
DEAD_LETTERS = {
    PURCHASES: "PurchasesDeadLetters",
    SETTLEMENTS: "SettlementsDeadLetters",
    ALLOWANCES: "AllowancesDeadLetters",
}
FAULT_RATE = 0.07
REACH = 40
"""How far back in a queue a message may stand and still be the next: what reordering means here."""

_UNCLEAR = {409, 503}


@dataclass(slots=True)
class Message:
    """A message on a queue."""

    message_id: str
    body: str
    sent: int
    """Milliseconds."""
    due: int
    """When it can be received."""
    received: int = 0
    first: int = 0
    """When it was received first."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was put away, with a reason if a function did it."""

    queue: str
    message: Message
    reason: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client got."""

    status: int
    text: str
    millis: int
    """When the gateway took the request."""
    quiet: bool
    """Whether nothing was committed between the request and the answer."""
    alone: bool
    """Whether nobody else acted meanwhile."""

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.text)


@dataclass(frozen=True, slots=True)
class Request:
    """A request that can be sent again, and what its answer must be true to."""

    route: str
    ids: Mapping[str, str]
    caller: Caller
    check: Callable[[World, Answer], None]
    body: str | None = None
    key: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Person:
    """Somebody who shops: with an app of their own, or known to the shop by a customer number."""

    name: str
    customer: bool
    coupons: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    """Idempotency keys under which something was granted."""
    adjusted: list[str] = field(default_factory=list)
    """Idempotency keys under which an operator adjusted them."""
    placed: list[str] = field(default_factory=list)
    """Idempotency keys under which an operator placed them, or ended that."""
    seen: list[tuple[str, int, Content]] = field(default_factory=list)
    """Cards as they were shown: as of when, after how many entries, and what was on them."""
    baskets: dict[str, tuple[str, list[Content]]] = field(default_factory=dict)
    """By redemption: the order that it is for, and its lines."""
    wants: str = ""
    """The coupon template that they have claimed last."""
    uses: list[tuple[str, str]] = field(default_factory=list)
    """Benefits that a shop has wanted to use for them, and the ids of these uses."""

    @cached_property
    def member_id(self) -> str:
        """The id of the member that they are, or would be."""
        return Identity("shop" if self.customer else ISSUER, self.name).member_id

    @property
    def caller(self) -> Caller:
        """Who speaks for them where a member may."""
        return OPERATOR if self.customer else functions.member(self.name)

    @property
    def at_checkout(self) -> Caller:
        """Who speaks for them where a shop may."""
        return SHOP if self.customer else functions.member(self.name)

    @property
    def path(self) -> dict[str, str]:
        """How a path names them."""
        return {"member_id": self.member_id if self.customer else "me"}


class World:
    """One seed's world. `plan` gives the operations: what somebody may do, by weight."""

    def __init__(self, seed: int, plan: Plan) -> None:
        """Begin with empty tables and queues."""
        self.seed = seed
        self.random = random.Random(seed)  # noqa: S311 - a seed must give the same world again
        self.plan = plan
        self.millis = int(START.timestamp() * 1000)
        self.history = History()
        self.audit = Audit(self.history, lambda: self.millis // 1000)
        self.weather = Weather(self.random, FAULT_RATE, plan.company_rate, self._meanwhile)
        self.store = Store(watch=self._commit, behind=self._behind)
        self.dynamodb = self.weather.on(self.store)
        self.sqs = self.weather.on(Queues(self._sent))
        self.queues: dict[str, list[Message]] = {PURCHASES: [], SETTLEMENTS: [], ALLOWANCES: []}
        self.dead: list[DeadLetter] = []
        self.dead_bodies: set[str] = set()
        self.later: list[Content] = []
        """Orders that are yet to come."""
        self.accepted: list[Content] = []
        """Messages of which the shop was told that they are taken."""
        self.promised: dict[str, str] = {}
        """Bodies that a repeat must answer byte for byte."""
        self.done: set[str] = set()
        """What can be done, and answered so, once only."""
        self.recent: deque[Request] = deque(maxlen=20)
        self.people = [Person(f"person {seed}-{n}", customer=n % 3 == 2) for n in range(plan.people)]
        self.person = self.people[0]
        self.pace = self.random.choice((1, 1, 4, 12))
        self.operations = 0
        self.step = 0
        self.trace: deque[tuple[Any, ...]] = deque(maxlen=80)
        self._depth = 0
        self._current: Callable[[], None] | None = None
        self._names = 0

    # ---- the course of things ------------------------------------------------------------------------------------

    def run(self, operations: int) -> None:
        """Let things happen until so many operations are over, then let everything come to rest, and check it all."""
        while self.operations < operations:
            self.step += 1
            self.plan.wait(self)
            self.person = self.random.choice(self.people)
            self.plan.acts.draw(self.random)(self, self.person)
        self.come_to_rest()

    def come_to_rest(self) -> None:
        """Let the weather calm down, work off all that waits, and give up on what waited for too long."""
        self.weather.rate = self.weather.company = 0.0
        for days in (0, 31, 1):
            self.millis += days * 86_400_000
            self.plan.night(self)
            self.work_off()
            if days == 0:
                self._redrive()
                self.work_off()
        self.plan.at_rest(self)
        self.audit.close(self.store)
        self.plan.at_the_end(self)

    def work_off(self) -> None:
        """Deliver all that waits and can be received."""
        for queue in self.queues:
            while self._receivable(queue):
                self.deliver(queue, 10)

    def _receivable(self, queue: str) -> list[Message]:
        return [message for message in self.queues[queue] if message.due <= self.millis]

    def _redrive(self) -> None:
        """Send back what went to the dead letters only because it was tried too often."""
        for letter in [letter for letter in self.dead if letter.reason is None]:
            letter.message.received = 0
            self.queues[letter.queue].append(letter.message)
        self.dead = [letter for letter in self.dead if letter.reason is not None]

    def pass_time(self) -> None:
        """Let time pass: mostly little, so that holds lapse between steps, now and then weeks, so that terms end."""
        drawn = self.random.random()
        if drawn < 0.6:
            self.millis += self.random.randrange(60_000)
        elif drawn < 0.95:
            self.millis += self.random.randrange(self.pace * 1_500_000)
        elif drawn < 0.995:
            self.millis += self.random.randrange(self.pace * 20_000_000)
        else:
            self.millis += self.random.randrange(self.pace * 1_500_000_000)

    def _meanwhile(self) -> None:
        """Let somebody else act on the same member, or send the very same thing, while a function waits for AWS."""
        if self._depth >= functions.PROCESSES or self._depth == 0:
            return
        self.trace.append(("meanwhile",))
        again, person = self._current, self.person
        if again is not None and self.random.random() < 0.3:
            again()
        else:
            self.plan.company.draw(self.random)(self, person)
        self.person = person
        self._current = again
        self.trace.append(("and then",))

    # ---- clients of the API --------------------------------------------------------------------------------------

    def ask(self, request: Request) -> Answer | None:
        """Send a request as a client does: again, mostly, while it is not clear what became of it.

        Returns:
            the answer, or None if it never came.
        """
        answer = self._ask_once(request)
        tries = 1
        while (answer is None or _unclear(answer)) and tries < 4 and self.random.random() < 0.75:
            answer = self._ask_once(request)
            tries += 1
        if self._depth == 0:
            self.recent.append(request)
        return None if answer is None or _unclear(answer) else answer

    def _ask_once(self, request: Request) -> Answer | None:
        self.operations += 1
        millis, commits = self.now(), self.audit.commits
        function, event = functions.request(
            request.route,
            request.ids,
            request.caller,
            request.body,
            {"idempotency-key": request.key} if request.key else {},
            request.query,
            millis,
        )
        self.trace.append((request.route, request.ids, request.caller.subject, request.body, request.key))
        self._current = lambda: self._again(request)
        met, company = self.weather.faults, self.weather.met["company"]
        raw = self._invoke(function, event)
        if raw is None:
            return None
        alone = self.weather.met["company"] == company
        answer = Answer(raw["statusCode"], raw["body"], millis, commits == self.audit.commits, alone)
        self.trace.append((answer.status, answer.text[:300]))
        insist(answer.status != 500, "no function fails", answer.text)
        if request.route.startswith("GET ") and alone:
            insist(answer.quiet, "looking changes nothing", request.route)
        if _unclear(answer):
            insist(self.weather.faults > met, "busy only when it is", answer.text)
        else:
            request.check(self, answer)
        return answer

    def _again(self, request: Request) -> None:
        self._ask_once(request)

    def promise(self, name: str, text: str) -> None:
        """Insist that whatever is answered under a name is the same, byte for byte, each time."""
        insist(self.promised.setdefault(name, text) == text, "a repeat gets the same answer", name, text)

    def once(self, name: str) -> None:
        """Insist that something is answered once only."""
        insist(name not in self.done, "new only once", name)
        self.done.add(name)

    # ---- queues --------------------------------------------------------------------------------------------------

    def put_on(self, queue: str, body: str) -> None:
        """Put a message on a queue."""
        self._sent(queue, body, {}, 0)

    def deliver(self, queue: str, at_most: int) -> None:
        """Deliver messages that wait to their function: not always the oldest first, now and then one twice."""
        waiting = self._receivable(queue)
        size = min(at_most, len(waiting))
        batch = [waiting.pop(self.random.randrange(min(len(waiting), REACH))) for _ in range(size)]
        for message in batch:
            self.queues[queue].remove(message)
        self.deliver_batch(queue, batch)

    def deliver_batch(self, queue: str, batch: list[Message]) -> None:
        """Deliver these messages in one event; those that fail, and some others, come again."""
        if not batch:
            return
        self.operations += len(batch)
        mapping = resources.queue_mappings()[queue]
        for message in batch:
            message.received += 1
            message.first = message.first or max(message.due, self.now())
        event = functions.batch([(part.message_id, part.body, part.sent, part.first, part.received) for part in batch])
        self.trace.append((queue, [message.body for message in batch]))
        copies = [Message(message.message_id, message.body, message.sent, message.due) for message in batch]
        self._current = lambda: self.deliver_batch(queue, [self.random.choice(copies)])
        met = self.weather.faults
        answer = self._invoke(mapping.function, event)
        if answer is None:
            failed = {message.message_id for message in batch}
        else:
            failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
            insist(not failed or self.weather.faults > met, "no function fails", failed)
            for message in batch:
                if message.message_id not in failed:
                    self.plan.taken(self, queue, message)
        self.trace.append(("failed", failed))
        waiting = self.queues[queue]
        for message in batch:
            if message.message_id in failed and message.received >= functions.max_receives(queue):
                self.dead.append(DeadLetter(queue, message, None))
            elif message.message_id in failed or (self.weather.rate and self.random.random() < 0.1):
                waiting.append(message)

    def _sent(self, queue: str, body: str, attributes: Mapping[str, str], delay: int) -> None:
        self._names += 1
        sent = self.now()
        message = Message(str(self._names), body, sent, self.millis + delay * 1000)
        if queue in self.queues:
            self.queues[queue].append(message)
        else:
            insist(queue == DEAD_LETTERS[PURCHASES] and "reason" in attributes, "dead letters say why", queue)
            self.dead.append(DeadLetter(PURCHASES, message, attributes["reason"]))
            self.dead_bodies.add(body)

    def tonight(self) -> None:
        """Let the schedule fire."""
        self.operations += 1
        time = datetime.fromtimestamp(self.millis // 1000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.trace.append(("nightly", time))
        self._current = None
        met = self.weather.faults
        try:
            self._invoke("NightlyFunction", functions.schedule(time))
        except Refusal:
            # The platform tries an event again that a function failed on; here the next night does.
            insist(self.weather.faults > met, "no function fails", "nightly")

    # ---- what the functions run on --------------------------------------------------------------------------------

    def now(self) -> int:
        """Answer what a clock says, in milliseconds: none is quite right."""
        return self.millis + self.random.randrange(-3000, 3000)

    def name(self, kind: str) -> str:
        """Answer a name that nothing has had."""
        self._names += 1
        return f"{kind}-{self._names}"

    def _invoke(self, function: str, event: dict[str, Any]) -> Any:
        """Call a function; None if its process died."""
        handler = functions.handler(function, self._depth)
        self._depth += 1
        try:
            return handler(event, None)
        except CrashError:
            self.trace.append(("crash",))
            return None
        finally:
            self._depth -= 1

    def _commit(self, changes: list[Any]) -> None:
        self.trace.append(("commit", changes))
        try:
            self.audit.commit(changes)
        except Exception as error:
            # A function would take it for a failure of its own.
            raise ViolationError("an item as the checks know it", repr(error)) from error

    def _behind(self, waiting: int) -> int:
        return self.random.randrange(waiting + 1) if waiting and self.weather.rate else 0


def _unclear(answer: Answer) -> bool:
    """Whether an answer says that the same request may succeed later."""
    return answer.status in _UNCLEAR and (answer.status == 503 or '"try_again"' in answer.text)


class Acts:
    """Things that may happen, by weight."""

    def __init__(self, *weighted: tuple[int, Callable[[World, Person], None]]) -> None:
        """Take them with their weights."""
        self._acts = [act for _, act in weighted]
        self._up_to = list(accumulate(weight for weight, _ in weighted))

    def draw(self, source: random.Random) -> Callable[[World, Person], None]:
        """Draw one."""
        return source.choices(self._acts, cum_weights=self._up_to)[0]


@dataclass(frozen=True)
class Plan:
    """What may happen, and what must be true of it: see `operations.py`."""

    acts: Acts
    company: Acts
    """What may happen while something else does."""
    taken: Callable[[World, str, Message], None]
    night: Callable[[World], None]
    at_the_end: Callable[[World], None]
    at_rest: Callable[[World], None] = lambda _world: None
    """What is still asked for when everything has come to rest, before the whole store is gone over."""
    wait: Callable[[World], None] = World.pass_time
    """How time passes from one thing to the next."""
    people: int = 5
    company_rate: float = 0.05
    """Of each call of AWS, how likely somebody else acts before it."""
