"""What leaves the running stack: each entry arrives, as the statement shows it, at whoever has a rule on the bus."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.stack.processes import ROOT
from tests.stack.rights import denied
from tests.stack.shop import SECONDS, counted, eventually, new_id, order
from tests.stack.test_platform import AN_ENTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.stack import Stack
    from tests.stack.client import Api

DOCUMENTATION = ROOT / "docs" / "events" / "README.md"


@pytest.fixture
def subscribed(stack: Stack) -> Iterator[str]:
    """A queue that a rule on the bus fills: the stack that the documentation gives to copy."""
    (template,) = re.findall(r"```yaml\n(.*?)```", DOCUMENTATION.read_text(encoding="utf-8"), re.DOTALL)
    formation, name = stack.aws.cloudformation, new_id("subscriber")
    formation.create_stack(
        StackName=name,
        TemplateBody=template,
        Parameters=[{"ParameterKey": "BusName", "ParameterValue": stack.outputs["EventBusName"]}],
    )
    formation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    (subscriber,) = formation.describe_stacks(StackName=name)["Stacks"]
    yield subscriber["Outputs"][0]["OutputValue"]
    formation.delete_stack(StackName=name)


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
