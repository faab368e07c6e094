"""Reading items as they are stored, without the product's code."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def plain(item: dict[str, Any]) -> dict[str, Any]:
    """Read an item. What nests little is read without a call for each value, because all that is written is read."""
    return {
        name: content if kind in _AS_IT_IS else int(content) if kind == "N" else _nested(kind, content)
        for name, attribute in item.items()
        for kind, content in attribute.items()
    }


def number(item: dict[str, Any], name: str) -> int:
    """Read one number of an item."""
    return int(item[name]["N"])


def text(item: dict[str, Any], name: str) -> str:
    """Read one text of an item."""
    found: str = item[name]["S"]
    return found


Terms = tuple[str | None, str | None, int | None]
"""Of points: when they expire, when they mature, after how many idle days they expire."""


def lots(packed: bytes) -> dict[Terms, int]:
    """Read packed lots: for each which terms it has, twice its points (and one more if they are owed), those terms."""
    numbers = _varints(packed)
    found: dict[Terms, int] = {}
    for kinds in numbers:
        points = next(numbers)
        expires, matures = (written(next(numbers)) if kinds & kind else None for kind in (1, 2))
        terms = (expires, matures, next(numbers) if kinds & 4 else None)
        found[terms] = found.get(terms, 0) + (-(points >> 1) if points & 1 else points >> 1)
    return found


def instant(written: str) -> datetime:
    """Read an instant."""
    return datetime.fromisoformat(written)


def _varints(packed: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in packed:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield number
            number = shift = 0


def written(seconds: int) -> str:
    """Write an instant that is stored as seconds since 1970."""
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _nested(kind: str, content: Any) -> Any:
    if kind == "M":
        return plain(content)
    if kind == "NULL":
        return None
    return [value for element in content for value in plain({"": element}).values()]


_AS_IT_IS = frozenset({"S", "B", "BOOL"})
