"""Works off the allowances queue: what holds took of templates that all share, and what refunds give back of it."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tessera.instants import from_epoch_millis
from tessera.queue_batch import each_message
from tessera.service import allowances

logger = Logger()
metrics = Metrics()


def work_off(message: dict[str, Any]) -> None:
    """Work off one message; what it raises sends the message round again."""
    # Not when it was sent: it was delayed until the hold should be over.
    received = from_epoch_millis(int(message["attributes"]["ApproximateFirstReceiveTimestamp"]))
    outcome = allowances.work_off(message["body"], received)
    metrics.add_metric("Allowances" + outcome.title().replace("_", ""), MetricUnit.Count, 1)


@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Work off messages; those that failed are named, and come again."""
    return each_message(event, context, work_off, logger)
