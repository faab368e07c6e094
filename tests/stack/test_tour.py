"""The README's tour, run as a reader would run it: every command, and every answer that it shows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from local.stack import Stack

README = Path(__file__).resolve().parents[2] / "README.md"
SECONDS = 120
DIFFERENT_EACH_TIME = "…"
END = "--- end of step ---"


def curl_knows_json() -> bool:
    curl = shutil.which("curl")
    if curl is None:
        return False
    return "--json" in subprocess.run([curl, "--help", "all"], capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(not curl_knows_json(), reason="the tour is written for curl 7.82 or later")
def test_the_tour_of_the_readme_works_as_written(stack: Stack) -> None:
    steps = tour()
    script = for_stack("".join(f"{commands}echo '{END}'\n" for commands, _ in steps), stack)
    run = subprocess.run(["/bin/bash", "-euc", script], capture_output=True, text=True, timeout=SECONDS, check=True)

    for (commands, answer), output in zip(steps, run.stdout.split(END), strict=False):
        if answer:
            assert shown(json.loads(output.strip().splitlines()[-1]), answer) == answer, commands


def tour() -> list[tuple[str, Any]]:
    """Return each step of the tour: its commands, and the answer shown for the last of them, if one is."""
    section = README.read_text(encoding="utf-8").split("\n## A tour\n")[1].split("\n## ")[0]
    steps = re.findall(r"```sh\n(.*?)```\n(?:```json\n(.*?)```\n)?", section, re.DOTALL)
    return [(commands, json.loads(answer) if answer else None) for commands, answer in steps]


def for_stack(commands: str, stack: Stack) -> str:
    """Return the commands as they are for a stack that is not the one of `make run`."""

    def token(match: re.Match[str]) -> str:
        # Other tests of this stack may know an Alice, too.
        return stack.token("readme-" + match["sub"], *match["scopes"].split(","))

    commands = re.sub(r"\$\(make -s token SUB=(?P<sub>\w+) SCOPES=(?P<scopes>[\w/,]+)\)", token, commands)
    return commands.replace("http://127.0.0.1:3000", stack.api_url)


def shown(answer: Any, example: Any) -> Any:
    """Return an answer as the README shows it: what is different each time is left out."""
    if example == DIFFERENT_EACH_TIME:
        return DIFFERENT_EACH_TIME
    if isinstance(answer, dict) and isinstance(example, dict):
        return {name: shown(content, example.get(name)) for name, content in answer.items()}
    if isinstance(answer, list) and isinstance(example, list) and len(answer) == len(example):
        return [shown(content, item) for content, item in zip(answer, example, strict=True)]
    return answer
