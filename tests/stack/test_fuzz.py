"""Requests made of the published document, sent to the running stack: what the gateway makes of them is in it, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fuzz.doors import OverHttp
from tests.fuzz.run import fuzz

if TYPE_CHECKING:
    from local.stack import Stack

REQUESTS = 200


def test_every_answer_over_http_is_one_that_clients_were_told_of(stack: Stack) -> None:
    outcome = fuzz(OverHttp(stack), REQUESTS, seed=3)
    assert outcome.mistakes == {}
    assert outcome.requests >= REQUESTS
