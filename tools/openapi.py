"""Writes the OpenAPI document: `make openapi`.

Routes are those of `tools.routes`, scopes those of template.yaml, shapes those of the product's own types.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from local import translate
from tessera.paging import DEFAULT_LIMIT, MAX_LIMIT
from tools.routes import ROUTES, GatewayMessage, Problem, Route

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.json_schema import JsonSchemaMode

Json = dict[str, Any]
Refs = dict[Any, Json]
"""How the document refers to the schema of a shape."""

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "openapi.json"
COMPONENT = "#/components/schemas/{model}"

DESCRIPTION = """\
Times are RFC 3339 in UTC with `Z`; days are `YYYY-MM-DD` in the member's time zone. Money is an integer in the minor \
unit of the currency. Points and growth are integers. Ids are opaque; `{member_id}` may be `me`, the caller.

**Who may call.** Each operation lists the scopes of which a token needs one. A member acts on themselves only: any \
other member's id is answered as an unknown id is, 404. A shop and an operator act on every member.

**What refusals look like.** The functions refuse with problem documents, `application/problem+json`. What API Gateway \
refuses by itself has its own body, `application/json` with a `message`: 401 without a valid token, 403 without a \
scope, 404 for a path that is no route, 413 for a body that is too large, 429 beyond the throttling limit, 500 and 503 \
if a function fails or gives no answer in time. Where both may happen, the media type tells them apart.

**Repeating.** Enrolling, signing in, orders, refunds, actions, redemptions and uses of benefits have a key of their \
own and are safe to repeat. Claiming and granting a coupon, adjusting, changing a standing, placing on a tier, \
starting an evaluation and having codes made take `Idempotency-Key`."""

PARAMETERS: Mapping[str, Json] = {
    "member_id": {"in": "path", "description": "The member's id, or `me`.", "schema": {"type": "string"}},
    "order_id": {"in": "path", "description": "The shop's id of the order.", "schema": {"type": "string"}},
    "redemption_id": {"in": "path", "description": "The redemption's id.", "schema": {"type": "string"}},
    "night_id": {"in": "path", "description": "The night's time: `20270303T021500Z`.", "schema": {"type": "string"}},
    "job_id": {"in": "path", "description": "The coupon job's id.", "schema": {"type": "string"}},
    "evaluation_id": {"in": "path", "description": "The evaluation's id.", "schema": {"type": "string"}},
    "template_id": {"in": "path", "description": "The coupon template's id.", "schema": {"type": "string"}},
    "benefit_id": {"in": "path", "description": "The benefit's id in the programme.", "schema": {"type": "string"}},
    "use_id": {"in": "path", "description": "The shop's id of the use.", "schema": {"type": "string"}},
    "as_of": {
        "in": "query",
        "description": "A past instant: the answer is what it would have been then.",
        "schema": {"type": "string", "format": "date-time", "pattern": "Z$"},
    },
    "if_spend": {
        "in": "query",
        "description": "Minor units of the programme's currency: what an order of so much would bring.",
        "schema": {"type": "integer", "minimum": 0, "maximum": 1_000_000_000},
    },
    "limit": {
        "in": "query",
        "description": "How many items a page has at most.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    },
    "cursor": {
        "in": "query",
        "description": "Where to go on: the `next_cursor` of the page before.",
        "schema": {"type": "string"},
    },
    "status": {
        "in": "query",
        "description": "Only coupons of this status.",
        "schema": {"enum": ["active", "held", "redeemed", "expired", "returned"]},
    },
    "month": {
        "in": "query",
        "description": "The month to show; the present one, if none is given.",
        "schema": {"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"},
    },
    "Idempotency-Key": {
        "in": "header",
        "description": "The same key with the same body is answered what it was answered first, byte for byte, for "
        "ever. Without a key each request is carried out.",
        "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,255}$"},
    },
}

# What API Gateway answers by itself on a route that wants a token; on one that wants none it refuses no caller.
GATEWAY_TO_CALLERS = (401, 403)
GATEWAY = (413, 429, 500, 503)
# What any function behind the API may answer beside the refusals of its routes.
EVERY_FUNCTION = {500: ("internal_error",), 503: ("unavailable",)}
RETRY_AFTER = {"too_many_attempts", "try_again", "unavailable"}

STATUSES = {
    200: "Done",
    201: "Made",
    202: "Taken",
    400: "It cannot be read",
    401: "No valid token",
    403: "Not allowed",
    404: "There is nothing here for this caller",
    409: "The rules do not allow it as things stand; `try_again` may be repeated",
    413: "The body is too large",
    422: "It can be read, and it is wrong",
    429: "Too many requests",
    500: "Something is wrong on our side",
    503: "The service is busy; the request may be repeated",
}


class Untitled(GenerateJsonSchema):
    """Leaves out pydantic's titles of fields, which repeat their names."""

    def field_title_should_be_set(self, _schema: object) -> bool:
        """Set none."""
        return False


def scopes_by_route(template: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Find the routes of the SAM template: by method and path the scopes of which one opens it, none if it is open."""
    auth = template["Globals"]["HttpApi"]["Auth"]
    default = auth["Authorizers"][auth["DefaultAuthorizer"]]["AuthorizationScopes"]
    found = {}
    for resource in template["Resources"].values():
        for event in resource.get("Properties", {}).get("Events", {}).values():
            if event["Type"] != "HttpApi":
                continue
            route = event["Properties"]
            own = route.get("Auth", {})
            scopes = [] if own.get("Authorizer") == "NONE" else own.get("AuthorizationScopes", default)
            found[f"{route['Method']} {route['Path']}"] = tuple(scopes)
    return found


def document() -> Json:
    """Make the OpenAPI document.

    Raises:
        KeyError: a route is missing in template.yaml.
    """
    scopes = scopes_by_route(translate.read(ROOT / "template.yaml"))
    refs, schemas = _schemas()
    paths: dict[str, Json] = {}
    for tag, routes in ROUTES.items():
        for key, route in routes.items():
            method, path = key.split()
            paths.setdefault(path, {})[method.lower()] = _operation(tag, path, route, scopes[key], refs)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tessera", "version": version, "description": DESCRIPTION},
        "servers": [{"url": "http://127.0.0.1:3000", "description": "The local stack"}],
        "tags": [{"name": tag} for tag in ROUTES],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": {name: _parameter(name, parameter) for name, parameter in PARAMETERS.items()},
            "headers": {
                "Retry-After": {"description": "Seconds to wait before a repeat.", "schema": {"type": "integer"}}
            },
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token of the issuer that the API was deployed with.",
                }
            },
        },
    }


def write() -> None:
    """Write the document to its place."""
    DOCUMENT.write_text(text(document()), encoding="utf-8")


def text(content: Json) -> str:
    """Write a document as the text that is committed."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _schemas() -> tuple[Refs, Json]:
    """Make the schemas of all shapes: how to refer to each, and the components referred to."""
    wanted = [(shape, mode, TypeAdapter(shape)) for shape, mode in _shapes()]
    schemas, definitions = TypeAdapter.json_schemas(wanted, ref_template=COMPONENT, schema_generator=Untitled)
    return {shape: schema for (shape, _), schema in schemas.items()}, dict(sorted(definitions["$defs"].items()))


def _shapes() -> Iterator[tuple[Any, JsonSchemaMode]]:
    yield Problem, "serialization"
    yield GatewayMessage, "serialization"
    for routes in ROUTES.values():
        for route in routes.values():
            if route.body is not None:
                yield route.body, "validation"
            for answer in route.answers.values():
                yield answer, "serialization"


def _operation(tag: str, path: str, route: Route, scopes: tuple[str, ...], refs: Refs) -> Json:
    named = [*re.findall(r"{(\w+)}", path), *route.query, *(["Idempotency-Key"] if route.repeats_by_key else [])]
    operation: Json = {"tags": [tag], "operationId": route.name, "summary": route.summary}
    if route.detail:
        operation["description"] = route.detail
    # One of several is enough: alternatives are a list of requirements.
    operation["security"] = [{"token": [scope]} for scope in scopes]
    if named:
        operation["parameters"] = [{"$ref": f"#/components/parameters/{name}"} for name in named]
    if route.body is not None:
        operation["requestBody"] = {
            "required": route.body_required,
            "content": {"application/json": {"schema": refs[route.body]}},
        }
    operation["responses"] = _responses(route, refs, is_open=not scopes)
    return operation


def _responses(route: Route, refs: Refs, *, is_open: bool) -> Json:
    responses: dict[int, Json] = {}

    def add(status: int, media_type: str, schema: Json) -> None:
        response = responses.setdefault(status, {"description": STATUSES[status], "content": {}})
        response["content"][media_type] = {"schema": schema}

    for status, shape in route.answers.items():
        add(status, "application/json", refs[shape])
    for status in GATEWAY if is_open else GATEWAY_TO_CALLERS + GATEWAY:
        add(status, "application/json", refs[GatewayMessage])
    # The open route is the one without anything of ours that could refuse.
    for refusals in () if is_open else (route.refusals, EVERY_FUNCTION):
        for status, codes in refusals.items():
            add(
                status,
                "application/problem+json",
                {**refs[Problem], "properties": {"code": {"enum": list(codes)}}},
            )
            if RETRY_AFTER.intersection(codes):
                responses[status]["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    return {str(status): responses[status] for status in sorted(responses)}


def _parameter(name: str, parameter: Json) -> Json:
    return {"name": name, **parameter, **({"required": True} if parameter["in"] == "path" else {})}


if __name__ == "__main__":
    write()
