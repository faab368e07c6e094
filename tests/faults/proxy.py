"""What stands between the product and its store here: a proxy on a real socket, which can be told to go wrong."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 30
"""What the engine behind it may take."""


class FaultyProxy(ThreadingHTTPServer):
    """Hands requests on to an engine on this machine, unless `fault` says otherwise.

    Args:
        port: where the engine listens.

    Attributes:
        fault: what becomes of a request instead; None for nothing.
        asked: how many requests have come.
    """

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.engine_port = port
        self.fault: Fault | None = None
        self.asked = 0
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        """Where the product is to find its store."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that did not wait for the answer."""


class _Request(BaseHTTPRequestHandler):
    server: FaultyProxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Take a request: DynamoDB and SQS know no others."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked += 1
        if self.server.fault:
            self.server.fault(self, body)
        else:
            self.hand_on(body)

    def hand_on(self, body: bytes) -> None:
        """Answer what the engine answers."""
        self.answer(*self.ask(body))

    def ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Have the engine carry a request out."""
        engine = HTTPConnection("127.0.0.1", self.server.engine_port, timeout=SECONDS)
        try:
            engine.request("POST", self.path, body, dict(self.headers))
            answer = engine.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            engine.close()

    def answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        """Send an answer."""
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in {"connection", "content-length", "transfer-encoding"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def hang_up(self) -> None:
        """Close the connection without a word."""
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  http.server's name
        """Say nothing."""


if TYPE_CHECKING:
    Fault = Callable[[_Request, bytes], None]


def silent(request: _Request, _body: bytes) -> None:
    """Take the request, and never answer."""
    time.sleep(SECONDS)
    request.hang_up()


def lost(request: _Request, body: bytes) -> None:
    """Have it carried out, and lose the answer."""
    with suppress(OSError, HTTPException):
        request.ask(body)
    request.hang_up()


def gone(request: _Request, _body: bytes) -> None:
    """Hang up, as what is being restarted does."""
    request.hang_up()


def slow(seconds: float) -> Fault:
    """Answer everything so many seconds late."""

    def wait(request: _Request, body: bytes) -> None:
        time.sleep(seconds)
        request.hand_on(body)

    return wait


def refusing(status: int, code: str) -> Fault:
    """Answer with an error of DynamoDB's own."""
    content = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "Try again."}).encode()
    return lambda request, _body: request.answer(status, {"Content-Type": "application/x-amz-json-1.0"}, content)


def broken(request: _Request, _body: bytes) -> None:
    """Answer as what stands before a store does that is not there."""
    request.answer(502, {"Content-Type": "text/html"}, b"<html>Bad Gateway</html>")
