"""Running seeds: the product's own code, in a process made ready for it."""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tessera.programme import load
from tessera.service import attempts, coupons
from tessera.store import client, queues
from tests.simulation import functions
from tests.simulation.operations import PLAN
from tests.simulation.programmes import programme
from tests.simulation.violations import ViolationError
from tests.simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

OPERATIONS = 1500
"""Operations of a seed."""


@dataclass
class Result:
    """What became of a seed."""

    seed: int
    operations: int
    seconds: float
    met: Counter[str] = field(default_factory=Counter)
    violation: str | None = None
    check: str | None = None
    step: int = 0
    trace: list[str] = field(default_factory=list)


def run(seed: int, operations: int = OPERATIONS) -> Result:
    """Run a seed to its end, or to the first violation."""
    functions.prepare_environment()
    world = World(seed, PLAN)
    began = time.process_time()
    result = Result(seed, 0, 0.0)
    with _simulated(world):
        try:
            world.run(operations)
        except ViolationError as violation:
            result.violation, result.check = str(violation), violation.check
            result.trace = [_line(event) for event in world.trace]
    result.operations, result.step, result.met = world.operations, world.step, world.weather.met
    result.seconds = time.process_time() - began
    return result


@contextmanager
def _simulated(world: World) -> Iterator[None]:
    """Give the product the world's AWS and a programme, its pauses no time, and its secrets the world's chance."""
    chance = random.Random(world.seed)  # noqa: S311 - a seed must give the same world again
    with (
        patch.object(client, "DYNAMODB", world.dynamodb),
        patch.object(queues, "_sqs", lambda: world.sqs),
        patch.object(attempts, "time", SimpleNamespace(sleep=lambda _seconds: None)),
        patch.object(attempts, "random", chance),
        patch.object(coupons, "secrets", SimpleNamespace(token_bytes=chance.randbytes)),
        patch.object(load, "load", lambda _path: programme(world.seed)),
    ):
        load.in_force.cache_clear()
        yield
    load.in_force.cache_clear()


def _line(event: tuple[object, ...]) -> str:
    if event[0] == "commit":
        changes: Any = event[1]
        return "  commit " + ", ".join(f"{change.table} {' '.join(map(str, change.key))}" for change in changes)
    return "  ".join(map(str, event))
