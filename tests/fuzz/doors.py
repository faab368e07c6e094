"""The two ways in to the product: to its functions in this process, over a store in memory, or over HTTP to a stack.

Over both the same request is sent: what a client would write on the wire.
"""

from __future__ import annotations

import base64
import time
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol
from unittest.mock import patch
from urllib.parse import parse_qsl, unquote, urlsplit

import requests

from local.schedule import run_scheduled
from tessera.instants import write_instant
from tessera.service import attempts
from tessera.store import client, code_files, queues
from tests import resources
from tests.app import ISSUER, sample
from tests.simulation import functions
from tests.simulation.store import Queues, Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests import PreparedRequest

    from local.stack import Stack

NOT_DELIVERED = "EvaluationsQueue"
"""Its function goes over all members by an index that the store in memory does not know: evaluations stand still."""
SECONDS = 30


@dataclass(frozen=True)
class Caller:
    """Whose token a request carries."""

    subject: str
    scope: str


@dataclass(frozen=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Door(Protocol):
    """A way in to the product."""

    address: str
    ago: timedelta | None
    """How long ago requests are sent, which can be changed; None where the clock cannot be put back."""

    def send(self, key: str, request: PreparedRequest, caller: Caller) -> Answer:
        """Send a request to a route."""

    def settle(self) -> None:
        """Have all that waits in queues worked off."""

    def nightly(self) -> None:
        """Run the nightly function."""


@dataclass
class InProcess:
    """The functions, called as Lambda calls them."""

    address: str = "http://127.0.0.1"
    ago: timedelta | None = timedelta(0)
    store: Store = field(default_factory=Store)
    waiting: list[tuple[str, str]] = field(default_factory=list)
    """Messages that are yet to be delivered: the queue and the body of each."""

    def send(self, key: str, request: PreparedRequest, caller: Caller) -> Answer:
        """Make the gateway's event of a request, and call the function of the route."""
        url = urlsplit(str(request.url))
        route = next(route for route in resources.routes() if route.key == key)
        event = _usual(route)
        event["rawPath"], event["rawQueryString"] = unquote(url.path), url.query
        ids = route.match(str(request.method), url.path)
        if ids:
            event["pathParameters"] = {name: unquote(id_) for name, id_ in ids.items()}
        if query := _joined(parse_qsl(url.query, keep_blank_values=True)):
            event["queryStringParameters"] = query
        event["headers"] = {name.lower(): str(text) for name, text in request.headers.items()}
        event |= _body(request.body)
        now = datetime.now(UTC) - (self.ago or timedelta(0))
        event["requestContext"] |= {"timeEpoch": int(now.timestamp() * 1000)}
        claims = {"iss": ISSUER, "sub": caller.subject, "scope": caller.scope}
        event["requestContext"]["authorizer"] = {"jwt": {"claims": claims}}
        raw = functions.handler(route.function, 0)(event, None)
        headers = {name.lower(): text for name, text in raw["headers"].items()}
        return Answer(int(raw["statusCode"]), headers, raw["body"].encode())

    def settle(self) -> None:
        """Deliver what waits in the queues, each message alone, and what comes of it."""
        mappings = resources.queue_mappings()
        while self.waiting:
            queue, body = self.waiting.pop(0)
            if queue not in mappings or queue == NOT_DELIVERED:
                continue  # a dead letter, or what the store in memory cannot do
            now = int(time.time() * 1000)
            functions.handler(mappings[queue].function, 0)(functions.batch([("1", body, now, now, 1)]), None)

    def nightly(self) -> None:
        """Run the nightly function, and all that it hands out."""
        functions.handler("NightlyFunction", 0)(functions.schedule(write_instant(datetime.now(UTC))), None)
        self.settle()

    def _sent(self, queue: str, body: str, _attributes: Mapping[str, str], _delay: int) -> None:
        self.waiting.append((queue, body))


@contextmanager
def in_process() -> Iterator[InProcess]:
    """Run the product on an empty store, as long as the block lasts."""
    functions.prepare_environment()
    door = InProcess()
    files = SimpleNamespace(
        put_object=lambda **_: {}, generate_presigned_url=lambda *_, **__: "https://files.example/codes.txt"
    )
    with ExitStack() as patches:
        patches.enter_context(patch.object(client, "DYNAMODB", door.store))
        patches.enter_context(patch.object(queues, "_sqs", lambda: Queues(door._sent)))
        patches.enter_context(patch.object(code_files, "_s3", lambda: files))
        patches.enter_context(patch.object(attempts, "time", SimpleNamespace(sleep=lambda _seconds: None)))
        patches.enter_context(redirect_stdout(StringIO()))  # what the functions print is metrics
        yield door


class OverHttp:
    """A running stack."""

    def __init__(self, stack: Stack) -> None:
        """Take the stack."""
        self.address = stack.api_url
        self.ago: timedelta | None = None
        self._stack = stack
        self._session = requests.Session()
        self._tokens: dict[Caller, str] = {}

    def send(self, _key: str, request: PreparedRequest, caller: Caller) -> Answer:
        """Send a request with the caller's token."""
        if caller not in self._tokens:
            self._tokens[caller] = self._stack.token(caller.subject, *caller.scope.split())
        request.headers["authorization"] = f"Bearer {self._tokens[caller]}"
        answer = self._session.send(request, timeout=SECONDS)
        return Answer(answer.status_code, {name.lower(): text for name, text in answer.headers.items()}, answer.content)

    def settle(self) -> None:
        """Wait a moment: the queues are worked off by themselves."""
        time.sleep(3)

    def nightly(self) -> None:
        """Run the nightly function, and all that it hands out."""
        run_scheduled(self._stack, "nightly", datetime.now(UTC))


def _usual(route: resources.Route) -> dict[str, Any]:
    event: dict[str, Any] = sample(resources.functions()[route.function].name)
    for part in ("pathParameters", "queryStringParameters", "body"):
        event.pop(part, None)
    event["routeKey"] = route.key
    event["requestContext"] |= {"routeKey": route.key}
    event["requestContext"]["http"] |= {"method": route.method, "path": route.path}
    return event


def _joined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Join what comes more than once by commas, as the gateway does."""
    joined: dict[str, str] = {}
    for name, text in pairs:
        joined[name] = f"{joined[name]},{text}" if name in joined else text
    return joined


def _body(body: Any) -> dict[str, Any]:
    """Answer a body as the gateway hands it on: what is no text comes in base64."""
    if not body:
        return {"isBase64Encoded": False}
    content = body.encode() if isinstance(body, str) else body
    try:
        return {"body": content.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(content).decode(), "isBase64Encoded": True}
