"""What a function's imports and clients cost, beside those of a bare boto3 client."""

from __future__ import annotations

import subprocess
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
OWN_CLIENT, OTHERS = "client", "other"
CAUSES = ("boto3", OWN_CLIENT, "pydantic", "powertools", "yaml", "product", OTHERS)
"""Whose modules: of the libraries, of the product, and others, which are the standard library's. `client` is the module
that makes the client of DynamoDB."""


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


def causes(statement: str, runs: int) -> dict[str, float]:
    """Answer how many milliseconds of a statement the modules of each group take: the medians of so many runs."""
    found = [_causes(_run("-X", "importtime", "-c", statement).stderr) for _ in range(runs)]
    return {group: median(one[group] for one in found) for group in CAUSES}


def _causes(told: str) -> dict[str, float]:
    """Read what `-X importtime` tells: microseconds of a module alone, of it with what it imports, and its name."""
    spent = dict.fromkeys(CAUSES, 0.0)
    for line in told.splitlines():
        own, _, module = line.removeprefix("import time:").split("|")
        if own.strip().isdigit():
            spent[_group(module.strip())] += int(own) / 1000
    return spent


def _group(module: str) -> str:
    if module == "tessera.store.client":
        return OWN_CLIENT
    package = module.partition(".")[0]
    return next((group for group, packages in _GROUPS.items() if package in packages), OTHERS)


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(_PYTHON), *arguments]
    return subprocess.run(command, cwd=resources.ROOT, env=_ENVIRONMENT, capture_output=True, text=True, check=True)
