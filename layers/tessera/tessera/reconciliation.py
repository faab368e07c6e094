"""Reconciliation: whose turn it is to be verified tonight, and the message of the reconciliation queue, version 1.

Nobody scans a table. Members fall into buckets for good (`identities.bucket`), and each night has its buckets: one in
twenty-eight, so that every member is verified every four weeks.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from tessera.identities import BUCKETS
from tessera.instants import parse_instant, write_instant

NIGHTS = 28
"""After so many nights every bucket has had its turn. A night that was skipped is made up for by the same one later."""


@dataclass(frozen=True, slots=True)
class BucketDue:
    """A bucket whose members are to be verified, and the instant of the night that it belongs to."""

    bucket: int
    as_of: datetime


def buckets_of_night(now: datetime) -> range:
    """Answer the buckets of a night; the UTC day of `now` decides which night it is."""
    return range(now.date().toordinal() % NIGHTS, BUCKETS, NIGHTS)


def write(due: BucketDue) -> str:
    """Write a message."""
    return json.dumps({"schema_version": 1, "bucket": due.bucket, "as_of": write_instant(due.as_of)})


def read(body: str) -> BucketDue:
    """Read a message.

    Raises:
        ValueError: it is none, or one of another version.
    """
    match json.loads(body):
        case {"schema_version": 1, "bucket": int(bucket), "as_of": str(as_of)} if 0 <= bucket < BUCKETS:
            return BucketDue(bucket, parse_instant(as_of))
    message = "this is no message of the reconciliation queue"
    raise ValueError(message)
