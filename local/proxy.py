"""Serves the API of the local AWS at an address of its own: http://127.0.0.1:3000 instead of a path of the emulator.

Status, headers and body pass through as they are, both ways.
"""

from __future__ import annotations

import sys
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# The emulator answers each request that it works on at the same time from a process of its own, which takes about half
# a second to start. Beyond this many, waiting for a warm one is faster than starting another.
AT_ONCE = 8
GATEWAY_SECONDS = 60
HOP_BY_HOP = frozenset({"connection", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"})


def api_path(api_id: str) -> str:
    """Return the path of an HTTP API on the local AWS, before the API's own paths.

    The path names the API because a host name would not do: the emulator would then take /health for itself.
    """
    return f"/_aws/execute-api/{api_id}/$default"


class ApiProxy(ThreadingHTTPServer):
    """A reverse proxy that reserves its port when made and starts to listen in `serve`.

    Args:
        port: where it will listen, on the loopback interface only.
        aws_port: where the local AWS listens.

    Raises:
        OSError: if the port is taken.
    """

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, aws_port: int) -> None:
        super().__init__(("127.0.0.1", port), _Forward, bind_and_activate=False)
        self.aws_port = aws_port
        self.prefix = ""
        self._serving = False
        self.at_once = threading.BoundedSemaphore(AT_ONCE)
        self.server_bind()

    def serve(self, api_id: str) -> None:
        """Listen, and forward to the HTTP API `api_id` from a thread of its own."""
        self.prefix = api_path(api_id)
        self.server_activate()
        self._serving = True
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def server_close(self) -> None:
        """Stop listening and give the port back."""
        if self._serving:
            self.shutdown()
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Forward(BaseHTTPRequestHandler):
    server: ApiProxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _forward(self) -> None:
        try:
            body = self._body()
        except ValueError:
            self.send_error(400, "The length of the body cannot be read")
            return
        with self.server.at_once:
            gateway = HTTPConnection("127.0.0.1", self.server.aws_port, timeout=GATEWAY_SECONDS)
            try:
                gateway.putrequest(
                    self.command, self.server.prefix + self.path, skip_host=True, skip_accept_encoding=True
                )
                for name, value in self.headers.items():
                    if name.lower() not in HOP_BY_HOP and name.lower() != "content-length":
                        gateway.putheader(name, value)
                if body or self.command in {"POST", "PUT", "PATCH"}:
                    gateway.putheader("Content-Length", str(len(body)))
                gateway.endheaders(body)
                answer = gateway.getresponse()
                status, reason, headers, content = answer.status, answer.reason, answer.getheaders(), answer.read()
            finally:
                gateway.close()
        self.send_response_only(status, reason)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        if answer.chunked:
            self.send_header("Content-Length", str(len(content)))  # it came in chunks
        self.end_headers()
        self.wfile.write(content)

    do_DELETE = do_GET = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = _forward  # noqa: N815  http.server's names

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():  # trailers
            pass
        return b"".join(chunks)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  http.server's name
        """Say nothing: the API's access log is the local AWS's affair."""
