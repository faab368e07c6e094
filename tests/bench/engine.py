"""A DynamoDB on this machine that says what each call consumes."""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from local.dynoxide import Dynoxide, is_installed
from local.emulator import Emulator
from tests import resources
from tests.stack.processes import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def fastest() -> Iterator[str]:
    """Start Dynoxide if it is there, or else MiniStack, whose indexes get slow with many members; answer the URL."""
    if is_installed():
        (port,) = free_ports(1)
        with Dynoxide(port) as engine:
            yield engine.url
        return
    with ministack() as url:
        yield url


@contextmanager
def ministack() -> Iterator[str]:
    """Start MiniStack, which has queues, too; answer the URL."""
    (port,) = free_ports(1)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        # It runs on the local stack's environment: what it needs and what the tests need exclude each other.
        with patch.object(sys, "executable", str(resources.ROOT / ".venv-stack/bin/python")):
            emulator = stack.enter_context(Emulator(port, folder, folder / "log"))
        emulator.wait_until_ready()
        yield emulator.url
