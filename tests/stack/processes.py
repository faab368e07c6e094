"""Starts local stacks as `make run` does, in processes of their own, on ports that nobody uses."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from local import deploy, state
from local.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
STOP_SECONDS = 30


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on now."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [taken.getsockname()[1] for taken in sockets]


def start(port: int, aws_port: int, directory: Path, programme: Path = deploy.PROGRAMME) -> subprocess.Popen[bytes]:
    """Start a stack that keeps its state, and what it prints (`run.log`), in `directory`."""
    with (directory / "run.log").open("wb") as log:
        return subprocess.Popen(
            [
                ROOT / ".venv-stack/bin/python",
                *("-m", "local.run", "--port", str(port), "--aws-port", str(aws_port)),
                *("--directory", directory, "--programme", programme),
            ],
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def wait_until_running(process: subprocess.Popen[bytes], directory: Path) -> Stack:
    """Return the stack once everything answers; fail with what it printed if it ends instead."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            stack = Stack(directory)
            urlopen(f"{stack.api_url}/health", timeout=START_SECONDS).close()
        except (state.NotRunningError, URLError):
            _pause(process, 0.1)
        else:
            return stack
    raise AssertionError(f"the stack did not start:\n{(directory / 'run.log').read_text()}")


def stop(process: subprocess.Popen[bytes]) -> int:
    """End a stack as a service manager would, and return its exit status."""
    process.send_signal(signal.SIGTERM)
    return process.wait(STOP_SECONDS)


@contextmanager
def running(directory: Path, programme: Path = deploy.PROGRAMME) -> Iterator[Stack]:
    """Run a stack for as long as the block lasts."""
    port, aws_port = free_ports(2)
    process = start(port, aws_port, directory, programme)
    try:
        yield wait_until_running(process, directory)
    finally:
        stop(process)


def _pause(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait a little, less if the process ends."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return
