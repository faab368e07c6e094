"""The README: what it names is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
DOCUMENTS = [
    README,
    ROOT / "examples" / "README.md",
    ROOT / "docs" / "runbook.md",
    ROOT / "docs" / "fuzz.md",
    ROOT / "docs" / "load-measured.md",
    ROOT / "docs" / "events" / "README.md",
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8"))

    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_is_a_target_of_the_makefile(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = document.read_text(encoding="utf-8")
    commands = set(re.findall(r"(?:`|^|\$\()make (?:-s )?([a-z-]+)", text, re.MULTILINE))

    assert commands <= targets


def test_every_folder_of_tests_that_keeps_a_promise_is_there() -> None:
    named = re.findall(r"`(tests/\w+)`", README.read_text(encoding="utf-8"))

    assert [folder for folder in named if not list((ROOT / folder).glob("test_*.py"))] == []


def test_every_parameter_that_it_explains_is_one_of_the_template() -> None:
    explained = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    names = {name for row in explained for name in re.findall(r"`(\w+)`", row)}
    parameters = set(re.findall(r"^  (\w+):$", section("Parameters"), re.MULTILINE))

    assert names
    assert names <= parameters


def section(name: str) -> str:
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    return template.split(f"\n{name}:\n")[1].split("\nConditions:\n")[0]
