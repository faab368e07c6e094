from collections.abc import Iterator

import pytest

from tests import emulated
from tests.app import App


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """The product on empty tables and queues, with the environment of the function that has all tables."""
    with emulated.product(monkeypatch) as running, running.environment_of("PurchasesFunction"):
        yield running
