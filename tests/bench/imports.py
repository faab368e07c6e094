"""What a function's imports and clients cost, beside those of a bare boto3 client."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from statistics import median

from tests import resources

# The local stack's environment: it has what the functions import, as the layer has it. In the tests' own environment
# boto3 finds optional packages to load that no function has.
_PYTHON = resources.ROOT / ".venv-stack/bin/python"
_ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "POWERTOOLS_METRICS_NAMESPACE": "Tessera",
    "POWERTOOLS_SERVICE_NAME": "tessera",
    "PYTHONPATH": "layers/tessera",
}
BARE = "import boto3; boto3.client('dynamodb')"

_GROUPS = {
    "boto3": ("boto3", "botocore", "urllib3", "s3transfer", "jmespath", "dateutil", "six"),
    "pydantic": ("pydantic", "pydantic_core", "annotated_types", "typing_inspection", "typing_extensions"),
    "powertools": ("aws_lambda_powertools",),
    "yaml": ("yaml", "_yaml"),
    "product": ("tessera", "functions"),
}
_CLIENT, _CLIENT_MODULE = "client", "tessera.store.client"
GROUPS = ("boto3", _CLIENT, "pydantic", "powertools", "yaml", "product")
"""Who asks for modules: the libraries, the product, and `client`, the module that makes the client of DynamoDB."""


@dataclass(frozen=True)
class Cause:
    """A module that an import brings.

    Attributes:
        module: its name.
        group: whom it belongs to, or, of the standard library's, who asked for it first.
        share: of the whole import's time, what it takes without what it imports in turn: 0 to 1.
    """

    module: str
    group: str
    share: float


def ratio(statement: str, runs: int) -> float:
    """Answer how much more a statement takes than the bare client: the median of runs in turns.

    A shared machine is faster at one moment than at another; two runs in a row see it alike.
    """
    milliseconds(statement)  # compiles what is not compiled yet
    return median(milliseconds(statement) / milliseconds(BARE) for _ in range(runs))


def milliseconds(statement: str) -> float:
    """Run a statement in a fresh interpreter; answer the processor's time for it, which other work disturbs least."""
    timed = f"import time; began = time.process_time(); {statement}; print(time.process_time() - began)"
    return float(_run("-c", timed).stdout) * 1000


def causes(module: str, runs: int) -> list[Cause]:
    """Answer what an import spends its time on, the largest first: of each module the median of so many runs."""
    traces = [read_trace(_run("-X", "importtime", "-c", f"import {module}").stderr, module) for _ in range(runs)]
    spent = {one: median(run.get(one, 0) for run in traces) for one in traces[0]}
    whole = sum(spent.values())
    found = [Cause(name, group, own / whole) for (name, group), own in spent.items()]
    return sorted(found, key=lambda cause: -cause.share)


def read_trace(lines: str, module: str) -> dict[tuple[str, str], int]:
    """Read what `-X importtime` tells of one module: the microseconds that each takes alone, by name and group.

    A line stands below those of what it imports and is indented less, so they are read from the last to the first.
    """
    spent: dict[tuple[str, str], int] = {}
    asking: list[tuple[int, str]] = []
    for line in reversed(lines.splitlines()):
        own, _, indented = line.removeprefix("import time:").split("|")
        name = indented.strip()
        depth = indented.index(name)
        while asking and asking[-1][0] >= depth:
            asking.pop()
        if asking or name == module:  # all else is what the interpreter imports for itself
            group = _group(name) or asking[-1][1]
            asking.append((depth, group))
            spent[name, group] = int(own)
    return spent


def _group(module: str) -> str | None:
    if module == _CLIENT_MODULE:
        return _CLIENT
    package = module.partition(".")[0]
    return next((group for group, packages in _GROUPS.items() if package in packages), None)


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(_PYTHON), *arguments]
    return subprocess.run(command, cwd=resources.ROOT, env=_ENVIRONMENT, capture_output=True, text=True, check=True)
