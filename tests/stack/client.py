"""A plain HTTP client for the stack tests: it shows what came back, and raises nothing for a status."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Read the body as JSON."""
        return json.loads(self.body)


class Api:
    """The running product's API, as whoever holds `token`."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self._address = urlsplit(url).netloc
        self._headers = {"authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str) -> Answer:
        """GET a path."""
        return self.send("GET", path)

    def post(self, path: str, content: Any = None, **headers: str) -> Answer:
        """POST `content` as JSON; `idempotency_key="k"` sends that header."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = None if content is None else json.dumps(content).encode()
        return self.send("POST", path, body, {"content-type": "application/json", **named})

    def send(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        """Send a request as it is given."""
        connection = HTTPConnection(self._address, timeout=SECONDS)
        try:
            connection.request(method, path, body, {**self._headers, **(headers or {})})
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        finally:
            connection.close()
