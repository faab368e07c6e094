"""A night over a store of many members, and what it costs."""

from __future__ import annotations

import time
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from statistics import mean
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3

from tessera.store import client, queues
from tests import resources
from tests.app import App
from tests.bench import engine
from tests.bench.population import ONE_FALLS, ONE_KEEPS, START, fill
from tests.bench.queue import Queues
from tests.budgets.metering import Cost, Meter

if TYPE_CHECKING:
    from datetime import datetime

A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Night:
    """What a night came to.

    Attributes:
        members: how many there are.
        due: how many were due.
        cost: what it cost in all.
        with_one: what a night costs on which one member is due: the mean of one who keeps the tier and one who falls.
        seconds: how long it took.
    """

    members: int
    due: int
    cost: Cost
    with_one: Cost
    seconds: float

    @property
    def further(self) -> Cost | None:
        """What each further member who is due costs; None if there is no further one."""
        members = self.due - 1
        if not members:
            return None
        return Cost(
            (self.cost.round_trips - self.with_one.round_trips) / members,
            (self.cost.write_units - self.with_one.write_units) / members,
            (self.cost.read_units - self.with_one.read_units) / members,
        )


def measure(members: int) -> Night:
    """Fill an empty store with members, and run a night on which a 365th of them are due.

    Raises:
        RuntimeError: the store did not take the members, or the night was not done.
    """
    with engine.fastest() as url, redirect_stdout(StringIO()):  # the functions log
        dynamodb = boto3.client("dynamodb", endpoint_url=url)
        addresses = resources.create_tables(dynamodb)
        addresses |= {name: name for name in (*resources.queue_mappings(), "PurchasesDeadLetters")}
        fill(boto3.client("dynamodb", endpoint_url=url), addresses["MembersTable"], members)
        sqs: Any = Queues()
        app, meter = App(addresses, sqs), Meter(dynamodb)
        with patch.object(client, "DYNAMODB", dynamodb), patch.object(queues, "_sqs", lambda: sqs):
            ones = [_run(app, meter, at) for at in (ONE_FALLS, ONE_KEEPS)]
            due, cost, seconds = _run(app, meter, START + A_DAY)
            summary = app.get(f"/nights/{app.now:%Y%m%dT%H%M%SZ}", as_="operator").json
    if [one for one, _, _ in ones] != [1, 1] or summary["status"] != "done" or summary["changed"]["members"] != due:
        message = f"not what was to be measured: {ones}, then {summary}"
        raise RuntimeError(message)
    return Night(members, due, cost, _mean([one for _, one, _ in ones]), seconds)


def _mean(costs: list[Cost]) -> Cost:
    return Cost(
        mean(cost.round_trips for cost in costs),
        mean(cost.write_units for cost in costs),
        mean(cost.read_units for cost in costs),
    )


def _run(app: App, meter: Meter, at: datetime) -> tuple[int, Cost, float]:
    """Run a night; answer how many were due, the cost, and the seconds."""
    app.now = at
    meter.reset()
    began = time.perf_counter()
    due = app.nightly()["members"]
    return due, meter.cost, time.perf_counter() - began
