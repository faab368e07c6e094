"""Sending to queues."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from tessera.refusals import Unavailable
from tessera.store.client import CONFIG, SESSION, call, name_of

BATCH = 10
"""What SQS takes in one call."""


def send_all(queue: str, bodies: Sequence[str]) -> None:
    """Send messages, in as few calls as SQS allows; what it refused is sent once more.

    Raises:
        Unavailable: not all of them were taken; sending all of them again does no harm.
    """
    url = name_of(queue)
    for batch in _batches(bodies):
        waiting = [{"Id": str(i), "MessageBody": body} for i, body in enumerate(batch)]
        for _ in range(2):
            answer = call(_sqs().send_message_batch, QueueUrl=url, Entries=waiting)
            failed = {failure["Id"] for failure in answer.get("Failed", [])}
            waiting = [entry for entry in waiting if entry["Id"] in failed]
            if not waiting:
                break
        else:
            raise Unavailable("messages left unsent")


def send(queue: str, body: str, attributes: Mapping[str, str]) -> None:
    """Send one message with text attributes.

    Raises:
        Unavailable: it was not taken.
    """
    call(
        _sqs().send_message,
        QueueUrl=name_of(queue),
        MessageBody=body,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value
        },
    )


def send_later(queue: str, body: str, seconds: int) -> None:
    """Send one message that is delivered so many seconds from now, up to 900.

    Raises:
        Unavailable: it was not taken.
    """
    call(_sqs().send_message, QueueUrl=name_of(queue), MessageBody=body, DelaySeconds=seconds)


@functools.cache
def _sqs() -> Any:
    # Made when something is sent: most batches of purchases bury nothing, and a client costs a start a tenth.
    return SESSION.create_client("sqs", config=CONFIG)


def _batches(bodies: Sequence[str]) -> list[list[str]]:
    """Split into batches of ten that stay below the size SQS takes in one call."""
    batches: list[list[str]] = [[]]
    size = 0
    for body in bodies:
        length = len(body.encode())
        if batches[-1] and (len(batches[-1]) == BATCH or size + length > _MAX_BYTES):
            batches.append([])
            size = 0
        batches[-1].append(body)
        size += length
    return batches if bodies else []


_MAX_BYTES = 250_000
"""A quarter of a megabyte, with room for what SQS counts besides the bodies."""
