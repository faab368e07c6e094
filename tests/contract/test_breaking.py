"""What would break a client is named; what would not is let through."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from tools import openapi
from tools.breaking import breaking

if TYPE_CHECKING:
    from collections.abc import Callable

Document = dict[str, Any]
CARD = "GET /members/{member_id}"


@pytest.fixture
def document() -> Document:
    content: Document = json.loads(openapi.DOCUMENT.read_text(encoding="utf-8"))
    return content


def operation(document: Document, key: str) -> Any:
    method, path = key.split()
    return document["paths"][path][method.lower()]


def schema(document: Document, name: str) -> Any:
    return document["components"]["schemas"][name]


def remove_route(document: Document) -> None:
    del document["paths"]["/members/{member_id}/tier"]


def remove_status(document: Document) -> None:
    del operation(document, "POST /members")["responses"]["200"]


def remove_field(document: Document) -> None:
    del schema(document, "Card")["properties"]["points"]


def make_optional(document: Document) -> None:
    schema(document, "Card")["required"].remove("points")


def ask_for_more(document: Document) -> None:
    schema(document, "EnrolRequest").setdefault("required", []).append("locale")


def ask_for_a_parameter(document: Document) -> None:
    document["components"]["parameters"]["month"]["required"] = True


def narrow_an_enum(document: Document) -> None:
    document["components"]["parameters"]["status"]["schema"]["enum"].remove("held")


def narrow_a_bound(document: Document) -> None:
    document["components"]["parameters"]["limit"]["schema"]["maximum"] = 50


def widen_an_answer(document: Document) -> None:
    schema(document, "TemplateHead")["properties"]["status"]["enum"].append("dormant")


def change_a_type(document: Document) -> None:
    schema(document, "Card")["properties"]["growth"]["type"] = "string"


def close_to_members(document: Document) -> None:
    operation(document, CARD)["security"].remove({"token": ["tessera/member"]})


def add_a_code(document: Document) -> None:
    problem = operation(document, CARD)["responses"]["404"]["content"]["application/problem+json"]["schema"]
    problem["properties"]["code"]["enum"].append("gone_away")


BREAKING: list[tuple[Callable[[Document], None], str]] = [
    (remove_route, "GET /members/{member_id}/tier: the route is gone"),
    (remove_status, "POST /members: the status 200 is gone"),
    (remove_field, f"{CARD}: the answer 200 has points no longer"),
    (make_optional, f"{CARD}: the answer 200 may lack points"),
    (ask_for_more, "POST /members: the request must have locale"),
    (ask_for_a_parameter, "GET /members/{member_id}/sign-ins: the parameter month must be given"),
    (narrow_an_enum, 'GET /members/{member_id}/coupons: the parameter status takes "held" no longer'),
    (narrow_a_bound, "GET /nights: the parameter limit has another maximum: 100 before, 50 now"),
    (widen_an_answer, 'GET /coupon-templates/{template_id}: the answer 200.status may be "dormant" now'),
    (change_a_type, f"{CARD}: the answer 200.growth may be string now"),
    (close_to_members, f"{CARD}: the scope tessera/member opens it no longer"),
    (add_a_code, f'{CARD}: the answer 404.code may be "gone_away" now'),
]


@pytest.mark.parametrize(("change", "said"), BREAKING, ids=lambda part: getattr(part, "__name__", ""))
def test_what_breaks_a_client_is_named(document: Document, change: Callable[[Document], None], said: str) -> None:
    after = copy.deepcopy(document)
    change(after)
    assert said in breaking(document, after)


def test_what_is_the_same_breaks_nothing(document: Document) -> None:
    assert breaking(document, copy.deepcopy(document)) == []


def test_what_is_only_more_breaks_nothing(document: Document) -> None:
    after = copy.deepcopy(document)
    after["paths"]["/weather"] = {"get": operation(document, "GET /health")}
    schema(after, "Card")["properties"]["weather"] = {"type": "string"}
    schema(after, "EnrolRequest")["properties"]["weather"] = {"type": "string"}
    after["components"]["parameters"]["limit"]["schema"]["maximum"] = 200
    after["components"]["parameters"]["status"]["schema"]["enum"].append("lost")
    assert breaking(document, after) == []
