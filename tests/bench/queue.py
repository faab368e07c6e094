"""A queue in this process: what the night sends is received in its order, ten at a time, and none is lost."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Any


class Queues:
    """Queues by their addresses, with those calls of an SQS client that the product and the tests' app make."""

    def __init__(self) -> None:
        """Begin empty."""
        self._waiting: dict[str, deque[str]] = defaultdict(deque)

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803
        """Take messages."""
        self._waiting[QueueUrl].extend(entry["MessageBody"] for entry in Entries)
        return {}

    def receive_message(self, *, QueueUrl: str, MaxNumberOfMessages: int) -> dict[str, Any]:  # noqa: N803
        """Hand out the oldest messages, for good."""
        waiting = self._waiting[QueueUrl]
        bodies = [waiting.popleft() for _ in range(min(MaxNumberOfMessages, len(waiting)))]
        return {"Messages": [{"Body": body, "ReceiptHandle": ""} for body in bodies]}

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> None:  # noqa: N803
        """Nothing is left to delete."""
