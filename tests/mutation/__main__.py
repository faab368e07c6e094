"""`make mutate`: breaks what decides points, tiers, coupons and prices, line by line, and sees what no test notices."""

from __future__ import annotations

import argparse
import ast
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests import resources
from tests.bench.tables import head, row

STAGE = resources.ROOT / ".mutation"
"""Where what is broken lies: a copy, laid out as mutmut wants it. What is known of each mutant stays there."""

GROUPS = {
    "ledger": ("lots", "journal", "settlement", "decay", "growth_days"),
    "tiers": ("tiers", "conditions", "measures"),
    "coupons": ("coupons", "verdicts", "redemptions", "checkout", "allowances", "stock", "first_orders"),
    "pricing": ("quotes", "stacking", "discounts", "apportion", "basket_benefits", "earning"),
}
"""The modules in which a mistake costs somebody money. What they stand on is tested by their tests, too."""

_TOO_LONG = ("a_members_life", "a_year_of_nights", "zones", "online_retail", "codes", "check_replay")
"""Tests that take longer than a mutant is worth, and that find nothing in these modules which the others do not."""

_KILLED, _NOT_NOTICED = {"killed", "timeout", "segfault"}, {"survived", "no tests", "suspicious"}

_SETTINGS = """
[tool.pytest.ini_options]
pythonpath = ["src", "."]
addopts = "--import-mode=importlib -p no:cacheprovider -p no:xdist"

[tool.mutmut]
source_paths = ["src"]
only_mutate = [{modules}]
also_copy = ["local", "template.yaml", "examples", "functions", "events"]
pytest_add_cli_args_test_selection = ["tests/unit"]
track_dependencies = false
use_git_change_detection = false
timeout_multiplier = 4
"""

_PROFILE = """

from hypothesis import Phase

# What fails is not made smaller: it is enough that it fails.
settings.register_profile(
    "mutation", derandomize=True, deadline=None, max_examples=20, database=None, report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate],
)
settings.load_profile("mutation")
"""


def main() -> None:
    """Break the modules of a group, or of all, and list what no test noticed."""
    arguments = argparse.ArgumentParser(description=main.__doc__)
    # Python 3.11 looks for the empty list among the choices if none is named.
    arguments.add_argument("groups", nargs="*", choices=[*GROUPS, []], help="which; without one, all")
    groups = arguments.parse_args().groups or list(GROUPS)
    _stage(groups)
    run = ("run", "--max-children", str(os.cpu_count()))
    if again := [name for name, status in _statuses().items() if status in _NOT_NOTICED]:
        _mutmut(*run, *again)  # there may be new tests
    _mutmut(*run)
    _report(groups)


def _stage(groups: list[str]) -> None:
    """Lay a copy out, with the tests, in the place of the one before; what mutmut knows from then stays."""
    for part in ("src", "tests", "mutants/tests"):
        shutil.rmtree(STAGE / part, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", *(f"test_{name}.py" for name in _TOO_LONG))
    for source, to in (
        ("layers/tessera/tessera", "src/tessera"),
        *((f"tests/{folder}", f"tests/{folder}") for folder in ("unit", "roles")),
        *((folder, folder) for folder in ("local", "examples", "functions", "events")),
    ):
        shutil.copytree(resources.ROOT / source, STAGE / to, ignore=ignored, dirs_exist_ok=True)
    for module in (STAGE / "src").rglob("*.py"):
        module.write_text(_undecorated(module.read_text()))
    for helper in (resources.ROOT / "tests").glob("*.py"):
        shutil.copy(helper, STAGE / "tests")
    shutil.copy(resources.ROOT / "template.yaml", STAGE)
    modules = ", ".join(f'"src/tessera/{module}.py"' for group in groups for module in GROUPS[group])
    (STAGE / "pyproject.toml").write_text(_SETTINGS.format(modules=modules))
    with (STAGE / "tests/unit/conftest.py").open("a") as conftest:
        conftest.write(_PROFILE)


def _undecorated(source: str) -> str:
    """Write `@property` as a call after the function: mutmut leaves out what is decorated."""
    lines = source.splitlines()
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    for function in sorted(functions, key=lambda found: -found.lineno):
        match function.decorator_list:
            case [ast.Name(id="property" | "cached_property" as decorator) as place]:
                lines.insert(
                    function.end_lineno or 0,
                    f"{' ' * function.col_offset}{function.name} = {decorator}({function.name})",
                )
                del lines[place.lineno - 1]
    return "\n".join(lines) + "\n"


def _report(groups: list[str]) -> None:
    """Print how many mutants of each group there were, and what became of them, then the survivors."""
    statuses = _statuses()
    head("group", "mutants", "killed", "of these by time", "not noticed", "killed, %", words=1)
    for group in groups:
        counts = Counter(status for name, status in statuses.items() if _module(name) in GROUPS[group])
        killed, every = sum(counts[status] for status in _KILLED), counts.total()
        row(group, *map(str, (every, killed, counts["timeout"], every - killed)), f"{100 * killed / every:.1f}")
    for name, status in statuses.items():
        if status not in _KILLED:
            print(f"\n{status}: {name}\n{_mutmut('show', name)}")


def _statuses() -> dict[str, str]:
    """Answer what is known of each mutant."""
    if not (STAGE / "mutants").exists():
        return {}
    lines = _mutmut("results", "--all", "true").splitlines()
    return dict(line.strip().split(": ") for line in lines if ": " in line)


def _module(mutant: str) -> str:
    """Answer the module of a mutant, such as `lots` of `tessera.lots.x_spend__mutmut_3`."""
    return mutant.split(".")[1]


def _mutmut(*arguments: str) -> str:
    """Run mutmut on the stage; answer what it printed, or let it print if it runs mutants."""
    shown = None if arguments[0] == "run" else subprocess.PIPE
    command = [str(Path(sys.executable).parent / "mutmut"), *arguments]
    return subprocess.run(command, cwd=STAGE, check=True, text=True, stdout=shown).stdout or ""


if __name__ == "__main__":
    main()
