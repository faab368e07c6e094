"""Reading items as they are stored, without the product's code."""

from __future__ import annotations

from datetime import datetime
from typing import Any


def plain(item: dict[str, Any]) -> dict[str, Any]:
    """Read an item."""
    return {name: _value(attribute) for name, attribute in item.items()}


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


def _value(attribute: dict[str, Any]) -> Any:
    for kind, content in attribute.items():
        if kind == "N":
            return int(content)
        if kind == "L":
            return [_value(element) for element in content]
        if kind == "M":
            return plain(content)
        return content
    return None
