"""Attempts at codes: whoever tries many wrong ones has to wait, so that codes are not found by trying."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from tessera.refusals import TooManyAttempts

MOST_WRONG = 10
"""Wrong codes of one member in a window, after which the next one has to wait until the window is over."""
MOST_WRONG_OF_MANY = 500
"""Those of a caller that acts for many members, all together: no one of them can use up more than a small part."""
WINDOW = 3600
"""Seconds, from the first wrong code on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """The record of somebody's wrong codes."""

    RECORD: ClassVar[Literal["attempts"]] = "attempts"
    name: str
    """Whose they are."""
    since: int = 0
    """When the first of them was tried, in seconds since 1970."""
    wrong: int = 0
    version: int = 0

    def require_one_more(self, most: int, now: int) -> None:
        """Insist that another code may be tried, if so many may be wrong at most.

        Raises:
            TooManyAttempts: there were too many wrong ones within the window.
        """
        if self._is_open(now) and self.wrong >= most:
            raise TooManyAttempts(self.since + WINDOW - now)

    def with_wrong(self, now: int) -> Attempts:
        """Count a wrong code; one after the window begins another."""
        if self._is_open(now):
            return replace(self, wrong=self.wrong + 1)
        return replace(self, since=now, wrong=1)

    def _is_open(self, now: int) -> bool:
        return now < self.since + WINDOW
