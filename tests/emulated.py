"""The product on moto: the tables, the queues, the bus and the bucket of template.yaml, empty, for one test.

Moto loses updates under threads, so no races are tested on it. It checks no rights either: what functions call is held
to their roles on its way there.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from moto import mock_aws

from tessera.store import bus, client, code_files, digests, queues
from tests import resources
from tests.app import App
from tests.roles.watch import WATCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient


@contextmanager
def product(monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """Run the product as long as the block lasts."""
    dynamodb, sqs, events, s3 = _clients()
    monkeypatch.setattr(client, "DYNAMODB", dynamodb)
    monkeypatch.setattr(queues, "_sqs", lambda: sqs)
    monkeypatch.setattr(bus, "EVENTS", events)
    for module in (digests, code_files):
        monkeypatch.setattr(module, "_s3", lambda: s3)
    with mock_aws():
        addresses = resources.create_tables(dynamodb) | resources.create_queues(sqs)
        addresses |= resources.create_bus(events) | resources.create_buckets(s3)
        yield App(addresses, sqs)


@cache
def _clients() -> tuple[DynamoDBClient, SQSClient, Any, S3Client]:
    """Make clients that obey moto, as those made before its import do not; once, for that takes longer than a test."""
    clients = boto3.client("dynamodb"), boto3.client("sqs"), boto3.client("events"), boto3.client("s3")
    for made in clients:
        WATCH.over(made)
    return clients
