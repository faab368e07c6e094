import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

import boto3
import pytest

from local.emulator import Emulator
from tessera.store import client, queues
from tests import resources
from tests.app import App
from tests.budgets.metering import KILOBYTE, Cost, Meter, item_size, transaction_units
from tests.stack.processes import free_ports

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
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Start a DynamoDB that counts capacity as AWS does: moto does not."""
    folder = tmp_path_factory.mktemp("engine")
    (port,) = free_ports(1)
    with ExitStack() as stack:
        # It runs on the local stack's environment: what it needs and what the tests need exclude each other.
        with patch.object(sys, "executable", str(resources.ROOT / ".venv-stack/bin/python")):
            emulator = stack.enter_context(Emulator(port, folder, folder / "log"))
        emulator.wait_until_ready()
        yield emulator


@pytest.fixture(scope="session")
def dynamodb(engine: Emulator) -> "DynamoDBClient":
    return boto3.client("dynamodb", endpoint_url=engine.url)


@pytest.fixture(scope="session")
def meter(dynamodb: "DynamoDBClient", addresses: dict[str, str]) -> Meter:
    return Meter(dynamodb)


@pytest.fixture(scope="session")
def addresses(engine: Emulator, dynamodb: "DynamoDBClient") -> dict[str, str]:
    """Create the tables and queues of template.yaml."""
    sqs = boto3.client("sqs", endpoint_url=engine.url)
    return resources.create_tables(dynamodb) | resources.create_queues(sqs)


@pytest.fixture
def app(
    engine: Emulator, dynamodb: "DynamoDBClient", addresses: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> App:
    """The product on that engine."""
    sqs = boto3.client("sqs", endpoint_url=engine.url)
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
