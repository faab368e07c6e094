"""The published OpenAPI document: valid, and what template.yaml, the handlers and the code say."""

import json
import os
from importlib import import_module
from typing import Any
from unittest.mock import patch

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests import resources
from tools import openapi
from tools.breaking import breaking

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(openapi.DOCUMENT.read_text(encoding="utf-8"))
    return document


def operations(document: dict[str, Any]) -> dict[str, Any]:
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def test_the_published_document_is_the_one_that_make_openapi_writes(published: dict[str, Any]) -> None:
    assert breaking(published, json.loads(openapi.text(openapi.document()))) == [], "this would break clients"
    assert openapi.DOCUMENT.read_text(encoding="utf-8") == openapi.text(openapi.document())


def test_it_is_valid_openapi(published: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(published).validate()


def test_it_has_the_routes_of_the_template(published: dict[str, Any]) -> None:
    assert operations(published).keys() == {route.key for route in resources.routes()}


def test_each_function_handles_the_routes_that_the_template_sends_to_it() -> None:
    for name, function in resources.functions().items():
        sent = {route.key for route in resources.routes() if route.function == name and route.scopes}
        if sent:
            assert handled_by(function) == sent, function.name


def handled_by(function: resources.Function) -> set[str]:
    # What a function reads when it is imported has to be there, and what the template refers to goes by its own name.
    known = {name: name for name in resources.template()["Resources"]} | resources.parameters()
    with patch.dict(os.environ, function.environment(known)):
        api = import_module(function.module).api
    return set(operations(json.loads(api.app.get_openapi_json_schema())))


def test_it_asks_for_a_scope_that_opens_the_route(published: dict[str, Any]) -> None:
    for route in resources.routes():
        security = operations(published)[route.key]["security"]
        assert {scope for choice in security for scope in choice["token"]} == (route.scopes or set()), route.key


def test_each_operation_has_a_name_of_its_own(published: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations(published).values()]

    assert len(set(names)) == len(names)


def test_a_refusal_by_the_gateway_is_told_from_one_by_the_product(published: dict[str, Any]) -> None:
    refused = operations(published)["POST /members/{member_id}/coupons"]["responses"]

    assert refused["401"]["content"].keys() == {"application/json"}
    assert refused["404"]["content"].keys() == {"application/problem+json"}
    assert refused["403"]["content"].keys() == {"application/json", "application/problem+json"}
