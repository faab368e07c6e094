"""Works off the settlements queue: what time has done to members, refunds whose order never came."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tessera.queue_batch import each_message
from tessera.service import settlements

logger = Logger()
metrics = Metrics()


def work_off(message: dict[str, Any]) -> None:
    """Settle one batch; what it raises sends the batch round again."""
    metrics.add_metric("Settled", MetricUnit.Count, settlements.work_off(message["body"]))


@metrics.log_metrics
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Work off batches; those that failed are named, and come again."""
    return each_message(event, work_off, logger)
