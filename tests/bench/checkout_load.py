"""How many checkouts the local stack takes over HTTP, and how long each step waits."""

from __future__ import annotations

import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Any

from tessera.instants import write_instant
from tests.bench.checkout_steps import LIMITED, STEPS, UNLIMITED, order, wanted
from tests.stack import processes
from tests.stack.client import Api
from tests.stack.shop import counted, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from local.stack import Stack
    from tests.stack.client import Answer

REQUESTS = {"whole": len(STEPS)}
"""How many requests a step takes that is more than one."""


@dataclass(frozen=True)
class Load:
    """How a step went that so many clients took at a time, one after the other. Seconds, throughout."""

    template_id: str
    step: str
    clients: int
    seconds: float
    each: Sequence[float]

    @property
    def requests_per_second(self) -> float:
        """Answer how many requests were answered a second."""
        return len(self.each) * REQUESTS.get(self.step, 1) / self.seconds

    @property
    def p50(self) -> float:
        """Answer what half of them took at most."""
        return quantiles(self.each, n=100)[49]

    @property
    def p95(self) -> float:
        """Answer what all but one in twenty took at most."""
        return quantiles(self.each, n=100)[94]


class Visit:
    """A member who has just enrolled, and what they do in an app, as does the shop, until the order is sent."""

    def __init__(self, stack: Stack, shop: Api, template_id: str) -> None:
        self._name = f"bench-{uuid.uuid4().hex[:12]}"
        self._shop = shop
        self._template_id = template_id
        self._app = Api(stack.api_url, stack.token(self._name, "tessera/member"))
        self._member_id = _expect(201, self._app.post("/members", {}))["member_id"]
        self._coupon = ""
        self._held: Any = None

    def take(self, step: str) -> None:
        """Take a step, or all of them; `nothing` is a request that touches nothing.

        Raises:
            RuntimeError: it was refused.
        """
        match step:
            case "nothing":
                _expect(200, self._app.get("/health"))
            case "claim":
                body = {"template_id": self._template_id}
                claimed = self._app.post("/members/me/coupons", body, idempotency_key=self._name)
                self._coupon = _expect(201, claimed)["code"]
            case "quote":
                _expect(200, self._app.post("/members/me/quotes", wanted(self._coupon)))
            case "hold":
                body = {"order_id": self._name} | wanted(self._coupon)
                self._held = _expect(201, self._app.post("/members/me/redemptions", body))
            case "confirm":
                path = f"/members/me/redemptions/{self._held['redemption_id']}/confirm"
                _expect(200, self._app.post(path))
            case "order":
                at = write_instant(datetime.now(UTC).replace(microsecond=0))
                redemption_id, quote = self._held["redemption_id"], self._held["quote"]
                message = order(self._name, self._member_id, redemption_id, quote, at)
                _expect(202, self._shop.post("/purchases", message))
            case "whole":
                for each in STEPS:
                    self.take(each)

    def insist_on_the_order(self) -> None:
        """Wait until the order is counted, with what was held for it."""
        purchase = eventually(lambda: self._shop.get(f"/purchases/{self._name}"), counted).json()
        assert purchase["reports"] == [], purchase


def measure(visits: int, clients: Sequence[int]) -> Iterator[Load]:
    """Take each step so many times, then whole checkouts, of members who have just enrolled.

    Args:
        visits: how many of each.
        clients: how many are taken at a time.

    Raises:
        RuntimeError: the product refused something.
    """
    with _running() as stack:
        operator = Api(stack.api_url, stack.token("bench", "tessera/operator"))
        shop = Api(stack.api_url, stack.token("till", "tessera/shop"))
        for template in (UNLIMITED, LIMITED):
            _expect(201, operator.post("/coupon-templates", template))
            for at_once in clients:
                yield from _measure(stack, shop, template["id"], visits, at_once)


def _measure(stack: Stack, shop: Api, template_id: str, visits: int, clients: int) -> Iterator[Load]:
    def enrol(number: int) -> list[Visit]:
        with ThreadPoolExecutor(clients) as pool:
            return list(pool.map(lambda _: Visit(stack, shop, template_id), range(number)))

    starting = enrol(2 * clients)
    for step in ("nothing", "whole"):  # the functions have to start
        _take(starting, template_id, step, clients)
    by_step, at_a_stretch = enrol(visits), enrol(visits)
    for step in ("nothing", *STEPS):
        yield _take(by_step, template_id, step, clients)
    _insist_on_orders(by_step)
    yield _take(at_a_stretch, template_id, "whole", clients)
    _insist_on_orders(at_a_stretch)


def _insist_on_orders(visits: Sequence[Visit]) -> None:
    for visit in visits:
        visit.insist_on_the_order()


def _take(visits: Sequence[Visit], template_id: str, step: str, clients: int) -> Load:
    def timed(visit: Visit) -> float:
        began = time.perf_counter()
        visit.take(step)
        return time.perf_counter() - began

    with ThreadPoolExecutor(clients) as pool:
        began = time.perf_counter()
        each = list(pool.map(timed, visits))
        return Load(template_id, step, clients, time.perf_counter() - began, each)


@contextmanager
def _running() -> Iterator[Stack]:
    with tempfile.TemporaryDirectory() as directory, processes.running(Path(directory)) as stack:
        yield stack


def _expect(status: int, answer: Answer) -> Any:
    if answer.status != status:
        message = f"the answer is {answer.status}, should be {status}: {answer.body!r}"
        raise RuntimeError(message)
    return answer.json() if answer.body else None
