"""Putting events on the bus."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tessera.entry_events import Event
from tessera.store.client import CONFIG, SESSION, call, name_of

BATCH = 10
"""What EventBridge takes in one call."""

EVENTS: Any = SESSION.create_client("events", config=CONFIG)


class RefusedError(Exception):
    """EventBridge answered, and did not take every event."""


def put(events: Sequence[Event]) -> Iterator[int]:
    """Put events on the bus in their order, in as few calls as EventBridge allows.

    What is refused is put once more. If something is refused again, nothing behind that call is tried: it would only
    come twice when all from there on is repeated.

    Yields:
        after each call, how many events are on the bus, counted from the first without a gap.

    Raises:
        RefusedError: some events of the last call are not on the bus.
        Unavailable: EventBridge did not answer, or asks to come back later.
    """
    taken = 0
    for batch in _batches([_request(event) for event in events]):
        refused = _refused(batch)
        yield taken + min(refused, default=len(batch))
        if refused:
            message = f"{len(refused)} of {len(batch)} events: {', '.join(sorted(set(refused.values())))}"
            raise RefusedError(message)
        taken += len(batch)


def _refused(batch: Sequence[dict[str, Any]]) -> dict[int, str]:
    """Put a batch, and what is refused of it once more; answer what is refused again: why, by position."""
    waiting = list(range(len(batch)))
    refused: dict[int, str] = {}
    for _ in range(2):
        answer = call(EVENTS.put_events, Entries=[batch[position] for position in waiting])
        # EventBridge answers an error in the place of each event that it has not taken.
        results = zip(waiting, answer["Entries"], strict=True)
        refused = {position: result["ErrorCode"] for position, result in results if "ErrorCode" in result}
        waiting = list(refused)
        if not waiting:
            break
    return refused


def _request(event: Event) -> dict[str, Any]:
    return {
        "EventBusName": name_of("EVENT_BUS"),
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Time": event["time"],
        "Detail": json.dumps(event["detail"], separators=(",", ":"), ensure_ascii=False),
    }


def _batches(requests: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Split into batches of ten that stay below the size that EventBridge takes in one call."""
    batches: list[list[dict[str, Any]]] = [[]]
    size = 0
    for request in requests:
        length = _TIME_BYTES + sum(len(request[part].encode()) for part in ("Source", "DetailType", "Detail"))
        if batches[-1] and (len(batches[-1]) == BATCH or size + length > _MAX_BYTES):
            batches.append([])
            size = 0
        batches[-1].append(request)
        size += length
    return batches if requests else []


_MAX_BYTES = 256 * 1024
_TIME_BYTES = 14
"""What EventBridge counts: source, detail type and detail in UTF-8, and so many bytes for the time."""
