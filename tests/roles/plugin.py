"""After a run of all tests: which permissions of the functions' roles nothing made use of.

Under xdist each worker tells what it saw at its end, and the run is judged where the reports come together.
"""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING, Any

import pytest

from tests.roles.grants import Grant, grants, taken_by_lambda
from tests.roles.watch import WATCH

if TYPE_CHECKING:
    from collections.abc import Iterable

SEEN = "permissions_used"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run of all tests be told from one of some."""
    parser.addoption(
        "--no-unused-permissions",
        action="store_true",
        help="fail for a permission of a function's role that no test made use of; for a run of all tests",
    )


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker saw."""
    WATCH.used.update(_read(getattr(node, "workeroutput", {}).get(SEEN, [])))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell what was seen; where that comes together, fail for what nobody did."""
    workeroutput = getattr(session.config, "workeroutput", None)
    if workeroutput is not None:
        workeroutput[SEEN] = [astuple(grant) for grant in WATCH.used]
    elif session.exitstatus == pytest.ExitCode.OK and _unused(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name them."""
    unused = _unused(terminalreporter.config)
    if unused:
        terminalreporter.section("permissions that no test made use of")
        for grant in unused:
            terminalreporter.line(str(grant))


def _unused(config: pytest.Config) -> list[Grant]:
    if not config.getoption("no_unused_permissions"):
        return []
    return sorted(grants() - WATCH.used - taken_by_lambda(), key=str)


def _read(written: Iterable[Any]) -> Iterable[Grant]:
    for function, action, resource, keys in written:
        yield Grant(function, action, resource, tuple(keys))
