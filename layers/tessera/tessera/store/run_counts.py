"""Counts: what came of the parts of a run, each part counted once however often it is told."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tessera.instants import write_instant
from tessera.runs import Counted
from tessera.store import client
from tessera.store.attributes import attribute, fields
from tessera.store.client import StaleError, call, name_of
from tessera.store.runs import COUNT, SCHEMA, read_runs, to_counted


def add(key: str, part: int, counts: Mapping[str, int], at: datetime) -> Counted:
    """Count a part, unless it is counted already.

    Args:
        key: the name of the record that is counted in.
        part: the number of the part.
        counts: what came of it.
        at: when it was taken up.

    Returns:
        what is counted now.

    Raises:
        Unavailable: the store did not answer; telling it again does no harm.
    """
    try:
        return _update(key, [part], counts, at, unless_there=part)
    except StaleError:
        found = read_runs([key]).get(key)
        return found if isinstance(found, Counted) else Counted()


def fill(key: str, parts: Iterable[int], at: datetime) -> Counted:
    """Take parts for done that there are none of, so that it can be complete."""
    return _update(key, parts, {}, at)


def _update(
    key: str, parts: Iterable[int], counts: Mapping[str, int], at: datetime, unless_there: int | None = None
) -> Counted:
    names = {f"#n{i}": COUNT + name for i, name in enumerate(counts)}
    values: dict[str, Any] = {f":n{i}": attribute(number) for i, number in enumerate(counts.values())}
    added = ["done :parts", *(f"#n{i} :n{i}" for i in range(len(counts)))]
    last_at = ":at" if counts else "if_not_exists(last_at, :at)"  # what was filled in took no time
    values[":parts"] = {"NS": [str(part) for part in parts]}
    values |= {":kind": attribute("counts"), ":schema": attribute(SCHEMA), ":at": attribute(write_instant(at))}
    condition: dict[str, Any] = {}
    if unless_there is not None:
        condition["ConditionExpression"] = "NOT contains(done, :part)"
        values[":part"] = attribute(unless_there)
    answer = call(
        client.DYNAMODB.update_item,
        TableName=name_of("OPERATIONS_TABLE"),
        Key={"operation": attribute(key)},
        UpdateExpression=f"ADD {', '.join(added)} SET kind = :kind, #schema = :schema, last_at = {last_at}",
        ExpressionAttributeNames={"#schema": "schema"} | names,
        ExpressionAttributeValues=values,
        ReturnValues="ALL_NEW",
        **condition,
    )
    return to_counted(fields(answer["Attributes"]))
