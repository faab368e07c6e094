"""`make run`: the whole product on this machine, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from local import deploy, state, tokens
from local.aws import LocalAws
from local.emulator import Emulator, EmulatorError
from local.proxy import ApiProxy, api_path
from local.stack import NAME
from local.state import State
from local.translate import AdaptationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

API = "ServerlessHttpApi"
POLL_SECONDS = 0.5
ANSWER_SECONDS = 60


class StartError(Exception):
    """The stack cannot start, for a reason that the user can mend."""


class Progress:
    """Says on the terminal what is being done, and how long the start has taken."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, what: str) -> None:
        """Say what comes next."""
        print(f"[{time.monotonic() - self._began:5.1f} s] {what}", flush=True)


@contextmanager
def running_stack(
    port: int, aws_port: int, directory: Path, programme: Path, say: Progress
) -> Iterator[tuple[Emulator, str]]:
    """Run the stack; yields its local AWS and the API's address once everything answers.

    Raises:
        StartError: if a port is taken.
        EmulatorError, AdaptationError, DeploymentError: if the stack does not come up.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        proxy = stack.enter_context(_proxy(port, aws_port))
        _require_free(aws_port)
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tessera-", ignore_cleanup_errors=True)))
        say("Starting the local AWS")
        emulator = stack.enter_context(Emulator(aws_port, scratch, directory / f"aws-{aws_port}.log"))
        aws = LocalAws(emulator.url)
        issuer = tokens.issuer_url(aws_port)
        packaged = deploy.package(issuer, programme)
        emulator.wait_until_ready()
        say("Deploying template.yaml")
        deploy.publish_issuer(aws, issuer, directory)
        deploy.deploy(aws, packaged)
        say("Waiting for the functions")
        token = tokens.make_token(tokens.signing_key(directory), issuer, "warm-up", ["tessera/member"])
        api_id = _api_id(aws)
        for path in ("/health", "/programme"):
            _require_answer(f"{emulator.url}{api_path(api_id)}{path}", token)
        running = State(
            api=f"http://127.0.0.1:{port}",
            aws=emulator.url,
            issuer=issuer,
            programme=str(programme.resolve()),
            pid=os.getpid(),
        )
        stack.callback(state.remove, running, directory)
        state.save(running, directory)
        proxy.serve(api_id)
        yield emulator, running.api


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(
        prog="make run", usage="make run [PORT=3000] [AWS_PORT=4566] [PROGRAMME=file.yaml]"
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--aws-port", type=int, required=True)
    parser.add_argument("--directory", type=Path, default=state.DIRECTORY)
    parser.add_argument("--programme", type=Path, default=deploy.PROGRAMME)
    arguments = parser.parse_args()
    port, aws_port, directory, programme = (
        getattr(arguments, name) for name in ("port", "aws_port", "directory", "programme")
    )
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, _stop)
    say = Progress()
    try:
        with running_stack(port, aws_port, directory, programme, say) as (emulator, address):
            say("Everything answers")
            print(f"Tessera serves {address}\nThe local AWS answers at {emulator.url}. Ctrl-C stops both.", flush=True)
            while emulator.is_running():
                time.sleep(POLL_SECONDS)
            raise EmulatorError(f"The local AWS ended; its log is {directory}/aws-{aws_port}.log")
    except _Stopped:
        print("Stopped", flush=True)
    except (StartError, EmulatorError, AdaptationError, deploy.DeploymentError) as error:
        sys.exit(f"make run: {error}")


def _proxy(port: int, aws_port: int) -> ApiProxy:
    try:
        return ApiProxy(port, aws_port)
    except OSError as error:
        raise StartError(f"port {port} cannot be used ({error.strerror}); choose another: make run PORT=...") from error


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise StartError(
                f"port {port} cannot be used ({error.strerror}); choose another: make run AWS_PORT=..."
            ) from error


def _api_id(aws: LocalAws) -> str:
    resource = aws.cloudformation.describe_stack_resource(StackName=NAME, LogicalResourceId=API)
    return resource["StackResourceDetail"]["PhysicalResourceId"]


def _require_answer(url: str, token: str) -> None:
    request = Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        with urlopen(request, timeout=ANSWER_SECONDS):
            return
    except HTTPError as error:
        raise StartError(f"{url} answers {error.code}: {error.read().decode(errors='replace')}") from error


class _Stopped(BaseException):
    """Somebody asked the stack to stop; not an Exception, so that nothing on the way takes it for a failure."""


def _stop(_signal: int, _frame: FrameType | None) -> None:
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, signal.SIG_IGN)  # the clean-up itself is not interrupted
    raise _Stopped


if __name__ == "__main__":
    main()
