"""The product on moto: the tables, the queues, the bus and the bucket of template.yaml, empty, for one test.

Moto loses updates under threads, so no races are tested on it. It checks no rights either: what functions call is held
to their roles on its way there.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from moto import mock_aws
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from tessera.store import bus, client, code_files, digests, queues
from tests import resources
from tests.app import App
from tests.roles.watch import WATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
        addresses, put_back = _created()
        put_back()
        app = App(addresses | resources.create_buckets(s3), sqs)
        with _overheard(app, sqs, events):
            yield app


NAMING_PEOPLE = ("/PurchasesQueue", "/PurchasesDeadLetters", "/CouponJobsQueue")
"""How the addresses of the queues end whose messages have to name people: in the shop's own words, customer numbers
among them, or by the subject of the operator who grants, which the entry of each member is to have.
"""


@contextmanager
def _overheard(app: App, *clients: Any) -> Iterator[None]:
    """Note with the app what leaves by the bus and by queues as long as the block lasts."""

    def note(params: dict[str, Any], model: Any, **_: object) -> None:
        if not params.get("QueueUrl", "").endswith(NAMING_PEOPLE):
            app.left.append((model.name, json.dumps(params, ensure_ascii=False)))

    operations = ("events.PutEvents", "sqs.SendMessage", "sqs.SendMessageBatch")
    for client_ in clients:
        for operation in operations:
            client_.meta.events.register(f"provide-client-params.{operation}", note)
    yield
    for client_ in clients:
        for operation in operations:
            client_.meta.events.unregister(f"provide-client-params.{operation}", note)


@cache
def _created() -> tuple[dict[str, str], Callable[[], None]]:
    """Create tables, queues and bus, once, for that takes longer than a test.

    Returns:
        their addresses, and what lets moto have them again, empty.
    """
    dynamodb, sqs, events, _ = _clients()
    addresses = resources.create_tables(dynamodb) | resources.create_queues(sqs) | resources.create_bus(events)
    tables, buses = (deepcopy(vars(_backend(service))) for service in ("dynamodb", "events"))
    queues_ = dict(vars(_backend("sqs")))  # which cannot be copied as deeply

    def put_back() -> None:
        vars(_backend("dynamodb")).update(deepcopy(tables))
        vars(_backend("events")).update(deepcopy(buses))
        vars(_backend("sqs")).update(queues_)
        for name, queue in queues_["queues"].items():
            queue.last_purged_at = None  # as in SQS, purging twice within a minute is refused
            _backend("sqs").purge_queue(name)
            queue.last_purged_at = None  # and a test may want to, itself

    return addresses, put_back


def _backend(service: str) -> Any:
    backends: Any = get_backend(service)  # type: ignore[call-overload]
    return backends[DEFAULT_ACCOUNT_ID]["us-east-1"]


@cache
def _clients() -> tuple[DynamoDBClient, SQSClient, Any, S3Client]:
    """Make clients that obey moto, as those made before its import do not; once, for that takes longer than a test."""
    clients = boto3.client("dynamodb"), boto3.client("sqs"), boto3.client("events"), boto3.client("s3")
    for made in clients:
        WATCH.over(made)
    return clients
