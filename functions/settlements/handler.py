"""Works off the settlements queue: tier terms that have ended, refunds whose order never came."""

from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from tessera.service import settlements

metrics = Metrics()
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def work_off(record: SQSRecord) -> None:
    """Settle one batch; what it raises sends the batch round again."""
    metrics.add_metric("Settled", MetricUnit.Count, settlements.work_off(record.body))


@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: Any) -> Any:
    """Work off batches; those that failed are named, and come again."""
    return process_partial_response(event=event, record_handler=work_off, processor=processor, context=context)
