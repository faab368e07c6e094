"""Tables of how requests went."""

from __future__ import annotations

from collections import Counter, defaultdict
from statistics import quantiles
from typing import TYPE_CHECKING

from tests.bench import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.load.asking import Asked

HEADS = ("step", "requests", "a second", "p50 ms", "p95 ms", "p99 ms", "errors")


def head(which: str) -> None:
    """Print the head of a table of steps; `which` says what tells its parts from each other."""
    tables.head(which, *HEADS, words=2)


def steps(group: str, asked: Sequence[Asked], seconds: float) -> None:
    """Print a row for each step of a group, and one for all; `errors` are what was sent again or refused."""
    by_step: defaultdict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        by_step[one.request.step].append(one)
    for step, its in (*sorted(by_step.items()), ("all", list(asked))):
        waited = [f"{percentile(its, percent) * 1000:.0f}" for percent in (50, 95, 99)]
        failures = sum(len(one.failures) for one in its)
        tables.row(group, step, f"{len(its):,}", f"{len(its) / seconds:.1f}", *waited, f"{failures:,}")


def percentile(asked: Sequence[Asked], percent: int) -> float:
    """Answer the seconds that so many of a hundred took at most."""
    seconds = [one.seconds for one in asked]
    return quantiles(seconds, n=100, method="inclusive")[percent - 1] if len(seconds) > 1 else sum(seconds)


def errors(asked: Iterable[Asked]) -> None:
    """Print how often each step failed in which way; those with which clients were left in the end apart."""
    failed = Counter((one.request.step, failure) for one in asked for failure in one.failures)
    final = Counter((one.request.step, one.failures[-1]) for one in asked if not one.acknowledged)
    tables.head("step", "answer", "times", "for good", words=2)
    for step, failure in sorted(failed):
        tables.row(step, failure, str(failed[step, failure]), str(final[step, failure]))
