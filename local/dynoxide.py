"""Dynoxide: a second DynamoDB for this machine, quick with many items, in a process of its own.

It is one program, fetched as an npm package. The package and the program are pinned by their hashes: a program that
lies there from before is run only if it is the one that is pinned. Only Linux on x86-64 has it here.
"""

from __future__ import annotations

import base64
import hashlib
import json
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

if TYPE_CHECKING:
    from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent
PIN = ROOT / "requirements" / "dynoxide.json"
PROGRAM = ROOT / ".dynoxide" / "dynoxide"
MEMBER = "package/dynoxide"
START_SECONDS = 10
STOP_SECONDS = 5


class DynoxideError(Exception):
    """It cannot be had, or did not start."""


def is_installed() -> bool:
    """Say whether the program that is pinned is in `.dynoxide/`."""
    return PROGRAM.exists() and integrity(PROGRAM) == _pin()["program"]


def install() -> None:
    """Fetch the pinned package with npm unless its program is there, check its hash, and unpack it to `.dynoxide/`.

    Raises:
        DynoxideError: there is no npm, or no such package, or it is not the one that was pinned.
    """
    if is_installed():
        return
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise DynoxideError("Dynoxide is pinned for Linux on x86-64 only")
    npm = shutil.which("npm")
    if npm is None:
        raise DynoxideError("npm is needed to fetch Dynoxide")
    pin = _pin()
    with tempfile.TemporaryDirectory() as folder:
        fetched = subprocess.run(
            [npm, "pack", "--silent", "--pack-destination", folder, f"{pin['package']}@{pin['version']}"],
            cwd=folder,
            check=False,
            capture_output=True,
            text=True,
        )
        if fetched.returncode:
            raise DynoxideError(f"npm could not fetch Dynoxide: {fetched.stderr.strip()}")
        (archive,) = Path(folder).glob("*.tgz")
        if integrity(archive) != pin["integrity"]:
            raise DynoxideError("what npm has fetched is not the package that is pinned")
        PROGRAM.parent.mkdir(exist_ok=True)
        with tarfile.open(archive) as package, PROGRAM.open("wb") as program:
            content = package.extractfile(MEMBER)
            if content is None:
                raise DynoxideError(f"the package has no {MEMBER}")
            shutil.copyfileobj(content, program)
    PROGRAM.chmod(0o755)
    if not is_installed():
        raise DynoxideError("the program in the package is not the one that is pinned")


def integrity(file: Path) -> str:
    """Return the hash of a file in the form in which npm states that of a package."""
    return "sha512-" + base64.b64encode(hashlib.sha512(file.read_bytes()).digest()).decode()


def _pin() -> dict[str, str]:
    pin: dict[str, str] = json.loads(PIN.read_text(encoding="utf-8"))
    return pin


class Dynoxide:
    """A DynamoDB that starts and ends with its block: `with Dynoxide(port) as engine:`. It keeps its items in memory.

    Args:
        port: where it listens, on the loopback interface only.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._command = [str(PROGRAM), "serve", "--port", str(port)]

    def __enter__(self) -> Dynoxide:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                self._stop()
                raise DynoxideError("Dynoxide did not start")
            time.sleep(0.05)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _answers(self) -> bool:
        try:
            with urlopen(self.url, timeout=1):
                return True
        except HTTPError:
            return True
        except (URLError, OSError):
            return False

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


if __name__ == "__main__":
    try:
        install()
    except DynoxideError as problem:
        sys.exit(f"make .dynoxide: {problem}")
