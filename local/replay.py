"""`make replay`: loads history into the running local stack."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from local import state
from local.stack import Stack
from local.state import NotRunningError


def main() -> None:
    """Parse the command line and load the file."""
    parser = argparse.ArgumentParser(prog="make replay", usage="make replay FILE=orders.ndjson[.gz]")
    parser.add_argument("file", type=Path)
    parser.add_argument("--directory", type=Path, default=state.DIRECTORY)
    arguments = parser.parse_args()
    path: Path = arguments.file
    if not path.is_file():
        sys.exit("make replay: there is no such file; name one: make replay FILE=orders.ndjson[.gz]")
    try:
        stack = Stack(arguments.directory)
        os.environ.update(stack.environment("PurchasesFunction"))
    except NotRunningError as error:
        sys.exit(f"make replay: {error}")
    # The store makes its clients when it is imported: not before the environment says where.
    from local import history  # noqa: PLC0415
    from tessera.programme import load  # noqa: PLC0415
    from tessera.refusals import Unavailable  # noqa: PLC0415

    load.PACKAGED = stack.programme

    # A shell that starts it in the background lets it ignore an interrupt, which must stop it all the same.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        summary = history.load(path)
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. The same command continues, and counts nothing twice.")
    except (EOFError, OSError) as error:
        sys.exit(f"\nmake replay: {path} cannot be read ({error}).")
    except Unavailable:
        sys.exit("\nThe local stack has gone. Started again it is empty: the same command begins anew.")
    print(history.report(summary))


if __name__ == "__main__":
    main()
