"""The product's own client, as a function has it, with a proxy that can go wrong between it and a real engine."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
import pytest

from tessera.store import client, queues
from tests import resources
from tests.app import App
from tests.bench.engine import ministack
from tests.faults.proxy import FaultyProxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_sqs import SQSClient


@pytest.fixture(scope="session")
def engine() -> Iterator[str]:
    """A DynamoDB, and an SQS, that answer on a socket: their address."""
    with ministack() as url:
        yield url


@pytest.fixture(scope="session")
def sqs(engine: str) -> SQSClient:
    return boto3.client("sqs", endpoint_url=engine)


@pytest.fixture(scope="session")
def addresses(engine: str, sqs: SQSClient) -> dict[str, str]:
    """The tables and queues of template.yaml."""
    return resources.create_tables(boto3.client("dynamodb", endpoint_url=engine)) | resources.create_queues(sqs)


@pytest.fixture(scope="session")
def in_between(engine: str) -> Iterator[FaultyProxy]:
    """The proxy, for as long as all these tests last: the product's client is not made anew after a fault."""
    port = urlsplit(engine).port
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
