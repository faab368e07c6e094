"""The reconciliation function: hands out the members whose turn it is to be verified. Safe to run twice, or late."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tessera.instants import parse_instant
from tessera.service import reconciliation

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    """Hand out the buckets of the night of the event's `time`."""
    buckets = reconciliation.hand_out(parse_instant(event["time"]))
    metrics.add_metric("BucketsDue", MetricUnit.Count, buckets)
    logger.info("handed out", extra={"buckets": buckets})
    return {"buckets": buckets}
