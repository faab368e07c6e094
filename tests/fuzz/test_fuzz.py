"""A thousand requests, as the published document says and otherwise: no answer is one that clients were not told of.

They go to the functions over a store in memory, in processes of their own: there, logs and metrics are switched off.
`tests/stack/test_fuzz.py` sends some to a stack, and `make fuzz` many more to both: so many that each route has to have
taken one and refused one.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import cycle
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tests.fuzz.doors import in_process
from tests.fuzz.run import fuzz, in_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fuzz.doors import Answer
    from tests.fuzz.run import Outcome

REQUESTS = 1_000


def test_every_answer_is_one_that_clients_were_told_of() -> None:
    outcome = apart(in_memory, REQUESTS, 1)
    assert outcome.mistakes == {}
    assert outcome.requests >= REQUESTS


LIES: list[tuple[dict[str, Any], str]] = [
    ({"status": 418}, "GET /nights 418"),
    ({"status": 500}, "GET /nights 500"),
    ({"headers": {"content-type": "text/html"}}, "text/html"),
    ({"status": 200, "content": b'{"items": [], "next_cursor": null, "more": 1}'}, '"more": 1'),
]


def lied_to() -> Outcome:
    """Judge answers of which some are not those of the product."""
    with in_process() as door:
        truth, lies = door.send, cycle(change for change, _ in LIES)
        to_the_population = iter([True])

        def send(key: str, *rest: Any) -> Answer:
            answer = truth(key, *rest)
            if key != "GET /nights" or next(to_the_population, False):
                return answer
            return replace(answer, **next(lies))

        with patch.object(door, "send", send):
            return fuzz(door, 400, 1)


def test_an_answer_of_another_kind_is_noticed() -> None:
    outcome = apart(lied_to)
    for _, noticed in LIES:
        assert any(noticed in mistake for mistake in outcome.mistakes), noticed


def apart(judge: Callable[..., Outcome], *arguments: int) -> Outcome:
    """Let something run in a process of its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(judge, *arguments).result()
