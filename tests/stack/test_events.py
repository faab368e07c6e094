"""What leaves the running stack: each entry arrives, as the statement shows it, at whoever has a rule on the bus."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.stack.shop import SECONDS, counted, eventually, new_id, order
from tests.stack.test_platform import AN_ENTRY, denied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.stack import Stack
    from tests.stack.client import Api

TARGET = "queue"


@pytest.fixture
def subscribed(stack: Stack) -> Iterator[str]:
    """A queue that a rule on the bus fills with the entries of version 1, as the documentation has it."""
    name, bus = new_id("subscriber"), stack.outputs["EventBusName"]
    events = stack.aws.session.client("events", endpoint_url=stack.aws.url)
    queue = stack.aws.sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = stack.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["tessera"], "detail-type": ["entry.booked"], "detail": {"schema_version": [1]}}
    rule = events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))["RuleArn"]
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    stack.aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": TARGET, "Arn": arn}])
    yield queue
    events.remove_targets(Rule=name, EventBusName=bus, Ids=[TARGET])
    events.delete_rule(Name=name, EventBusName=bus)
    stack.aws.sqs.delete_queue(QueueUrl=queue)


def test_entries_arrive_as_the_statement_shows_them(stack: Stack, subscribed: str, api_as: Callable[..., Api]) -> None:
    app, shop = api_as(new_id("alice"), "tessera/member"), api_as("till", "tessera/shop")
    member_id = app.post("/members", {}).json()["member_id"]
    bought = new_id("order")
    assert shop.post("/purchases", order(bought, member_id=member_id)).status == 202
    eventually(lambda: shop.get(f"/purchases/{bought}"), counted)
    statement = app.get("/members/me/entries").json()["items"]
    assert [entry["kind"] for entry in statement] == ["purchase", "welcome"]

    arrived = arriving(stack, subscribed, member_id, len(statement))

    for entry in statement:
        event = arrived[entry["entry_id"]]
        assert event["detail"] == {"schema_version": 1, "event_id": entry["entry_id"], "member_id": member_id} | entry


def test_publishing_may_put_events_on_the_one_bus_and_touch_no_table(stack: Stack) -> None:
    aws = stack.as_function("EntryEventsFunction")
    events = aws.session.client("events", endpoint_url=aws.url)
    event = {"Source": "tests", "DetailType": "nothing", "Detail": "{}"}
    assert not denied(lambda: events.put_events(Entries=[event | {"EventBusName": stack.outputs["EventBusName"]}]))
    assert denied(lambda: events.put_events(Entries=[event]))
    assert denied(lambda: aws.dynamodb.get_item(TableName=stack.outputs["LedgerTable"], Key=AN_ENTRY))


def arriving(stack: Stack, queue: str, member_id: str, count: int) -> dict[str, Any]:
    """Wait for so many events of a member; answer them by their permanent key. Each comes at least once."""
    arrived: dict[str, Any] = {}
    deadline = time.monotonic() + SECONDS
    while len(arrived) < count:
        assert time.monotonic() < deadline, sorted(arrived)
        answer = stack.aws.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in answer.get("Messages", []):
            stack.aws.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            event = json.loads(message["Body"])
            if event["detail"]["member_id"] == member_id:
                arrived[event["detail"]["event_id"]] = event
    return arrived
