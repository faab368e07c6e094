"""Reconciliation: whose turn it is to be verified tonight, and the message of the reconciliation queue, version 1.

Nobody scans a table. Members fall into buckets for good (`identities.bucket`), and each night has its buckets: one in
twenty-eight, so that every member is verified every four weeks.
"""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from tessera.identities import BUCKETS
from tessera.instants import Instant
from tessera.shapes import Shape

NIGHTS = 28
"""After so many nights every bucket has had its turn. A night that was skipped is made up for by the same one later."""


class BucketDue(Shape):
    """A bucket whose members are to be verified, and the instant of the night that it belongs to."""

    schema_version: Annotated[int, Field(ge=1, le=1)] = 1
    bucket: Annotated[int, Field(ge=0, lt=BUCKETS)]
    as_of: Instant


def buckets_of_night(now: datetime) -> range:
    """Answer the buckets of a night; the UTC day of `now` decides which night it is."""
    return range(now.date().toordinal() % NIGHTS, BUCKETS, NIGHTS)
