"""Publishing what the ledger's stream says was booked."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tessera.entry_events import booked
from tessera.store import bus
from tessera.store.entries import from_stream


def publish(records: Sequence[Mapping[str, Any]]) -> Iterator[int]:
    """Publish the entries that were put according to records of the stream, in their order.

    Yields:
        after each call, how many records are done with, counted from the first without a gap.

    Raises:
        KeyError: a record cannot be read; nothing is published.
        RefusedError, Unavailable: the records behind those that are done with could not be published.
    """
    yield from bus.put([booked(from_stream(record)) for record in records])
