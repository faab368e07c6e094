"""`make redrive`: sends dead letters back to the queues they came from."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from local import state
from local.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# The queue of each dead-letter queue, by the template's outputs. The others came from no queue: `make schedule` repeats
# a run of a scheduled function, and the runbook tells how entries are published again.
SOURCES = {
    "PurchasesDeadLettersUrl": "PurchasesQueueUrl",
    "SettlementsDeadLettersUrl": "SettlementsQueueUrl",
    "AllowancesDeadLettersUrl": "AllowancesQueueUrl",
    "CouponJobsDeadLettersUrl": "CouponJobsQueueUrl",
    "EvaluationsDeadLettersUrl": "EvaluationsQueueUrl",
    "ReconciliationDeadLettersUrl": "ReconciliationQueueUrl",
}
REASONS = frozenset({"reason", "detail"})  # the attributes with which a function says why
BATCH = 10


def redrive(sqs: SQSClient, dead_letters: str, source: str) -> int:
    """Move the messages that wait in `dead_letters` now to `source` (both URLs), and return how many.

    A message is deleted only after it was sent, so a failure in between doubles it, which its receiver stands, and
    never loses it. What says why it was rejected is left behind. Messages that come back meanwhile stay.
    """
    attributes = sqs.get_queue_attributes(QueueUrl=dead_letters, AttributeNames=["ApproximateNumberOfMessages"])
    waiting = int(attributes["Attributes"]["ApproximateNumberOfMessages"])
    moved = 0
    while moved < waiting:
        received = sqs.receive_message(
            QueueUrl=dead_letters, MaxNumberOfMessages=min(BATCH, waiting - moved), MessageAttributeNames=["All"]
        )
        if not received.get("Messages"):
            break
        for message in received["Messages"]:
            kept = {name: value for name, value in message.get("MessageAttributes", {}).items() if name not in REASONS}
            sqs.send_message(QueueUrl=source, MessageBody=message["Body"], MessageAttributes=kept)
            sqs.delete_message(QueueUrl=dead_letters, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved


def main() -> None:
    """Empty each dead-letter queue of the running stack once."""
    try:
        stack = Stack()
    except state.NotRunningError as error:
        sys.exit(f"make redrive: {error}")
    for dead_letters, source in SOURCES.items():
        moved = redrive(stack.aws.sqs, stack.outputs[dead_letters], stack.outputs[source])
        print(f"{dead_letters.removesuffix('Url')}: {moved} sent back to {source.removesuffix('Url')}")


if __name__ == "__main__":
    main()
