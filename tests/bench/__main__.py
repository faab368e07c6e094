"""`make bench-tiers`: what a night costs, by how many members there are."""

from __future__ import annotations

import argparse
import sys

from tests.bench.night import Night, measure

TOLERANCE = 1.1
"""Growth of the cost per member due that is taken for none."""
MOST_READS = 1.1
"""Read units per member due, beyond what a night costs on which one is due."""

HEADINGS = (
    "members",
    "due",
    "read units",
    "write units",
    "round trips",
    "seconds",
    "with one due",
    "reads for each further",
    "writes for each further",
    "round trips",
    "seconds/due",
)


def row(night: Night) -> str:
    """Write a night as a row of a table."""
    cost, one, further = night.cost, night.with_one, night.further
    cells = (
        f"{night.members:,}",
        f"{night.due:,}",
        f"{cost.read_units:g}",
        f"{cost.write_units:g}",
        f"{cost.round_trips:g}",
        f"{night.seconds:.2f}",
        f"{one.read_units:g} + {one.write_units:g}",
        *(
            (f"{further.read_units:.2f}", f"{further.write_units:.2f}", f"{further.round_trips:.2f}")
            if further
            else ("-", "-", "-")
        ),
        f"{night.seconds / night.due:.4f}",
    )
    return f"| {' | '.join(cells)} |"


def problems(nights: list[Night]) -> list[str]:
    """Say in what the nights cost more than they may; one on which a single member is due has nothing to compare."""
    costs = [(night, night.further) for night in sorted(nights, key=lambda night: night.members)]
    compared = [(night, further) for night, further in costs if further]
    found = []
    for night, further in compared:
        _, least = compared[0]
        if further.read_units > MOST_READS:
            found.append(f"{night.members} members: {further.read_units:.2f} read units for each further one due")
        if further.read_units > TOLERANCE * least.read_units or further.write_units > TOLERANCE * least.write_units:
            found.append(f"{night.members} members: each further one due costs more than where there are fewer")
    return found


def main() -> None:
    """Measure for each number of members on the command line, and fail if the cost per member due grows."""
    parser = argparse.ArgumentParser(prog="make bench-tiers", usage='make bench-tiers MEMBERS="1000 10000"')
    parser.add_argument("members", type=int, nargs="+")
    print(f"| {' | '.join(HEADINGS)} |\n|{'---:|' * len(HEADINGS)}")
    nights = []
    for members in parser.parse_args().members:
        nights.append(measure(members))
        print(row(nights[-1]), flush=True)
    sys.exit("\n".join(problems(nights)) or None)


if __name__ == "__main__":
    main()
