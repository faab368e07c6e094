"""Works off the coupon jobs queue: each message is a file of codes to be made."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tessera.instants import from_epoch_millis
from tessera.queue_batch import each_message
from tessera.service import code_making

logger = Logger()
metrics = Metrics()


def work_off(message: dict[str, Any]) -> None:
    """Make one file; what it raises sends the message round again."""
    taken_up = from_epoch_millis(int(message["attributes"]["ApproximateFirstReceiveTimestamp"]))
    made = code_making.make(message["body"], taken_up)
    metrics.add_metric("CodesMade", MetricUnit.Count, made.codes)
    logger.info("codes made", extra={"job_id": made.job_id, "codes": made.codes, "done": made.summary is not None})


@metrics.log_metrics
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Make files; those that failed are named, and come again."""
    return each_message(event, work_off, logger)
