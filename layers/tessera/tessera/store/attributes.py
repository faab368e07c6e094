"""DynamoDB's attribute values, for what Tessera stores: integers, text, bytes, flags, lists and maps. No floats.

A list keeps the place of what is None; an item or a map leaves it out.
"""

from collections.abc import Mapping
from typing import Any

_SIMPLE = {str: "S", bytes: "B", bool: "BOOL"}
_AS_THEY_ARE = frozenset(_SIMPLE.values())


def attribute(value: object) -> dict[str, Any]:
    """Write a value.

    Raises:
        TypeError: it is of a kind that is never stored, a float for example.
    """
    if (simple := _SIMPLE.get(type(value))) is not None:
        return {simple: value}
    if type(value) is int:
        return {"N": str(value)}
    if isinstance(value, Mapping):
        return {"M": item(value)}
    if isinstance(value, list | tuple):
        return {"L": [attribute(element) for element in value]}
    if value is None:
        return {"NULL": True}
    message = f"{type(value).__name__} is never stored"
    raise TypeError(message)


def item(fields: Mapping[str, object]) -> dict[str, Any]:
    """Write an item; a field that is None is left out."""
    return {name: attribute(value) for name, value in fields.items() if value is not None}


def value(stored: Mapping[str, Any]) -> Any:
    """Read what `attribute` wrote, or a set of numbers that an update has added to."""
    ((kind, content),) = stored.items()
    if kind in _AS_THEY_ARE:
        return content
    if kind == "N":
        return int(content)
    if kind == "M":
        return fields(content)
    if kind == "NS":
        return frozenset(map(int, content))
    if kind == "L":
        return [value(element) for element in content]
    return None


def fields(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Read what `item` wrote."""
    return {name: value(content) for name, content in stored.items()}
