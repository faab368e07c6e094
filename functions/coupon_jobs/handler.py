"""Works off the coupon jobs queue: files of codes, batches of members to be granted, occasions that bring coupons."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tessera import occasions
from tessera.coupon_jobs import GrantWork, read
from tessera.instants import from_epoch_millis
from tessera.queue_batch import each_message
from tessera.service import code_making, granting
from tessera.service.occasions import celebrate

logger = Logger()
metrics = Metrics()


def work_off(message: dict[str, Any]) -> None:
    """Work off one message; what it raises sends the message round again."""
    taken_up = from_epoch_millis(int(message["attributes"]["ApproximateFirstReceiveTimestamp"]))
    if occasion := occasions.read(message["body"]):
        counts = celebrate(occasion, taken_up)
        logger.info("celebrated", extra={"occasion": occasion.name, "counts": counts})
        return
    work = read(message["body"])
    if isinstance(work, GrantWork):
        granted = granting.grant_batch(work, taken_up)
        logger.info("granted", extra={"job_id": work.job_id, "counts": granted.counts, "done": bool(granted.summary)})
        return
    made = code_making.make(work, taken_up)
    metrics.add_metric("CodesMade", MetricUnit.Count, made.codes)
    logger.info("codes made", extra={"job_id": work.job_id, "codes": made.codes, "done": bool(made.summary)})


@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Work off messages; those that failed are named, and come again."""
    return each_message(event, context, work_off, logger)
