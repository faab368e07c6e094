"""What clients are answered: the shapes of the contract, and how they are made. Each subject has its module."""

from __future__ import annotations

import json

from typing_extensions import TypedDict


class Status(TypedDict):
    """What became of something."""

    status: str


class Accepted(TypedDict):
    """How many messages were taken."""

    accepted: int


def write(answer: object) -> str:
    """Write an answer as JSON."""
    return json.dumps(answer, separators=(",", ":"), ensure_ascii=False)
