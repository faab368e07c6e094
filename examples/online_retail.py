"""Turn the CSV of *Online Retail* into messages of the purchases queue, one JSON a line, oldest first.

    python3 examples/online_retail.py online_retail.csv.gz -o orders.ndjson.gz --unmatched unmatched.csv

*Online Retail* (D. Chen, UCI Machine Learning Repository, CC BY 4.0) holds the transactions of a British gift shop. An
invoice becomes an `order.completed`, a cancellation becomes one `order.refunded` for each order that it takes
something back from, and every line that becomes neither is listed with the reason. README.md has the rules and why.
"""

import argparse
import csv
import gzip
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

SHOP_ZONE = ZoneInfo("Europe/London")
GOODS = re.compile(r"\d{5}[A-Za-z]*|DCGS\w+")
"""Stock codes of goods. All others are postage, fees, samples, manual bookings, discounts and vouchers."""
DISCOUNT = "D"
MOST_LINES = 1000
CATEGORIES = Path(__file__).with_name("online_retail_categories.csv")
OTHER_CATEGORY = "home"
UNMATCHED_COLUMNS = ("Line", "InvoiceNo", "StockCode", "Description", "UnitPrice", "CustomerID", "Quantity", "Reason")

Message = dict[str, Any]


class Reason(StrEnum):
    """Why a line, or what is left of it, is in no message."""

    NOT_GOODS = "not_goods"
    DISCOUNT = "discount_without_order"
    STOCK_ADJUSTMENT = "stock_adjustment"
    NO_CUSTOMER = "cancellation_without_customer"
    BOUGHT_BEFORE = "not_bought_in_this_file"
    MORE_THAN_BOUGHT = "more_than_bought"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the CSV."""

    number: int
    """Where the line ends in the file, as an editor counts."""
    line_id: str
    """Its position in the invoice, from 1, lines that are left out counted: so it is found again in the CSV."""
    invoice: str
    stock_code: str
    description: str
    quantity: int
    at: datetime
    pounds: Decimal
    customer: str | None

    @property
    def is_goods(self) -> bool:
        """Whether the line is about something that is bought and brought back."""
        return GOODS.fullmatch(self.stock_code) is not None

    @property
    def pence(self) -> int:
        """The unit price.

        Raises:
            ValueError: the price has a fraction of a penny.
        """
        pence = self.pounds * 100
        if pence != int(pence):
            message = f"line {self.number}: {self.pounds} is no whole number of pence"
            raise ValueError(message)
        return int(pence)


@dataclass(frozen=True, slots=True)
class Invoice:
    """Lines that share an invoice number; the clock may have ticked between them, and the first one counts."""

    number: str
    lines: list[Line]

    @property
    def at(self) -> datetime:
        """When it was made."""
        return min(line.at for line in self.lines)

    @property
    def customer(self) -> str | None:
        """The shop's own customer number, None for a guest."""
        return self.lines[0].customer

    @property
    def is_cancellation(self) -> bool:
        """Whether it takes back what other invoices sold."""
        return self.number.startswith("C")


@dataclass(slots=True)
class Bought:
    """A line of an order, and how much of it nobody has brought back yet."""

    order: Invoice
    line: Line
    left: int


BoughtGoods = Mapping[tuple[str | None, str], list[Bought]]
"""What was bought so far, oldest first, by customer and stock code."""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A line, or what is left of it, that is in no message: `quantity` units of it."""

    line: Line
    quantity: int
    reason: Reason


@dataclass(slots=True)
class Conversion:
    """Everything the CSV came to: `fates` counts each of its lines once."""

    messages: list[Message] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)
    fates: Counter[str] = field(default_factory=Counter)

    def leave_out(self, line: Line, reason: Reason) -> None:
        """List a line that is in no message."""
        self.unmatched.append(Unmatched(line, line.quantity, reason))
        self.fates[reason] += 1


def read_lines(file: TextIO) -> Iterator[Line]:
    """Read the CSV."""
    lines_of_invoice: Counter[str] = Counter()
    reader = csv.DictReader(file)
    for row in reader:
        invoice = row["InvoiceNo"]
        lines_of_invoice[invoice] += 1
        yield Line(
            number=reader.line_num,
            line_id=str(lines_of_invoice[invoice]),
            invoice=invoice,
            stock_code=row["StockCode"],
            description=row["Description"],
            quantity=int(row["Quantity"]),
            at=datetime.fromisoformat(row["InvoiceDate"]).replace(tzinfo=SHOP_ZONE),
            pounds=Decimal(row["UnitPrice"]),
            customer=str(int(Decimal(row["CustomerID"]))) if row["CustomerID"] else None,  # the file says 17850.0
        )


def group_by_invoice(lines: Iterable[Line]) -> list[Invoice]:
    """Collect invoices, oldest first; those of the same minute stay as they are in the file."""
    lines_by_number: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        lines_by_number[line.invoice].append(line)
    return sorted((Invoice(number, lines) for number, lines in lines_by_number.items()), key=attrgetter("at"))


def read_categories(path: Path = CATEGORIES) -> dict[str, str]:
    """Read the table of words that tell a category; a word's rank is its place in the file."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["word"]: row["category"] for row in csv.DictReader(file)}


def category_of(description: str, categories: Mapping[str, str]) -> str:
    """Answer the category of the first word in the table that the description has."""
    words = set(re.findall("[a-z]+", description.lower()))
    return next((category for word, category in categories.items() if word in words), OTHER_CATEGORY)


def convert(invoices: Iterable[Invoice], categories: Mapping[str, str]) -> Conversion:
    """Turn invoices, oldest first, into messages.

    Raises:
        ValueError: a price is no whole number of pence, or an order has more lines than a message may have.
    """
    conversion = Conversion()
    bought: dict[tuple[str | None, str], list[Bought]] = defaultdict(list)
    for invoice in invoices:
        if invoice.is_cancellation:
            conversion.messages += _refunds(invoice, bought, conversion)
        elif sold := _goods_sold(invoice, conversion):
            conversion.messages.append(_order(invoice, sold, categories))
            for line in sold:
                bought[line.customer, line.stock_code].append(Bought(invoice, line, line.quantity))
    return conversion


def _goods_sold(invoice: Invoice, conversion: Conversion) -> list[Line]:
    """Answer the lines that sell goods, and list the others."""
    # What the shop breaks, finds and counts is booked as invoices that name nobody and have no price. In a sale,
    # goods without a price are a free item.
    is_sale = invoice.customer is not None or any(line.is_goods and line.pounds for line in invoice.lines)
    sold = []
    for line in invoice.lines:
        if not line.is_goods:
            conversion.leave_out(line, Reason.NOT_GOODS)
        elif line.quantity <= 0 or not is_sale:
            conversion.leave_out(line, Reason.STOCK_ADJUSTMENT)
        else:
            sold.append(line)
    conversion.fates["sold"] += len(sold)
    return sold


def _order(invoice: Invoice, sold: list[Line], categories: Mapping[str, str]) -> Message:
    if len(sold) > MOST_LINES:
        message = f"invoice {invoice.number} has {len(sold)} lines of goods; an order has at most {MOST_LINES}"
        raise ValueError(message)
    return {
        "type": "order.completed",
        "order_id": invoice.number,
        **({"identity": invoice.customer} if invoice.customer else {}),
        "placed_at": _utc(invoice.at),
        "currency": "GBP",
        "lines": [
            {
                "line_id": line.line_id,
                "sku": line.stock_code,
                "category": category_of(line.description, categories),
                "quantity": line.quantity,
                "unit_price": line.pence,
                "discount": 0,  # the file's discounts name no order
            }
            for line in sold
        ],
    }


def _refunds(cancellation: Invoice, bought: BoughtGoods, conversion: Conversion) -> list[Message]:
    """Answer a refund for each order that the cancellation takes something back from, the oldest order first."""
    orders: dict[str, Invoice] = {}
    quantities: dict[str, Counter[int]] = defaultdict(Counter)
    for line in cancellation.lines:
        if not line.is_goods:
            conversion.leave_out(line, Reason.DISCOUNT if line.stock_code == DISCOUNT else Reason.NOT_GOODS)
        elif line.customer is None:
            conversion.leave_out(line, Reason.NO_CUSTOMER)
        else:
            for source, quantity in _take_back(line, bought, conversion):
                orders[source.order.number] = source.order
                quantities[source.order.number][int(source.line.line_id)] += quantity
    oldest_first = sorted(orders.values(), key=lambda order: (order.at, order.lines[0].number))
    return [
        {
            "type": "order.refunded",
            "refund_id": cancellation.number if part == 1 else f"{cancellation.number}-{part}",
            "order_id": order.number,
            "refunded_at": _utc(cancellation.at),
            "lines": [
                {"line_id": str(line_id), "quantity": quantity}
                for line_id, quantity in sorted(quantities[order.number].items())
            ],
        }
        for part, order in enumerate(oldest_first, 1)
    ]


def _take_back(line: Line, bought: BoughtGoods, conversion: Conversion) -> Iterator[tuple[Bought, int]]:
    """Match a cancelled line with what its customer bought, and list what is left of it.

    Goods bought at the price that is given back come first, then those at another price (a quantity may have made
    them cheaper); among either, what was bought last.
    """
    candidates = bought.get((line.customer, line.stock_code), [])
    missing = cancelled = -line.quantity
    newest_first = candidates[::-1]
    for candidate in sorted(newest_first, key=lambda candidate: candidate.line.pounds != line.pounds):
        if quantity := min(candidate.left, missing):
            candidate.left -= quantity
            missing -= quantity
            yield candidate, quantity
    if missing == 0:
        conversion.fates["refunded"] += 1
    elif missing < cancelled:
        conversion.fates["refunded in part"] += 1
        conversion.unmatched.append(Unmatched(line, -missing, Reason.MORE_THAN_BOUGHT))
    else:
        conversion.leave_out(line, Reason.MORE_THAN_BOUGHT if candidates else Reason.BOUGHT_BEFORE)


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_messages(messages: Iterable[Message], path: Path) -> None:
    """Write one JSON a line, compressed if the name ends in `.gz`; the same messages make the same bytes."""
    text = "".join(json.dumps(message, separators=(",", ":")) + "\n" for message in messages).encode()
    path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)


def write_unmatched(unmatched: Iterable[Unmatched], path: Path) -> None:
    """Write the lines that are in no message, or only in part, with the reason and the quantity that is left."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(UNMATCHED_COLUMNS)
        for entry in unmatched:
            line = entry.line
            about = (line.number, line.invoice, line.stock_code, line.description, line.pounds, line.customer)
            writer.writerow([*about, entry.quantity, entry.reason])


def summary(conversion: Conversion) -> str:
    """Say what became of every line, for a person."""
    types = Counter(message["type"] for message in conversion.messages)
    members = {message["identity"] for message in conversion.messages if "identity" in message}
    lines = [
        f"{types['order.completed']:>9,} orders",
        f"{types['order.refunded']:>9,} refunds",
        f"{len(members):>9,} customers with an order",
        f"{conversion.fates.total():>9,} lines read, of which",
        *(f"{count:>13,} {fate}" for fate, count in conversion.fates.most_common()),
    ]
    return "\n".join(lines)


def main() -> None:
    """Convert the file that the command line names."""
    parser = argparse.ArgumentParser(description="Turn the CSV of Online Retail into messages of the purchases queue.")
    parser.add_argument("csv", type=Path, help="the transactions, .csv or .csv.gz")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the messages, .ndjson or .ndjson.gz")
    parser.add_argument("--unmatched", type=Path, required=True, help="the CSV of lines that are in no message")
    arguments = parser.parse_args()
    opener = gzip.open if arguments.csv.suffix == ".gz" else open
    with opener(arguments.csv, "rt", encoding="utf-8", newline="") as file:
        invoices = group_by_invoice(read_lines(file))
    try:
        conversion = convert(invoices, read_categories())
    except ValueError as error:
        sys.exit(f"{arguments.csv}: {error}")
    write_messages(conversion.messages, arguments.output)
    write_unmatched(conversion.unmatched, arguments.unmatched)
    print(summary(conversion))


if __name__ == "__main__":
    main()
