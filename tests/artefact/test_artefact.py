"""What is deployed is what was tested: every function serves its sample as `sam build` and the zip have left it."""

from __future__ import annotations

import shutil
import subprocess
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.app import sample
from tests.artefact.boot import PYTHON
from tests.artefact.built import UV, Built, build
from tests.artefact.served import NAMES, Served, serving
from tests.resources import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

UNCHECKED = (1).to_bytes(4, "little")
"""How bytecode says that it is made of a source's hash, and taken without looking at it."""

MOST_ZIPPED, MOST_UNZIPPED = 10_000_000, 30_000_000
"""Bytes of a function with its layers. Lambda takes 250 MB; what is larger starts later."""


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(tmp_path_factory.mktemp("artefact"))


@pytest.fixture(scope="session")
def served(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(built, tmp_path_factory.mktemp("logs")) as running:
        yield running


def test_the_interpreter_lends_the_functions_no_more_than_lambda_does() -> None:
    listed = subprocess.run(
        [PYTHON, "-c", "import importlib.metadata as m; print(*sorted(d.name for d in m.distributions()))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert {"awslambdaric", "boto3"} <= set(listed.stdout.split())
    assert not {"pydantic", "aws-lambda-powertools", "pytest", "moto"} & set(listed.stdout.split())


@pytest.mark.parametrize("name", NAMES)
def test_a_function_as_built_serves_its_sample(served: Served, name: str) -> None:
    with served.booted(name) as function:
        answer = function.invoke(sample(name)).answer
    assert "errorType" not in answer
    assert answer.get("statusCode", 200) < 300
    assert answer.get("batchItemFailures", []) == []


def test_a_start_reads_the_bytecode_and_no_source(built: Built, served: Served, tmp_path: Path) -> None:
    without = tmp_path / "opt"
    shutil.copytree(built.layers, without)
    sources = list(without.rglob("*.py"))
    for source in sources:
        source.write_text("raise RuntimeError('a source was read')")
    assert any(source.name == "checkout.py" for source in sources)
    with served.booted("checkout", without) as function:
        assert function.invoke(sample("checkout")).answer["statusCode"] == 200


def test_every_module_of_the_layers_has_bytecode_that_holds_whatever_the_date_of_its_source(built: Built) -> None:
    modules = list(built.layers.rglob("*.py"))
    assert modules
    for module in modules:
        compiled = Path(cache_from_source(str(module))).read_bytes()
        assert compiled[:8] == MAGIC_NUMBER + UNCHECKED, module


def test_a_layer_without_its_runtimes_interpreter_says_that_it_ships_without_bytecode(tmp_path: Path) -> None:
    told = subprocess.run(
        ["make", "build-TesseraLayer", f"UV={UV}", "RUNTIME=python3.99", f"ARTIFACTS_DIR={tmp_path}"],  # noqa: S607 - the make that builds
        cwd=ROOT / "layers/tessera",
        capture_output=True,
        text=True,
        check=True,
    )
    assert "No python3.99 is on the PATH or could be fetched" in told.stdout
    assert list(tmp_path.rglob("checkout.py"))
    assert not list(tmp_path.rglob("*.pyc"))


def test_no_package_is_larger_than_it_has_to_be(built: Built) -> None:
    layers = [package for name, package in built.packages.items() if name not in built.functions]
    for name in built.functions:
        sent = [built.packages[name], *layers]
        assert sum(package.zipped for package in sent) < MOST_ZIPPED, name
        assert sum(package.unzipped for package in sent) < MOST_UNZIPPED, name
