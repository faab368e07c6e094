"""Publishing what the ledger's stream says was booked."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tessera.entry_events import booked
from tessera.occasions import occasion_of, write
from tessera.store import bus, queues
from tessera.store.entries import from_stream


def publish(records: Sequence[Mapping[str, Any]]) -> Iterator[int]:
    """Publish the entries that were put according to records of the stream, in their order.

    What is an occasion for coupons is handed on first: if that fails, all of it comes again, and does no harm.

    Yields:
        after each call, how many records are done with, counted from the first without a gap.

    Raises:
        KeyError: a record cannot be read; nothing is published.
        RefusedError, Unavailable: the records behind those that are done with could not be published.
    """
    entries = [from_stream(record) for record in records]
    events = [booked(entry) for entry in entries]
    occasions = [occasion for entry in entries if (occasion := occasion_of(entry))]
    queues.send_all("COUPON_JOBS_QUEUE_URL", [write(occasion) for occasion in occasions])
    yield from bus.put(events)
