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
    kept = ", ".join(map(str, programme.earlier_versions))
    beside = f", beside earlier {kept}" if kept else ""
    print(f"{path}: version {programme.version} of {programme.name} can be used{beside}")


if __name__ == "__main__":
    main()
