"""A minute of the simulation; and that it notices when a rule is broken, and gives a seed's history again."""

import os
import subprocess
import sys
import time

import pytest

from tests import resources
from tests.simulation.mutants import MUTANTS, Mutant, caught
from tests.simulation.run import run

MINUTE = 60.0
FIRES = 1
"""Seeds of the scenario in which a stock is under fire; `make simulate` runs as many as one likes."""


def test_every_check_holds_for_a_minute() -> None:
    began, seed = time.monotonic(), 0
    while time.monotonic() - began < MINUTE:
        result = run(seed)
        assert result.check is None, f"{result.violation}\nAgain: make simulate SEED={seed}"
        seed += 1


@pytest.mark.parametrize("seed", range(FIRES))
def test_a_stock_is_sold_to_the_last_unit_and_no_further(seed: int) -> None:
    result = run(seed, "stock")
    assert result.check is None, f"{result.violation}\nAgain: make simulate SCENARIO=stock SEED={seed}"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.says)
def test_a_rule_that_is_broken_is_noticed(mutant: Mutant) -> None:
    assert caught(mutant) is not None


def test_a_twentieth_of_the_calls_meet_a_fault_at_least() -> None:
    met = run(1).met
    faults = sum(times for fault, times in met.items() if fault not in {"calls", "company"})
    assert faults > met["calls"] / 20


def test_a_seed_is_one_history_in_every_process() -> None:
    assert _run_alone(hash_seed="1") == _run_alone(hash_seed="2")


def _run_alone(hash_seed: str) -> str:
    """Run a seed in a process of its own, in which sets have an order of their own; answer what it says of it."""
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": "layers/tessera"}
    command = [sys.executable, "-m", "tests.simulation", "--seed", "3"]
    done = subprocess.run(command, env=environment, cwd=resources.ROOT, capture_output=True, text=True, check=True)
    assert "every check held" in done.stdout
    return done.stdout
