"""Publishes each entry that the ledger's stream tells of, as an event on the bus."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tessera import time_left
from tessera.failures import trace
from tessera.service import entry_events

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Publish a batch; from the first entry that could not be published on, all of it comes again."""
    time_left.begin(context)
    records = [record for record in event["Records"] if is_of_a_new_entry(record)]
    failures, done = [], 0
    try:
        for published in entry_events.publish(records):
            done = published
    except Exception as error:  # noqa: BLE001 - logged, without what its message may repeat
        left = {"keys": [record["dynamodb"]["Keys"] for record in records[done:]]}
        logger.error("unpublished", extra={**left, "exception_name": type(error).__name__, "exception": trace(error)})
        if not done:
            # Lambda halves a batch whose invocation fails, until what cannot be published stands alone.
            message = "nothing was published; the log says why"
            raise RuntimeError(message) from None
        failures.append({"itemIdentifier": records[done]["dynamodb"]["SequenceNumber"]})
    metrics.add_metric("EntriesPublished", MetricUnit.Count, done)
    return {"batchItemFailures": failures}


def is_of_a_new_entry(record: dict[str, Any]) -> bool:
    """Say whether an entry was put; a warning tells of what only a hand can have done to one that exists."""
    if record["eventName"] == "INSERT":
        return True
    logger.warning("passed over", extra={"change": record["eventName"], "keys": record["dynamodb"]["Keys"]})
    return False
