"""Runs the simulation: seeds on all cores, or one seed again, with what happened last before it failed."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from functools import partial

from tqdm import tqdm

from tests.simulation.faults import FAULTS
from tests.simulation.run import SCENARIOS, Result, run


def main() -> int:
    """Run what was asked for; 1 if a check failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description="Runs the simulation.")
    parser.add_argument("--seeds", type=int, default=100, help="how many seeds to run")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--seed", type=int, help="run this seed alone, and show what happened last")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="how many to run at once")
    parser.add_argument("--scenario", choices=SCENARIOS, default="life", help="what happens in a seed")
    asked = parser.parse_args()
    if asked.seed is not None:
        return _show(run(asked.seed, asked.scenario))
    return _run_all(range(asked.first, asked.first + asked.seeds), asked.processes, asked.scenario)


def _show(result: Result) -> int:
    for line in result.trace:
        print(line)
    outcome = f"failed at step {result.step}\n{result.violation}" if result.check else "every check held"
    met = ", ".join(f"{fault} {times:,}" for fault, times in sorted(result.met.items()))
    print(f"Seed {result.seed}, {result.operations:,} operations in {result.step:,} steps ({met}): {outcome}")
    return 1 if result.check else 0


def _run_all(seeds: range, processes: int, scenario: str) -> int:
    operations, seconds, began = 0, 0.0, time.monotonic()
    met: Counter[str] = Counter()
    context = multiprocessing.get_context("spawn")
    with (
        context.Pool(min(processes, len(seeds))) as pool,
        tqdm(total=len(seeds) * SCENARIOS[scenario].operations, unit=" operations", unit_scale=True) as progress,
    ):
        for done, result in enumerate(pool.imap_unordered(partial(run, scenario=scenario), seeds), 1):
            if result.check:
                pool.terminate()
                progress.close()
                return _say_how_to_repeat(result, scenario)
            operations += result.operations
            seconds += result.seconds
            met += result.met
            progress.set_postfix(seeds=done)
            progress.update(result.operations)
    faults = sum(met[fault.__name__] for fault in FAULTS) / met["calls"]
    company = met["company"] / met["calls"]
    print(f"{len(seeds):,} seeds, {operations:,} operations in {time.monotonic() - began:,.0f} s: every check held.")
    print(
        f"{operations / seconds:,.0f} operations a second and core. Of {met['calls']:,} calls of AWS {faults:.1%} met a"
    )
    print(f"fault, and before {company:.1%} somebody else acted.")
    return 0


def _say_how_to_repeat(result: Result, scenario: str) -> int:
    print(f"Seed {result.seed} failed at step {result.step}, after {result.operations:,} operations.", file=sys.stderr)
    print(result.violation, file=sys.stderr)
    print(f"Again, with what happened last: make simulate SCENARIO={scenario} SEED={result.seed}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
