"""What a call of AWS needs to be allowed, as IAM asks for it: a transaction, say, by its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests import resources
from tests.roles.grants import Ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LEDGER = "LedgerTable"


class ObjectionError(Exception):
    """A call that no role can make right."""


def asks(service: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[Ask]:
    """Yield what a call needs.

    Args:
        service: botocore's name of the service.
        operation: the operation as AWS writes it.
        parameters: what it is called with. Tables and queues have their logical ids for names.

    Raises:
        ObjectionError: it is not known here what it needs, or an entry might be written over.
    """
    action = f"{service}:{operation}"
    match action:
        case "dynamodb:TransactWriteItems":
            yield from map(_of_part, parameters["TransactItems"])
        case "dynamodb:PutItem" | "dynamodb:UpdateItem":
            yield _of_item(action, parameters)
        case "dynamodb:BatchGetItem":
            for table in parameters["RequestItems"]:
                yield Ask(action, table)
        case "dynamodb:Query":
            index = parameters.get("IndexName")
            yield Ask(action, parameters["TableName"] + (f"/index/{index}" if index else ""))
        case "events:PutEvents":
            for bus in {entry["EventBusName"] for entry in parameters["Entries"]}:
                yield Ask(action, bus)
        case "s3:GetObject" | "s3:PutObject":
            yield Ask(action, f"{_bucket(parameters)}/{parameters['Key']}")
        case "sqs:SendMessage" | "sqs:SendMessageBatch":
            yield Ask("sqs:SendMessage", parameters["QueueUrl"].rsplit("/", 1)[1])
        case _:
            message = f"{action}: which right it needs is not known"
            raise ObjectionError(message)


def asks_of_nothing_there(parameters: Mapping[str, Any]) -> Ask:
    """Answer what it takes to be told that an S3 object is not there: without it S3 answers 403."""
    return Ask("s3:ListBucket", _bucket(parameters))


def _of_part(part: Mapping[str, Any]) -> Ask:
    ((kind, what),) = part.items()
    return _of_item(f"dynamodb:{kind}Item", what)


def _of_item(action: str, what: Mapping[str, Any]) -> Ask:
    table = what["TableName"]
    # IAM cannot insist on it: the right to put is the right to put over what is there.
    if table == LEDGER and not what.get("ConditionExpression", "").startswith("attribute_not_exists("):
        message = "an entry is put where one may be"
        raise ObjectionError(message)
    (key,) = (what.get("Key") or what["Item"])[resources.partition_key(table)].values()
    return Ask(action, table, key)


def _bucket(parameters: Mapping[str, Any]) -> str:
    return resources.buckets()[parameters["Bucket"]]
