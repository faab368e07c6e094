"""Reconciliation: whose turn it is tonight is handed out, bucket by bucket."""

from datetime import datetime

from tessera.reconciliation import BucketDue, buckets_of_night, write
from tessera.store import queues


def hand_out(now: datetime) -> int:
    """Send the buckets of the night of `now` to the reconciliation queue, one a message.

    Returns:
        how many there are.

    Raises:
        Unavailable: not all of them were taken; sending all of them again does no harm.
    """
    bodies = [write(BucketDue(bucket, now)) for bucket in buckets_of_night(now)]
    queues.send_all("RECONCILIATION_QUEUE_URL", bodies)
    return len(bodies)
