import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from tessera.store import bus as product_bus
from tessera.store import client
from tests import emulated
from tests.app import App
from tests.handlers.bus import Bus


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """The product on empty tables and queues."""
    with emulated.product(monkeypatch) as running:
        yield running


@pytest.fixture
def bus(app: App, monkeypatch: pytest.MonkeyPatch) -> Bus:
    """A bus in the place of the product's, which can be looked into."""
    stand_in = Bus()
    monkeypatch.setattr(product_bus, "EVENTS", stand_in)
    return stand_in


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
