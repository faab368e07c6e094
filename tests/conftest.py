"""No test can reach a real account: whatever the shell that runs them knows of AWS is hidden from all of them.

Of several workers one has all tests that need the local stack, and one all budgets, so that each is started once.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tessera.programme import load

pytest_plugins = ["tests.roles.plugin"]

for variable in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[variable]
os.environ.update(
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",  # noqa: S106 - the one that emulators take
    AWS_DEFAULT_REGION="us-east-1",
    AWS_EC2_METADATA_DISABLED="true",
)

TOGETHER = ("tests/stack/", "tests/budgets/", "tests/faults/", "tests/artefact/")
"""The folders whose tests share what takes long to start."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Hand each test to whichever worker is free, and those of some folders together to one."""
    return _ByFolder(config, log)


class _ByFolder(LoadScopeScheduling):  # type: ignore[misc] # xdist tells no types
    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)


UseProgramme = Callable[..., None]


@pytest.fixture
def use_programme(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[UseProgramme]:
    """Put a programme in force: that of a file, or the one to try with whole parts replaced.

    One of another version than the one before it has that one beside it, among the earlier ones.
    """
    rules = load.load(load.PACKAGED).model_dump(mode="json")

    def put_in_force(file: Path | None = None, **parts: Any) -> None:
        if file is None:
            file = tmp_path / "programme.yaml"
            if file.exists() and load.load(file).version < parts.get("version", 1):
                (tmp_path / load.EARLIER).mkdir(exist_ok=True)
                file.rename(tmp_path / load.EARLIER / f"before_{parts['version']}.yaml")
            file.write_text(json.dumps(rules | parts), encoding="utf-8")
        monkeypatch.setattr(load, "PACKAGED", file)
        load.in_force.cache_clear()

    yield put_in_force
    load.in_force.cache_clear()
