"""`make bench-start`: what the start of each function costs, as imports and as it was built."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tests import resources
from tests.app import sample
from tests.artefact.boot import booted
from tests.artefact.built import build
from tests.artefact.served import NAMES, serving
from tests.bench.imports import GROUPS, causes, ratio
from tests.bench.tables import head, row

if TYPE_CHECKING:
    from tests.artefact.built import Built
    from tests.artefact.served import Served
    from tests.bench.imports import Cause

_PROCESSES = 20
_CAUSES_RUNS = 5
_LARGEST = 4
_BOOTS = 3
_WARM = 20

_BARE_HANDLER = """
import boto3

boto3.client("dynamodb")


def lambda_handler(event, context):
    return None
"""
_BARE_VARIABLES = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def main() -> None:
    """Measure and print."""
    imports()
    with tempfile.TemporaryDirectory() as folder:
        built = build(Path(folder))
        packages(built)
        with serving(built, Path(folder)) as served:
            invocations(served, built.layers, Path(folder))


def imports() -> None:
    """Print how often the bare client's time the imports take, for whom, and which modules are the largest."""
    head("function", "of a bare client", *GROUPS, words=1)
    largest: dict[str, list[Cause]] = {}
    for function in sorted(resources.functions().values(), key=lambda one: one.name):
        times = ratio(f"import {function.module}", _PROCESSES)
        found = causes(function.module, _CAUSES_RUNS)
        parts = (sum(cause.share for cause in found if cause.group == group) for group in GROUPS)
        row(function.name, f"{times:.2f}", *(f"{times * part:.2f}" for part in parts))
        largest[function.name] = found[:_LARGEST]
    head("function", "its largest modules", words=2)
    for name, modules in largest.items():
        row(name, ", ".join(f"`{cause.module}` {cause.share:.0%}" for cause in modules))


def packages(built: Built) -> None:
    """Print what Lambda is sent."""
    head("package", "bytes zipped", "bytes unzipped", words=1)
    for name, package in sorted(built.packages.items(), key=lambda one: -one[1].zipped):
        row(name, f"{package.zipped:,}", f"{package.unzipped:,}")


def invocations(served: Served, layers: Path, folder: Path) -> None:
    """Print how long the first invocation takes, start and all, with and without bytecode, and one after that."""
    bare, sources = folder / "bare", folder / "sources"
    bare.mkdir()
    (bare / "handler.py").write_text(_BARE_HANDLER)
    shutil.copytree(layers, sources, ignore=shutil.ignore_patterns("__pycache__"))
    head("function as built", "first, ms", "of a bare client", "without bytecode", "warm, ms", words=1)
    for name in NAMES:
        firsts: list[tuple[float, float, float]] = []
        warm: list[float] = []
        for _ in range(_BOOTS):
            with booted(bare, layers, _BARE_VARIABLES, folder / "bare.log") as function:
                alone = function.invoke({}).milliseconds
            with served.booted(name, sources) as function:
                compiling = function.invoke(sample(name)).milliseconds
            with served.booted(name) as function:
                first = function.invoke(sample(name)).milliseconds
                warm += [function.invoke(sample(name)).milliseconds for _ in range(_WARM)]
            firsts.append((first, first / alone, compiling / alone))
        took, times, without = (median(column) for column in zip(*firsts, strict=True))
        row(name, f"{took:.0f}", f"{times:.2f}", f"{without:.2f}", f"{median(warm):.1f}")


if __name__ == "__main__":
    main()
