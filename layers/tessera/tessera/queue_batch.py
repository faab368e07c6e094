"""A batch from SQS: one message after the other, and only those that failed come again."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger


def each_message(event: dict[str, Any], work: Callable[[dict[str, Any]], None], logger: Logger) -> dict[str, Any]:
    """Work on every message of an event; one that raises is logged and named, so that SQS sends it again."""
    failures = []
    for message in event["Records"]:
        try:
            work(message)
        except Exception:
            logger.exception("failed", extra={"message_id": message["messageId"]})
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}
