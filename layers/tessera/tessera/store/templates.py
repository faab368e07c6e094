"""The operators' coupon templates: read, listed, and changed in one step."""

from collections.abc import Iterable, Sequence
from typing import Any

from tessera.stock import Mark
from tessera.store import client
from tessera.store.attributes import attribute, fields, item
from tessera.store.client import call, name_of
from tessera.store.read import batch_get
from tessera.store.template_items import (
    REGISTRY,
    VERSIONS,
    code_key,
    from_code,
    from_head,
    from_registry,
    head_key,
    to_code,
    to_head,
    to_registry,
    version_part,
)
from tessera.templates import Head, PublicCode, Registry

_TABLE = "COUPON_TEMPLATES_TABLE"


def read_heads(template_ids: Iterable[str]) -> dict[str, Head | Mark]:
    """Read what is stored of templates, a hundred in a round trip; a template of the programme may have nothing.

    Raises:
        Unavailable: the store did not answer.
    """
    keys = [head_key(id_) for id_ in dict.fromkeys(template_ids)]
    return {stored["template_id"]: to_head(stored) for stored in _read(keys)}


def read_registry() -> Registry:
    """Read which templates there are.

    Raises:
        Unavailable: the store did not answer.
    """
    return next((to_registry(stored) for stored in _read([head_key(REGISTRY)])), Registry())


def read_code(code: str) -> PublicCode | None:
    """Read whose a public code is; None if it never was anybody's.

    Raises:
        Unavailable: the store did not answer.
    """
    return next((to_code(stored) for stored in _read([code_key(code)])), None)


def versions(template_id: str, limit: int, before: int | None) -> list[Head]:
    """Read up to `limit` versions of a template, newest first, older than the one numbered `before`.

    Raises:
        Unavailable: the store did not answer.
    """
    answer = call(
        client.DYNAMODB.query,
        TableName=name_of(_TABLE),
        KeyConditionExpression="template_id = :template AND #part BETWEEN :first AND :last",
        ExpressionAttributeNames={"#part": "part"},
        ExpressionAttributeValues={
            ":template": attribute(template_id),
            ":first": attribute(VERSIONS),
            ":last": attribute(version_part(before - 1) if before is not None else f"{VERSIONS}~"),
        },
        ScanIndexForward=False,
        ConsistentRead=True,
        Limit=limit,
    )
    kept = [to_head(fields(stored)) for stored in answer["Items"]]
    return [version for version in kept if isinstance(version, Head)]


def commit(head: Head, registry: Registry | None, code: PublicCode | None) -> None:
    """Write a new version of a template, and the list and the public code if they change with it; or nothing.

    Raises:
        StaleError: something of it has changed since it was read.
        Unavailable: the store did not answer; everything was written, or nothing.
    """
    version = {"template_id": head.template.id, "part": version_part(head.version), **from_head(head)}
    writes = [_head_update(head), _put(version, 0)]
    if registry is not None:
        writes.append(_put(from_registry(registry), registry.version))
    if code is not None:
        writes.append(_put(from_code(code), code.version))
    call(client.DYNAMODB.transact_write_items, TransactItems=writes)


def _read(keys: Sequence[dict[str, object]]) -> list[dict[str, Any]]:
    return [fields(stored) for _, stored in batch_get({_TABLE: keys})] if keys else []


def _head_update(head: Head) -> dict[str, Any]:
    """Write how a template stands over what was read, beside the marks of its stock, which change by themselves."""
    written = item(from_head(head))
    unchanged = "version = :read" if head.version > 1 else "attribute_not_exists(version)"
    values = {f":{name}": value for name, value in written.items()}
    if head.version > 1:
        values[":read"] = attribute(head.version - 1)
    return {
        "Update": {
            "TableName": name_of(_TABLE),
            "Key": item(head_key(head.template.id)),
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in written),
            "ConditionExpression": unchanged,
            "ExpressionAttributeNames": {f"#{name}": name for name in written},
            "ExpressionAttributeValues": values,
        }
    }


def _put(content: dict[str, object], version: int) -> dict[str, Any]:
    """Put an item over the version that was read, or where there is none."""
    put: dict[str, Any] = {"TableName": name_of(_TABLE), "Item": item(content)}
    if version:
        put["ConditionExpression"] = "version = :read"
        put["ExpressionAttributeValues"] = {":read": attribute(version)}
    else:
        put["ConditionExpression"] = "attribute_not_exists(template_id)"
    return {"Put": put}
