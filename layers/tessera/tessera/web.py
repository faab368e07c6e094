"""What the functions behind the API share: caller, now, answers; refusals become problem documents (RFC 9457)."""

import functools
import json
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from tessera import refusals, time_left
from tessera.access import Caller
from tessera.answers import write
from tessera.failures import trace
from tessera.identities import Identity
from tessera.instants import from_epoch_millis

Route = TypeVar("Route", bound=Callable[..., Response[str]])

_LONGEST_ID = 1024
"""Bytes. Nothing has a longer one, and the store takes no key beyond twice that."""

_STATUS = {
    refusals.Unreadable: HTTPStatus.BAD_REQUEST,
    refusals.Forbidden: HTTPStatus.FORBIDDEN,
    refusals.NotFound: HTTPStatus.NOT_FOUND,
    refusals.UnknownCode: HTTPStatus.NOT_FOUND,
    refusals.TooManyAttempts: HTTPStatus.TOO_MANY_REQUESTS,
    refusals.Conflict: HTTPStatus.CONFLICT,
    refusals.TryAgain: HTTPStatus.CONFLICT,
    refusals.Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    refusals.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
_RETRY_AFTER = {refusals.TryAgain: "1", refusals.Unavailable: "2"}


class Api:
    """The routes of one function. `app` takes them; `handle` answers an event of the API."""

    def __init__(self) -> None:
        self.app = APIGatewayHttpResolver()
        self._logger = Logger()
        self.app.exception_handler(refusals.Refusal)(self._refuse)
        self.app.exception_handler(Exception)(self._fail)

    def get(self, path: str) -> Callable[[Route], Route]:
        """Take GET requests to a path such as `/members/<member_id>`."""
        return self._route("GET", path)

    def post(self, path: str) -> Callable[[Route], Route]:
        """Take POST requests to a path such as `/members/<member_id>`."""
        return self._route("POST", path)

    def put(self, path: str) -> Callable[[Route], Route]:
        """Take PUT requests to a path such as `/members/<member_id>`."""
        return self._route("PUT", path)

    def patch(self, path: str) -> Callable[[Route], Route]:
        """Take PATCH requests to a path such as `/members/<member_id>`."""
        return self._route("PATCH", path)

    @property
    def caller(self) -> Caller:
        """Whoever is calling, by the claims that the authorizer verified."""
        claims = self.app.current_event.raw_event["requestContext"]["authorizer"]["jwt"]["claims"]
        return Caller(Identity(claims["iss"], claims["sub"]), frozenset(claims.get("scope", "").split()))

    @property
    def now(self) -> datetime:
        """The request's time, as the gateway took it."""
        return from_epoch_millis(int(self.app.current_event.raw_event["requestContext"]["timeEpoch"]))

    @property
    def body(self) -> str | None:
        """The body as text, or None if there is none.

        Raises:
            Unreadable: it is no UTF-8.
        """
        try:
            return self.app.current_event.decoded_body
        except ValueError:
            raise refusals.Unreadable("not_json", "The body must be JSON.") from None

    def parameter(self, name: str) -> str | None:
        """Answer a parameter of the query, or None."""
        return (self.app.current_event.query_string_parameters or {}).get(name)

    def header(self, name: str) -> str | None:
        """Answer a header, or None; upper and lower case are the same."""
        return self.app.current_event.headers.get(name)

    def handle(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Answer an event."""
        time_left.begin(context)
        self._logger.append_keys(request_id=event["requestContext"].get("requestId"))
        ids = {name: quote(text, safe="") for name, text in (event.get("pathParameters") or {}).items()}
        # An id may be of any characters; in the path as it came some of them would mean another route, or none.
        path = event["routeKey"].partition(" ")[2].format_map(ids)
        return self.app.resolve({**event, "rawPath": path}, context)

    def _route(self, method: str, path: str) -> Callable[[Route], Route]:
        def register(route: Route) -> Route:
            @functools.wraps(route)
            def with_ids(**ids: str) -> Response[str]:
                texts = {name: unquote(text) for name, text in ids.items()}
                if any(len(text.encode()) > _LONGEST_ID for text in texts.values()):
                    raise refusals.NotFound
                return route(**texts)

            self.app.route(path, method)(with_ids)
            return route

        return register

    def _refuse(self, refusal: refusals.Refusal) -> Response[str]:
        status = _STATUS[type(refusal)]
        self._logger.info("refused", extra={"status": status, "code": refusal.code})
        document: dict[str, Any] = {
            "type": "about:blank",
            "title": status.phrase,
            "status": status,
            "detail": refusal.detail,
            "code": refusal.code,
        }
        if refusal.problems:
            document["errors"] = [{"pointer": p.pointer, "detail": p.detail} for p in refusal.problems]
        return _problem(document, _headers(refusal))

    def _fail(self, error: Exception) -> Response[str]:
        self._logger.error("failed", extra={"exception_name": type(error).__name__, "exception": trace(error)})
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        return _problem(
            {
                "type": "about:blank",
                "title": status.phrase,
                "status": status,
                "detail": "Something is wrong on our side; it has been recorded.",
                "code": "internal_error",
            },
            {},
        )


def answer(status: int, body: object) -> Response[str]:
    """Answer with JSON; a string is taken to be JSON already."""
    text = body if isinstance(body, str) else write(body)
    return Response(status_code=status, content_type="application/json", body=text)


def _headers(refusal: refusals.Refusal) -> dict[str, str]:
    if isinstance(refusal, refusals.TooManyAttempts):
        return {"Retry-After": str(refusal.seconds)}
    return {"Retry-After": _RETRY_AFTER[type(refusal)]} if type(refusal) in _RETRY_AFTER else {}


def _problem(document: dict[str, Any], headers: dict[str, str]) -> Response[str]:
    return Response(
        status_code=document["status"],
        content_type="application/problem+json",
        body=json.dumps(document, ensure_ascii=False),
        headers=dict(headers),
    )
