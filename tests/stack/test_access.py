"""Who may do what: every route, every kind of caller, what is their own, another's, or not there.

`tests/access.py` is the table; access is decided in the order 401, 403, 404, and only then content is looked at.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from string import Template
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from local import tokens
from tests import resources
from tests.access import ACCESS, MEMBER, OPERATOR, SCOPES, SHOP, Row
from tests.stack.client import Api
from tests.stack.inhabitants import Inhabitants
from tests.stack.shop import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from local.stack import Stack
    from tests.stack.client import Answer

VARIES = {"date", "apigw-requestid"}
"""Headers that AWS gives another value each time: they tell nothing about what was asked for."""
ABSENT = {
    "member_id": "m_aaaaaaaaaabbbbbbbbbb234567",
    "redemption_id": "r_aaaaaaaaaabbbbbbbbbb234567",
    "use_id": "use-1",
    "benefit_id": "free_parking",
    "order_id": "no-order",
    "template_id": "no_template",
    "job_id": "cj_0",
    "evaluation_id": "te_0",
    "night_id": "20200101T000000Z",
}
"""Ids of the right form, of what there is not."""


@dataclass(frozen=True)
class Request:
    """A request to a route, with content that is right or wrong."""

    key: str
    ids: Mapping[str, str]
    right: bool = True

    def send(self, api: Api) -> Answer:
        """Send it."""
        row = ACCESS[self.key]
        method, path = self.key.split()
        query = f"?{row.mistake}" if row.mistake and not self.right else ""
        return api.send(
            method, path.format_map(self.ids) + query, self._body(row), {"content-type": "application/json"}
        )

    def _body(self, row: Row) -> bytes | None:
        if row.body is None:
            return None
        written = Template(json.dumps(row.body if self.right else []))
        return written.safe_substitute({**self.ids, "fresh": new_id("fresh").replace("-", "_")}).encode()


@dataclass(frozen=True)
class Gate:
    """Tokens that open nothing."""

    stack: Stack

    @cached_property
    def refused(self) -> dict[str, Api]:
        """Nobody, and those whose token is no token here, though it has every scope but in the last case."""
        key = tokens.signing_key(self.stack.directory)
        foreign_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        issuer, every = self.stack.issuer, sorted(SCOPES)
        made = {
            "expired": tokens.make_token(key, issuer, "alice", every, lifetime=-60),
            "wrong issuer": tokens.make_token(key, "https://issuer.example", "alice", every),
            "wrong key": tokens.make_token(foreign_key, issuer, "alice", every),
            "wrong audience": tokens.make_token(key, issuer, "alice", every, audience="somebody-else"),
            "expired, and of no scope": tokens.make_token(key, issuer, "alice", [], lifetime=-60),
        }
        return {"none": self.as_nobody} | {case: Api(self.stack.api_url, token) for case, token in made.items()}

    @property
    def as_nobody(self) -> Api:
        """A caller without a token."""
        return Api(self.stack.api_url)

    def with_scope(self, scope: str) -> Api:
        """A caller whose token has one scope alone."""
        return Api(self.stack.api_url, self.stack.token("alice", scope))


@pytest.fixture(scope="module")
def gate(stack: Stack) -> Gate:
    return Gate(stack)


@pytest.fixture(scope="module")
def inhabitants(stack: Stack) -> Iterator[Inhabitants]:
    there = Inhabitants(stack)
    yield there
    there.stop_evaluations()


WITH_TOKEN = [key for key, row in ACCESS.items() if row.scopes is not None]
NAMING = [key for key in WITH_TOKEN if "{" in key]


def test_every_route_is_in_the_table() -> None:
    assert ACCESS.keys() == {route.key for route in resources.routes()}
    assert {key for key, row in ACCESS.items() if row.absent} == set(NAMING)


@pytest.mark.parametrize("key", WITH_TOKEN)
def test_without_a_token_that_opens_it_nobody_gets_to_a_route(key: str, gate: Gate, inhabitants: Inhabitants) -> None:
    shut_out = {scope: gate.with_scope(scope) for scope in [*SCOPES - (ACCESS[key].scopes or SCOPES), "tessera/other"]}
    for case, api in (gate.refused | shut_out).items():
        status, message = (403, "Forbidden") if case in shut_out else (401, "Unauthorized")
        anothers = inhabitants.ids(key, "another")
        for ids in (anothers, {**anothers, "member_id": "me"}, absent(key)) if "{" in key else [{}]:
            answer = Request(key, ids, right=False).send(api)
            assert (answer.status, answer.json()) == (status, {"message": message}), case


def test_the_route_without_a_token_answers_anybody(gate: Gate) -> None:
    (key,) = ACCESS.keys() - set(WITH_TOKEN)
    for case, api in gate.refused.items():
        assert outcome(Request(key, {}).send(api)) == ACCESS[key].staff, case


@pytest.mark.parametrize("key", WITH_TOKEN)
def test_a_caller_gets_what_the_table_says(key: str, inhabitants: Inhabitants) -> None:
    row = ACCESS[key]

    for case in cases(row):
        api, ids = acting(case, key, inhabitants)
        if row.wrong:
            assert outcome(Request(key, ids, right=False).send(api)) == row.wrong, case
        expected = {"member": row.own, "frozen": row.frozen}.get(case, row.staff)
        assert expected, f"the table does not say what {case} is answered"
        assert outcome(Request(key, ids).send(api)) in expected.split(" or "), case


@pytest.mark.parametrize("key", NAMING)
def test_what_is_anothers_is_answered_as_what_is_not_there(key: str, inhabitants: Inhabitants) -> None:
    row = ACCESS[key]

    for case in cases(row):
        api, own = acting(case, key, inhabitants)
        unseen = [{**own, name: id_} for name, id_ in absent(key).items()]
        if "{member_id}" in key:
            unseen += hidden(case, key, own, inhabitants.ids(key, "another"))
        seen = {shown(Request(key, ids, right).send(api)) for ids in unseen for right in contents(row)}
        assert len(seen) == 1, case
        ((status, body, _),) = seen
        assert f"{status} {json.loads(body)['code']}" == row.absent, case


@pytest.mark.parametrize(
    "key", [key for key in NAMING if MEMBER in (ACCESS[key].scopes or ()) and "{member_id}" in key]
)
def test_who_has_not_enrolled_finds_nothing(key: str, inhabitants: Inhabitants) -> None:
    anothers = inhabitants.ids(key, "another")
    for ids in ({**anothers, "member_id": "me"}, anothers):
        for right in contents(ACCESS[key]):
            assert outcome(Request(key, ids, right).send(inhabitants.stranger)) == ACCESS[key].absent


def cases(row: Row) -> list[str]:
    """Answer the kinds of callers whom the gateway lets in to a route."""
    scopes = row.scopes or SCOPES
    of_scope = {MEMBER: ["member", "frozen"], SHOP: ["shop"], OPERATOR: ["operator", "supervisor"]}
    return [case for scope, named in of_scope.items() if scope in scopes for case in named]


def acting(case: str, key: str, inhabitants: Inhabitants) -> tuple[Api, dict[str, str]]:
    """Answer a caller, and the ids of what it may act on: members call themselves `me`."""
    ids = inhabitants.ids(key, case)
    if case in {"shop", "operator", "supervisor"}:
        return getattr(inhabitants, case), ids
    return inhabitants[case].api, {name: "me" if name == "member_id" else id_ for name, id_ in ids.items()}


def contents(row: Row) -> tuple[bool, ...]:
    """Answer whether a request's content is right: it is, and, if it can be wrong, it is not."""
    return (True, False) if row.wrong else (True,)


def hidden(case: str, key: str, own: dict[str, str], anothers: dict[str, str]) -> list[dict[str, str]]:
    """Answer ids of what there is, but not for this caller, or not with this member.

    A member sees no other. Nobody sees with one member what is another's.
    """
    found = [{**own, name: anothers[name]} for name in ("redemption_id", "use_id") if f"{{{name}}}" in key]
    if case in {"member", "frozen"}:
        found.append(anothers)
    return found


def absent(key: str) -> dict[str, str]:
    """Answer ids of nothing, for the path of a route."""
    return {name: ABSENT[name] for name in re.findall(r"{(\w+)}", key)}


def outcome(answer: Answer) -> str:
    """Answer the status, with the code of a problem."""
    code = answer.json()["code"] if answer.headers["content-type"] == "application/problem+json" else ""
    return f"{answer.status} {code}".strip()


def shown(answer: Answer) -> tuple[int, bytes, frozenset[tuple[str, str]]]:
    """Answer all that a client sees, but for what varies by itself."""
    return (
        answer.status,
        answer.body,
        frozenset((name, text) for name, text in answer.headers.items() if name not in VARIES),
    )
