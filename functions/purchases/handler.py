"""Counts the messages of the purchases queue. One that cannot be counted goes to the dead letters with its reason."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from tessera.instants import from_epoch_millis
from tessera.refusals import Refusal, TryAgain, Unavailable
from tessera.service import purchases

logger = Logger()
metrics = Metrics()
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def count(record: SQSRecord) -> None:
    """Count one message; what it raises sends the message round again."""
    try:
        outcomes = purchases.count(record.body, from_epoch_millis(int(record.attributes.sent_timestamp)))
    except (TryAgain, Unavailable):
        raise
    except Refusal as refusal:
        logger.warning("buried", extra={"code": refusal.code, "message_id": record.message_id})
        purchases.bury(record.body, refusal)
        metrics.add_metric("MessagesBuried", MetricUnit.Count, 1)
        return
    for outcome in outcomes:
        metrics.add_metric("Messages" + outcome.kind.capitalize(), MetricUnit.Count, 1)
        for report in outcome.reports:
            logger.warning("reported", extra={"report": report, "message_id": record.message_id})
            metrics.add_metric("Reports", MetricUnit.Count, 1)


@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: Any) -> Any:
    """Count a batch; those that could not be reached for now are named, and come again."""
    return process_partial_response(event=event, record_handler=count, processor=processor, context=context)
