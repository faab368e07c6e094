"""Claimants of a limited stock, at the level of the store: they read the mark, reserve, and commit the claim's record.

As a program it is one process of many claimants at once, which may die between a reservation and its commit.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from tessera.claims import Claim, attempt_id
from tessera.store import client, stock
from tessera.store.client import StaleError
from tessera.store.items import claim_key
from tessera.store.read import read
from tessera.store.transaction import Transaction
from tessera.templates import Head

if TYPE_CHECKING:
    from collections.abc import Callable

TABLES = {
    "COUPON_TEMPLATES_TABLE": "CouponTemplatesTable",
    "OPERATIONS_TABLE": "OperationsTable",
    "STOCK_TABLE": "StockTable",
}
DEATH = 9
"""The exit status of a process that has died on purpose."""


class Counting:
    """A client that counts the calls of each thread."""

    def __init__(self, dynamodb: Any) -> None:
        """Take the client that does the work."""
        self._dynamodb = dynamodb
        self._thread = threading.local()

    @property
    def calls(self) -> int:
        """The calls of this thread so far."""
        calls: int = getattr(self._thread, "calls", 0)
        return calls

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = getattr(self._dynamodb, name)

        def call(**parameters: Any) -> Any:
            self._thread.calls = self.calls + 1
            return operation(**parameters)

        return call


@dataclass(frozen=True)
class Attempt:
    """What an attempt came to: the id that was committed, or None if all was sold; and the calls that it took."""

    committed: str | None
    calls: int


def connect(url: str, threads: int) -> Counting:
    """Make a client for so many threads."""
    config = Config(
        max_pool_connections=threads, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3}
    )
    return Counting(boto3.client("dynamodb", endpoint_url=url, config=config))


def claim(template_id: str, of: int, name: str, now: datetime, before_commit: Callable[[], None]) -> Attempt:
    """Claim a unit under a name, as often as it takes to get it or to hear that all is sold."""
    began = client.DYNAMODB.calls
    voided = 0
    while True:
        claim_id = attempt_id(name, voided)
        found = read(templates=[template_id]).templates.get(template_id)
        mark = found.mark if isinstance(found, Head) else found
        try:
            reservation = stock.reserve(template_id, of, claim_id, now, mark)
            if reservation is None:
                return Attempt(None, client.DYNAMODB.calls - began)
            before_commit()
            transaction = Transaction()
            number, stamp = reservation.number, reservation.stamp
            transaction.operation(Claim(claim_id=claim_id, member_id="m_1", shard=number, stamp=stamp))
            transaction.commit()
        except StaleError:
            record = read(operations=[claim_key(claim_id)]).operations.get(claim_key(claim_id))
            if isinstance(record, Claim) and record.void:
                voided += 1
            elif record:
                return Attempt(claim_id, client.DYNAMODB.calls - began)
            continue
        with suppress(StaleError):  # others are tidying
            stock.tidy(reservation, now)
        return Attempt(claim_id, client.DYNAMODB.calls - began)


def main() -> None:
    """Say that it is ready, wait until standard input is closed, and claim under many names at once."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("url")
    arguments.add_argument("template_id")
    arguments.add_argument("stock", type=int)
    arguments.add_argument("prefix")
    arguments.add_argument("claims", type=int)
    arguments.add_argument("threads", type=int)
    arguments.add_argument("now", type=datetime.fromisoformat)
    arguments.add_argument("--dies-at", type=int, default=0, help="the reservation before whose commit it dies")
    asked = arguments.parse_args()
    client.DYNAMODB = connect(asked.url, asked.threads)
    os.environ.update(TABLES)
    reservations = count(1)

    def before_commit() -> None:
        if next(reservations) == asked.dies_at:
            os._exit(DEATH)

    def one(i: int) -> Attempt:
        return claim(asked.template_id, asked.stock, f"{asked.prefix}{i}", asked.now, before_commit)

    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    with ThreadPoolExecutor(asked.threads) as pool:
        list(pool.map(one, range(asked.claims)))


if __name__ == "__main__":
    main()
