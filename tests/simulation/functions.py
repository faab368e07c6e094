"""The product's functions: their own code, called as Lambda calls it, with events as the platform sends them.

Which function a route or a queue leads to, and what its environment holds, is read from template.yaml once; the events
are then made from the samples in events/, which the handlers' tests hold to the same template.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from tests import resources
from tests.app import ISSUER, sample

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PROCESSES = 2
"""Processes of each function: one for whoever calls, one for whoever calls meanwhile."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose token a request carries."""

    subject: str
    scope: str


SHOP = Caller("shop", "tessera/shop")
OPERATOR = Caller("operator", "tessera/operator")


def member(subject: str) -> Caller:
    """Answer a member's own app."""
    return Caller(subject, "tessera/member")


def prepare_environment() -> None:
    """Give this process the environment of all functions, and let their logs and metrics cost nothing.

    Raises:
        ValueError: two functions have the same variable with different values, which one process cannot give them.
    """
    addresses = _Addresses()
    together: dict[str, str] = {}
    for function in resources.functions().values():
        for name, value in function.environment(addresses).items():
            if together.setdefault(name, value) != value:
                raise ValueError(name)
    os.environ.update(together, POWERTOOLS_LOG_LEVEL="CRITICAL", POWERTOOLS_METRICS_DISABLED="true")


class _Addresses(dict[str, str]):
    """Tables and queues go by their logical ids here, parameters by their defaults."""

    def __missing__(self, name: str) -> str:
        return resources.parameters().get(name, name)


@cache
def handler(function: str, process: int) -> Callable[[Any, Any], Any]:
    """Load a function's handler, by the function's logical id, as one of its processes: each has modules of its own."""
    folder = resources.functions()[function].folder
    name = f"simulated_{resources.functions()[function].name}_{process}"
    spec = importlib.util.spec_from_file_location(name, resources.ROOT / folder / "handler.py")
    if spec is None or spec.loader is None:
        raise ImportError(folder)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    lambda_handler: Callable[[Any, Any], Any] = module.lambda_handler
    return lambda_handler


@dataclass(frozen=True, slots=True)
class _Usual:
    """A route, and what is the same in all events of it."""

    route: resources.Route
    event: dict[str, Any]
    context: dict[str, Any]
    http: dict[str, Any]


@cache
def _usual(key: str) -> _Usual:
    route = next(route for route in resources.routes() if route.key == key)
    event = sample(resources.functions()[route.function].name)
    context = event.pop("requestContext")
    for part in ("pathParameters", "queryStringParameters", "body"):
        event.pop(part, None)
    return _Usual(
        route,
        event | {"routeKey": key},
        context | {"routeKey": key},
        context["http"] | {"method": route.method},
    )


def request(  # noqa: PLR0917 - a request has this many parts
    key: str,
    ids: Mapping[str, str],
    caller: Caller,
    body: str | None,
    headers: Mapping[str, str],
    query: Mapping[str, str],
    millis: int,
) -> tuple[str, dict[str, Any]]:
    """Make the event of a request to a route such as `GET /members/{member_id}`, and name the function it goes to.

    Raises:
        PermissionError: the gateway would not let the caller in.
    """
    usual = _usual(key)
    if usual.route.scopes is not None and caller.scope not in usual.route.scopes:
        raise PermissionError(key)
    path = usual.route.path.format_map(ids)
    context = {
        **usual.context,
        "timeEpoch": millis,
        "http": {**usual.http, "path": path},
        "authorizer": {"jwt": {"claims": {"iss": ISSUER, "sub": caller.subject, "scope": caller.scope}}},
    }
    parts = {"pathParameters": ids, "queryStringParameters": query, "body": body}
    there = {name: content for name, content in parts.items() if content}
    return usual.route.function, {
        **usual.event,
        **there,
        "rawPath": path,
        "headers": headers,
        "requestContext": context,
    }


def batch(records: list[tuple[str, str, int, int, int]]) -> dict[str, Any]:
    """Make the event of a batch: of each message its id, its body, when it was sent and first received, how often.

    Both instants are in milliseconds.
    """
    return {
        "Records": [
            {
                "messageId": message_id,
                "body": body,
                "attributes": {
                    "SentTimestamp": str(sent),
                    "ApproximateFirstReceiveTimestamp": str(first),
                    "ApproximateReceiveCount": str(received),
                },
                "messageAttributes": {},
                "eventSource": "aws:sqs",
            }
            for message_id, body, sent, first, received in records
        ]
    }


def schedule(time: str) -> dict[str, Any]:
    """Make the event of a schedule that fired at `time`."""
    return _nightly() | {"time": time}


@cache
def _nightly() -> dict[str, Any]:
    event: dict[str, Any] = sample("nightly")
    return event


@cache
def max_receives(queue: str) -> int:
    """Answer how often a message of a queue is tried before it is put away."""
    policy = resources.template()["Resources"][queue]["Properties"]["RedrivePolicy"]
    return int(policy["maxReceiveCount"])
