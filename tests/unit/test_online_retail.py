import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from examples.online_retail import main

REAL_FILE = Path(__file__).parents[3] / "shared" / "data" / "online_retail_2010-12_2011-02.csv.gz"

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


class Converted:
    """What the script made of a CSV."""

    def __init__(self, folder: Path, output: str) -> None:
        self.output = output
        self.bytes = (folder / "orders.ndjson.gz").read_bytes()
        self.messages: list[dict[str, Any]] = [json.loads(line) for line in gzip.decompress(self.bytes).splitlines()]
        with (folder / "unmatched.csv").open(encoding="utf-8", newline="") as file:
            self.unmatched = list(csv.DictReader(file))

    @property
    def orders(self) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == "order.completed"]

    @property
    def refunds(self) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == "order.refunded"]

    @property
    def reasons(self) -> list[tuple[str, str, str]]:
        return [(entry["StockCode"], entry["Quantity"], entry["Reason"]) for entry in self.unmatched]


Convert = Callable[..., Converted]


@pytest.fixture
def convert_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[Path], Converted]:
    def convert_file(source: Path) -> Converted:
        outputs = ["-o", str(tmp_path / "orders.ndjson.gz"), "--unmatched", str(tmp_path / "unmatched.csv")]
        monkeypatch.setattr("sys.argv", ["online_retail.py", str(source), *outputs])
        main()
        return Converted(tmp_path, capsys.readouterr().out)

    return convert_file


@pytest.fixture
def convert(tmp_path: Path, convert_file: Callable[[Path], Converted]) -> Convert:
    def convert(*rows: str) -> Converted:
        source = tmp_path / "retail.csv"
        source.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
        return convert_file(source)

    return convert


def row(  # noqa: PLR0917
    invoice: str,
    stock_code: str = "85123A",
    quantity: int = 6,
    price: str = "2.55",
    customer: str = "17850.0",
    at: str = "2010-12-01 08:26:00",
    description: str = "WHITE HANGING HEART T-LIGHT HOLDER",
) -> str:
    return f"{invoice},{stock_code},{description},{quantity},{at},{price},{customer},United Kingdom"


def test_an_invoice_becomes_an_order_in_pence(convert: Convert) -> None:
    converted = convert(row("536365"), row("536365", "71053", quantity=2, price="0.1"))

    assert converted.messages == [
        {
            "type": "order.completed",
            "order_id": "536365",
            "identity": "17850",
            "placed_at": "2010-12-01T08:26:00Z",
            "currency": "GBP",
            "lines": [
                {"line_id": "1", "sku": "85123A", "category": "home", "quantity": 6, "unit_price": 255, "discount": 0},
                {"line_id": "2", "sku": "71053", "category": "home", "quantity": 2, "unit_price": 10, "discount": 0},
            ],
        }
    ]


def test_times_are_londons(convert: Convert) -> None:
    converted = convert(row("560000", at="2011-07-14 09:00:00"))

    assert converted.orders[0]["placed_at"] == "2011-07-14T08:00:00Z"


def test_the_first_line_says_when_an_invoice_was_made(convert: Convert) -> None:
    converted = convert(
        row("1", at="2011-01-05 13:40:00"), row("2", at="2011-01-05 13:41:00"), row("1", at="2011-01-05 13:41:00")
    )

    assert [(order["order_id"], order["placed_at"][11:16]) for order in converted.orders] == [
        ("1", "13:40"),
        ("2", "13:41"),
    ]


def test_messages_are_in_order_of_time(convert: Convert) -> None:
    converted = convert(row("2", at="2011-01-02 10:00:00"), row("1", at="2011-01-01 10:00:00"))

    assert [order["order_id"] for order in converted.orders] == ["1", "2"]


def test_an_order_without_customer_is_a_guests(convert: Convert) -> None:
    converted = convert(row("536544", customer=""))

    assert "identity" not in converted.orders[0]


@pytest.mark.parametrize(
    ("description", "category"),
    [
        ("SET OF 3 CHRISTMAS CARDS", "christmas"),
        ("FAIRY CAKES NOTEBOOK A6 SIZE", "stationery"),
        ("JUMBO BAG RED RETROSPOT", "bags"),
        ("Gold £5 EARRINGS", "jewellery"),
        ("BAGPIPES", "home"),
        ("", "home"),
    ],
)
def test_the_description_tells_the_category(convert: Convert, description: str, category: str) -> None:
    converted = convert(row("536365", description=description))

    assert converted.orders[0]["lines"][0]["category"] == category


def test_the_same_goods_twice_in_an_invoice_stay_two_lines(convert: Convert) -> None:
    converted = convert(row("536365", quantity=1), row("536365", quantity=2))

    assert [(line["line_id"], line["quantity"]) for line in converted.orders[0]["lines"]] == [("1", 1), ("2", 2)]


@pytest.mark.parametrize("stock_code", ["POST", "DOT", "C2", "M", "m", "BANK CHARGES", "AMAZONFEE", "gift_0001_30"])
def test_what_is_no_goods_is_left_out_and_listed(convert: Convert, stock_code: str) -> None:
    converted = convert(row("536370", stock_code, quantity=3), row("536370"))

    assert [line["line_id"] for line in converted.orders[0]["lines"]] == ["2"]
    assert converted.reasons == [(stock_code, "3", "not_goods")]


def test_an_invoice_of_postage_alone_is_no_order(convert: Convert) -> None:
    assert convert(row("536370", "POST")).messages == []


def test_a_free_item_is_part_of_the_order(convert: Convert) -> None:
    converted = convert(row("539722", price="0.0"), row("539722", "22423"))

    assert [line["unit_price"] for line in converted.orders[0]["lines"]] == [0, 255]


def test_stock_adjustments_are_no_orders(convert: Convert) -> None:
    converted = convert(
        row("537032", quantity=-30, price="0.0", customer=""), row("537033", quantity=24, price="0.0", customer="")
    )

    assert converted.messages == []
    assert converted.reasons == [("85123A", "-30", "stock_adjustment"), ("85123A", "24", "stock_adjustment")]


def test_a_cancellation_refunds_the_order_that_sold_the_goods(convert: Convert) -> None:
    converted = convert(row("1"), row("C2", quantity=-2, at="2010-12-02 10:00:00"))

    assert converted.refunds == [
        {
            "type": "order.refunded",
            "refund_id": "C2",
            "order_id": "1",
            "refunded_at": "2010-12-02T10:00:00Z",
            "lines": [{"line_id": "1", "quantity": 2}],
        }
    ]
    assert converted.unmatched == []


def test_a_cancellation_goes_to_the_price_that_it_gives_back(convert: Convert) -> None:
    converted = convert(row("1", price="2.55"), row("2", price="2.10"), row("C3", quantity=-1, price="2.55"))

    assert [refund["order_id"] for refund in converted.refunds] == ["1"]


def test_a_cancellation_goes_to_the_newest_order(convert: Convert) -> None:
    converted = convert(row("1"), row("2"), row("C3", quantity=-1))

    assert [refund["order_id"] for refund in converted.refunds] == ["2"]


def test_a_cancellation_over_several_orders_is_a_refund_for_each(convert: Convert) -> None:
    converted = convert(row("1"), row("2"), row("C3", quantity=-8))

    assert [(refund["refund_id"], refund["order_id"], refund["lines"]) for refund in converted.refunds] == [
        ("C3", "1", [{"line_id": "1", "quantity": 2}]),
        ("C3-2", "2", [{"line_id": "1", "quantity": 6}]),
    ]


def test_cancelled_lines_of_the_same_goods_are_one_line_of_the_refund(convert: Convert) -> None:
    converted = convert(row("1"), row("C2", quantity=-1), row("C2", quantity=-2))

    assert [refund["lines"] for refund in converted.refunds] == [[{"line_id": "1", "quantity": 3}]]


def test_nothing_is_refunded_twice(convert: Convert) -> None:
    converted = convert(row("1"), row("C2", quantity=-6), row("C3", quantity=-1))

    assert [refund["refund_id"] for refund in converted.refunds] == ["C2"]
    assert converted.reasons == [("85123A", "-1", "more_than_bought")]


def test_more_than_was_bought_is_refunded_as_far_as_it_was(convert: Convert) -> None:
    converted = convert(row("1"), row("C2", quantity=-8))

    assert [refund["lines"] for refund in converted.refunds] == [[{"line_id": "1", "quantity": 6}]]
    assert converted.reasons == [("85123A", "-2", "more_than_bought")]


@pytest.mark.parametrize(
    ("cancelled", "reason"),
    [
        (row("C2", "22556", quantity=-1), "not_bought_in_this_file"),
        (row("C2", quantity=-1, customer="13047.0"), "not_bought_in_this_file"),
        (row("C2", quantity=-1, at="2010-12-01 08:00:00"), "not_bought_in_this_file"),
        (row("C2", quantity=-1, customer=""), "cancellation_without_customer"),
        (row("C2", "D", quantity=-1), "discount_without_order"),
        (row("C2", "POST", quantity=-1), "not_goods"),
    ],
)
def test_what_cannot_be_matched_is_listed(convert: Convert, cancelled: str, reason: str) -> None:
    converted = convert(row("1"), cancelled)

    assert converted.refunds == []
    assert [entry["Reason"] for entry in converted.unmatched] == [reason]


def test_the_summary_accounts_for_every_line(convert: Convert) -> None:
    converted = convert(
        row("1"), row("1", "POST"), row("2", customer=""), row("C3", quantity=-1), row("C4", "22556", quantity=-1)
    )

    assert [line.split(maxsplit=1) for line in converted.output.splitlines()] == [
        ["2", "orders"],
        ["1", "refunds"],
        ["1", "customers with an order"],
        ["5", "lines read, of which"],
        ["2", "sold"],
        ["1", "not_goods"],
        ["1", "refunded"],
        ["1", "not_bought_in_this_file"],
    ]


def test_the_same_csv_makes_the_same_bytes(convert: Convert) -> None:
    rows = [row("1"), row("C2", quantity=-1)]

    assert convert(*rows).bytes == convert(*rows).bytes


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([row("1", price="0.125")], "line 2: 0.125 is no whole number of pence"),
        ([row("1")] * 1001, "invoice 1 has 1001 lines of goods; an order has at most 1000"),
    ],
)
def test_what_no_message_can_say_is_refused(convert: Convert, rows: list[str], complaint: str) -> None:
    with pytest.raises(SystemExit, match=complaint):
        convert(*rows)


if REAL_FILE.exists():

    def test_every_line_of_the_real_file_is_accounted_for(convert_file: Callable[[Path], Converted]) -> None:
        converted = convert_file(REAL_FILE)

        counts = [int(line.split()[0].replace(",", "")) for line in converted.output.splitlines()]
        orders, refunds, _, lines, *fates = counts
        with gzip.open(REAL_FILE, "rt", encoding="utf-8", newline="") as file:
            assert lines == sum(fates) == sum(1 for _ in csv.DictReader(file))
        assert (orders, refunds) == (len(converted.orders), len(converted.refunds))
        ids = [message.get("refund_id", message["order_id"]) for message in converted.messages]
        assert len(ids) == len(set(ids))
        times = [message.get("refunded_at") or message["placed_at"] for message in converted.messages]
        assert times == sorted(times)
