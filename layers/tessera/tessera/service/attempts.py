"""Optimistic concurrency: an operation decides on what it read, and starts over if that has changed meanwhile."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from tessera.refusals import TryAgain
from tessera.store.client import StaleError

ATTEMPTS = 12
_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.6

T = TypeVar("T")


def until_committed(operation: Callable[[], T]) -> T:
    """Run an operation until it commits on what it read; some four seconds at most.

    Raises:
        TryAgain: others were faster every time.
    """
    for attempt in range(ATTEMPTS):
        try:
            return operation()
        except StaleError:
            # Full jitter: those who collided must not meet again.
            time.sleep(random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)))  # noqa: S311
    raise TryAgain
