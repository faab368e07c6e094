"""DynamoDB and SQS in memory: exactly the calls that the product makes, as their clients answer them.

What it does not know it refuses by `UnknownCallError`, which no function catches: a new form of call has to be taught
here first, and shown to be the same on the other engine in `test_store.py`. Items are kept in wire form, and handed
out as they are kept: whoever reads one must not change it, as the product's own `attributes.fields` never does.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tests import resources
from tests.simulation import expressions
from tests.simulation.expressions import OperandError, UnknownCallError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Item = dict[str, Any]
Key = tuple[Any, ...]

MAX_ACTIONS = 100
MAX_KEYS = 100
MAX_ITEM_BYTES = 400 * 1024
MAX_BATCH_BYTES = 1024 * 1024
MAX_BATCH = 10
MAX_DELAY = 900
PAGE = 50
"""Items on a page of a query: fewer than the megabyte of the real one holds, so that pages are turned here, too."""


_LONG = 1000


@dataclass(frozen=True, slots=True)
class Change:
    """One item of a commit: as it was, if it was there, and as it is; and whether a condition was asked of it."""

    table: str
    key: Key
    before: Item | None
    after: Item
    on_condition: bool


class Index:
    """A sparse index of keys: partitions, each in the order of the range attribute.

    It follows its table late, as a real one does: changes wait in `pending` until `catch_up` takes them in.
    """

    def __init__(self, table: Table, hash_name: str, range_name: str) -> None:
        """Begin empty."""
        self._table = table
        self._hash, self._range = hash_name, range_name
        self._partitions: dict[Any, list[tuple[Any, Key]]] = {}
        self.pending: list[Change] = []

    def note(self, change: Change) -> None:
        """Take note of a change, if it concerns this index."""
        if self._place(change.before, change.key) != self._place(change.after, change.key):
            self.pending.append(change)

    def catch_up(self, changes: int) -> None:
        """Take in the oldest so many of the changes that wait."""
        for change in self.pending[:changes]:
            if (gone := self._place(change.before, change.key)) is not None:
                self._partitions[gone[0]].remove(gone[1:])
            if (come := self._place(change.after, change.key)) is not None:
                insort(self._partitions.setdefault(come[0], []), come[1:])
        del self.pending[:changes]

    def up_to(self, partition: Any, last: Any) -> list[tuple[Any, Key]]:
        """List what stands in a partition at or before `last`: the range attribute and the table's key."""
        return [entry for entry in self._partitions.get(partition, []) if entry[0] <= last]

    def project(self, partition: Any, ranged: Any, key: Key) -> Item:
        """Answer the keys of an item: all that the index holds of it."""
        table = self._table
        return table.key_item(key) | {
            self._hash: table.written(self._hash, partition),
            self._range: table.written(self._range, ranged),
        }

    def _place(self, item: Item | None, key: Key) -> tuple[Any, Any, Key] | None:
        if item is None or self._hash not in item or self._range not in item:
            return None
        return self._table.comparable(self._hash, item), self._table.comparable(self._range, item), key


class Table:
    """Items by key, the keys of one partition in order."""

    def __init__(self, properties: Mapping[str, Any]) -> None:
        """Make what the template declares."""
        self._types = {part["AttributeName"]: part["AttributeType"] for part in properties["AttributeDefinitions"]}
        self.key_names = _key_names(properties["KeySchema"])
        self.items: dict[Key, Item] = {}
        self.partitions: dict[Any, list[Any]] = {}
        self.indexes = {
            index["IndexName"]: Index(self, *_key_names(index["KeySchema"]))
            for index in properties.get("GlobalSecondaryIndexes", [])
        }
        for index in properties.get("GlobalSecondaryIndexes", []):
            if index["Projection"] != {"ProjectionType": "KEYS_ONLY"}:
                raise UnknownCallError(index)

    def comparable(self, name: str, item: Item) -> Any:
        """Read an attribute of a key as what sorts as DynamoDB sorts it."""
        ((kind, content),) = item[name].items()
        if kind != self._types[name] or content == "":
            raise _refusal("ValidationException", f"{name} must be of type {self._types[name]}, and not empty")
        return int(content) if kind == "N" else content

    def written(self, name: str, content: Any) -> Item:
        """Write an attribute of a key."""
        kind = self._types[name]
        return {kind: str(content) if kind == "N" else content}

    def key_of(self, item: Item) -> Key:
        """Answer an item's key."""
        return tuple([self.comparable(name, item) for name in self.key_names])

    def key_item(self, key: Key) -> Item:
        """Write a key as an item."""
        return {name: self.written(name, content) for name, content in zip(self.key_names, key, strict=True)}

    def put(self, change: Change) -> None:
        """Write an item."""
        if change.before is None and len(change.key) > 1:
            insort(self.partitions.setdefault(change.key[0], []), change.key[1])
        self.items[change.key] = change.after
        for index in self.indexes.values():
            index.note(change)


@dataclass
class Store:
    """The tables of template.yaml.

    `watch` sees every commit before anybody can act on it; `behind` says by how many of the changes that wait for it
    an index is late when it is asked.
    """

    tables: dict[str, Table] = field(default_factory=lambda: {name: Table(part) for name, part in _tables()})
    watch: Callable[[list[Change]], None] = lambda _changes: None
    behind: Callable[[int], int] = lambda _waiting: 0

    def batch_get_item(self, *, RequestItems: Mapping[str, Any], **unknown: Any) -> dict[str, Any]:  # noqa: N803
        """Answer the items that are there; at once, too, where a reader would put up with older ones."""
        _refuse(unknown)
        responses: dict[str, list[Item]] = {}
        asked = 0
        for name, wanted in RequestItems.items():
            if wanted.keys() != {"Keys", "ConsistentRead"}:
                raise UnknownCallError(wanted)
            table = self.tables[name]
            keys = [table.key_of(key) for key in wanted["Keys"]]
            asked += len(keys)
            if len(set(keys)) < len(keys) or not keys:
                raise _refusal("ValidationException", "Provided list of item keys contains duplicates")
            responses[name] = [table.items[key] for key in keys if key in table.items]
        if asked > MAX_KEYS or not asked:
            raise _refusal("ValidationException", "Too many items requested for the BatchGetItem call")
        return {"Responses": responses, "UnprocessedKeys": {}}

    def transact_write_items(self, *, TransactItems: list[Any], **unknown: Any) -> dict[str, Any]:  # noqa: N803
        """Write all items, or, if one condition does not hold, none."""
        _refuse(unknown)
        if not 1 <= len(TransactItems) <= MAX_ACTIONS:
            raise _refusal("ValidationException", "1 to 100 actions")
        changes, reasons = [], []
        for action in TransactItems:
            change, holds = self._prepare(action)
            changes.append(change)
            reasons.append({"Code": "None"} if holds else {"Code": "ConditionalCheckFailed"})
        if len({(change.table, change.key) for change in changes}) < len(changes):
            raise _refusal("ValidationException", "one operation on each item")
        if any(reason["Code"] != "None" for reason in reasons):
            raise cancelled(reasons)
        for change in changes:
            self.tables[change.table].put(change)
        self.watch(changes)
        return {}

    def put_item(self, **put: Any) -> dict[str, Any]:
        """Write an item, if the condition holds."""
        self._write_alone("Put", put, put.pop("ReturnValuesOnConditionCheckFailure", "NONE"))
        return {}

    def update_item(self, **update: Any) -> dict[str, Any]:
        """Change an item, if the condition holds, and answer it if that is asked for."""
        answer = update.pop("ReturnValues", "NONE")
        if answer not in {"NONE", "ALL_NEW"}:
            raise UnknownCallError(answer)
        change = self._write_alone("Update", update, update.pop("ReturnValuesOnConditionCheckFailure", "NONE"))
        return {"Attributes": change.after} if answer == "ALL_NEW" else {}

    def _write_alone(self, kind: str, action: Mapping[str, Any], found: str) -> Change:
        if found not in {"NONE", "ALL_OLD"}:
            raise UnknownCallError(found)
        change, holds = self._prepare({kind: action})
        if not holds:
            refusal = _refusal("ConditionalCheckFailedException", "The conditional request failed")
            if found == "ALL_OLD" and change.before is not None:
                refusal.response |= {"Item": change.before}  # type: ignore[misc]
            raise refusal
        self.tables[change.table].put(change)
        self.watch([change])
        return change

    def query(
        self,
        *,
        TableName: str,  # noqa: N803
        KeyConditionExpression: str,  # noqa: N803
        ExpressionAttributeValues: Mapping[str, Item],  # noqa: N803
        ExpressionAttributeNames: Mapping[str, str] | None = None,  # noqa: N803
        IndexName: str | None = None,  # noqa: N803
        ConsistentRead: bool = False,  # noqa: N803
        ScanIndexForward: bool = True,  # noqa: N803
        Limit: int = PAGE,  # noqa: N803
        ExclusiveStartKey: Item | None = None,  # noqa: N803
        **unknown: Any,
    ) -> dict[str, Any]:
        """Answer a page of a partition, or of a partition of an index."""
        _refuse(unknown)
        table = self.tables[TableName]
        asked = _condition(KeyConditionExpression, ExpressionAttributeValues, ExpressionAttributeNames or {})
        if IndexName is not None:
            if ConsistentRead or not ScanIndexForward or asked.operator != "<=":
                raise UnknownCallError(KeyConditionExpression)
            index = table.indexes[IndexName]
            index.catch_up(len(index.pending) - self.behind(len(index.pending)))
            return _index_page(table, index, asked, Limit, ExclusiveStartKey)
        if not ConsistentRead or asked.hash_name != table.key_names[0]:
            raise UnknownCallError(KeyConditionExpression)
        partition = table.comparable(asked.hash_name, {asked.hash_name: asked.hash_value})
        keys = table.partitions.get(partition, [])
        if asked.range_name is not None:
            bounds = [table.comparable(asked.range_name, {asked.range_name: bound}) for bound in asked.range_values]
            keys = _within(keys, asked.operator, *bounds)
        if not ScanIndexForward:
            keys = keys[::-1]
        if ExclusiveStartKey is not None:
            keys = keys[keys.index(table.key_of(ExclusiveStartKey)[1]) + 1 :]
        page = [table.items[partition, key] for key in keys[:Limit]]
        if len(page) < Limit:
            return {"Items": page}
        return {"Items": page, "LastEvaluatedKey": table.key_item((partition, keys[Limit - 1]))}

    def _prepare(self, action: Mapping[str, Any]) -> tuple[Change, bool]:
        """Make the change that a put or an update asks for; and say whether its condition holds."""
        ((kind, parameters),) = action.items()
        if kind not in {"Put", "Update"}:
            raise UnknownCallError(kind)
        rest = dict(parameters)
        name, asked = rest.pop("TableName"), rest.pop("Item" if kind == "Put" else "Key")
        update = rest.pop("UpdateExpression") if kind == "Update" else ""
        table, item = self.tables[name], asked
        key = table.key_of(asked)
        condition = rest.pop("ConditionExpression", "")
        names, values = (rest.pop(f"ExpressionAttribute{part}", {}) for part in ("Names", "Values"))
        _refuse(rest)
        if expressions.placeholders(update, condition) != {*names, *values}:
            raise _refusal("ValidationException", "Value unused in expressions, or not there")
        before = table.items.get(key)
        holds = not condition or expressions.holds(condition, before or {}, names, values)
        if update:
            try:
                item = expressions.updated(update, before or asked, names, values) if holds else {}
            except OperandError as error:
                message = "The provided expression refers to an attribute that does not exist in the item"
                raise _refusal("ValidationException", message) from error
        if _may_be_heavy(item) and _weight(item) > MAX_ITEM_BYTES:
            raise _refusal("ValidationException", "Item size has exceeded the maximum allowed size")
        return Change(name, key, before, item, bool(condition)), holds


@dataclass
class Queues:
    """SQS's sending side. What is sent is put into `sent`, by queue."""

    sent: Callable[[str, str, Mapping[str, str], int], None]
    """Takes the queue, the body, the attributes, and after how many seconds it can be received."""

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any], **unknown: Any) -> dict[str, Any]:  # noqa: N803
        """Send messages."""
        _refuse(unknown)
        if not 1 <= len(Entries) <= MAX_BATCH:
            raise _refusal("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", "1 to 10 entries")
        if len({entry["Id"] for entry in Entries}) < len(Entries):
            raise _refusal("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "ids repeat")
        if sum(len(entry["MessageBody"].encode()) for entry in Entries) > MAX_BATCH_BYTES:
            raise _refusal("AWS.SimpleQueueService.BatchRequestTooLong", "too long")
        for entry in Entries:
            if entry.keys() != {"Id", "MessageBody"}:
                raise UnknownCallError(entry.keys())
            _insist_on_characters(entry["MessageBody"])
        for entry in Entries:
            self.sent(QueueUrl, entry["MessageBody"], {}, 0)
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def send_message(
        self,
        *,
        QueueUrl: str,  # noqa: N803
        MessageBody: str,  # noqa: N803
        MessageAttributes: Mapping[str, Mapping[str, str]] | None = None,  # noqa: N803
        DelaySeconds: int = 0,  # noqa: N803
        **unknown: Any,
    ) -> dict[str, Any]:
        """Send a message, with text attributes or with a delay."""
        _refuse(unknown)
        if not 0 <= DelaySeconds <= MAX_DELAY:
            raise _refusal("InvalidParameterValue", "0 to 900 seconds")
        attributes = MessageAttributes or {}
        _insist_on_characters(MessageBody)
        for attribute in attributes.values():
            if attribute.keys() != {"DataType", "StringValue"} or attribute["DataType"] != "String":
                raise UnknownCallError(attribute)
            _insist_on_characters(attribute["StringValue"])
        said = {name: attribute["StringValue"] for name, attribute in attributes.items()}
        self.sent(QueueUrl, MessageBody, said, DelaySeconds)
        return {}


def cancelled(reasons: list[dict[str, str]]) -> ClientError:
    """Make the error of a transaction that was cancelled, with a reason for each item."""
    codes = ", ".join(reason["Code"] for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    answer: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": message},
        "CancellationReasons": reasons,
    }
    return ClientError(answer, "TransactWriteItems")


@dataclass(frozen=True, slots=True)
class _Condition:
    """A key condition: of one partition, and perhaps of a part of it."""

    hash_name: str
    hash_value: Item
    range_name: str | None
    operator: str | None
    range_values: tuple[Item, ...]
    """One bound, or of BETWEEN the first and the last."""


_FORM = re.compile(r"(#?\w+) = (:\w+)(?: AND (#?\w+) (<=|<|>|BETWEEN) (:\w+)(?: AND (:\w+))?)?")


@lru_cache
def _parse(expression: str) -> tuple[str, ...]:
    found = _FORM.fullmatch(expression)
    if not found:
        raise UnknownCallError(expression)
    return found.groups()


def _condition(expression: str, values: Mapping[str, Item], names: Mapping[str, str]) -> _Condition:
    hashed, hash_value, ranged, operator, *bounds = _parse(expression)
    if (operator == "BETWEEN") != (bounds[1] is not None):
        raise UnknownCallError(expression)
    if values.keys() != {value for value in (hash_value, *bounds) if value}:
        raise _refusal("ValidationException", "Value unused in expressions")
    if names.keys() != {name for name in (hashed, ranged) if name and name.startswith("#")}:
        raise _refusal("ValidationException", "Name unused in expressions")
    return _Condition(
        names.get(hashed, hashed),
        values[hash_value],
        names.get(ranged, ranged) if ranged else None,
        operator,
        tuple(values[bound] for bound in bounds if bound),
    )


def _within(keys: list[Any], operator: str | None, bound: Any, last: Any = None) -> list[Any]:
    if operator == "BETWEEN":
        return keys[bisect_left(keys, bound) : bisect_right(keys, last)]
    if operator == "<":
        return keys[: bisect_left(keys, bound)]
    if operator == "<=":
        return keys[: bisect_right(keys, bound)]
    return keys[bisect_right(keys, bound) :]


def _index_page(table: Table, index: Index, asked: _Condition, limit: int, start: Item | None) -> dict[str, Any]:
    if asked.range_name is None:
        raise UnknownCallError(asked)
    partition = table.comparable(asked.hash_name, {asked.hash_name: asked.hash_value})
    last = table.comparable(asked.range_name, {asked.range_name: asked.range_values[0]})
    found = index.up_to(partition, last)
    if start is not None:
        # Who has left the index meanwhile still says where the last page ended.
        found = found[bisect_right(found, (table.comparable(asked.range_name, start), table.key_of(start))) :]
    page = [index.project(partition, ranged, key) for ranged, key in found[:limit]]
    return {"Items": page} if len(page) < limit else {"Items": page, "LastEvaluatedKey": page[-1]}


def _may_be_heavy(item: Item) -> bool:
    """Whether an item is worth weighing: it has a long text, or many elements."""
    for attribute in item.values():
        for content in attribute.values():
            if content.__class__ is not bool and len(content) > _LONG:
                return True
    return False


def _weight(item: Item) -> int:
    """Weigh an item as DynamoDB does."""
    return sum(len(name.encode()) + _weight_of(attribute) for name, attribute in item.items())


def _weight_of(attribute: Item) -> int:  # noqa: PLR0911 - one for each kind of attribute
    ((kind, content),) = attribute.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return len(content.lstrip("-")) // 2 + 2
        case "B":
            return len(content)
        case "BOOL":
            return 1
        case "NS":
            return sum(_weight_of({"N": element}) for element in content)
        case "L":
            return 3 + sum(1 + _weight_of(element) for element in content)
        case "M":
            return 3 + sum(len(name.encode()) + 1 + _weight_of(element) for name, element in content.items())
    raise UnknownCallError(kind)


def _insist_on_characters(text: str) -> None:
    """SQS takes no empty text, and no control characters but tab and line ends."""
    if not text or re.search("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text):
        raise _refusal("InvalidMessageContents", "invalid characters")


def _refusal(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Store")


def _refuse(unknown: Mapping[str, Any]) -> None:
    if unknown:
        raise UnknownCallError(unknown.keys())


def _key_names(schema: list[Mapping[str, str]]) -> Any:
    by_kind = {part["KeyType"]: part["AttributeName"] for part in schema}
    return tuple(by_kind[kind] for kind in ("HASH", "RANGE") if kind in by_kind)


def _tables() -> list[tuple[str, dict[str, Any]]]:
    return [
        (name, resource["Properties"])
        for name, resource in resources.template()["Resources"].items()
        if resource["Type"] == "AWS::DynamoDB::Table"
    ]
