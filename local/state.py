"""What a running local stack leaves on disk for the other commands to find it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

DIRECTORY = Path(__file__).resolve().parent.parent / ".local"


class NotRunningError(Exception):
    """No local stack runs from this checkout."""

    def __init__(self) -> None:
        super().__init__("The local stack is not running. Start it with: make run")


@dataclass(frozen=True)
class State:
    """Where a running stack answers: the API, the local AWS, and the tokens' issuer (all URLs)."""

    api: str
    aws: str
    issuer: str
    pid: int


def save(state: State, directory: Path) -> None:
    """Publish `state`; a reader sees the old file or the new one, never half of it."""
    draft = directory / f"stack.json.{state.pid}"
    draft.write_text(json.dumps(asdict(state)))
    draft.replace(directory / "stack.json")


def load(directory: Path = DIRECTORY) -> State:
    """Return the state of the stack that runs now.

    Raises:
        NotRunningError: if none does, or the one that did was killed.
    """
    try:
        state = State(**json.loads((directory / "stack.json").read_text()))
        os.kill(state.pid, 0)
    except (FileNotFoundError, ProcessLookupError):
        raise NotRunningError from None
    return state


def remove(state: State, directory: Path) -> None:
    """Forget `state`, unless a stack that started later has published its own."""
    try:
        if load(directory) == state:
            (directory / "stack.json").unlink()
    except NotRunningError:
        pass
