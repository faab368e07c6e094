"""Kills processes of functions in the middle of their work, by SIGKILL, on the local stack on Linux."""

from __future__ import annotations

import os
import random
import re
import signal
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local import state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.stack import Stack

PROCESSES = Path("/proc")
WAITING = "pipe_read"
"""In the name of what a process of a function waits for in the kernel while it has nothing to do."""
STARTED = 0.2
"""Seconds of the processor that no process of a function has used before it has started. One that waits after that many
is ready for work: what is killed is work, and not a start, on which the local stack would end all processes of the same
function by itself."""
LOOKS = 0.005, 0.03
"""Seconds between two looks at who is at work: by chance, so that any moment of the work may be met."""


@dataclass(frozen=True)
class Kill:
    """The function of a process that was killed, and when, by `time.perf_counter`."""

    function: str
    at: float


@contextmanager
def killing(stack: Stack, every: float, seed: int) -> Iterator[list[Kill]]:
    """Kill a process that is at work about every so many seconds, for as long as the block lasts."""
    killer = _Killer(stack, every, seed)
    thread = threading.Thread(target=killer.run)
    thread.start()
    try:
        yield killer.kills
    finally:
        killer.over.set()
        thread.join()


class _Killer:
    def __init__(self, stack: Stack, every: float, seed: int) -> None:
        self.kills: list[Kill] = []
        self.over = threading.Event()
        self._every = every
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._ready: set[int] = set()
        (self._emulator,) = _children(state.load(stack.directory).pid)

    def run(self) -> None:
        while not self.over.wait(self._random.uniform(self._every / 2, self._every * 3 / 2)):
            processes = _children(self._emulator)
            while not self.over.wait(self._random.uniform(*LOOKS)):
                waiting = {process for process in processes if _waits(process)}
                self._ready |= {process for process in waiting if _processor_seconds(process) > STARTED}
                at_work = [process for process in processes if process in self._ready - waiting]
                if at_work and self._kill(self._random.choice(at_work)):
                    break

    def _kill(self, process: int) -> bool:
        with suppress(OSError):
            function = _function(process)
            os.kill(process, signal.SIGKILL)
            self.kills.append(Kill(function, time.perf_counter()))
            return True
        return False  # it has ended by itself


def _children(parent: int) -> list[int]:
    processes = (int(place.name) for place in PROCESSES.iterdir() if place.name.isdigit())
    return [process for process in processes if _stat(process)[1:2] == [str(parent)]]


def _waits(process: int) -> bool:
    try:
        return WAITING in (PROCESSES / str(process) / "wchan").read_text()
    except OSError:
        return False


def _processor_seconds(process: int) -> float:
    """Answer how long a process has used a processor; 0 if it has ended."""
    stat = _stat(process)
    return sum(map(int, stat[11:13])) / os.sysconf("SC_CLK_TCK")


def _function(process: int) -> str:
    """Answer the name of a process's function, without what the stack adds to it."""
    environment = (PROCESSES / str(process) / "environ").read_text()
    found = re.search(r"AWS_LAMBDA_FUNCTION_NAME=\w+-(\w+)Function", environment)
    return found[1] if found else "unknown"


def _stat(process: int) -> list[str]:
    """Read what the kernel says of a process, from its state on; nothing if it has ended."""
    try:
        return (PROCESSES / str(process) / "stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return []
