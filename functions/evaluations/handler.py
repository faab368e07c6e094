"""Works off the evaluations queue: each message is a step of a job that evaluates all members."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tessera.instants import from_epoch_millis
from tessera.queue_batch import each_message
from tessera.service import evaluation_steps

logger = Logger()
metrics = Metrics()


def take_step(message: dict[str, Any]) -> None:
    """Do one step; what it raises sends the message round again."""
    sent = message["attributes"]
    now, again = from_epoch_millis(int(sent["SentTimestamp"])), int(sent["ApproximateReceiveCount"]) > 1
    stepped = evaluation_steps.take_step(message["body"], now, again=again)
    metrics.add_metric("MembersToEvaluate", MetricUnit.Count, stepped.members)
    job = stepped.evaluation
    where = {"evaluation_id": job.evaluation_id, "status": job.status, "bucket": job.bucket} if job else {}
    logger.info("handed out", extra={**where, "members": stepped.members})
    if stepped.summary:
        logger.info("run done", extra={**where, "counts": stepped.summary.counts})


@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Do the steps; those that failed are named, and come again."""
    return each_message(event, context, take_step, logger)
