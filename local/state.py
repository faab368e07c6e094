"""What a running local stack leaves on disk for the other commands to find it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

DIRECTORY = Path(__file__).resolve().parent.parent / ".local"


class NotRunningError(Exception):
    """No local stack runs from this checkout."""

    def __init__(self) -> None:
        super().__init__("The local stack is not running. Start it with: make run")


@dataclass(frozen=True)
class State:
    """Where a running stack answers: the API, the local AWS, and the tokens' issuer (all URLs); and its programme."""

    api: str
    aws: str
    issuer: str
    programme: str
    pid: int


def save(state: State, directory: Path) -> None:
    """Publish `state`; a reader sees the whole file or none."""
    draft = directory / f"draft-{state.pid}"
    draft.write_text(json.dumps(asdict(state)))
    draft.replace(_path(state, directory))


def load(directory: Path = DIRECTORY) -> State:
    """Return the state of the running stack: the one on `PORT` if that is set and runs, else the latest.

    Raises:
        NotRunningError: if none runs.
    """
    running = sorted(_running(directory), key=lambda state: _path(state, directory).stat().st_mtime)
    if not running:
        raise NotRunningError
    wanted = f"http://127.0.0.1:{os.environ.get('PORT')}"
    return next((state for state in running if state.api == wanted), running[-1])


def remove(state: State, directory: Path) -> None:
    """Forget `state`."""
    _path(state, directory).unlink(missing_ok=True)


def _path(state: State, directory: Path) -> Path:
    return directory / f"stack-{state.pid}.json"


def _running(directory: Path) -> Iterator[State]:
    for path in directory.glob("stack-*.json"):
        state = State(**json.loads(path.read_text()))
        try:
            os.kill(state.pid, 0)
        except ProcessLookupError:
            path.unlink(missing_ok=True)  # it was killed
        else:
            yield state
