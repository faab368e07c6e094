from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

import boto3
import pytest

from tessera.store import client, queues
from tests import resources
from tests.app import App
from tests.bench.engine import ministack
from tests.budgets.metering import KILOBYTE, Cost, Meter, item_size, transaction_units

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TITLE = "budgets"

Budget = Callable[[str, Cost], AbstractContextManager[None]]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured; it comes with the reports, from whatever worker."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    rows = [content for report in reports for name, content in report.user_properties if name == TITLE]
    if rows:
        terminalreporter.section("measured against budgets")
        terminalreporter.line(f"{'':<44}round trips write units read units")
        for row in rows:
            terminalreporter.line(str(row))


@pytest.fixture(scope="session")
def engine() -> Iterator[str]:
    """A DynamoDB that counts capacity as AWS does, and an SQS: their address. Moto does not count it."""
    with ministack() as url:
        yield url


@pytest.fixture(scope="session")
def dynamodb(engine: str) -> "DynamoDBClient":
    return boto3.client("dynamodb", endpoint_url=engine)


@pytest.fixture(scope="session")
def meter(dynamodb: "DynamoDBClient", addresses: dict[str, str]) -> Meter:
    return Meter(dynamodb)


@pytest.fixture(scope="session")
def addresses(engine: str, dynamodb: "DynamoDBClient") -> dict[str, str]:
    """Create the tables and queues of template.yaml."""
    sqs = boto3.client("sqs", endpoint_url=engine)
    return resources.create_tables(dynamodb) | resources.create_queues(sqs)


@pytest.fixture
def app(engine: str, dynamodb: "DynamoDBClient", addresses: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> App:
    """The product on that engine."""
    sqs = boto3.client("sqs", endpoint_url=engine)
    monkeypatch.setattr(client, "DYNAMODB", dynamodb)
    monkeypatch.setattr(queues, "_sqs", lambda: sqs)
    return App(addresses, sqs)


@pytest.fixture
def budget(meter: Meter, record_property: Callable[[str, object], None]) -> Budget:
    """Hold what is done within a budget, and the items that it writes within their sizes."""

    @contextmanager
    def hold(operation: str, allowed: Cost) -> Iterator[None]:
        meter.reset()
        yield
        cost = meter.cost
        record_property(TITLE, f"{operation:<44}{cost}  of{allowed}")
        sizes = [item_size(item) for item in meter.written]
        assert cost.within(allowed), f"{operation}: {cost}; sizes in bytes: {sizes}"
        assert cost.write_units == transaction_units(meter.written) + meter.by_index.total() + meter.by_updates
        for item, size in zip(meter.written, sizes, strict=True):
            assert "tier" not in item or size <= 2 * KILOBYTE, "a member's item"
            assert "points_balance" not in item or size < KILOBYTE, "an entry"

    return hold
