"""What waits in the queues of the stack."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from local.schedule import MESSAGE_COUNTS

if TYPE_CHECKING:
    from local.stack import Stack

DELAYED = "ApproximateNumberOfMessagesDelayed"
POLL_SECONDS = 0.5


def wait_until_empty(stack: Stack, seconds: float, *, delayed: bool) -> float:
    """Wait until no queue that a function works off has a message; answer for how many seconds.

    Args:
        stack: whose queues.
        seconds: how long at most.
        delayed: whether to wait for what is to be delivered later, too.

    Raises:
        TimeoutError: something is left.
    """
    began = time.monotonic()
    while waiting := _count(stack, "QueueUrl", delayed=delayed):
        if time.monotonic() - began > seconds:
            message = f"messages wait still: {waiting}"
            raise TimeoutError(message)
        time.sleep(POLL_SECONDS)
    return time.monotonic() - began


def dead_letters(stack: Stack) -> dict[str, int]:
    """Count the messages of each dead-letter queue that has any."""
    return _count(stack, "DeadLettersUrl", delayed=True)


def _count(stack: Stack, suffix: str, *, delayed: bool) -> dict[str, int]:
    counts = {}
    for output, url in stack.outputs.items():
        if output.endswith(suffix):
            told = stack.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(MESSAGE_COUNTS))["Attributes"]
            counts[output] = sum(int(told[name]) for name in MESSAGE_COUNTS if delayed or name != DELAYED)
    return {output: count for output, count in counts.items() if count}
