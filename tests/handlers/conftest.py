import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from tessera.store import bus as product_bus
from tessera.store import client
from tests import emulated, personal
from tests.app import App
from tests.handlers.bus import Bus

_LEFT = pytest.StashKey[list[tuple[str, str]]]()


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[App]:
    """The product on empty tables and queues, with members who tell of themselves what is marked as personal."""
    with emulated.product(monkeypatch) as running:
        running.told = personal.TOLD
        request.node.stash[_LEFT] = running.left
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test by which something personal has left the product, after it and whatever it asserts itself.

    What leaves is what is printed, which is all that Lambda makes logs and metrics of; what is put on the bus and on
    queues; and the bodies of errors. A test marked `leaks` has planted something personal, and fails if none is found.
    """
    report = yield
    if report.when != "teardown" or item.config.option.capture == "no":
        return report
    printed = [(name, text) for name, text in report.sections if name.startswith("Captured")]
    leaks = personal.leaks([*printed, *item.stash.get(_LEFT, [])])
    if item.get_closest_marker("leaks"):
        leaks = [] if leaks else ["what was planted was not found"]
    if leaks and report.passed:
        report.outcome = "failed"
        report.longrepr = "Personal data has left the product:\n" + "\n".join(leaks)
    return report


@pytest.fixture
def bus(app: App, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    """A bus in the place of the product's, which can be looked into."""
    stand_in = Bus()
    monkeypatch.setattr(product_bus, "EVENTS", stand_in)
    yield stand_in
    app.left.extend(("PutEvents", event["Detail"]) for event in stand_in.taken)


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
