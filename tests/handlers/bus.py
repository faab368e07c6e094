"""A bus that can be looked into, and that refuses what a test wants refused."""

import json
from collections import Counter
from typing import Any

from botocore.exceptions import ClientError


class Bus:
    """What the product needs of EventBridge's client.

    Attributes:
        taken: the events on the bus.
        calls: the ids of the events of each call.
        refusals: how often an event is still refused, by its id.
        outage: the number of the call from which on it does not answer.
    """

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.calls: list[list[str]] = []
        self.refusals: Counter[str] = Counter()
        self.outage: int | None = None

    def told(self) -> list[dict[str, Any]]:
        """Answer what the events on the bus tell."""
        return [json.loads(event["Detail"]) for event in self.taken]

    def ids(self) -> list[str]:
        """Answer the ids of the events on the bus."""
        return [told["event_id"] for told in self.told()]

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        """Take what is not to be refused."""
        self.calls.append([json.loads(event["Detail"])["event_id"] for event in Entries])
        if self.outage is not None and len(self.calls) >= self.outage:
            raise ClientError({"Error": {"Code": "InternalException"}}, "PutEvents")
        results = []
        for event_id, event in zip(self.calls[-1], Entries, strict=True):
            if self.refusals[event_id] > 0:
                self.refusals[event_id] -= 1
                results.append({"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"})
            else:
                self.taken.append(event)
                results.append({"EventId": f"bus-{len(self.taken)}"})
        return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}
