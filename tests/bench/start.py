"""`make bench-start`: what the start of each function costs, as imports and as it was built."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tests import resources
from tests.app import sample
from tests.artefact.built import build
from tests.artefact.served import NAMES, serving
from tests.bench.imports import CAUSES, causes, ratio
from tests.bench.tables import head, row

if TYPE_CHECKING:
    from tests.artefact.built import Built
    from tests.artefact.served import Served

_PROCESSES = 20
_CAUSES_RUNS = 5
_BOOTS = 3
_WARM = 20


def main() -> None:
    """Measure and print."""
    imports()
    with tempfile.TemporaryDirectory() as folder:
        built = build(Path(folder))
        packages(built)
        with serving(built, Path(folder)) as served:
            invocations(served)


def imports() -> None:
    """Print how often the bare client's time the imports take, and whose modules take how many milliseconds."""
    head("function", "of a bare client", *(f"{cause}, ms" for cause in CAUSES), words=1)
    for function in sorted(resources.functions().values(), key=lambda one: one.name):
        statement = f"import {function.module}"
        times = ratio(statement, _PROCESSES)
        spent = causes(statement, _CAUSES_RUNS)
        row(function.name, f"{times:.2f}", *(f"{spent[cause]:.0f}" for cause in CAUSES))


def packages(built: Built) -> None:
    """Print what Lambda is sent."""
    head("package", "bytes zipped", "bytes unzipped", words=1)
    for name, package in sorted(built.packages.items(), key=lambda one: -one[1].zipped):
        row(name, f"{package.zipped:,}", f"{package.unzipped:,}")


def invocations(served: Served) -> None:
    """Print how long the first invocation takes, start and all, and one after that."""
    head("function as built", "first, ms", "warm, ms", words=1)
    for name in NAMES:
        first, warm = [], []
        for _ in range(_BOOTS):
            with served.booted(name) as function:
                first.append(function.invoke(sample(name)).milliseconds)
                warm += [function.invoke(sample(name)).milliseconds for _ in range(_WARM)]
        row(name, f"{median(first):.0f}", f"{median(warm):.1f}")


if __name__ == "__main__":
    main()
