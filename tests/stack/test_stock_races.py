"""Limited stock, uses and budgets under fire, on two engines of the DynamoDB API: exact, and cheap once all is gone.

`make races` makes of five hundred claims on fifty units ten thousand on a thousand, three times on each engine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
import pytest

from local.dynoxide import Dynoxide, is_installed
from local.emulator import Emulator
from tessera.refusals import Unavailable
from tessera.store import allowances, client, stock
from tessera.store.client import StaleError
from tessera.store.read import read
from tessera.store.stock import Reservation
from tests import resources
from tests.factories import of_kind
from tests.stack.claimants import DEATH, TABLES, Attempt, claim, connect
from tests.stack.processes import free_ports
from tests.stack.shop import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SCALE = int(os.environ.get("RACE_SCALE", "1"))
STOCK, CLAIMS, THREADS = 50 * SCALE, 500 * SCALE, 64
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOW + timedelta(seconds=61)
DEAD_AT = (STOCK // 25, STOCK // 16)
"""The reservations at which two of the four processes die: well below the quarter of the stock that each may get."""


ENGINES = ["ministack", *(["dynoxide"] if is_installed() else [])]
"""Those that are there: Dynoxide is fetched with npm, which a machine may not have."""


@pytest.fixture(scope="module", params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An engine with the tables of the template."""
    (port,) = free_ports(1)
    folder = tmp_path_factory.mktemp("engine")
    if request.param == "dynoxide":
        engine: Any = Dynoxide(port)
    else:
        engine = Emulator(port, folder, folder / "log")
    # The local stack has an environment of its own: what it needs and what the tests need exclude each other.
    with patch.object(sys, "executable", str(resources.ROOT / ".venv-stack/bin/python")), engine as running:
        if isinstance(engine, Emulator):
            engine.wait_until_ready()
        resources.create_tables(boto3.client("dynamodb", endpoint_url=running.url))
        yield running.url


@pytest.fixture(autouse=True)
def _connected(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "DYNAMODB", connect(url, THREADS))
    for variable, table in TABLES.items():
        monkeypatch.setenv(variable, table)


def committed(prefix: str) -> int:
    """Count the records of claims that are through, whoever made them."""
    pages = client.DYNAMODB.get_paginator(operation_name="scan").paginate(TableName="OperationsTable")
    names = [item["operation"]["S"] for page in pages for item in page["Items"] if "void" not in item]
    return sum(name.startswith(f"claim:{prefix}") for name in names)


def test_as_many_claims_are_through_as_there_is_stock() -> None:
    id_ = new_id("template")
    gone_at: list[float] = []

    def one(i: int) -> tuple[float, Attempt]:
        began = time.monotonic()
        attempt = claim(id_, STOCK, f"{id_}-{i}", NOW, lambda: None)
        if attempt.committed is None:
            gone_at.append(time.monotonic())
        return began, attempt

    with ThreadPoolExecutor(THREADS) as pool:
        attempts = list(pool.map(one, range(CLAIMS)))

    assert sum(attempt.committed is not None for _, attempt in attempts) == STOCK == committed(id_)
    once_gone = [attempt.calls for began, attempt in attempts if began > gone_at[0]]
    assert once_gone
    assert max(once_gone) <= 2
    assert stock.left(id_, STOCK) == 0


def test_what_is_given_back_is_sold_at_once_to_those_who_still_ask() -> None:
    id_ = new_id("template")
    ask = partial(claim, id_, STOCK, now=NOW, before_commit=lambda: None)

    def reserve(i: int) -> Reservation:
        reserved = insist(lambda: stock.reserve(id_, STOCK, f"{id_}-gives-{i}", NOW, None))
        assert isinstance(reserved, Reservation)
        return reserved

    def give_back(i: int) -> None:
        insist(lambda: stock.give_back(in_hand[i], None))

    with ThreadPoolExecutor(THREADS) as pool:
        in_hand = list(pool.map(reserve, range(STOCK)))
        assert ask(name=f"{id_}-early").committed is None
        asked = [pool.submit(step, i) for i in range(STOCK) for step in (lambda i: ask(name=f"{id_}-{i}"), give_back)]
        for one in asked:
            one.result()
    # Who was refused while the last units were in the hands of those who gave them back asks once more.
    late = count(STOCK)
    while ask(name=f"{id_}-{next(late)}").committed:
        pass

    assert committed(id_) == STOCK
    assert stock.left(id_, STOCK) == 0


def test_what_processes_reserved_that_died_is_sold_to_those_who_still_ask(url: str) -> None:
    id_ = new_id("template")

    def start(name: str, now: datetime, dies_at: int) -> subprocess.Popen[bytes]:
        arguments = [url, id_, STOCK, f"{id_}-{name}-", CLAIMS // 4, THREADS // 4, now.isoformat()]
        return subprocess.Popen(
            [sys.executable, "-m", "tests.stack.claimants", *map(str, arguments), f"--dies-at={dies_at}"],
            cwd=resources.ROOT,
            env=os.environ | {"PYTHONPATH": "layers/tessera"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def run(name: str, now: datetime, deaths: Sequence[int]) -> list[int]:
        """Run processes side by side, from when all are ready; answer how they ended."""
        with ExitStack() as stack:
            processes = [stack.enter_context(start(f"{name}-{i}", now, dies)) for i, dies in enumerate(deaths)]
            for process in processes:
                assert process.stdout
                assert process.stdout.readline() == b"ready\n"
            for process in processes:
                assert process.stdin
                process.stdin.close()
            return [process.wait(300) for process in processes]

    assert run("first", NOW, (*DEAD_AT, 0, 0)) == [DEATH, DEATH, 0, 0]
    assert committed(id_) < STOCK

    assert run("later", LATER, (0, 0)) == [0, 0]
    assert committed(id_) == STOCK
    assert stock.left(id_, STOCK) == 0


def test_uses_and_budget_are_never_over_and_come_back_once() -> None:
    limited = of_kind(id=new_id("template").replace("-", "_"), redemptions=20, budget=1500)

    def at_once(act: Callable[[str], Any], uses: list[str]) -> list[Any]:
        with ThreadPoolExecutor(16) as pool:
            return list(pool.map(lambda use: insist(lambda: act(use)), uses))

    taken = at_once(lambda use: allowances.take(limited, use, 100), [f"use {i % 40}" for i in range(160)])
    held = sorted({f"use {i % 40}" for i, outcome in enumerate(taken) if outcome == "taken"})
    assert len(held) == 15
    assert uses_of(limited.id) == (15, 1500)

    at_once(lambda use: allowances.settle(limited.id, use, None), held[:5] * 8)
    at_once(lambda use: allowances.settle(limited.id, use, 60), held[5:] * 8)
    assert uses_of(limited.id) == (10, 600)

    at_once(lambda use: allowances.give_back(limited.id, use, 60), held[5:8] * 8)
    assert uses_of(limited.id) == (7, 420)


def uses_of(template_id: str) -> tuple[int, int]:
    """Read how often a template was used, and what it took off."""
    uses = read(uses=[template_id]).uses[template_id]
    return uses.count, uses.spent


def insist(act: Callable[[], Any]) -> Any:
    """Do something again for as long as others are at the same item."""
    while True:
        try:
            return act()
        except (StaleError, Unavailable):
            time.sleep(0.01)
