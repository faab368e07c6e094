"""Requests as the published document says and otherwise: no answer is one that clients were not told of.

They go to the functions over a store in memory, in a process of its own: there, logs and metrics are switched off. One
route lies about its answers, so that it shows that lies are noticed. `tests/stack/test_fuzz.py` sends some to a stack,
and `make fuzz` many more to both: so many that each route has to have taken one and refused one.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import cycle
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

from tests.fuzz.doors import in_process
from tests.fuzz.run import fuzz

if TYPE_CHECKING:
    from tests.fuzz.doors import Answer
    from tests.fuzz.run import Outcome

REQUESTS = 1_000

LIAR = "GET /nights"
LIED = f"{LIAR} "
"""What the mistakes of this route begin with, and those of no other."""
LIES: list[tuple[dict[str, Any], str]] = [
    ({"status": 418}, f"{LIAR} 418"),
    ({"status": 500}, f"{LIAR} 500"),
    ({"headers": {"content-type": "text/html"}}, "text/html"),
    ({"status": 200, "content": b'{"items": [], "next_cursor": null, "more": 1}'}, '"more": 1'),
]


def ask() -> Outcome:
    """Send the requests, and judge the answers, of which those of one route are not the product's."""
    with in_process() as door:
        truth, lies = door.send, cycle(change for change, _ in LIES)
        to_the_population = iter([True])

        def send(key: str, *rest: Any) -> Answer:
            answer = truth(key, *rest)
            if key != LIAR or next(to_the_population, False):
                return answer
            return replace(answer, **next(lies))

        with patch.object(door, "send", send):
            return fuzz(door, REQUESTS, 1)


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """What the answers were."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(ask).result()


def test_every_answer_is_one_that_clients_were_told_of(outcome: Outcome) -> None:
    assert {told: by for told, by in outcome.mistakes.items() if not told.startswith(LIED)} == {}
    assert outcome.requests >= REQUESTS


def test_an_answer_of_another_kind_is_noticed(outcome: Outcome) -> None:
    for _, noticed in LIES:
        assert any(noticed in told for told in outcome.mistakes if told.startswith(LIED)), noticed
