"""What a function's first invocation waits for: its imports and clients, beside those of a bare boto3 client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import resources
from tests.bench.imports import ratio
from tests.budgets.conftest import TITLE

if TYPE_CHECKING:
    from collections.abc import Callable

HTTP, OTHERS = 1.8, 1.5

_AT_FIRST, _MORE, _IN_DOUBT = 3, 7, 21
_CLEARLY = 0.95
"""The share of what is allowed below which the first few runs say enough."""

_HTTP_FUNCTIONS = {route.function for route in resources.routes()}


@pytest.mark.parametrize("function", resources.functions(), ids=lambda name: resources.functions()[name].name)
def test_a_function_imports_little_more_than_a_client(
    function: str, record_property: Callable[[str, object], None]
) -> None:
    allowed = HTTP if function in _HTTP_FUNCTIONS else OTHERS
    statement = f"import {resources.functions()[function].module}"
    measured = ratio(statement, _AT_FIRST)
    if measured > allowed * _CLEARLY:
        measured = ratio(statement, _MORE)
    if measured > allowed:
        # Whatever else the machine does adds to a measurement, and never takes from it.
        measured = min(ratio(statement, _IN_DOUBT), ratio(statement, _IN_DOUBT))
    record_property(TITLE, f"imports of {resources.functions()[function].name:<32}{measured:.2f} of {allowed}")
    assert measured <= allowed
