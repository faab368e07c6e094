"""`make fuzz`: a hundred thousand requests, most of them in processes of this command, the others to a stack."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

from tests.fuzz.doors import OverHttp
from tests.fuzz.run import Outcome, fuzz, in_memory, unseen
from tests.stack import processes

SHARD = 5_000
"""Requests to one population."""
PROCESSES = 2


def main() -> None:
    """Send so many requests, and print what was answered; end with status 1 if something was wrong."""
    parser = argparse.ArgumentParser(prog="make fuzz", usage="make fuzz REQUESTS=100000 HTTP=5000 SEED=1")
    parser.add_argument("--requests", type=int, required=True, help="how many there are altogether")
    parser.add_argument("--http", type=int, required=True, help="how many of them go to a stack")
    parser.add_argument("--seed", type=int, required=True, help="of the first shard; each has the next one")
    asked = parser.parse_args()
    shards = -(-(asked.requests - asked.http) // SHARD)
    seeds = range(asked.seed, asked.seed + shards)
    began = time.monotonic()
    inside = Outcome()
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        for outcome in pool.map(in_memory, repeat(SHARD), seeds):
            inside.add(outcome)
    between = time.monotonic()
    over_http = _over_http(asked.http, seeds.stop) if asked.http else Outcome()
    said = f"{inside.requests:,} requests in process in {between - began:.0f} s, "
    said += f"{over_http.requests:,} over HTTP in {time.monotonic() - between:.0f} s."
    inside.add(over_http)
    sys.stdout.write(f"{said}\n\n{inside.table()}\n")
    wrong = [f"{mistake}\n    {request}" for mistake, request in inside.mistakes.items()]
    sys.exit("\n".join(wrong + unseen(inside)) or None)


def _over_http(size: int, seed: int) -> Outcome:
    with tempfile.TemporaryDirectory() as directory, processes.running(Path(directory)) as stack:
        return fuzz(OverHttp(stack), size, seed)


if __name__ == "__main__":
    main()
