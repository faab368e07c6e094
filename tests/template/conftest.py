"""template.yaml, as written and as SAM translates it."""

from pathlib import Path
from typing import Any

import pytest

from local import translate

ROOT = Path(__file__).resolve().parents[2]
Template = dict[str, Any]


@pytest.fixture(scope="session")
def written() -> Template:
    return translate.read(ROOT / "template.yaml")


@pytest.fixture(scope="session")
def translated(written: Template) -> Template:
    locations = {name: f"s3://code/{name}.zip" for name in translate.code_folders(written)}
    return translate.translated(translate.with_code_at(written, locations), "eu-west-2", {})


@pytest.fixture(scope="session")
def resources(translated: Template) -> Template:
    found: Template = translated["Resources"]
    return found
