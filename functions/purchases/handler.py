"""Counts the messages of the purchases queue. One that cannot be counted goes to the dead letters with its reason."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tessera.instants import from_epoch_millis
from tessera.queue_batch import each_message
from tessera.refusals import Refusal, Temporary
from tessera.service import purchases

logger = Logger()
metrics = Metrics()


def count(message: dict[str, Any]) -> None:
    """Count one message; what it raises sends the message round again."""
    body, sent = message["body"], from_epoch_millis(int(message["attributes"]["SentTimestamp"]))
    try:
        outcomes = purchases.count(body, sent)
    except Temporary:
        raise
    except Refusal as refusal:
        purchases.dead_letter(body, refusal)
        outcomes = [purchases.Outcome("rejected", refusal=refusal.code)]
    for outcome in outcomes:
        if outcome.refusal:
            logger.warning("rejected", extra={"code": outcome.refusal, "message_id": message["messageId"]})
        metrics.add_metric("Messages" + outcome.kind.capitalize(), MetricUnit.Count, 1)
        for report in outcome.reports:
            logger.warning("reported", extra={"report": report, "order_id": outcome.order_id})
            metrics.add_metric("Reports", MetricUnit.Count, 1)


@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Count a batch; those that could not be reached for now are named, and come again."""
    return each_message(event, context, count, logger)
