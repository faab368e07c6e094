"""What template.yaml declares, for the tests that need it: nothing of it is typed a second time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local import translate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

ROOT = Path(__file__).resolve().parent.parent

_TABLE_PROPERTIES = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
_QUEUE_ATTRIBUTES = ("VisibilityTimeout", "MessageRetentionPeriod")


@dataclass(frozen=True)
class Function:
    """A function: the folder of its code, and its environment, in which `Ref` still stands for what it refers to."""

    folder: str
    variables: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name of the folder: what people call the function."""
        return Path(self.folder).name

    @property
    def module(self) -> str:
        """The module of the handler."""
        return self.folder.replace("/", ".") + ".handler"

    def environment(self, addresses: Mapping[str, str]) -> dict[str, str]:
        """Answer its environment, with `addresses` in the place of what it refers to."""
        return {
            name: addresses[value["Ref"]] if isinstance(value, dict) else str(value)
            for name, value in self.variables.items()
        }


@dataclass(frozen=True)
class Route:
    """A route of the API. A token needs one of `scopes`; where they are None no token is asked for."""

    method: str
    path: str
    function: str
    scopes: frozenset[str] | None

    @property
    def key(self) -> str:
        """The gateway's name for it."""
        return f"{self.method} {self.path}"

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Answer the parameters in the path of a request; None if the request is not for this route."""
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        found = re.fullmatch(pattern, path)
        return found.groupdict() if found and method == self.method else None


@dataclass(frozen=True)
class QueueMapping:
    """A queue that a function works off, by their logical ids."""

    queue: str
    function: str
    batch_size: int


@cache
def template() -> dict[str, Any]:
    """Answer template.yaml, short forms written out."""
    return translate.read(ROOT / "template.yaml")


@cache
def translated() -> dict[str, Any]:
    """Answer what SAM makes of template.yaml."""
    locations = {name: f"s3://code/{name}.zip" for name in translate.code_folders(template())}
    return translate.translated(translate.with_code_at(template(), locations), "eu-west-2", {})


@cache
def functions() -> dict[str, Function]:
    """Answer the functions by logical id."""
    shared = template()["Globals"]["Function"]["Environment"]["Variables"]
    return {
        name: Function(properties["CodeUri"], shared | properties.get("Environment", {}).get("Variables", {}))
        for name, properties in _of_type("AWS::Serverless::Function")
    }


@cache
def routes() -> list[Route]:
    """Answer the API's routes."""
    every_scope = template()["Globals"]["HttpApi"]["Auth"]["Authorizers"]["Tokens"]["AuthorizationScopes"]
    found = []
    for name, properties in _of_type("AWS::Serverless::Function"):
        for event in properties.get("Events", {}).values():
            if event["Type"] == "HttpApi":
                wanted = event["Properties"]
                auth = wanted.get("Auth", {})
                scopes = None if auth.get("Authorizer") == "NONE" else auth.get("AuthorizationScopes", every_scope)
                found.append(Route(wanted["Method"], wanted["Path"], name, scopes and frozenset(scopes)))
    return found


@cache
def queue_mappings() -> dict[str, QueueMapping]:
    """Answer which function works off which queue, by the queue's logical id."""
    mappings = [
        QueueMapping(
            queue=properties["EventSourceArn"]["Fn::GetAtt"][0],
            function=properties["FunctionName"]["Ref"],
            batch_size=properties["BatchSize"],
        )
        for _, properties in _of_type("AWS::Lambda::EventSourceMapping")
        if "StartingPosition" not in properties  # a stream has one, and is no queue
    ]
    return {mapping.queue: mapping for mapping in mappings}


def create_tables(dynamodb: DynamoDBClient) -> dict[str, str]:
    """Create the tables, and answer their names by logical id, for which the same word will do."""
    names = {}
    for name, properties in _of_type("AWS::DynamoDB::Table"):
        given: Any = {part: properties[part] for part in _TABLE_PROPERTIES if part in properties}
        dynamodb.create_table(TableName=name, **given)
        names[name] = name
    return names


def create_queues(sqs: SQSClient) -> dict[str, str]:
    """Create the queues, and answer their URLs by logical id."""
    urls = {}
    for name, properties in _of_type("AWS::SQS::Queue"):
        attributes: Any = {part: str(properties[part]) for part in _QUEUE_ATTRIBUTES if part in properties}
        urls[name] = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return urls


def create_bus(events: Any) -> dict[str, str]:
    """Create the event bus, and answer its name by logical id, for which the same word will do."""
    ((name, _),) = _of_type("AWS::Events::EventBus")
    events.create_event_bus(Name=name)
    return {name: name}


def create_buckets(s3: S3Client) -> dict[str, str]:
    """Create the S3 buckets, locked as they are to be, and answer their names by logical id."""
    locks = translate.object_locks(template())
    for bucket, name in buckets().items():
        s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=name in locks)
        if name in locks:
            s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=locks[name])
    return {name: bucket for bucket, name in buckets().items()}


@cache
def buckets() -> dict[str, str]:
    """Answer the logical ids of the S3 buckets by their names here, which may have no capitals."""
    return {name.lower(): name for name, _ in _of_type("AWS::S3::Bucket")}


@cache
def partition_key(table: str) -> str:
    """Answer which attribute is the partition key of a table, by its logical id."""
    return str(dict(_of_type("AWS::DynamoDB::Table"))[table]["KeySchema"][0]["AttributeName"])


def parameters() -> dict[str, str]:
    """Answer the template's parameters with their defaults."""
    return {name: str(parameter["Default"]) for name, parameter in template()["Parameters"].items()}


def _of_type(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in template()["Resources"].items():
        if resource["Type"] == kind:
            yield name, resource["Properties"]
