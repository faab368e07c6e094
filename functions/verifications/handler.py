"""Works off the reconciliation queue: verifies a bucket of members, and says of each what does not add up."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tessera.queue_batch import each_message
from tessera.service import bucket_verification

logger = Logger()
metrics = Metrics()


def verify(message: dict[str, Any]) -> None:
    """Verify one bucket; what it raises sends the bucket round again, and a mismatch raises nothing."""
    reconciled = bucket_verification.verify_bucket(message["body"])
    for finding in reconciled.findings:
        mismatch = finding.mismatch
        where = {"bucket": reconciled.bucket, "member_id": finding.member_id, "sequence": mismatch.sequence}
        logger.error("mismatch", extra={**where, "check": mismatch.check, "detail": mismatch.detail})
    if reconciled.findings:
        # Never counted as nought: the alarm stays on until the metric, or a person, says otherwise.
        metrics.add_metric("Mismatches", MetricUnit.Count, len(reconciled.findings))
    metrics.add_metric("MembersVerified", MetricUnit.Count, reconciled.members)
    logger.info("verified", extra={"bucket": reconciled.bucket, "members": reconciled.members})


@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Work off buckets; those that could not be verified for now are named, and come again."""
    return each_message(event, context, verify, logger)
