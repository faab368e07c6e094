"""The local AWS: MiniStack in a process group of its own, which ends when its parent does."""

from __future__ import annotations

import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

if TYPE_CHECKING:
    from types import TracebackType

START_SECONDS = 60
STOP_SECONDS = 5


class EmulatorError(Exception):
    """The local AWS did not start."""


class Emulator:
    """A local AWS that starts and ends with its block: `with Emulator(port, scratch, log) as emulator:`.

    Args:
        port: where it listens, on the loopback interface only.
        scratch: an existing directory for its temporary files, unpacked functions among them.
        log: where its output goes.
    """

    def __init__(self, port: int, scratch: Path, log: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._log = log
        # Functions inherit this environment, so it holds nothing of the user's: no profile, no keys, no home.
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(scratch),
            "LANG": "C.UTF-8",
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            "SFTP_ENABLED": "0",
            "TMPDIR": str(scratch),
        }

    def __enter__(self) -> Emulator:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local.emulator"],
                cwd=Path(__file__).resolve().parent.parent,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def is_running(self) -> bool:
        """Say whether the process is alive."""
        return self._process.poll() is None

    def wait_until_ready(self) -> None:
        """Return when it answers.

        Raises:
            EmulatorError: it does not, or has ended.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.is_running():
            try:
                with urlopen(f"{self.url}/_ministack/health", timeout=1):
                    return
            except (URLError, OSError):
                time.sleep(0.05)
        raise EmulatorError(f"The local AWS did not start; its log is {self._log}")

    def _stop(self) -> None:
        """End the whole group: the server and the functions' processes."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, sign)
            except ProcessLookupError:
                break
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()


def _serve() -> None:
    """Run MiniStack until the parent closes our standard input, which its death does too."""

    def end_with_parent() -> None:
        sys.stdin.read()
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=end_with_parent, daemon=True).start()
    sys.argv = ["ministack"]
    runpy.run_module("ministack", run_name="__main__")


if __name__ == "__main__":
    _serve()
