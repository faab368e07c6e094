"""Sending requests that schemathesis makes of the published document, and judging every answer by it.

Half of them are as the document says, half are not. Into most of them ids are put of what there is, so that they get
past the first look-up. The seed makes the requests: the same seed sends the same ones.
"""

from __future__ import annotations

import json
import random
import re
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.specs.openapi import checks

from tests import published
from tests.access import ACCESS
from tests.fuzz.doors import OverHttp, in_process
from tests.fuzz.population import OF_A_MEMBER, SHARED, Population, missed_day
from tests.stack import processes
from tools import openapi
from tools.routes import ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis import Case

    from tests.fuzz.doors import Answer, Caller, Door

BAD_REQUEST = 400
KNOWN_ID = 0.8
"""How likely an id in a path is put in place of a generated one, if there is one."""
PLAIN = re.compile(r"[\w~-]+", re.ASCII)
"""What stands in a path as it is: an id may be of any characters, and the local gateway does not take them all."""
GRAFTED = 0.6
"""How likely a field of a generated body that names something is given what there is."""
RIGHT_BODY = 0.2
"""How likely a body that is as the document says is one that the route takes."""
TWICE = 2
"""How often a generated request is sent: by callers who are drawn anew, about things that are drawn anew."""
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
WORDS = {
    "reason": ("goodwill", "correction", "abuse"),
    "currency": ("GBP",),
    "tier": ("junior", "senior", "vip"),
    "kind": ("review", "survey"),
    "placed_at": ("2026-03-01T08:26:00Z",),
    "refunded_at": ("2026-03-02T08:26:00Z",),
    "at": ("2026-03-01T08:26:00Z",),
    "until": ("2099-01-01T00:00:00Z",),
}
"""Words of the programme, and instants that are past or to come, by the field that takes them."""


@dataclass
class Outcome:
    """What the answers were."""

    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    """By route."""
    mistakes: dict[str, str] = field(default_factory=dict)
    """By route, status and what is wrong with the answer: a request that got it."""

    @property
    def requests(self) -> int:
        """How many were sent."""
        return sum(counts.total() for counts in self.statuses.values())

    def add(self, other: Outcome) -> None:
        """Take in what another population was answered."""
        for key, counts in other.statuses.items():
            self.statuses.setdefault(key, Counter()).update(counts)
        self.mistakes |= other.mistakes

    def table(self) -> str:
        """Write how often each route answered each status, as a table in Markdown."""
        columns = sorted({status for counts in self.statuses.values() for status in counts})
        lines = [["route", *map(str, columns)], ["---", *["---:"] * len(columns)]]
        for key in ACCESS:
            counts = self.statuses.get(key, Counter())
            lines.append([f"`{key}`", *(f"{counts[status]:,}" if counts[status] else "" for status in columns)])
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def fuzz(door: Door, size: int, seed: int) -> Outcome:
    """Send so many requests to one population, and judge every answer."""
    source = random.Random(seed)  # noqa: S311 - a seed must make the same requests again
    population = Population(door, source)
    outcome = Outcome()
    asked = [(key, mode) for key in _operations() for mode in GenerationMode if _can_be(key, mode)]
    each = ceil(size / len(asked) / TWICE)
    cases = [(key, mode, case) for key, mode in asked for case in _cases(key, mode, each, seed)]
    cases = (cases * ceil(size / len(cases)))[:size]
    source.shuffle(cases)
    for key, mode, case in cases:
        member_id = source.choice(list(population.members))
        caller = population.caller(key, member_id)
        request = _request(key, mode, case, member_id, population, door.address)
        answer = door.send(key, request, caller)
        outcome.statuses.setdefault(key, Counter())[answer.status] += 1
        for mistake in [*_mistakes(key, case, request, answer), *_taken_wrongly(key, request, answer)]:
            outcome.mistakes.setdefault(f"{key} {answer.status}: {mistake}", _told(caller, request, answer))
        if answer.status < BAD_REQUEST:
            population.learn(member_id, json.loads(answer.content))
    return outcome


def in_memory(size: int, seed: int) -> Outcome:
    """Send so many requests to the functions in this process."""
    with in_process() as door:
        return fuzz(door, size, seed)


def on_a_stack(size: int, seed: int) -> Outcome:
    """Send so many requests over HTTP to a stack of their own."""
    with tempfile.TemporaryDirectory() as directory, processes.running(Path(directory)) as stack:
        return fuzz(OverHttp(stack), size, seed)


def unseen(outcome: Outcome) -> list[str]:
    """Say which routes were never seen to succeed, and which of those that can refuse never did."""
    found = []
    for key in _operations():
        statuses = outcome.statuses.get(key, Counter())
        if not any(status < BAD_REQUEST for status in statuses):
            found.append(f"{key} has never succeeded")
        if _refuses(key) and not any(status >= BAD_REQUEST for status in statuses):
            found.append(f"{key} has never refused")
    return found


def _refuses(key: str) -> bool:
    return any(routes[key].refusals for routes in ROUTES.values() if key in routes)


@cache
def _operations() -> dict[str, Any]:
    document = json.loads(openapi.DOCUMENT.read_text(encoding="utf-8"))
    for operations in document["paths"].values():
        for operation in operations.values():
            del operation["security"]  # tokens are not generated: tests/stack/test_access.py has all kinds of them
    schema = schemathesis.openapi.from_dict(document)
    found = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    return {f"{operation.method.upper()} {operation.path}": operation for operation in found}


def _can_be(key: str, mode: GenerationMode) -> bool:
    """Whether there are requests to a route that are as the document says, or otherwise: any text may be an id."""
    (route,) = (routes[key] for routes in ROUTES.values() if key in routes)
    return mode is GenerationMode.POSITIVE or bool(route.body or route.query or route.repeats_by_key)


def _cases(key: str, mode: GenerationMode, count: int, seed: int) -> list[Case[Any]]:
    """Have requests to a route generated: few, or none, if there are no more ways to ask."""
    found: list[Case[Any]] = []

    @seeded(seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_operations()[key].as_strategy(generation_mode=mode))
    def collect(case: Case[Any]) -> None:
        found.append(case)

    collect()
    return found


def _request(
    key: str, mode: GenerationMode, case: Case[Any], member_id: str, population: Population, address: str
) -> requests.PreparedRequest:
    """Write a generated request as a client would, with ids of what there is put into it."""
    source = population.source
    told = case.as_transport_kwargs(base_url=address)
    ids = dict(case.path_parameters or {})
    for name in ids:
        if source.random() < KNOWN_ID and PLAIN.fullmatch(known := population.draw(name, member_id) or ""):
            ids[name] = known
    path = case.operation.path.format_map(ids)
    content = case.body
    if mode is GenerationMode.POSITIVE and ACCESS[key].body is not None and source.random() < RIGHT_BODY:
        told["json"] = population.right_body(key, member_id, ids.get("template_id"))
        told.pop("data", None)
    elif isinstance(content, dict | list):
        told["json"] = _grafted(content, member_id, population)
        told.pop("data", None)
    return requests.Request(
        told["method"],
        address + path,
        headers=told.get("headers"),
        params=told.get("params"),
        json=told.get("json"),
        data=told.get("data"),
        cookies=told.get("cookies"),
    ).prepare()


def _grafted(content: Any, member_id: str, population: Population) -> Any:
    """Put what there is where a body names something."""
    if isinstance(content, list):
        return [_grafted(item, member_id, population) for item in content]
    if not isinstance(content, dict):
        return content
    source = population.source
    grafted = {}
    for name, given_ in content.items():
        known: Any = None
        if source.random() < GRAFTED and isinstance(given_, str):
            if name in OF_A_MEMBER | SHARED:
                known = population.draw(name, member_id)
            elif name == "member_id":
                known = member_id
            elif name == "day":
                known = missed_day(source)
            elif name in WORDS:
                known = source.choice(WORDS[name])
        grafted[name] = _grafted(given_, member_id, population) if known is None else known
    return grafted


def _mistakes(key: str, case: Case[Any], request: requests.PreparedRequest, answer: Answer) -> Iterator[str]:
    """Say what is wrong with an answer, by schemathesis' checks, and by the document with its shapes closed."""
    headers = {name: [text] for name, text in answer.headers.items()}
    response = Response(answer.status, headers, answer.content, request, elapsed=0.0, verify=False)
    try:
        case.validate_response(response, checks=CHECKS)
    except FailureGroup as failures:
        for failure in failures.exceptions:
            yield f"{failure}"
    try:
        published.insist_on(key, answer.status, answer.headers["content-type"], answer.content.decode())
    except AssertionError as error:
        yield str(error)


def _taken_wrongly(key: str, request: requests.PreparedRequest, answer: Answer) -> Iterator[str]:
    """Say in what the content of a request that succeeded is not as the document says."""
    told = published.operation(key).get("requestBody")
    if told is None or answer.status >= BAD_REQUEST:
        return
    if not request.body:
        if told["required"]:
            yield "taken without content"
        return
    try:
        content = json.loads(request.body)  # type: ignore[arg-type]
    except ValueError:
        yield "taken, though it is no JSON"
        return
    for mistake in published.mistakes(told["content"]["application/json"]["schema"], content):
        yield f"taken, though {mistake}"


def _told(caller: Caller, request: requests.PreparedRequest, answer: Answer) -> str:
    return f"{caller.scope} {caller.subject}: {request.method} {request.url} {request.body!r} {answer.content!r}"
