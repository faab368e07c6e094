"""Quotes over HTTP, compared with a reckoning that has nothing of the product."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING

from examples.check_quotes import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from local.stack import Stack

BASKETS = 8
SKUS = ["22423", "85099B", "85123A", "20725", "22961"]


def test_quotes_of_all_kinds_of_coupons_are_as_reckoned_anew(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    random = Random(8)  # noqa: S311 - the same baskets every time
    file = tmp_path / "baskets.ndjson"
    with file.open("w", encoding="utf-8") as baskets:
        for number in range(BASKETS):
            lines = [
                {
                    "line_id": str(position),
                    "sku": random.choice(SKUS),
                    "category": random.choice(["kitchen", "christmas", "stationery", "home"]),
                    "quantity": random.randint(1, 24),
                    "unit_price": random.choice([0, 19, 85, 165, 995]),
                }
                for position in range(1, random.randint(2, 12))
            ]
            order = {"currency": "GBP", "lines": lines, "shipping": random.choice([0, 1500, 3600])}
            baskets.write(json.dumps({"basket_id": str(number), "order": order}) + "\n")
    monkeypatch.setenv("TESSERA_TOKEN", stack.token("check", "tessera/operator"))
    monkeypatch.setattr("sys.argv", ["check_quotes.py", str(file), "--api", stack.api_url])

    status = main()

    assert status == 0, capsys.readouterr().out
    assert capsys.readouterr().out.endswith(f"{BASKETS} baskets, {BASKETS * 14} quotes, 0 differences\n")
