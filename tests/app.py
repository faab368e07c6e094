"""The product in process: requests and messages go to the functions that template.yaml gives them to.

Each function runs with its own environment and under its own role, with nothing of another's, so a route, a queue's
mapping, a variable or a right that the template lacks is missing here too.
"""

from __future__ import annotations

import base64
import importlib
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import urlencode

from tessera.identities import Identity
from tessera.instants import write_instant
from tests import personal, published, resources
from tests.roles.watch import WATCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_sqs import SQSClient

    from tessera.member import Standing

ISSUER = "https://issuer.example"
MEMBER, SHOP, OPERATOR = "tessera/member", "tessera/shop", "tessera/operator"

_STAFF = {
    "shop": SHOP,
    "other shop": SHOP,
    "operator": OPERATOR,
    "supervisor": f"{OPERATOR} tessera/supervisor",
}
_NIGHTLY, _SETTLEMENTS = "NightlyFunction", "SettlementsQueue"
_RECONCILIATION = "ReconciliationQueue"
_PURCHASES, _DEAD_LETTERS = "PurchasesQueue", "PurchasesDeadLetters"


def member_id(name: str) -> str:
    """Answer the id of the member who enrols as `name`."""
    return Identity(ISSUER, personal.subject(name)).member_id


def customer_id(number: str) -> str:
    """Answer the id of the member whom a shop enrols under a customer number."""
    return Identity("shop", number).member_id


def sample(name: str) -> Any:
    """Read a function's sample event."""
    return json.loads((resources.ROOT / "events" / f"{name}.json").read_text())


@dataclass(frozen=True)
class Answer:
    """What a client got."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.text)

    def refused(self, status: int, code: str) -> Any:
        """Insist on a problem document of this status and code, and answer it."""
        assert self.headers["Content-Type"] == "application/problem+json", self.text
        problem = self.json
        assert {"type", "title", "status", "detail", "code"} <= problem.keys()
        assert (self.status, problem["status"], problem["code"]) == (status, status, code), self.text
        return problem

    def pointers(self, code: str = "invalid") -> list[str]:
        """Insist on a 422 with problems, and answer where they are."""
        return [problem["pointer"] for problem in self.refused(422, code)["errors"]]


@dataclass(frozen=True)
class DeadLetter:
    """A message that could not be counted, and why."""

    body: str
    reason: str
    detail: str


class App:
    """The functions, at the instant `now`. Callers have names: `shop`, `operator`, `supervisor`, or else a member's."""

    def __init__(self, addresses: Mapping[str, str], sqs: SQSClient) -> None:
        """Take the physical names of tables, queues and buckets by logical id."""
        self.now = datetime(2026, 3, 2, 12, tzinfo=UTC)
        self.addresses = addresses
        self._sqs = sqs
        self.context: Any = None
        """What Lambda tells of an invocation."""
        self.told: Mapping[str, Any] = {}
        """What members tell when they enrol, unless a test says it otherwise."""
        self.left: list[tuple[str, str]] = []
        """What has left the product but for its logs, and may hold nothing personal: where to, and the text."""

    def post(self, path: str, body: Any = None, *, as_: str = "alice", key: str | None = None) -> Answer:
        """Send a POST; text and bytes are sent as they are, anything else as JSON; `key` is an `Idempotency-Key`."""
        return self._request("POST", path, as_, body, {"idempotency-key": key} if key is not None else {}, {})

    def put(self, path: str, body: Any = None, *, as_: str = "alice") -> Answer:
        """Send a PUT; text is sent as it is, anything else as JSON."""
        return self._request("PUT", path, as_, body, {}, {})

    def patch(self, path: str, body: Any = None, *, as_: str = "alice") -> Answer:
        """Send a PATCH; text is sent as it is, anything else as JSON."""
        return self._request("PATCH", path, as_, body, {}, {})

    def get(self, path: str, *, as_: str = "alice", **query: str) -> Answer:
        """Send a GET."""
        return self._request("GET", path, as_, None, {}, query)

    def enrol(self, name: str = "alice", **told: Any) -> str:
        """Enrol a member, and answer their id."""
        answer = self.post("/members", {**self.told, **told}, as_=name)
        assert answer.status in {200, 201}, answer.text
        return str(answer.json["member_id"])

    def change_standing(self, name: str, standing: Standing) -> None:
        """Freeze, unfreeze or close a member."""
        body = {"standing": standing, "reason": "abuse", "note": personal.NOTE}
        answer = self.post(f"/members/{member_id(name)}/standing", body, as_="operator")
        assert answer.status == 200, answer.text

    def card(self, name: str = "alice") -> Any:
        """Answer a member's card."""
        return self.get("/members/me", as_=name).json

    def entries(self, name: str = "alice") -> list[Any]:
        """Answer a member's last hundred entries, newest first."""
        items: list[Any] = self.get("/members/me/entries", as_=name, limit="100").json["items"]
        return items

    def kinds(self, name: str = "alice") -> list[str]:
        """Answer the kinds of a member's entries, oldest first."""
        return [entry["kind"] for entry in reversed(self.entries(name))]

    def purchase(self, order_id: str) -> Any:
        """Answer an order as it was counted."""
        return self.get(f"/purchases/{order_id}", as_="shop").json

    def send(self, *messages: Any) -> list[int]:
        """Deliver messages in one batch, sent now; answer the positions of those that the function wants again."""
        bodies = [message if isinstance(message, str) else json.dumps(message) for message in messages]
        return self._deliver(resources.queue_mappings()[_PURCHASES].function, bodies)

    def settle(self, *messages: str) -> list[int]:
        """Deliver messages to the settlements function; answer the positions of those that it wants again."""
        return self._deliver(resources.queue_mappings()[_SETTLEMENTS].function, list(messages))

    def take_step(self, message: str, received: int = 1) -> list[int]:
        """Deliver a step of an evaluation, for the so-manieth time; answer whether the function wants it again."""
        return self._deliver(resources.queue_mappings()["EvaluationsQueue"].function, [message], received)

    def verify(self, bucket: int) -> list[int]:
        """Have a bucket of members verified now; answer the positions of the messages that are wanted again."""
        message = {"schema_version": 1, "bucket": bucket, "as_of": write_instant(self.now)}
        return self._deliver(resources.queue_mappings()[_RECONCILIATION].function, [json.dumps(message)])

    def deliver(self, queue: str, *messages: str) -> list[int]:
        """Deliver messages of a queue to its function, received now; answer the positions of those it wants again."""
        return self._deliver(resources.queue_mappings()[queue].function, list(messages))

    def waiting(self, queue: str, most: int = 1) -> list[str]:
        """Answer the first messages that wait in a queue."""
        url = self.addresses[queue]
        found = self._sqs.receive_message(QueueUrl=url, VisibilityTimeout=0, MaxNumberOfMessages=most)
        return [message["Body"] for message in found.get("Messages", [])]

    def work_off(self, queue: str = _PURCHASES) -> None:
        """Deliver what waits in a queue to its function, as often as there is something."""
        mapping = resources.queue_mappings()[queue]
        url = self.addresses[queue]
        while found := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=mapping.batch_size).get("Messages"):
            again = self._deliver(mapping.function, [message["Body"] for message in found])
            for position, message in enumerate(found):
                if position not in again:
                    self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def nightly(self) -> Any:
        """Run the nightly function and what it hands out; answer what it answered."""
        event = sample("nightly") | {"time": write_instant(self.now)}
        answer = self.invoke(_NIGHTLY, event)
        self.work_off(_SETTLEMENTS)
        return answer

    def reconcile(self) -> Any:
        """Run the reconciliation function and what it hands out; answer what it answered."""
        event = sample("reconciliation") | {"time": write_instant(self.now)}
        answer = self.invoke("ReconciliationFunction", event)
        self.work_off(_RECONCILIATION)
        return answer

    def dead_letters(self) -> list[DeadLetter]:
        """Take all messages off the dead-letter queue of purchases."""
        return list(self._take_dead_letters())

    def invoke(self, function: str, event: Any) -> Any:
        """Call a function by its logical id, under its own environment and its own role."""
        with self.environment_of(function), WATCH.running(function):
            return _handler(resources.functions()[function].module)(event, self.context)

    @contextmanager
    def environment_of(self, function: str) -> Iterator[None]:
        """Have the environment of a function, by its logical id."""
        known = {**self.addresses, **resources.parameters()}
        with patch.dict(os.environ, resources.functions()[function].environment(known)):
            yield

    def _request(
        self, method: str, path: str, as_: str, body: Any, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> Answer:
        scope = _STAFF.get(as_, MEMBER)
        route, parameters = _route(method, path)
        if route.scopes is not None and not set(route.scopes) & set(scope.split()):
            return Answer(403, {}, '{"message":"Forbidden"}')  # the gateway's own

        event = sample(resources.functions()[route.function].name)
        event |= {"routeKey": route.key, "rawPath": path, "rawQueryString": urlencode(query)}
        event |= {"headers": dict(headers), "pathParameters": parameters, "queryStringParameters": dict(query)}
        event |= _encoded(body)
        context = event["requestContext"]
        context |= {"routeKey": route.key, "timeEpoch": int(self.now.timestamp() * 1000)}
        context["http"] |= {"method": method, "path": path}
        if route.scopes is not None:
            context["authorizer"]["jwt"]["claims"] |= {"iss": ISSUER, "sub": personal.subject(as_), "scope": scope}
        absent = [name for name in ("pathParameters", "queryStringParameters", "body") if not event[name]]
        answer = self.invoke(route.function, {name: part for name, part in event.items() if name not in absent})
        status, headers, text = answer["statusCode"], answer["headers"], answer["body"]
        if status >= HTTPStatus.BAD_REQUEST:
            self.left.append((f"answer {status} of {route.key}", text))
        published.insist_on(route.key, status, headers["Content-Type"], text)
        return Answer(status, headers, text)

    def _deliver(self, function: str, bodies: list[str], received: int = 1) -> list[int]:
        event = sample(resources.functions()[function].name)
        record = event["Records"][0]
        now = str(int(self.now.timestamp() * 1000))
        sent = {"SentTimestamp": now, "ApproximateFirstReceiveTimestamp": now, "ApproximateReceiveCount": str(received)}
        event["Records"] = [
            record | {"messageId": str(position), "body": body, "attributes": record["attributes"] | sent}
            for position, body in enumerate(bodies)
        ]
        answer = self.invoke(function, event)
        return [int(failure["itemIdentifier"]) for failure in answer["batchItemFailures"]]

    def _take_dead_letters(self) -> Iterator[DeadLetter]:
        url = self.addresses[_DEAD_LETTERS]
        while found := self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            for message in found:
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                said = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
                yield DeadLetter(message["Body"], said["reason"], said["detail"])


def _route(method: str, path: str) -> tuple[resources.Route, dict[str, str]]:
    for route in resources.routes():
        if (parameters := route.match(method, path)) is not None:
            return route, parameters
    message = f"template.yaml has no route for {method} {path}"
    raise LookupError(message)


def _encoded(body: Any) -> dict[str, Any]:
    """Answer a body as the gateway hands it on: what is no text comes in base64."""
    if isinstance(body, bytes):
        return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    text = body if body is None or isinstance(body, str) else json.dumps(body)
    return {"body": text, "isBase64Encoded": False}


@cache
def _handler(module: str) -> Any:
    return importlib.import_module(module).lambda_handler
