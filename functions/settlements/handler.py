"""Works off the settlements queue: members whose time has come or who are evaluated, refunds whose order never came."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tessera.instants import from_epoch_millis
from tessera.queue_batch import each_message
from tessera.runs import SETTLED, UNCHANGED, by_kind, tier_changes
from tessera.service import settlements

logger = Logger()
metrics = Metrics()


def work_off(message: dict[str, Any]) -> None:
    """Work off one batch; what it raises sends the batch round again."""
    taken_up = from_epoch_millis(int(message["attributes"]["ApproximateFirstReceiveTimestamp"]))
    done = settlements.work_off(message["body"], taken_up)
    metrics.add_metric("Settled", MetricUnit.Count, done.counts.get(SETTLED, 0))
    metrics.add_metric("Unchanged", MetricUnit.Count, done.counts.get(UNCHANGED, 0))
    metrics.add_metric("TierChanges", MetricUnit.Count, tier_changes(done.counts))
    for kind, entries in by_kind(done.counts).items():
        metrics.add_metric(f"Entries.{kind}", MetricUnit.Count, entries)
    if done.summary:
        logger.info("run done", extra={"run": done.run, "members": done.summary.members, "counts": done.summary.counts})


@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Work off batches; those that failed are named, and come again."""
    return each_message(event, context, work_off, logger)
