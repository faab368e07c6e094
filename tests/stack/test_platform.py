"""What the stack promises before any rule of the programme: who gets in, as whom functions run, how it is operated."""

from __future__ import annotations

import json
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from local import state, tokens
from local.redrive import redrive
from local.schedule import ScheduleError, run_scheduled
from tests import resources
from tests.stack import processes
from tests.stack.client import Api
from tests.stack.rights import denied

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from local.aws import LocalAws
    from local.stack import Stack

MEMBER = "tessera/member"
A_MEMBER = {"member_id": {"S": "m_nobody"}}
AN_ENTRY = {**A_MEMBER, "sequence": {"N": "1"}}
FUNCTIONS = [name for name in resources.functions() if "Condition" not in resources.template()["Resources"][name]]
"""All but the trigger of the user pool, which there is none of here."""


# Getting in


def test_health_answers_without_a_token(anonymous: Api) -> None:
    answer = anonymous.get("/health")
    assert (answer.status, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["content-type"] == "application/json"


def test_a_token_opens_the_api(api_as: Callable[..., Api]) -> None:
    assert api_as("alice", MEMBER).get("/programme").status == 200


def test_without_a_token_the_gateway_refuses(anonymous: Api) -> None:
    answer = anonymous.get("/programme")
    assert (answer.status, answer.json()) == (401, {"message": "Unauthorized"})


def test_tokens_that_are_expired_foreign_or_meant_for_others_are_refused(stack: Stack, tmp_path: Path) -> None:
    key = tokens.signing_key(stack.directory)
    foreign_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for case, token in {
        "expired": tokens.make_token(key, stack.issuer, "alice", [MEMBER], lifetime=-60),
        "signed by another key": tokens.make_token(foreign_key, stack.issuer, "alice", [MEMBER]),
        "of another issuer": tokens.make_token(key, "https://issuer.example", "alice", [MEMBER]),
        "for another audience": tokens.make_token(key, stack.issuer, "alice", [MEMBER], audience="somebody-else"),
        "not a token": "abc",
    }.items():
        assert Api(stack.api_url, token).get("/programme").status == 401, case


def test_a_scope_that_the_route_does_not_take_is_refused(api_as: Callable[..., Api]) -> None:
    answer = api_as("alice", MEMBER).post("/purchases", {"messages": []})
    assert (answer.status, answer.json()) == (403, {"message": "Forbidden"})


def test_an_unknown_route_is_not_found(api_as: Callable[..., Api]) -> None:
    answer = api_as("alice", MEMBER).get("/nowhere")
    assert (answer.status, answer.json()) == (404, {"message": "Not Found"})


def test_a_problem_of_a_function_passes_through_as_it_is(api_as: Callable[..., Api]) -> None:
    answer = api_as("nobody-enrolled", MEMBER).get("/members/me")
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


def test_a_hundred_requests_at_once_are_all_answered(api_as: Callable[..., Api]) -> None:
    api = api_as("alice", MEMBER)
    with ThreadPoolExecutor(100) as pool:
        statuses = Counter(pool.map(lambda _: api.get("/programme").status, range(100)))
    assert statuses == {200: 100}


# Rights


@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions_run_under_their_own_roles(stack: Stack, function: str) -> None:
    arn = stack.as_function(function).sts.get_caller_identity()["Arn"]
    role = stack.resources[function.replace("Function", "Role")]
    assert f":assumed-role/{role}/" in arn


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_may_update_or_delete_an_entry(stack: Stack, function: str) -> None:
    aws, ledger = stack.as_function(function), stack.outputs["LedgerTable"]
    assert denied(lambda: aws.dynamodb.delete_item(TableName=ledger, Key=AN_ENTRY))
    assert denied(lambda: aws.dynamodb.batch_write_item(RequestItems={ledger: [{"DeleteRequest": {"Key": AN_ENTRY}}]}))
    assert denied(
        lambda: aws.dynamodb.transact_write_items(TransactItems=[{"Delete": {"TableName": ledger, "Key": AN_ENTRY}}])
    )
    assert denied(lambda: aws.dynamodb.delete_table(TableName=ledger))
    assert denied(
        lambda: aws.dynamodb.update_item(
            TableName=ledger,
            Key=AN_ENTRY,
            UpdateExpression="SET points = :n",
            ExpressionAttributeValues={":n": {"N": "1"}},
        )
    )


def test_sign_ins_may_read_members_and_not_their_personal_data(stack: Stack) -> None:
    aws = stack.as_function("SignInsFunction")
    assert not denied(lambda: read(aws, stack.outputs["MembersTable"]))
    assert denied(lambda: read(aws, stack.outputs["ProfilesTable"]))


def test_health_may_touch_nothing(stack: Stack) -> None:
    aws = stack.as_function("HealthFunction")
    assert denied(lambda: read(aws, stack.outputs["MembersTable"]))
    assert denied(lambda: aws.sqs.send_message(QueueUrl=stack.outputs["PurchasesQueueUrl"], MessageBody="{}"))


# Operating


def test_the_nightly_function_runs_as_of_an_instant(stack: Stack) -> None:
    outcome = run_scheduled(stack, "nightly", datetime(2026, 1, 1, tzinfo=UTC))
    assert outcome.dead_letters == 0


def test_only_what_is_scheduled_can_be_run_by_schedule(stack: Stack) -> None:
    with pytest.raises(ScheduleError, match="there is: nightly, reconciliation"):
        run_scheduled(stack, "sign_ins", datetime(2026, 1, 1, tzinfo=UTC))


def test_redrive_sends_every_dead_letter_back_without_the_reason(stack: Stack) -> None:
    sqs = stack.aws.sqs
    source, dead_letters = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("source", "dead-letters"))
    for number in range(12):
        sqs.send_message(
            QueueUrl=dead_letters,
            MessageBody=json.dumps({"number": number}),
            MessageAttributes={
                "reason": {"DataType": "String", "StringValue": "unknown_member"},
                "origin": {"DataType": "String", "StringValue": "till 7"},
            },
        )
    assert redrive(sqs, dead_letters, source) == 12
    back = received(stack.aws, source, 12)
    assert sorted(json.loads(message["Body"])["number"] for message in back) == list(range(12))
    assert {name for message in back for name in message["MessageAttributes"]} == {"origin"}
    assert redrive(sqs, dead_letters, source) == 0


def test_a_taken_port_is_a_clear_error(stack: Stack, tmp_path: Path) -> None:
    (aws_port,) = processes.free_ports(1)
    process = processes.start(int(stack.api_url.rsplit(":", 1)[1]), aws_port, tmp_path)
    assert process.wait(processes.STOP_SECONDS) == 1
    assert "choose another: make run PORT=" in (tmp_path / "run.log").read_text()


def test_a_stack_that_is_stopped_leaves_nothing_behind(tmp_path: Path) -> None:
    port, aws_port = processes.free_ports(2)
    process = processes.start(port, aws_port, tmp_path)
    stack = processes.wait_until_running(process, tmp_path)
    assert Api(stack.api_url).get("/health").status == 200
    assert still_alive(aws_port)
    assert processes.stop(process) == 0
    for taken in (port, aws_port):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", taken))
    with pytest.raises(state.NotRunningError):
        state.load(tmp_path)
    assert not still_alive(aws_port)


def read(aws: LocalAws, table: str) -> object:
    """Read a member as the functions do."""
    return aws.dynamodb.batch_get_item(RequestItems={table: {"Keys": [A_MEMBER]}})


def still_alive(aws_port: int) -> list[str]:
    """List the processes that belong to the local AWS on a port: itself, and the functions' processes."""
    alive = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # it ended meanwhile
            if f"GATEWAY_PORT={aws_port}".encode() in environment.read_bytes().split(b"\0"):
                alive.append(environment.parent.name)
    return alive


def received(aws: LocalAws, queue: str, count: int) -> list[MessageTypeDef]:
    """Take `count` messages from a queue."""
    messages: list[MessageTypeDef] = []
    while len(messages) < count:
        answer = aws.sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"], WaitTimeSeconds=1
        )
        assert answer.get("Messages"), f"only {len(messages)} messages came"
        messages.extend(answer["Messages"])
    return messages
