"""Asks as a well-behaved client does: what was not answered is asked again with the same key, and all is kept."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.stack.client import Answer

PATIENCE = 60
"""Seconds after which a client gives up."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds before a request is sent again, unless `Retry-After` says more: twice as many each time, and by chance up to
half of that less."""

TRY_AGAIN = 409, "try_again"
TOO_MANY = 429


@dataclass(frozen=True)
class Request:
    """A request that may be sent again.

    Attributes:
        step: what it is called in the tables.
        send: sends it; each time with the same business key, or the same `Idempotency-Key`.
        member_id: whom it changes; empty if it changes nobody.
        books: the kind of entry that it brings into the member's ledger; empty if it brings none.
        key: what the entry's source names: the id of the order.
    """

    step: str
    send: Callable[[], Answer]
    member_id: str = ""
    books: str = ""
    key: str = ""


@dataclass(frozen=True)
class Asked:
    """How a request went.

    Attributes:
        request: the request.
        seconds: from when it was due until its last answer, pauses and repeats included.
        failures: what came of each time that it had to be sent again after, or was refused.
        answer: the last answer; None if there was none.
    """

    request: Request
    seconds: float
    failures: tuple[str, ...]
    answer: Answer | None

    @property
    def acknowledged(self) -> bool:
        """Whether the client was told that it is done."""
        return self.answer is not None and self.answer.status < 300

    @property
    def in_doubt(self) -> bool:
        """Whether the client gave up, and does not know whether it is done."""
        return self.answer is None or _passes(self.answer)


def ask(request: Request, due: float | None = None) -> Asked:
    """Send a request until it is answered for good.

    Args:
        request: the request.
        due: when it should have been sent, by `time.perf_counter`; now if it is None. A client that is late because
            others were slow does not make the product look faster than it is to those who wait.
    """
    began = time.perf_counter()
    failures: list[str] = []
    while True:
        answer = _send(request)
        finished = time.perf_counter()
        again = answer is None or _passes(answer)
        if again or (answer is not None and answer.status >= 400):
            failures.append(name_of(answer))
        if not again or finished - began > PATIENCE:
            return Asked(request, finished - (began if due is None else due), tuple(failures), answer)
        time.sleep(_pause(answer, len(failures)))


def name_of(answer: Answer | None) -> str:
    """Name an answer by its status and the code of its problem; what the gateway says by itself has none."""
    if answer is None:
        return "no answer"
    return f"{answer.status} {_code(answer) or 'of the gateway'}"


def _send(request: Request) -> Answer | None:
    try:
        return request.send()
    except (OSError, HTTPException):
        return None


def _passes(answer: Answer) -> bool:
    return answer.status >= 500 or answer.status == TOO_MANY or (answer.status, _code(answer)) == TRY_AGAIN


def _code(answer: Answer) -> str:
    if answer.headers.get("content-type") != "application/problem+json":
        return ""
    return str(answer.json()["code"])


def _pause(answer: Answer | None, failures: int) -> float:
    pause = min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE)
    told = float(answer.headers.get("retry-after", 0)) if answer else 0.0
    return max(told, random.uniform(pause / 2, pause))  # noqa: S311 - no secret
