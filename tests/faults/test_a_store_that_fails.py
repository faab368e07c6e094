"""A store that is slow, throttles or is gone, over real sockets and with the client's real waiting times."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tessera.store.client import LONGEST_CALL
from tests import resources
from tests.app import member_id
from tests.faults.conftest import Invocation
from tests.faults.proxy import broken, gone, lost, refusing, silent, slow
from tests.handlers.messages import order

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs import SQSClient

    from tests.app import Answer, App
    from tests.faults.proxy import FaultyProxy

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")  # of a batch that failed

API_SECONDS = 30
"""After which the gateway answers by itself."""
FUNCTION_SECONDS: int = resources.template()["Globals"]["Function"]["Timeout"]

THROTTLED = refusing(400, "ThrottlingException")
FAILING = refusing(500, "InternalServerError")


def card(app: App, name: str) -> Answer:
    return app.get("/members/me", as_=name)


def sign_in(app: App, name: str) -> Answer:
    return app.post("/members/me/sign-ins", as_=name)


@pytest.mark.parametrize(
    ("fault", "ask"),
    [
        pytest.param(silent, card, id="a read, never answered"),
        pytest.param(silent, sign_in, id="a write, never answered"),
        pytest.param(gone, card, id="a read, hung up on"),
        pytest.param(gone, sign_in, id="a write, hung up on"),
        pytest.param(THROTTLED, card, id="a read, throttled"),
        pytest.param(THROTTLED, sign_in, id="a write, throttled"),
        pytest.param(FAILING, card, id="a read, failing"),
        pytest.param(broken, card, id="a read, answered by a gateway"),
    ],
)
def test_the_caller_is_told_in_time_to_come_back_and_then_it_works(
    app: App,
    proxy: FaultyProxy,
    fault: Any,
    ask: Callable[[App, str], Answer],
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    name = request.node.callspec.id
    app.enrol(name)
    proxy.fault, asked, began = fault, proxy.asked, time.monotonic()

    refused = ask(app, name)

    took = time.monotonic() - began
    record_property("seconds", f"{took:.2f}")
    refused.refused(503, "unavailable")
    assert refused.headers["Retry-After"] == "2"
    assert proxy.asked - asked == 3
    assert took < LONGEST_CALL < FUNCTION_SECONDS < API_SECONDS

    proxy.fault = None
    assert ask(app, name).status in {200, 201}


def test_a_lost_answer_is_asked_for_again_and_the_change_is_made_once(app: App, proxy: FaultyProxy) -> None:
    app.enrol("lost")
    proxy.fault = lost

    sign_in(app, "lost").refused(503, "unavailable")

    proxy.fault = None
    assert sign_in(app, "lost").status in {200, 201}
    assert app.kinds("lost") == ["welcome", "sign_in"]


def test_a_store_that_is_slow_and_answers_is_waited_for(app: App, proxy: FaultyProxy) -> None:
    app.enrol("slow")
    proxy.fault = slow(1)
    assert sign_in(app, "slow").status == 201


def test_what_would_not_end_before_the_function_does_is_not_begun(app: App, proxy: FaultyProxy) -> None:
    app.enrol("late")
    proxy.fault, app.context = slow(1), Invocation(LONGEST_CALL + 1.5)
    asked = proxy.asked

    sign_in(app, "late").refused(503, "unavailable")

    assert proxy.asked - asked == 1  # it has read, and not begun to write
    proxy.fault, app.context = None, Invocation()
    assert app.kinds("late") == ["welcome"]
    assert sign_in(app, "late").status == 201


QUEUE, DEAD_LETTERS = "PurchasesQueue", "PurchasesDeadLetters"


@pytest.fixture
def receive(app: App, sqs: SQSClient) -> Callable[[], list[int]]:
    """Receives what waits in the purchases queue as Lambda does, but has it come back at once if it fails."""
    url = app.addresses[QUEUE]
    dead = sqs.get_queue_attributes(QueueUrl=app.addresses[DEAD_LETTERS], AttributeNames=["QueueArn"])
    policy = {
        "deadLetterTargetArn": dead["Attributes"]["QueueArn"],
        "maxReceiveCount": resources.template()["Resources"][QUEUE]["Properties"]["RedrivePolicy"]["maxReceiveCount"],
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(policy)})

    def deliver() -> list[int]:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])
        again = app.deliver(QUEUE, *(message["Body"] for message in found)) if found else []
        for position, message in enumerate(found):
            if position not in again:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return again

    return deliver


@pytest.mark.parametrize("fault", [silent, THROTTLED], ids=["never answers", "throttles"])
def test_a_message_comes_back_and_is_counted_once_when_the_store_does_again(
    app: App,
    proxy: FaultyProxy,
    sqs: SQSClient,
    receive: Callable[[], list[int]],
    fault: Any,
    request: pytest.FixtureRequest,
) -> None:
    name = request.node.callspec.id
    app.enrol(name)
    sqs.send_message(QueueUrl=app.addresses[QUEUE], MessageBody=json.dumps(order(name, member_id=member_id(name))))
    proxy.fault = fault
    assert receive() == [0]
    proxy.fault = None
    assert receive() == []
    assert receive() == []
    assert app.kinds(name) == ["welcome", "purchase"]
    assert app.waiting(DEAD_LETTERS) == []


def test_a_message_that_no_receive_could_count_is_a_dead_letter_and_counts_when_sent_back(
    app: App, proxy: FaultyProxy, sqs: SQSClient, receive: Callable[[], list[int]]
) -> None:
    app.enrol("patient")
    body = json.dumps(order("patient", member_id=member_id("patient")))
    sqs.send_message(QueueUrl=app.addresses[QUEUE], MessageBody=body)
    proxy.fault = gone
    tried = 0
    while receive():
        tried += 1

    assert tried == 5
    assert app.waiting(DEAD_LETTERS) == [body]
    proxy.fault = None
    sqs.send_message(QueueUrl=app.addresses[QUEUE], MessageBody=body)
    assert receive() == []
    assert app.kinds("patient") == ["welcome", "purchase"]
