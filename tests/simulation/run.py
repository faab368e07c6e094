"""Running seeds: the product's own code, in a process made ready for it."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tessera.service import attempts, coupons
from tessera.store import client, queues
from tests.simulation import functions
from tests.simulation.operations import PLAN
from tests.simulation.violations import ViolationError
from tests.simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

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


def _simulated(world: World) -> AbstractContextManager[object]:
    """Give the product the world's AWS, its pauses no time, and its secrets the world's chance."""
    chance = random.Random(world.seed)  # noqa: S311 - a seed must give the same world again
    stack = patch.multiple(client, DYNAMODB=world.dynamodb)
    del stack
    from contextlib import ExitStack

    together = ExitStack()
    together.enter_context(patch.object(client, "DYNAMODB", world.dynamodb))
    together.enter_context(patch.object(queues, "_sqs", lambda: world.sqs))
    together.enter_context(patch.object(attempts, "time", SimpleNamespace(sleep=lambda _seconds: None)))
    together.enter_context(patch.object(attempts, "random", chance))
    together.enter_context(patch.object(coupons, "secrets", SimpleNamespace(token_bytes=chance.randbytes)))
    return together


def _line(event: tuple[object, ...]) -> str:
    if event[0] == "commit":
        changes: Any = event[1]
        return "  commit " + ", ".join(f"{change.table} {' '.join(map(str, change.key))}" for change in changes)
    return "  ".join(map(str, event))
