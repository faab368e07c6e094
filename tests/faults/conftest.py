"""The product's own client, as a function has it, with a proxy that can go wrong between it and a real engine."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING
from unittest.mock import patch
from urllib.parse import urlsplit

import boto3
import pytest

from local.emulator import Emulator
from tessera.store import client, queues
from tests import resources
from tests.app import App
from tests.faults.proxy import FaultyProxy
from tests.stack.processes import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_sqs import SQSClient


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """A DynamoDB, and an SQS, that answer on a socket."""
    folder = tmp_path_factory.mktemp("engine")
    (port,) = free_ports(1)
    with ExitStack() as stack:
        # It runs on the local stack's environment: what it needs and what the tests need exclude each other.
        with patch.object(sys, "executable", str(resources.ROOT / ".venv-stack/bin/python")):
            emulator = stack.enter_context(Emulator(port, folder, folder / "log"))
        emulator.wait_until_ready()
        yield emulator


@pytest.fixture(scope="session")
def sqs(engine: Emulator) -> SQSClient:
    return boto3.client("sqs", endpoint_url=engine.url)


@pytest.fixture(scope="session")
def addresses(engine: Emulator, sqs: SQSClient) -> dict[str, str]:
    """The tables and queues of template.yaml."""
    return resources.create_tables(boto3.client("dynamodb", endpoint_url=engine.url)) | resources.create_queues(sqs)


@pytest.fixture(scope="session")
def in_between(engine: Emulator) -> Iterator[FaultyProxy]:
    """The proxy, for as long as all these tests last: the product's client is not made anew after a fault."""
    port = urlsplit(engine.url).port
    assert port
    with FaultyProxy(port) as proxy:
        yield proxy
        proxy.shutdown()


@pytest.fixture(scope="session")
def through_the_proxy(in_between: FaultyProxy) -> object:
    """The client as a function makes it, but for the address."""
    made: object = client.SESSION.create_client("dynamodb", config=client.CONFIG, endpoint_url=in_between.url)
    return made


@pytest.fixture
def proxy(in_between: FaultyProxy) -> Iterator[FaultyProxy]:
    """The proxy, without a fault; afterwards, too."""
    yield in_between
    in_between.fault = None


class Invocation:
    """What a function is told of an invocation that begins: 20 seconds, as behind the API, unless said otherwise."""

    def __init__(self, seconds: float = 20) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        """Answer as at the beginning, which is when the product asks."""
        return int(self._seconds * 1000)


@pytest.fixture
def app(
    through_the_proxy: object,
    proxy: FaultyProxy,
    sqs: SQSClient,
    addresses: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> App:
    """The product, behind the proxy."""
    monkeypatch.setattr(client, "DYNAMODB", through_the_proxy)
    monkeypatch.setattr(queues, "_sqs", lambda: sqs)
    running = App(addresses, sqs)
    running.context = Invocation()
    return running
