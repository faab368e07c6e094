"""What the roles of template.yaml allow, and what Lambda itself does in their name.

Resources go by their logical ids, with what follows in the ARN: `MembersTable/index/due`, `CodesBucket/codes/*`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any

from tests import resources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ARN = re.compile(r"\$\{(\w+)\.Arn\}")


@dataclass(frozen=True, slots=True)
class Ask:
    """One action on one resource that a call comes to; `key` is the partition key of the item, if it is about one."""

    action: str
    resource: str
    key: str | None = None

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}" + (f" of {self.key}" if self.key else "")


@dataclass(frozen=True, slots=True)
class Grant:
    """One action on one resource that a function's role allows, if `keys` says so for items of such keys alone."""

    function: str
    action: str
    resource: str
    keys: tuple[str, ...] = ()

    def allows(self, ask: Ask) -> bool:
        """Say whether this is what is asked for."""
        if self.action != ask.action or not fnmatchcase(ask.resource, self.resource):
            return False
        return not self.keys or any(fnmatchcase(ask.key or "", pattern) for pattern in self.keys)

    def __str__(self) -> str:
        return f"{self.function}: {self.action} on {self.resource}" + (f" of {self.keys}" if self.keys else "")


@cache
def grants() -> frozenset[Grant]:
    """Answer what all functions may do."""
    return frozenset(
        Grant(function, action, resource_name(resource), _keys(statement.get("Condition", {})))
        for function, properties in _of_type("AWS::Lambda::Function")
        for statement in _statements(properties["Role"]["Fn::GetAtt"][0])
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    )


@cache
def of(function: str) -> frozenset[Grant]:
    """Answer what one function may do, by its logical id."""
    return frozenset(grant for grant in grants() if grant.function == function)


@cache
def taken_by_lambda() -> frozenset[Grant]:
    """Answer what Lambda does under the functions' roles, beside their code: logs, traces, sources and destinations."""
    return frozenset(
        Grant(function, action, resource) for function, actions, resource in _done_by_lambda() for action in actions
    )


def listed(value: Any) -> list[Any]:
    """Answer what a policy writes as a list, or as the one that it has."""
    return value if isinstance(value, list) else [value]


def resource_name(resource: Any) -> str:
    """Write a resource of a policy by its logical id.

    Raises:
        ValueError: it is written in a way that is not known here.
    """
    match resource:
        case str():
            return resource
        case {"Fn::GetAtt": [name, "Arn"]}:
            return str(name)
        case {"Fn::GetAtt": [name, "StreamArn"]}:
            return f"{name}/stream"
        case {"Fn::Sub": str(text)}:
            return _ARN.sub(r"\1", text)
    raise ValueError(resource)


def _keys(condition: dict[str, Any]) -> tuple[str, ...]:
    match condition:
        case {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [*patterns]}, **rest} if not rest:
            return tuple(patterns)
        case {} if not condition:
            return ()
    raise ValueError(condition)


def _statements(role: str) -> Iterator[dict[str, Any]]:
    properties = _resources()[role]["Properties"]
    for policy in properties["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]
    for managed in properties["ManagedPolicyArns"]:
        yield from _resources()[managed["Ref"]]["Properties"]["PolicyDocument"]["Statement"]


def _done_by_lambda() -> Iterator[tuple[str, Iterable[str], str]]:
    """Yield a function, actions, and the resource that they are done on."""
    for function, properties in _of_type("AWS::Lambda::Function"):
        logs = properties["LoggingConfig"]["LogGroup"]["Ref"]
        yield function, ("logs:CreateLogStream", "logs:PutLogEvents"), logs
        yield function, ("xray:PutTraceSegments", "xray:PutTelemetryRecords"), "*"
    for _, mapping in _of_type("AWS::Lambda::EventSourceMapping"):
        function, source = mapping["FunctionName"]["Ref"], resource_name(mapping["EventSourceArn"])
        if source.endswith("/stream"):
            # Nothing lists streams, but Lambda makes no mapping for a role without that right.
            actions = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
            yield function, tuple(f"dynamodb:{action}" for action in actions), source
        else:
            yield function, ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"), source
        yield from _sent_on_failure(mapping)
    for _, invocations in _of_type("AWS::Lambda::EventInvokeConfig"):
        yield from _sent_on_failure(invocations)


def _sent_on_failure(properties: dict[str, Any]) -> Iterator[tuple[str, Iterable[str], str]]:
    failures = properties.get("DestinationConfig", {}).get("OnFailure")
    if failures:
        yield properties["FunctionName"]["Ref"], ("sqs:SendMessage",), resource_name(failures["Destination"])


def _of_type(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in _resources().items():
        if resource["Type"] == kind:
            yield name, resource["Properties"]


def _resources() -> dict[str, Any]:
    found: dict[str, Any] = resources.translated()["Resources"]
    return found
