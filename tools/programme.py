"""`make programme`: says whether a programme can be used, and where its mistakes are."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tessera.programme.load import ProgrammeError, load


def main() -> None:
    """Check the file named on the command line."""
    parser = argparse.ArgumentParser(prog="make programme")
    parser.add_argument("file", type=Path)
    path: Path = parser.parse_args().file
    try:
        programme = load(path)
    except (ProgrammeError, OSError) as error:
        sys.exit(f"The programme cannot be used.\n{error}")
    kept = [str(version) for version in range(1, programme.version) if programme.of_version(version) is not programme]
    beside = f", beside earlier {', '.join(kept)}" if kept else ""
    print(f"{path}: version {programme.version} of {programme.name} can be used{beside}")


if __name__ == "__main__":
    main()
