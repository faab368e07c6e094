"""What a function's first invocation waits for: its imports and clients, beside those of a bare boto3 client."""

from __future__ import annotations

import subprocess
from statistics import median
from typing import TYPE_CHECKING

import pytest

from tests import resources
from tests.budgets.conftest import TITLE

if TYPE_CHECKING:
    from collections.abc import Callable

HTTP, OTHERS = 1.8, 1.5

# The local stack's environment: it has what the functions import, as the layer has it. In the tests' own environment
# boto3 finds optional packages to load that no function has.
_PYTHON = resources.ROOT / ".venv-stack/bin/python"
_BARE = "import boto3; boto3.client('dynamodb')"
_AT_FIRST, _MORE, _IN_DOUBT = 3, 7, 21
_CLEARLY = 0.95
"""The share of what is allowed below which the first few runs say enough."""

_HTTP_FUNCTIONS = {route.function for route in resources.routes()}


def milliseconds(statement: str) -> float:
    """Run a statement in a fresh interpreter; answer the processor's time for it, which other work disturbs least."""
    program = f"import time; began = time.process_time(); {statement}; print(time.process_time() - began)"
    environment = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "POWERTOOLS_METRICS_NAMESPACE": "Tessera",
        "POWERTOOLS_SERVICE_NAME": "tessera",
        "PYTHONPATH": "layers/tessera",
    }
    command = [str(_PYTHON), "-c", program]
    run = subprocess.run(command, cwd=resources.ROOT, env=environment, capture_output=True, text=True, check=True)
    return float(run.stdout) * 1000


def ratio(statement: str, runs: int) -> float:
    """Answer how much more a statement takes than the bare client: the median of runs in turns.

    A shared machine is faster at one moment than at another; two runs in a row see it alike.
    """
    milliseconds(statement)  # compiles what is not compiled yet
    return median(milliseconds(statement) / milliseconds(_BARE) for _ in range(runs))


@pytest.mark.timed
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
