"""What `sam build` makes of the template, as `sam package` zips it and Lambda unpacks it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from time import mktime
from typing import TYPE_CHECKING

from samcli.lib.package.utils import make_zip_with_lambda_permissions

from local import translate
from tests import resources

if TYPE_CHECKING:
    from collections.abc import Mapping

UV = resources.ROOT / ".uv/bin/uv"
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
ARCHITECTURE = {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64")
"""Of this machine: what is built for others cannot be run on it."""


@dataclass(frozen=True)
class Package:
    """What Lambda is sent of a function or of a layer, in bytes."""

    zipped: int
    unzipped: int


@dataclass(frozen=True)
class Built:
    """All that was built.

    Attributes:
        functions: where the code of each function lies, by the name of its folder.
        layers: where all layers lie, in one place, as Lambda puts them together.
        packages: what was sent, by the names of functions and layers.
    """

    functions: Mapping[str, Path]
    layers: Path
    packages: Mapping[str, Package]


def build(folder: Path) -> Built:
    """Build the template for this machine into a folder, send it through zips, and unpack it there."""
    _sam_build(folder / "build")
    template = translate.read(folder / "build/template.yaml")
    functions, packages, layers = {}, {}, folder / "opt"
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            name = resources.functions()[logical_id].name
            functions[name] = folder / "task" / name
            packages[name] = _send(folder / "build" / resource["Properties"]["CodeUri"], functions[name])
        elif resource["Type"] == "AWS::Serverless::LayerVersion":
            packages[logical_id] = _send(folder / "build" / resource["Properties"]["ContentUri"], layers)
    return Built(functions, layers, packages)


def _sam_build(into: Path) -> None:
    for cache in (resources.ROOT / "functions").glob("*/__pycache__"):
        shutil.rmtree(cache, ignore_errors=True)  # another test may be importing the function
    environment = resources.ROOT / ".venv/bin"
    subprocess.run(
        [
            *(environment / "sam", "build", "--no-cached", "--build-dir", into),
            *("--parameter-overrides", f"Runtime={RUNTIME}", f"Architecture={ARCHITECTURE}"),
        ],
        cwd=resources.ROOT,
        env={
            **os.environ,
            "PATH": f"{environment}:{os.environ['PATH']}",
            "UV": str(UV),
            "RUNTIME": RUNTIME,
            "ARCH": ARCHITECTURE,
            "SAM_CLI_TELEMETRY": "0",
        },
        check=True,
        capture_output=True,
    )


def _send(code: Path, to: Path) -> Package:
    """Zip a folder as `sam package` does, which dates all files to 1980, and unpack it with these dates."""
    to.mkdir(parents=True, exist_ok=True)
    archive = Path(make_zip_with_lambda_permissions(str(to.parent / code.name), str(code)))
    with zipfile.ZipFile(archive) as packed:
        for entry in packed.infolist():
            written = packed.extract(entry, to)
            dated = mktime((*entry.date_time, 0, 0, -1))
            os.utime(written, (dated, dated))
        sizes = Package(archive.stat().st_size, sum(entry.file_size for entry in packed.infolist()))
    archive.unlink()
    return sizes
