"""`make logs`: what the functions have logged since the stack started, oldest first."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from local import state
from local.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUPS = "/aws/lambda/"
EMULATOR_LINES = ("START ", "END ", "REPORT ")


def main() -> None:
    """Print each function's lines after its name."""
    try:
        logged = sorted(lines(Stack()))
    except state.NotRunningError as error:
        sys.exit(f"make logs: {error}")
    for _, function, message in logged:
        print(f"{function}: {message.rstrip()}")


def lines(stack: Stack) -> Iterator[tuple[int, str, str]]:
    """Yield when each line was logged (milliseconds since 1970), by which function, and the line."""
    for group in stack.aws.logs.describe_log_groups(logGroupNamePrefix=GROUPS)["logGroups"]:
        name = group["logGroupName"]
        for page in stack.aws.logs.get_paginator("filter_log_events").paginate(logGroupName=name):
            for event in page["events"]:
                if not event["message"].startswith(EMULATOR_LINES):
                    yield event["timestamp"], name.removeprefix(GROUPS), event["message"]


if __name__ == "__main__":
    main()
