"""Turn the CSV of *Online Retail* into baskets to price, one JSON a line: what was ordered, and the postage paid.

    python3 -m examples.baskets online_retail.csv.gz -o baskets.ndjson.gz --count 600

A basket is an invoice: its goods as `online_retail` reads them, at the prices that were asked, and as shipping what its
postage and carriage come to. Most customers paid none, so half of the baskets are taken from those who did, as far as
there are so many; both halves are spread evenly over the file.
"""

import argparse
import gzip
import sys
from collections.abc import Sequence
from pathlib import Path

from examples.online_retail import (
    Conversion,
    Invoice,
    Message,
    convert,
    group_by_invoice,
    read_categories,
    read_lines,
    write_messages,
)

POSTAGE = {"POST", "DOT", "C2"}
"""Stock codes of what customers pay for delivery."""


def baskets(invoices: Sequence[Invoice], orders: Conversion) -> list[Message]:
    """Make a basket of each order, in their order."""
    by_number = {invoice.number: invoice for invoice in invoices}
    return [
        {
            "basket_id": order["order_id"],
            "order": {
                "currency": order["currency"],
                "lines": order["lines"],
                "shipping": postage(by_number[order["order_id"]]),
            },
        }
        for order in orders.messages
        if order["type"] == "order.completed"
    ]


def postage(invoice: Invoice) -> int:
    """Answer what delivery cost, in pence; what was given back of it is no part of the price."""
    paid = [line for line in invoice.lines if line.stock_code in POSTAGE and line.quantity > 0 and line.pounds > 0]
    return sum(line.quantity * line.pence for line in paid)


def spread(found: Sequence[Message], count: int) -> list[Message]:
    """Take so many, evenly over all, or all if there are fewer."""
    if len(found) <= count:
        return list(found)
    return [found[i * len(found) // count] for i in range(count)]


def choose(found: Sequence[Message], count: int) -> list[Message]:
    """Take so many baskets, half of them with shipping if there are enough of those, in their order."""
    posted = spread([basket for basket in found if basket["order"]["shipping"]], count // 2)
    free = spread([basket for basket in found if not basket["order"]["shipping"]], count - len(posted))
    chosen = {basket["basket_id"] for basket in [*posted, *free]}
    return [basket for basket in found if basket["basket_id"] in chosen]


def main() -> None:
    """Write baskets from the file that the command line names."""
    parser = argparse.ArgumentParser(description="Turn the CSV of Online Retail into baskets to price.")
    parser.add_argument("csv", type=Path, help="the transactions, .csv or .csv.gz")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the baskets, .ndjson or .ndjson.gz")
    parser.add_argument("--count", type=int, default=600, help="how many (%(default)s)")
    arguments = parser.parse_args()
    opener = gzip.open if arguments.csv.suffix == ".gz" else open
    with opener(arguments.csv, "rt", encoding="utf-8", newline="") as file:
        invoices = group_by_invoice(read_lines(file))
    try:
        chosen = choose(baskets(invoices, convert(invoices, read_categories())), arguments.count)
    except ValueError as error:
        sys.exit(f"{arguments.csv}: {error}")
    write_messages(chosen, arguments.output)
    posted = sum(1 for basket in chosen if basket["order"]["shipping"])
    lines = sum(len(basket["order"]["lines"]) for basket in chosen)
    print(f"{len(chosen):,} baskets, {posted:,} of them with postage, {lines:,} lines")


if __name__ == "__main__":
    main()
