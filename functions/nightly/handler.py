"""The nightly function: finds what is due and hands it out. Safe to run twice, late, or for a day long past."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tessera.instants import parse_instant
from tessera.service import nightly

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    """Hand out what is due at the event's `time`."""
    handed_out = nightly.hand_out(parse_instant(event["time"]))
    due = {"members": handed_out.members, "refunds": handed_out.refunds}
    metrics.add_metric("MembersDue", MetricUnit.Count, handed_out.members)
    metrics.add_metric("RefundsDue", MetricUnit.Count, handed_out.refunds)
    metrics.add_metric("BirthdaysHandedOut", MetricUnit.Count, handed_out.birthdays)
    logger.info("handed out", extra={"night_id": handed_out.night_id, **due, "birthdays": handed_out.birthdays})
    if handed_out.summary:
        logger.info("run done", extra={"night_id": handed_out.night_id, "counts": handed_out.summary.counts})
    return due
