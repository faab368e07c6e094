"""The published schema of the events: what the code makes, valid, and true of what leaves."""

import json
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator

from tools import event_schema
from tools.openapi import text


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(event_schema.DOCUMENT.read_text(encoding="utf-8"))
    return schema


def test_the_published_schema_is_the_one_that_make_events_writes() -> None:
    assert event_schema.DOCUMENT.read_text(encoding="utf-8") == text(event_schema.document())


def test_it_is_a_valid_schema_and_its_example_is_valid_by_it(published: dict[str, Any]) -> None:
    OAS31Validator.check_schema(published)
    (example,) = published["examples"]
    assert OAS31Validator(published).is_valid(example)


def test_it_says_of_every_field_what_it_means(published: dict[str, Any]) -> None:
    detail = published["$defs"]["EntryBooked"]
    assert all(field["description"] for field in detail["properties"].values())
    assert set(detail["required"]) == detail["properties"].keys()


def test_another_version_is_no_event_of_this_one(published: dict[str, Any]) -> None:
    (example,) = published["examples"]
    later = example | {"detail": example["detail"] | {"schema_version": 2}}
    assert not OAS31Validator(published).is_valid(later)
