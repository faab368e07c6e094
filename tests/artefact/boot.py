"""Boots a function as it was built, on Lambda's own runtime client and AWS's emulator of the interface to it."""

from __future__ import annotations

import json
import platform
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from tests import resources
from tests.stack.processes import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PYTHON = resources.ROOT / ".venv-runtime/bin/python"
"""It has boto3 and the runtime's client, as on Lambda, and nothing that a developer has."""

_EMULATOR = f"local/rapid/aws-lambda-rie-{'arm64' if platform.machine() in {'aarch64', 'arm64'} else 'x86_64'}"
_INVOKE = "/2015-03-31/functions/function/invocations"
_START_SECONDS = 20


@dataclass(frozen=True)
class Invocation:
    """What came of an invocation, and how long whoever invoked it waited."""

    answer: Any
    milliseconds: float


class Booted:
    """A function that runs, in one process: one invocation after the other, or the emulator falls over."""

    def __init__(self, port: int) -> None:
        self._port = port

    def invoke(self, event: Any) -> Invocation:
        """Invoke it, and wait for its answer."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=_START_SECONDS)
        began = time.perf_counter()
        connection.request("POST", _INVOKE, json.dumps(event))
        text = connection.getresponse().read()
        took = time.perf_counter() - began
        connection.close()
        return Invocation(json.loads(text), took * 1000)


@contextmanager
def booted(task: Path, layers: Path, variables: Mapping[str, str], log: Path) -> Iterator[Booted]:
    """Run a function for as long as the block lasts. Its interpreter starts with the first invocation.

    Args:
        task: where its code lies.
        layers: where the layers lie.
        variables: its environment, which has nothing else in it.
        log: where its output goes.
    """
    port, inner = free_ports(2)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                str(files("samcli") / _EMULATOR),
                *("--runtime-interface-emulator-address", f"127.0.0.1:{port}"),
                *("--runtime-api-address", f"127.0.0.1:{inner}"),
                *(PYTHON, "-m", "awslambdaric", "handler.lambda_handler"),
            ],
            cwd=task,
            env={
                "PATH": "/usr/bin:/bin",
                "LANG": "en_US.UTF-8",
                "TZ": ":UTC",
                "AWS_LAMBDA_FUNCTION_TIMEOUT": "20",
                "PYTHONDONTWRITEBYTECODE": "1",  # Lambda's code cannot be written to
                "LAMBDA_TASK_ROOT": str(task),
                "PYTHONPATH": f"{task}:{layers}/python",
                **variables,
            },
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_it_listens(port)
        yield Booted(port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_START_SECONDS)


def _wait_until_it_listens(port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            connection = HTTPConnection("127.0.0.1", port)
            connection.connect()
            connection.close()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
