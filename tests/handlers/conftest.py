import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from moto import mock_aws

from tessera.store import client, queues
from tests import resources
from tests.app import App

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient


@pytest.fixture(scope="session")
def clients() -> tuple["DynamoDBClient", "SQSClient"]:
    """Make the clients once: that takes longer than a test. They were made after moto was imported, so they obey it."""
    return boto3.client("dynamodb"), boto3.client("sqs")


@pytest.fixture
def app(clients: tuple["DynamoDBClient", "SQSClient"], monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """The product on empty tables and queues."""
    dynamodb, sqs = clients
    monkeypatch.setattr(client, "DYNAMODB", dynamodb)
    monkeypatch.setattr(queues, "_SQS", sqs)
    with mock_aws():
        yield App(resources.create_tables(dynamodb) | resources.create_queues(sqs), sqs)


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses take no time."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)


Listen = Callable[[str, Callable[..., Any]], None]


@pytest.fixture
def listen(app: App) -> Iterator[Listen]:
    """Listen to an event of the DynamoDB client as long as a test runs."""
    registered = []

    def register(event: str, handler: Callable[..., Any]) -> None:
        client.DYNAMODB.meta.events.register(event, handler)
        registered.append((event, handler))

    yield register
    for event, handler in registered:
        client.DYNAMODB.meta.events.unregister(event, handler)


Refuse = Callable[..., None]


@pytest.fixture
def refuse(listen: Listen) -> Refuse:
    """Let calls of an operation of DynamoDB be answered with an error, without being carried out."""

    def answer_with(operation: str, code: str, **more: Any) -> None:
        answer = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {}} | more
        listen(f"before-call.dynamodb.{operation}", lambda **_: (_Refused(), answer))

    return answer_with


class _Refused:
    status_code = 400


@pytest.fixture
def lose_answers(listen: Listen) -> Callable[[str], None]:
    """Let calls of an operation of DynamoDB be carried out, and their answers be lost on the way."""

    def time_out(**_: object) -> None:
        raise ReadTimeoutError(endpoint_url="https://dynamodb.example")

    return lambda operation: listen(f"after-call.dynamodb.{operation}", time_out)
