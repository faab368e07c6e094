"""Loading history into the running stack, as `make replay` does."""

from __future__ import annotations

import gzip
import json
import re
import signal
import subprocess
from typing import TYPE_CHECKING, Any

from tests.stack.processes import ROOT
from tests.stack.shop import line, new_id, order, refund

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.stack import Stack
    from tests.stack.client import Api

INTERRUPTED_AFTER = 20
"""Orders."""


def replay(stack: Stack, path: Path) -> subprocess.Popen[str]:
    """Start loading a file."""
    return subprocess.Popen(
        [ROOT / ".venv-stack/bin/python", "-m", "local.replay", path, "--directory", stack.directory],
        cwd=ROOT,
        env={"PYTHONPATH": "layers/tessera", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def summary(process: subprocess.Popen[str]) -> dict[str, int]:
    """Wait for its end and read the figures of its summary."""
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    figures = re.findall(r"^ *(\S.*?) {2,}([\d,]+)$", output, re.MULTILINE)
    return {name: int(figure.replace(",", "")) for name, figure in figures}


def write(path: Path, messages: list[dict[str, Any] | str]) -> Path:
    """Write messages one a line, compressed."""
    with gzip.open(path, "wt") as lines:
        for message in messages:
            lines.write((message if isinstance(message, str) else json.dumps(message)) + "\n")
    return path


def test_history_is_loaded_with_its_customers_and_a_second_time_changes_nothing(
    stack: Stack, api_as: Callable[..., Api], tmp_path: Path
) -> None:
    alice, bob = new_id("customer"), new_id("customer")
    first, second, guests = new_id("order"), new_id("order"), new_id("order")
    history = write(
        tmp_path / "orders.ndjson.gz",
        [
            order(first, line(quantity=2), identity=alice, placed_at="2011-01-03T09:00:00Z"),
            order(guests, placed_at="2011-01-04T09:00:00Z"),
            order(second, identity=bob, placed_at="2011-01-05T09:00:00Z"),
            refund(first, new_id("refund")) | {"refunded_at": "2011-01-06T09:00:00Z"},
            "not a message",
            order(first, identity=bob, placed_at="2011-01-07T09:00:00Z"),
        ],
    )

    once = summary(replay(stack, history))
    again = summary(replay(stack, history))

    assert (once["orders"], once["refunds"], once["members"]) == (3, 1, 2)
    assert (once["rejects"], once["not_json"], once["order_id_reused"]) == (2, 1, 1)
    assert (once["Newcomer"], once["points"]) == (2, 2 * 50 + 40 + 40)
    assert once["there before (orders, refunds)"] == 0
    assert again == once | {"there before (orders, refunds)": 4}
    card = api_as("till", "tessera/shop").post("/members", {"identity": alice})
    assert (card.status, card.json()["enrolled_at"]) == (200, "2011-01-03T09:00:00Z")
    assert card.json()["points"]["available"] == 50 + 40


def test_what_was_interrupted_continues_and_doubles_nothing(
    stack: Stack, api_as: Callable[..., Api], tmp_path: Path
) -> None:
    customer = new_id("customer")
    orders = [new_id("order") for _ in range(200)]
    history = write(
        tmp_path / "orders.ndjson.gz",
        [
            order(id_, identity=customer, placed_at=f"2011-01-{1 + i // 10:02}T09:00:00Z")
            for i, id_ in enumerate(orders)
        ],
    )
    shop = api_as("till", "tessera/shop")

    interrupted = replay(stack, history)
    while shop.get(f"/purchases/{orders[INTERRUPTED_AFTER]}").status != 200:
        assert interrupted.poll() is None
    interrupted.send_signal(signal.SIGINT)
    _, errors = interrupted.communicate(timeout=60)
    assert interrupted.returncode == 1
    assert "The same command continues" in errors
    assert shop.get(f"/purchases/{orders[-1]}").status == 404

    figures = summary(replay(stack, history))

    assert figures["orders"] == len(orders)
    assert INTERRUPTED_AFTER <= figures["there before (orders, refunds)"] < len(orders)
    card = shop.post("/members", {"identity": customer}).json()
    purchases = [shop.get(f"/purchases/{id_}").json() for id_ in orders]
    assert card["points"]["available"] == 50 + sum(purchase["points"] for purchase in purchases)
