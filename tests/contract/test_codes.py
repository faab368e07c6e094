"""Codes are what programs rely on: each that the product can answer with is written down for those who meet it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests import published

ROOT = Path(__file__).resolve().parents[2]


def test_every_code_that_a_request_is_refused_with_is_published() -> None:
    assert written("Conflict", "Forbidden", "Unreadable") <= documented()


def test_every_reason_against_a_coupon_is_published_as_a_code() -> None:
    assert {f"coupon_{reason}" for reason in written("Verdict")} <= documented()


def test_every_reason_of_a_dead_letter_is_in_the_runbook() -> None:
    assert written("Refusal") | {"not_json", "invalid"} <= explained()


def test_what_may_be_wrong_with_a_body_or_a_message_is_published_or_explained() -> None:
    assert written("Invalid") <= documented() | explained()


def explained() -> set[str]:
    """Return the reasons in the runbook's table of dead letters."""
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    table = runbook.split("\n| `reason` |")[1].split("\n\n")[0]
    return set(re.findall(r"`(\w+)`", table))


def documented() -> set[str]:
    """Return the codes of all problem documents that the API is said to answer."""
    return {
        code
        for path in published.document()["paths"].values()
        for operation in path.values()
        for response in operation["responses"].values()
        for content in response["content"].values()
        for code in content["schema"].get("properties", {}).get("code", {}).get("enum", [])
    }


def written(*classes: str) -> set[str]:
    """Return the codes with which the product's source makes objects of these classes, where it names them."""
    return {
        text
        for path in (ROOT / "layers" / "tessera").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
        if (node.func.id if isinstance(node.func, ast.Name) else node.func.attr) in classes
        for text in codes(node)
    }


def codes(call: ast.Call) -> Iterator[str]:
    """Yield the arguments of a call that are codes: snake case, as neither sentences nor problems are."""
    for argument in (*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "code")):
        if isinstance(argument, ast.Constant) and re.fullmatch("[a-z]+(_[a-z]+)*", str(argument.value)):
            yield str(argument.value)
