"""Reconciliation: whose turn it is tonight is handed out, bucket by bucket."""

import json
from datetime import datetime

from tessera.instants import write_instant
from tessera.reconciliation import buckets_of_night
from tessera.store import queues


def hand_out(now: datetime) -> int:
    """Send the buckets of the night of `now` to the reconciliation queue, one a message.

    Returns:
        how many there are.

    Raises:
        Unavailable: not all of them were taken; sending all of them again does no harm.
    """
    buckets = buckets_of_night(now)
    as_of = write_instant(now)
    bodies = [json.dumps({"schema_version": 1, "bucket": bucket, "as_of": as_of}) for bucket in buckets]
    queues.send_all("RECONCILIATION_QUEUE_URL", bodies)
    return len(bodies)
