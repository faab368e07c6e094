"""A batch from SQS: one message after the other, and only those that failed come again."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from tessera import time_left
from tessera.failures import trace


def each_message(
    event: dict[str, Any], context: Any, work: Callable[[dict[str, Any]], None], logger: Logger
) -> dict[str, Any]:
    """Work on every message of an event; one that raises is logged and named, so that SQS sends it again.

    When the function's time is nearly over, what is left of the batch raises, too, and what was done stays done.
    """
    time_left.begin(context)
    failures = []
    for message in event["Records"]:
        try:
            work(message)
        except Exception as error:  # noqa: BLE001 - logged, without what its message may repeat
            told = {"exception_name": type(error).__name__, "exception": trace(error)}
            logger.error("failed", extra={"message_id": message["messageId"], **told})
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}
