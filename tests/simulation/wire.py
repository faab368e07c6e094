"""Reading items as they are stored, without the product's code."""

from __future__ import annotations

from datetime import datetime
from typing import Any


def plain(item: dict[str, Any]) -> dict[str, Any]:
    """Read an item. What nests little is read without a call for each value, because all that is written is read."""
    return {
        name: content if kind in _AS_IT_IS else int(content) if kind == "N" else _nested(content)
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


def instant(written: str) -> datetime:
    """Read an instant."""
    return datetime.fromisoformat(written)


def _nested(content: Any) -> Any:
    if isinstance(content, dict):
        return plain(content)
    return [value for element in content for value in plain({"": element}).values()]


_AS_IT_IS = frozenset({"S", "B", "BOOL"})
