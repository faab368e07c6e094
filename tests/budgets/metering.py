"""Counts what operations cost in DynamoDB: round trips and capacity units.

Written units are what the engine says that it consumed, indexes included. The engine says nothing of what batches read,
so read units are DynamoDB's rounding over the sizes of what was asked for and came.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

KILOBYTE = 1024


@dataclass(frozen=True)
class Cost:
    """What an operation costs, or may cost."""

    round_trips: float
    write_units: float
    read_units: float

    def __str__(self) -> str:
        """Write it as a row of a table."""
        return f"{self.round_trips:>11g} {self.write_units:>11g} {self.read_units:>10g}"

    def within(self, budget: Cost) -> bool:
        """Say whether nothing exceeds the budget."""
        return (
            self.round_trips <= budget.round_trips
            and self.write_units <= budget.write_units
            and self.read_units <= budget.read_units
        )


class Meter:
    """Watches a client.

    Attributes:
        written: the items that were put since `reset`, as DynamoDB takes them.
        by_index: what of the written units is for each index, by the index's name.
        by_updates: what of them is for updates in place.
    """

    def __init__(self, client: DynamoDBClient) -> None:
        """Ask with every call what it consumes, and count."""
        client.meta.events.register("provide-client-params.dynamodb.*", self._ask)
        client.meta.events.register("after-call.dynamodb.*", self._count)
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self._round_trips = 0
        self._write_units = 0.0
        self._read_units = 0.0
        self.by_index: Counter[str] = Counter()
        self.by_updates = 0.0
        self.written: list[dict[str, Any]] = []

    @property
    def cost(self) -> Cost:
        """What was counted."""
        return Cost(self._round_trips, self._write_units, self._read_units)

    def _ask(self, params: dict[str, Any], **_: object) -> None:
        params["ReturnConsumedCapacity"] = "INDEXES"
        self._asked = params

    def _count(self, parsed: dict[str, Any], model: Any, **_: object) -> None:
        self._round_trips += 1
        match model.name:
            case "TransactWriteItems":
                self.written += [change["Put"]["Item"] for change in self._asked["TransactItems"] if "Put" in change]
                for table in parsed["ConsumedCapacity"]:
                    for name, index in table.get("GlobalSecondaryIndexes", {}).items():
                        self.by_index[name] += index["CapacityUnits"]
                    self._write_units += table["CapacityUnits"]
            case "BatchGetItem":
                for table, wanted in self._asked["RequestItems"].items():
                    found = parsed["Responses"].get(table, [])
                    missing = len(wanted["Keys"]) - len(found)
                    units = missing + sum(_read_units(item_size(item)) for item in found)
                    self._read_units += units if wanted["ConsistentRead"] else units / 2
            case "Query":
                units = _read_units(sum(item_size(item) for item in parsed["Items"]))
                self._read_units += units if self._asked.get("ConsistentRead") else units / 2
            case "UpdateItem":
                # The engine does not say what one costs that was refused; DynamoDB takes a unit a kilobyte.
                units = parsed.get("ConsumedCapacity", {"CapacityUnits": 1})["CapacityUnits"]
                self.by_updates += units
                self._write_units += units
            case unknown:
                message = f"what {unknown} costs is not known here"
                raise NotImplementedError(message)


def item_size(item: Mapping[str, Any]) -> int:
    """Answer the bytes of an item by DynamoDB's rules: names and text in UTF-8, numbers two digits a byte."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def transaction_units(items: Iterable[Mapping[str, Any]]) -> int:
    """Answer the write units of items in a transaction, indexes left out: two for each kilobyte begun."""
    return sum(2 * ceil(item_size(item) / KILOBYTE) for item in items)


def _read_units(size: int) -> int:
    return max(1, ceil(size / (4 * KILOBYTE)))


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "B":
            return len(content)
        case "N":
            return ceil(len(content.lstrip("-").strip("0")) / 2) + 1
        case "L":
            return 3 + sum(1 + _value_size(element) for element in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_size(part) for name, part in content.items())
    return 1
