"""`make schedule`: runs a scheduled function as of an instant, and waits for what it causes."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from local import state, translate
from local.aws import REGION
from local.deploy import ROOT
from local.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

SETTLE_SECONDS = 300
POLL_SECONDS = 0.2
LAST_YEAR = 2200
"""Time does not run back for a member, so a slip of the finger must not send anybody to the end of it."""
# What scheduled functions hand out goes through these, by the template's outputs: each queue, and its dead letters.
QUEUES = {
    "SettlementsQueueUrl": "SettlementsDeadLettersUrl",
    "CouponJobsQueueUrl": "CouponJobsDeadLettersUrl",
    "ReconciliationQueueUrl": "ReconciliationDeadLettersUrl",
}
MESSAGE_COUNTS: tuple[QueueAttributeNameType, ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class ScheduleError(Exception):
    """The function cannot be run, failed, or left work undone."""


@dataclass(frozen=True)
class Outcome:
    """What a scheduled run did: the answer, the seconds until the queues were empty, and their dead letters."""

    answer: Any
    seconds: float
    dead_letters: int


def scheduled_functions() -> dict[str, tuple[str, str]]:
    """Return the logical ids of each scheduled function and of its rule, by the name of the function's folder."""
    found = {}
    for name, resource in translate.read(ROOT / "template.yaml")["Resources"].items():
        for event, definition in resource.get("Properties", {}).get("Events", {}).items():
            if definition["Type"] == "Schedule":
                found[Path(resource["Properties"]["CodeUri"]).name] = (name, f"{name}{event}")
    return found


def run_scheduled(stack: Stack, name: str, at: datetime) -> Outcome:
    """Invoke the function `name` with its rule's event as of `at`, and wait until what it has handed out is done.

    Raises:
        ScheduleError: if there is no such function, it fails, or a queue does not empty.
    """
    functions = scheduled_functions()
    if name not in functions:
        raise ScheduleError(f"no scheduled function {name!r}; there is: {', '.join(sorted(functions))}")
    function, rule = functions[name]
    event = {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": stack.account,
        "time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{stack.account}:rule/{stack.resources[rule]}"],
        "detail": {},
    }
    began = time.monotonic()
    invoked = stack.aws.functions.invoke(FunctionName=stack.resources[function], Payload=json.dumps(event))
    answer = json.load(invoked["Payload"])
    if invoked.get("FunctionError"):
        raise ScheduleError(f"{name} failed: {answer.get('errorType')}: {answer.get('errorMessage')}")
    while waiting := sum(_messages(stack, queue) for queue in QUEUES):
        if time.monotonic() - began > SETTLE_SECONDS:
            raise ScheduleError(f"{waiting} messages are still waiting after {SETTLE_SECONDS} s")
        time.sleep(POLL_SECONDS)
    dead_letters = sum(_messages(stack, queue) for queue in QUEUES.values())
    return Outcome(answer, time.monotonic() - began, dead_letters)


def _messages(stack: Stack, output: str) -> int:
    """Count a queue's messages, those in flight and delayed included."""
    answer = stack.aws.sqs.get_queue_attributes(QueueUrl=stack.outputs[output], AttributeNames=MESSAGE_COUNTS)
    attributes = answer["Attributes"]
    return sum(int(attributes[name]) for name in MESSAGE_COUNTS)


def instant(text: str) -> datetime:
    """Read an RFC 3339 instant, such as 2027-01-01T00:00:00Z."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None or value.year > LAST_YEAR:
        raise ValueError
    return value


def main() -> None:
    """Run the function named on the command line."""
    parser = argparse.ArgumentParser(prog="make schedule", usage="make schedule NAME=nightly [AT=2027-01-01T00:00:00Z]")
    parser.add_argument("name")
    parser.add_argument("--at", type=instant, default=datetime.now(UTC))
    arguments = parser.parse_args()
    try:
        outcome = run_scheduled(Stack(), arguments.name, arguments.at)
    except (ScheduleError, state.NotRunningError) as error:
        sys.exit(f"make schedule: {error}")
    print(f"{arguments.name} ran as of {arguments.at:%Y-%m-%dT%H:%M:%SZ}: {json.dumps(outcome.answer)}")
    print(f"All done after {outcome.seconds:.1f} s; dead letters: {outcome.dead_letters}")


if __name__ == "__main__":
    main()
