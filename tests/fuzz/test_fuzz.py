"""Ten thousand requests, as the published document says and otherwise: no answer is one that clients were not told of.

They go to the functions in this process, over a store in memory; `tests/stack/test_fuzz.py` sends some to a stack.
"""

import pytest

from tests.fuzz.doors import in_process
from tests.fuzz.run import fuzz, unseen

REQUESTS = 10_000
SEEDS = (1, 2)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_answer_is_one_that_clients_were_told_of(seed: int) -> None:
    with in_process() as door:
        outcome = fuzz(door, REQUESTS // len(SEEDS), seed)
    assert outcome.mistakes == {}
    assert outcome.requests >= REQUESTS // len(SEEDS)
    assert unseen(outcome) == []
