"""Recompute from the CSV of *Online Retail* what the replayed orders should have earned, and compare with the product.

    export TESSERA_TOKEN=$(make -s token SUB=check SCOPES=tessera/shop)
    python3 examples/check_replay.py online_retail.csv.gz

Nothing here is the product's, nor the converter's: the CSV is read again, cancellations are matched again by the rules
of README.md, and points are fractions until the one rounding. The rates, tiers and welcome come from `GET /programme`.

Every customer's available points are compared, and of every order its member, points, growth and status and, line by
line, the points, growth and refunded quantity. It expects a product that took in this history and nothing else. Exit
status: 0 if nothing differs, 1 if something does, 2 if the comparison could not be made.
"""

import argparse
import csv
import gzip
import json
import os
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from http import HTTPStatus
from math import floor
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener
from zoneinfo import ZoneInfo

SHOP_ZONE = ZoneInfo("Europe/London")
GOODS = re.compile(r"\d{5}[A-Za-z]*|DCGS\w+")
THREADS = 4
CATEGORIES = Path(__file__).with_name("online_retail_categories.csv")

Json = Any
Row = Mapping[str, str]
T = TypeVar("T")

# ----------------------------------------------------------------------------------------------------------------------
# What the CSV says happened
# ----------------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class OrderLine:
    """A line of an order, and what it earned."""

    line_id: str
    stock_code: str
    category: str
    quantity: int
    price: Fraction
    """Of one unit, in pence."""
    cancelled: int = 0
    """Units that cancellations were matched with, while the CSV is read."""
    refunded: int = 0
    """Units taken back so far, while the history is recomputed."""
    points: int = 0
    growth: int = 0

    @property
    def basis(self) -> Fraction:
        """What was paid, in pence."""
        return self.quantity * self.price


@dataclass(slots=True)
class Order:
    """A purchase; a guest's has no customer."""

    order_id: str
    customer: str
    at: datetime
    lines: list[OrderLine]

    @property
    def status(self) -> str:
        """How much of it was taken back."""
        if all(line.refunded == line.quantity for line in self.lines):
            return "refunded"
        return "partly_refunded" if any(line.refunded for line in self.lines) else "completed"


@dataclass(frozen=True, slots=True)
class Cancellation:
    """What a customer gave back: units of lines of earlier orders."""

    at: datetime
    returned: list[tuple[Order, OrderLine, int]]


Event = Order | Cancellation


def read_history(path: Path) -> list[Event]:
    """Read the orders and cancellations, oldest first."""
    invoices: dict[str, list[Row]] = defaultdict(list)
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            invoices[row["InvoiceNo"]].append(row)
    with CATEGORIES.open(encoding="utf-8", newline="") as file:
        categories = [(row["word"], row["category"]) for row in csv.DictReader(file)]

    history: list[Event] = []
    orders_of: dict[str, list[Order]] = defaultdict(list)
    for number, rows in sorted(invoices.items(), key=lambda invoice: first_time(invoice[1])):
        at = first_time(rows)
        customer = rows[0]["CustomerID"].removesuffix(".0")
        if number.startswith("C"):
            if returned := match_cancellation(rows, orders_of[customer] if customer else []):
                history.append(Cancellation(at, returned))
        elif lines := sold_lines(rows, categories):
            order = Order(number, customer, at, lines)
            history.append(order)
            orders_of[customer].append(order)
    return history


def first_time(rows: Iterable[Row]) -> datetime:
    """Answer when an invoice began."""
    return datetime.fromisoformat(min(row["InvoiceDate"] for row in rows)).replace(tzinfo=SHOP_ZONE)


def sold_lines(rows: Sequence[Row], categories: Sequence[tuple[str, str]]) -> list[OrderLine]:
    """Answer the lines of an invoice that sell goods; one without customer and prices is about the shop's stock."""
    goods = [(position, row) for position, row in enumerate(rows, 1) if GOODS.fullmatch(row["StockCode"])]
    if not rows[0]["CustomerID"] and not any(Fraction(row["UnitPrice"]) for _, row in goods):
        return []
    return [
        OrderLine(
            line_id=str(position),
            stock_code=row["StockCode"],
            category=category_of(row["Description"], categories),
            quantity=int(row["Quantity"]),
            price=Fraction(row["UnitPrice"]) * 100,
        )
        for position, row in goods
        if int(row["Quantity"]) > 0
    ]


def category_of(description: str, categories: Sequence[tuple[str, str]]) -> str:
    """Answer the category of the first word of the table that the description has, else `home`."""
    words = set(re.split("[^a-z]+", description.lower()))
    for word, category in categories:
        if word in words:
            return category
    return "home"


def match_cancellation(rows: Iterable[Row], orders: Sequence[Order]) -> list[tuple[Order, OrderLine, int]]:
    """Find what a cancellation takes back: first at the price that it gives back, then at any; the newest first."""
    returned = []
    for row in rows:
        if not GOODS.fullmatch(row["StockCode"]):
            continue
        missing = -int(row["Quantity"])
        bought = [
            (order, line)
            for order in reversed(orders)
            for line in reversed(order.lines)
            if line.stock_code == row["StockCode"]
        ]
        price = Fraction(row["UnitPrice"]) * 100
        same_price = [(order, line) for order, line in bought if line.price == price]
        other_price = [(order, line) for order, line in bought if line.price != price]
        for order, line in same_price + other_price:
            units = min(missing, line.quantity - line.cancelled)
            if units:
                line.cancelled += units
                missing -= units
                returned.append((order, line, units))
    return returned


# ----------------------------------------------------------------------------------------------------------------------
# What it should have earned
# ----------------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Account:
    """A member, as far as earning goes."""

    points: int
    growth_on: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    """By day in the programme's zone."""
    rung: int = 0


def recompute(history: Iterable[Event], programme: Json) -> dict[str, Account]:
    """Replay the history: every customer's account, and in each order line what it earned and what was taken back.

    No term is ever reviewed: the history must be shorter than one.
    """
    zone = ZoneInfo(programme["zone"])
    accounts: dict[str, Account] = {}
    for event in history:
        if isinstance(event, Cancellation):
            for order, line, units in event.returned:
                take_back(accounts[order.customer], line, units, order.at.astimezone(zone).date())
        elif event.customer:
            today = event.at.astimezone(zone).date()
            if event.customer not in accounts:
                accounts[event.customer] = enrol(programme, today)
            earn(accounts[event.customer], event, programme, today)
    return accounts


def enrol(programme: Json, today: date) -> Account:
    """Open an account with the welcome."""
    welcome = programme.get("welcome", {})
    account = Account(points=welcome.get("points", 0))
    account.growth_on[today] = welcome.get("growth", 0)
    climb(account, programme["tiers"], today)
    return account


def earn(account: Account, order: Order, programme: Json, today: date) -> None:
    """Give what an order earns: the tier before it multiplies points, and its growth may lift the tier after it."""
    earning, tiers = programme["earning"], programme["tiers"]
    multiplier = Fraction(tiers["ladder"][account.rung].get("multiplier_bp", 10_000), 10_000)
    points = allot([line.basis * rate_of(line, earning["points"]) * multiplier for line in order.lines])
    growth = allot([line.basis * rate_of(line, earning["growth"]) for line in order.lines])
    for line, line_points, line_growth in zip(order.lines, points, growth, strict=True):
        line.points, line.growth = line_points, line_growth
    account.points += sum(points)
    account.growth_on[today] += sum(growth)
    climb(account, tiers, today)


def rate_of(line: OrderLine, rates: Json) -> Fraction:
    """Answer how much a line earns for a penny: by its stock code, else its category, else as all goods do."""
    by_code, by_category = rates.get("skus", {}), rates.get("categories", {})
    rate = by_code.get(line.stock_code) or by_category.get(line.category) or rates["base"]
    return Fraction(rate["earn"], rate["per"])


def allot(shares: Sequence[Fraction]) -> list[int]:
    """Round the sum down, once, and allot it in proportion to the shares by largest remainder, ties by position."""
    exact = sum(shares, Fraction())
    whole = floor(exact)
    if whole == 0:
        return [0] * len(shares)
    quotas = [whole * share / exact for share in shares]
    parts = [floor(quota) for quota in quotas]
    by_remainder = sorted(range(len(parts)), key=lambda i: parts[i] - quotas[i])
    for i in by_remainder[: whole - sum(parts)]:
        parts[i] += 1
    return parts


def climb(account: Account, tiers: Json, today: date) -> None:
    """Lift the tier to what the window's growth reaches; nothing lowers it within its term."""
    first_day = today - timedelta(days=tiers["growth"]["days"] - 1)
    growth = sum(growth for day, growth in account.growth_on.items() if first_day <= day <= today)
    reached = max(rung for rung, tier in enumerate(tiers["ladder"]) if tier["growth"] <= growth)
    account.rung = max(account.rung, reached)


def take_back(account: Account, line: OrderLine, units: int, day_of_order: date) -> None:
    """Take back the share of a line's points and growth, so that all steps together come to one rounding down."""
    before, line.refunded = line.refunded, line.refunded + units
    account.points -= line.points * line.refunded // line.quantity - line.points * before // line.quantity
    account.growth_on[day_of_order] -= (
        line.growth * line.refunded // line.quantity - line.growth * before // line.quantity
    )


# ----------------------------------------------------------------------------------------------------------------------
# What the product says
# ----------------------------------------------------------------------------------------------------------------------


class Api:
    """The product over HTTP, as a shop or an operator sees it."""

    PATIENCE_SECONDS = 60
    TIMEOUT_SECONDS = 30

    def __init__(self, address: str, token: str) -> None:
        self._address = address.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._opener = build_opener(ProxyHandler({}))  # the address is the product's own, on this machine by default

    def get(self, path: str) -> tuple[int, Json]:
        """Answer the status and the document."""
        return self._ask(Request(self._address + path, headers=self._headers))  # noqa: S310 - the user's own address

    def post(self, path: str, body: Json) -> tuple[int, Json]:
        """Answer the status and the document."""
        data = json.dumps(body).encode()
        return self._ask(Request(self._address + path, data, self._headers))  # noqa: S310 - the user's own address

    def _ask(self, request: Request) -> tuple[int, Json]:
        """Ask, and ask again when the product says so, for as long as patience lasts."""
        deadline = time.monotonic() + self.PATIENCE_SECONDS
        while True:
            try:
                with self._opener.open(request, timeout=self.TIMEOUT_SECONDS) as response:
                    return response.status, json.load(response)
            except HTTPError as error:
                error.close()
                retry_after = error.headers.get("Retry-After")
                if retry_after is None or time.monotonic() > deadline:
                    return error.code, {}
                time.sleep(int(retry_after))


def each(work: Callable[[T], list[str]], items: Sequence[T], what: str) -> Iterator[str]:
    """Compare items a few at a time, answer what differs, and show how far it is."""
    pool = ThreadPoolExecutor(THREADS)
    try:
        for done, differences in enumerate(pool.map(work, items), 1):
            yield from differences
            if done % 100 == 0 or done == len(items):
                print(f"\r{what} compared: {done:,} of {len(items):,}", end="", file=sys.stderr, flush=True)
    finally:
        print(file=sys.stderr)
        pool.shutdown(cancel_futures=True)


def compare(label: str, expected: Mapping[str, Json], found: Mapping[str, Json]) -> list[str]:
    """Say which of the expected values are not found."""
    return [
        f"{label}: {name} is {found.get(name)!r}, should be {value!r}"
        for name, value in expected.items()
        if found.get(name) != value
    ]


def compare_all(api: Api, history: Sequence[Event], accounts: Mapping[str, Account]) -> Iterator[str]:
    """Compare every member, then every order; answer what differs."""
    member_ids: dict[str, str | None] = {"": None}

    def compare_member(customer: str) -> list[str]:
        label = f"customer {customer}"
        status, card = api.post("/members", {"identity": customer})
        member_ids[customer] = card.get("member_id")
        if status != HTTPStatus.OK:
            return [f"{label}: the answer is {status}, should be 200 for a member enrolled before"]
        return compare(
            label, {"available points": accounts[customer].points}, {"available points": card["points"]["available"]}
        )

    def compare_order(order: Order) -> list[str]:
        label = f"order {order.order_id}"
        status, found = api.get(f"/purchases/{quote(order.order_id, safe='')}")
        if status != HTTPStatus.OK:
            return [f"{label}: the answer is {status}, should be 200"]
        expected = {
            "member_id": member_ids[order.customer],
            "status": order.status,
            "points": sum(line.points for line in order.lines),
            "growth": sum(line.growth for line in order.lines),
            "number of lines": len(order.lines),
        }
        differences = compare(label, expected, found | {"number of lines": len(found["lines"])})
        lines = {line["line_id"]: line for line in found["lines"]}
        for line in order.lines:
            expected = {"points": line.points, "growth": line.growth, "refunded_quantity": line.refunded}
            differences += compare(f"{label}, line {line.line_id}", expected, lines.get(line.line_id, {}))
        return differences

    yield from each(compare_member, list(accounts), "members")
    yield from each(compare_order, [event for event in history if isinstance(event, Order)], "orders")


def main() -> int:
    """Compare what the CSV says with what the product says; answer the exit status."""
    parser = argparse.ArgumentParser(description="Compare the product's points with those recomputed from the CSV.")
    parser.add_argument("csv", type=Path, help="the transactions that were replayed, .csv or .csv.gz")
    parser.add_argument("--api", default="http://127.0.0.1:3000", help="where the product answers (%(default)s)")
    parser.add_argument("--token", help="an access token of a shop or an operator; else the variable TESSERA_TOKEN")
    arguments = parser.parse_args()
    history = read_history(arguments.csv)
    api = Api(arguments.api, arguments.token or os.environ.get("TESSERA_TOKEN", ""))
    try:
        status, programme = api.get("/programme")
        if status != HTTPStatus.OK:
            print(f"GET /programme answers {status}: is the token one of a shop or an operator?", file=sys.stderr)
            return 2
        if history and history[-1].at - history[0].at >= timedelta(days=programme["tiers"]["term"]["days"]):
            print("The history is longer than a tier's term, and reviews are not recomputed here.", file=sys.stderr)
            return 2
        accounts = recompute(history, programme)
        differences = list(compare_all(api, history, accounts))
    except OSError as error:
        print(f"{arguments.api} does not answer: {error}", file=sys.stderr)
        return 2
    for difference in differences:
        print(difference)
    print(summary(history, accounts, differences))
    return 1 if differences else 0


def summary(history: Iterable[Event], accounts: Mapping[str, Account], differences: Sequence[str]) -> str:
    """Say how much was compared; a cancellation of goods from several orders is a refund for each."""
    orders = refunds = 0
    for event in history:
        if isinstance(event, Order):
            orders += 1
        else:
            refunds += len({order.order_id for order, _, _ in event.returned})
    return (
        f"members compared {len(accounts):,} ({sum(account.points for account in accounts.values()):,} points), "
        f"orders compared {orders:,}, refunds {refunds:,}, differences {len(differences):,}"
    )


if __name__ == "__main__":
    sys.exit(main())
