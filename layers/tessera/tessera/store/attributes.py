"""DynamoDB's attribute values, for what Tessera stores: integers, text, bytes, flags, lists and maps. No floats.

A list keeps the place of what is None; an item or a map leaves it out.
"""

from collections.abc import Mapping
from typing import Any


def attribute(value: object) -> dict[str, Any]:  # noqa: PLR0911 - one for each kind of value
    """Write a value.

    Raises:
        TypeError: it is of a kind that is never stored, a float for example.
    """
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case bytes():
            return {"B": value}
        case Mapping():
            return {"M": item(value)}
        case list() | tuple():
            return {"L": [attribute(element) for element in value]}
    message = f"{type(value).__name__} is never stored"
    raise TypeError(message)


def item(fields: Mapping[str, object]) -> dict[str, Any]:
    """Write an item; a field that is None is left out."""
    return {name: attribute(value) for name, value in fields.items() if value is not None}


def value(stored: Mapping[str, Any]) -> Any:
    """Read what `attribute` wrote."""
    ((kind, content),) = stored.items()
    match kind:
        case "NULL":
            return None
        case "N":
            return int(content)
        case "M":
            return fields(content)
        case "L":
            return [value(element) for element in content]
    return content


def fields(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Read what `item` wrote."""
    return {name: value(content) for name, content in stored.items()}
