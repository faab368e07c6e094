"""What members and shops ask for, in fixed shares: the same for each level of load, and while processes are killed."""

from __future__ import annotations

import json
import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import count, cycle
from typing import TYPE_CHECKING, Any

from tessera.instants import write_instant
from tests.bench.checkout_steps import LIMITED, LINES, UNLIMITED, order, wanted
from tests.load.asking import Asked, Request, ask
from tests.stack.client import Answer, Api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.stack import Stack

SHARES = {"nothing": 1, "enrol": 1, "sign in": 3, "card": 6, "quote": 4, "redemption": 2, "purchase": 3}
"""Of twenty operations. In the order of the habits that `make cost` reckons with (cards, then sign-ins, quotes and
orders), but checkouts and orders, which conflict and write the most, have several times their share there, so that
there are enough of them. `nothing` is `GET /health`, which touches nothing: what the local gateway takes of each."""

_PAID = "confirm", "order"
FATES: tuple[tuple[str, ...], ...] = (_PAID, _PAID, _PAID, ("order",), ("release",), ())
"""What becomes of redemptions, in turn: confirmed before the order, confirmed by the order, released, left to lapse."""

POINTS = 10
"""What each redemption spends: few enough for every member to have them."""


@dataclass(frozen=True)
class Member:
    """A member, and the API as they see it."""

    member_id: str
    api: Api


class Mix:
    """Members and a shop at a stack, and what they asked for so far (`asked`).

    Args:
        stack: where.
        seed: decides the order of the operations.
        stock: how many coupons of a limited template there are; of that the first ones are claimed.
    """

    def __init__(self, stack: Stack, seed: int, stock: int) -> None:
        self.asked: list[Asked] = []
        self.members: list[Member] = []
        self.shop = Api(stack.api_url, stack.token("till", "tessera/shop"))
        self._stack = stack
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._turns = count()
        self._new: list[Member] = []
        self._fates = cycle(FATES)
        self._queued = cycle((True, False))
        run = uuid.uuid4().hex[:8]
        self.limited, self.unlimited = (
            template | {"id": f"{template['id']}_{run}", **terms}
            for template, terms in ((LIMITED, {"stock": stock}), (UNLIMITED, {}))
        )
        operator = Api(stack.api_url, stack.token("load", "tessera/operator"))
        for template in (self.limited, self.unlimited):
            created = operator.post("/coupon-templates", template)
            assert created.status == 201, created.body
        # Nobody's midnight may come: who signs in again after it has signed in twice.
        self._time_zone = _noon(datetime.now(UTC))

    def settle_in(self, members: int, at_once: int) -> None:
        """Let members enrol, so many at a time."""
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(lambda _: self.take("enrol"), range(members)))

    def operations(self) -> Iterator[str]:
        """Name what is asked for, without end: each twenty have the shares, in an order of their own."""
        deck = [operation for operation, share in SHARES.items() for _ in range(share)]
        while True:
            self._random.shuffle(deck)
            yield from deck

    def take(self, operation: str, due: float | None = None) -> None:
        """Do an operation; its first request is `due` then, by `time.perf_counter`, and each other one on an answer."""
        match operation:
            case "nothing":
                self._ask(Request("nothing", partial(self.shop.get, "/health")), due)
            case "enrol":
                self._enrol(due)
            case "sign in":
                self._sign_in(due)
            case "card":
                self._ask(Request("card", partial(self._next().api.get, "/members/me")), due)
            case "quote":
                body = {"order": wanted("")["order"], "coupons": "best", "points": "max"}
                self._ask(Request("quote", partial(self._next().api.post, "/members/me/quotes", body)), due)
            case "redemption":
                self._redeem(due)
            case "purchase":
                self._purchase(due)

    def _claim(self, member: Member, template_id: str, due: float | None = None) -> Any:
        """Claim a coupon; answer it, or None if it was refused."""
        post = partial(member.api.post, "/members/me/coupons", {"template_id": template_id})
        claimed = self._ask(Request("claim", partial(post, idempotency_key=_new_id("claim")), member.member_id), due)
        return _content(claimed)

    def sell_out(self) -> None:
        """Claim what is left of the limited stock."""
        while self._claim(self._next(), self.limited["id"]):
            pass

    def _enrol(self, due: float | None) -> None:
        api = Api(self._stack.api_url, self._stack.token(_new_id("load"), "tessera/member"))
        body = {"time_zone": self._time_zone}
        enrolled = _content(self._ask(Request("enrol", partial(api.post, "/members", body), books="welcome"), due))
        if enrolled:
            member = Member(enrolled["member_id"], api)
            self.members.append(member)
            self._new.append(member)

    def _sign_in(self, due: float | None) -> None:
        member = self._new.pop() if self._new else self._next()
        post = partial(member.api.post, "/members/me/sign-ins")
        self._ask(Request("sign in", post, member.member_id, "sign_in"), due)

    def _redeem(self, due: float | None) -> None:
        member, order_id = self._next(), _new_id("order")
        coupon = self._claim(member, self.limited["id"], due) or self._claim(member, self.unlimited["id"])
        if not coupon:
            return
        body = {"order_id": order_id} | wanted(coupon["code"]) | {"points": POINTS}
        held = _content(self._change("hold", member, order_id, "/members/me/redemptions", body))
        if not held:
            return
        path = f"/members/me/redemptions/{held['redemption_id']}"
        for step in next(self._fates):
            if step == "order":
                self._send_order(order(order_id, member.member_id, held["redemption_id"], held["quote"], _now()))
            else:
                self._change(step, member, order_id, f"{path}/{step}")

    def _purchase(self, due: float | None) -> None:
        member = self._next()
        message = {"type": "order.completed", "order_id": _new_id("order"), "member_id": member.member_id}
        self._send_order(message | {"currency": "GBP", "lines": LINES, "placed_at": _now()}, due)

    def _send_order(self, message: dict[str, Any], due: float | None = None) -> None:
        """Send an order, every other one straight to the queue."""
        about = (message["member_id"], "purchase", message["order_id"])
        if next(self._queued):
            self._ask(Request("order by queue", partial(self._queue, json.dumps(message)), *about), due)
        else:
            self._ask(Request("order", partial(self.shop.post, "/purchases", message), *about), due)

    def _queue(self, body: str) -> Answer:
        """Send a message to the purchases queue; that it was taken is as good as the API's 202."""
        self._stack.aws.sqs.send_message(QueueUrl=self._stack.outputs["PurchasesQueueUrl"], MessageBody=body)
        return Answer(202, {}, b"")

    def _change(self, step: str, member: Member, order_id: str, path: str, body: Any = None) -> Asked:
        books = {"confirm": "confirmation"}.get(step, step)
        return self._ask(Request(step, partial(member.api.post, path, body), member.member_id, books, order_id))

    def _ask(self, request: Request, due: float | None = None) -> Asked:
        asked = ask(request, due)
        self.asked.append(asked)
        return asked

    def _next(self) -> Member:
        """Answer whose turn it is."""
        return self.members[next(self._turns) % len(self.members)]


def _content(asked: Asked) -> Any:
    return asked.answer.json() if asked.answer and asked.acknowledged else None


def _new_id(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:16]}"


def _now() -> str:
    return write_instant(datetime.now(UTC).replace(microsecond=0))


def _noon(now: datetime) -> str:
    """Name a time zone in which it is about noon."""
    hours = 12 - now.hour
    return f"Etc/GMT{-hours:+}" if hours else "Etc/GMT"
