"""The published OpenAPI document as a judge: whether an answer is one that clients were told to expect."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from openapi_schema_validator import OAS31Validator

from tools import openapi


@cache
def document() -> Any:
    """Answer the document as it is committed, but closed: a field that no shape knows is a mistake."""
    content = json.loads(openapi.DOCUMENT.read_text(encoding="utf-8"))
    for schema in content["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return content


def operation(key: str) -> Any:
    """Answer an operation by its method and path, such as `GET /members/{member_id}`."""
    method, path = key.split()
    return document()["paths"][path][method.lower()]


def mistakes(schema: dict[str, Any], content: object) -> list[str]:
    """Say in what `content` differs from a schema of the document."""
    validator = OAS31Validator({**schema, "components": document()["components"]})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(content)]


def insist_on(key: str, status: int, media_type: str, text: str) -> None:
    """Insist that the document has this answer of an operation: its status, its media type, its shape and its code."""
    answers = operation(key)["responses"]
    assert str(status) in answers, f"{key} answers {status}, which is not in the document: {text}"
    contents = answers[str(status)]["content"]
    assert media_type in contents, f"{key} answers {status} as {media_type}, which is not in the document: {text}"
    assert not mistakes(contents[media_type]["schema"], json.loads(text)), f"{key} answers {status}: {text}"
