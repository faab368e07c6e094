"""One local stack for all tests of this folder: the whole template, on ports of its own.

Of several workers one has all these tests, so that one stack is enough; `make run` may run beside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local import logs
from tests import personal
from tests.stack import processes
from tests.stack.client import Api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The running stack: outputs, clients as root or as a function, tokens."""
    with processes.running(tmp_path_factory.mktemp("stack")) as running:
        yield running
        said = [(function, message) for _, function, message in logs.lines(running)]
        assert said
        assert personal.leaks(said) == [], "the functions' logs hold personal data"


@pytest.fixture(scope="session")
def anonymous(stack: Stack) -> Api:
    """The API without a token."""
    return Api(stack.api_url)


@pytest.fixture(scope="session")
def api_as(stack: Stack) -> Callable[..., Api]:
    """The API as somebody: `api_as("alice", "tessera/member")`."""

    def caller(sub: str, *scopes: str) -> Api:
        return Api(stack.api_url, stack.token(sub, *scopes))

    return caller
