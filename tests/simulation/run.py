"""Running seeds: the product's own code, in a process made ready for it."""

from __future__ import annotations

import gc
import io
import random
import time
import warnings
from collections import Counter
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tessera.programme import load
from tessera.service import allowances, attempts, issuing
from tessera.store import client, queues, stock
from tests.simulation import fire, functions, programmes
from tests.simulation.operations import PLAN
from tests.simulation.violations import ViolationError
from tests.simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tessera.programme.model import Programme
    from tests.simulation.world import Plan


@dataclass(frozen=True)
class Scenario:
    """What happens in a seed: who does what, so many operations long, before all that is begun comes to rest."""

    plan: Plan
    operations: int
    programme: Callable[[int], Programme]
    """Makes the programme of a seed."""


SCENARIOS = {
    "life": Scenario(PLAN, 1500, programmes.programme),
    "stock": Scenario(fire.FIRE, fire.CLAIMS, fire.programme),
}

_OBJECTS = 20_000
"""Objects that are made before the garbage collector looks: a world makes little garbage that refers to itself."""


@dataclass
class Result:
    """What became of a seed."""

    seed: int
    operations: int = 0
    seconds: float = 0.0
    """Of this process's time."""
    step: int = 0
    met: Counter[str] = field(default_factory=Counter)
    """The calls of AWS, and the faults that they met."""
    check: str | None = None
    """The check that failed, if one did."""
    violation: str = ""
    trace: list[str] = field(default_factory=list)
    """What happened last before it failed."""


def run(seed: int, scenario: str = "life") -> Result:
    """Run a seed of a scenario to its end, or to the first check that fails."""
    _make_ready()
    played = SCENARIOS[scenario]
    world = World(seed, played.plan)
    result = Result(seed)
    began = time.process_time()
    # What the functions print is metrics, of which nobody here reads one.
    with _simulated(world, played), redirect_stdout(io.StringIO()):
        try:
            world.run(played.operations)
        except ViolationError as violation:
            result.violation, result.check = str(violation), violation.check
            result.trace = [_line(event) for event in world.trace]
    result.seconds = time.process_time() - began
    result.operations, result.step, result.met = world.operations, world.step, world.weather.met
    return result


@cache
def _make_ready() -> None:
    functions.prepare_environment()
    gc.freeze()
    gc.set_threshold(_OBJECTS)


@contextmanager
def _simulated(world: World, played: Scenario) -> Iterator[None]:
    """Give the product the world's AWS and a programme, its pauses no time, and its secrets the world's chance."""
    chance = random.Random(world.seed)  # noqa: S311 - a seed must give the same world again
    secrets = SimpleNamespace(token_bytes=chance.randbytes, token_hex=lambda size: chance.randbytes(size).hex())
    with (
        warnings.catch_warnings(),
        patch.object(client, "DYNAMODB", world.dynamodb),
        patch.object(queues, "_sqs", lambda: world.sqs),
        patch.object(attempts, "time", SimpleNamespace(sleep=lambda _seconds: None)),
        patch.object(client, "time", SimpleNamespace(sleep=lambda _seconds: None)),
        patch.object(attempts, "random", chance),
        patch.object(issuing, "secrets", secrets),
        patch.object(allowances, "token_hex", secrets.token_hex),
        patch.object(stock, "random", chance),
        patch.object(load, "load", lambda _path: played.programme(world.seed)),
    ):
        # A batch of which nothing could be done has no metrics, of which Powertools warns.
        warnings.filterwarnings("ignore", "No application metrics to publish")
        load.in_force.cache_clear()
        yield
    load.in_force.cache_clear()


def _line(event: tuple[Any, ...]) -> str:
    """Write a part of what happened as a line."""
    if event[0] == "commit":
        written = (f"{change.table} {' '.join(map(str, change.key))}" for change in event[1])
        return "    commit " + ", ".join(written)
    return "  ".join(str(part)[:_LONGEST] for part in event if part)


_LONGEST = 2000
