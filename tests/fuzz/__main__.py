"""`make fuzz`: a hundred thousand requests, most of them in processes of this command, the others to a stack."""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from math import ceil
from multiprocessing import get_context
from typing import TYPE_CHECKING

from tests.fuzz.run import Outcome, in_memory, on_a_stack, unseen

if TYPE_CHECKING:
    from collections.abc import Callable

SHARD = 2_500
"""Requests to one population."""
PROCESSES = 2
"""How many populations are asked at a time in process."""
STACKS = 4
"""The same over HTTP, each on a stack of its own: for most of a request the local gateway merely waits."""


def main() -> None:
    """Send so many requests, and print what was answered; end with status 1 if something was wrong."""
    parser = argparse.ArgumentParser(prog="make fuzz", usage="make fuzz REQUESTS=100000 HTTP=5000 SEED=1")
    parser.add_argument("--requests", type=int, required=True, help="how many there are altogether")
    parser.add_argument("--http", type=int, required=True, help="how many of them go to a stack")
    parser.add_argument("--seed", type=int, required=True, help="of the first shard; each has the next one")
    asked = parser.parse_args()
    shards = ceil((asked.requests - asked.http) / SHARD)
    began = time.monotonic()
    outcome = _judged(in_memory, range(asked.seed, asked.seed + shards), PROCESSES)
    between = time.monotonic()
    said = f"{outcome.requests:,} requests in process in {between - began:.0f} s, "
    first = asked.seed + shards
    sent = _judged(on_a_stack, range(first, first + ceil(asked.http / SHARD)), STACKS)
    said += f"{sent.requests:,} over HTTP in {time.monotonic() - between:.0f} s."
    outcome.add(sent)
    sys.stdout.write(f"{said}\n\n{outcome.table()}\n")
    wrong = [f"{mistake}\n    {request}" for mistake, request in outcome.mistakes.items()]
    sys.exit("\n".join(wrong + unseen(outcome)) or None)


def _judged(ask: Callable[[int, int], Outcome], seeds: range, at_a_time: int) -> Outcome:
    every = Outcome()
    with ProcessPoolExecutor(at_a_time, get_context("spawn")) as pool:
        for outcome in pool.map(ask, repeat(SHARD), seeds):
            every.add(outcome)
    return every


if __name__ == "__main__":
    main()
