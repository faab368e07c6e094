"""`make bench-load`: rate, waiting and errors of a mix of requests at the local stack, by the number of clients."""

from __future__ import annotations

import argparse
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from tests.load import figures
from tests.load.mix import Mix
from tests.stack import processes

if TYPE_CHECKING:
    from tests.load.asking import Asked

MEMBERS = 100
STOCK = 1_000_000


def measure(mix: Mix, clients: int, seconds: float) -> tuple[list[Asked], float]:
    """Let so many clients ask for so many seconds, each as soon as it is answered; answer what, and in how many."""
    operations = mix.operations()
    turn = [next(operations) for _ in range(clients * 400)]
    before = len(mix.asked)
    began = time.perf_counter()

    def client(number: int) -> None:
        for operation in turn[number::clients]:
            if time.perf_counter() - began > seconds:
                return
            mix.take(operation)

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(client, range(clients)))
    return mix.asked[before:], time.perf_counter() - began


def main() -> None:
    """Measure, and print two tables."""
    parser = argparse.ArgumentParser(prog="make bench-load", usage='make bench-load CLIENTS="1 16 64" SECONDS=30')
    parser.add_argument("clients", type=int, nargs="+")
    parser.add_argument("--seconds", type=float, required=True)
    arguments = parser.parse_args()
    asked: list[Asked] = []
    with tempfile.TemporaryDirectory() as directory, processes.running(Path(directory)) as stack:
        mix = Mix(stack, seed=1, stock=STOCK)
        mix.settle_in(MEMBERS, at_once=8)
        figures.head("clients")
        for clients in arguments.clients:
            measure(mix, clients, arguments.seconds / 3)  # the functions have to start
            its, seconds = measure(mix, clients, arguments.seconds)
            figures.steps(str(clients), its, seconds)
            asked += its
    figures.errors(asked)


if __name__ == "__main__":
    main()
