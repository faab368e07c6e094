"""template.yaml, as written and as SAM translates it."""

from typing import Any

import pytest

from tests import resources as declared

Template = dict[str, Any]


@pytest.fixture(scope="session")
def written() -> Template:
    return declared.template()


@pytest.fixture(scope="session")
def translated() -> Template:
    return declared.translated()


@pytest.fixture(scope="session")
def resources(translated: Template) -> Template:
    found: Template = translated["Resources"]
    return found
