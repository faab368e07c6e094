import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from examples.baskets import main

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


def row(invoice: int, stock_code: str, quantity: int = 1, price: str = "2.55") -> str:
    return f"{invoice},{stock_code},LANTERN,{quantity},2010-12-01 08:26:00,{price},17850.0,France"


def baskets(rows: list[str], count: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    source, output = folder / "retail.csv", folder / "baskets.ndjson.gz"
    source.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["baskets.py", str(source), "-o", str(output), "--count", str(count)])
    main()
    return [json.loads(line) for line in gzip.decompress(output.read_bytes()).splitlines()]


def test_a_basket_is_an_invoice_with_its_postage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(1, "85123A", 6), row(1, "POST", 3, "18.0"), row(1, "POST", -1, "18.0")]
    (basket,) = baskets(rows, 10, tmp_path, monkeypatch)
    assert (basket["basket_id"], basket["order"]["currency"], basket["order"]["shipping"]) == ("1", "GBP", 5400)
    assert [(line["sku"], line["quantity"], line["unit_price"]) for line in basket["order"]["lines"]] == [
        ("85123A", 6, 255)
    ]


def test_half_of_the_baskets_have_postage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    posted = [line for invoice in (1, 5, 9) for line in (row(invoice, "85123A"), row(invoice, "POST", price="18.0"))]
    free = [row(invoice, "85123A") for invoice in range(10, 20)]
    chosen = baskets([*posted, *free], 4, tmp_path, monkeypatch)
    assert [basket["basket_id"] for basket in chosen] == ["1", "5", "10", "15"]
