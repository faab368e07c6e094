import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from examples.check_replay import main

RETAIL = """\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1,85123A,HANGING HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
1,POST,POSTAGE,1,2010-12-01 08:26:00,18.0,17850.0,United Kingdom
2,22086,PAPER CHAIN KIT CHRISTMAS,2,2010-12-02 09:00:00,1.25,17850.0,United Kingdom
2,71053,METAL LANTERN,1,2010-12-02 09:00:00,0.99,17850.0,United Kingdom
C3,85123A,HANGING HEART,-2,2010-12-03 10:00:00,2.55,17850.0,United Kingdom
4,71053,METAL LANTERN,10,2010-12-04 11:00:00,3.39,,United Kingdom
"""

PROGRAMME = {
    "zone": "Europe/London",
    "welcome": {"points": 50},
    "earning": {
        "points": {"base": {"earn": 1, "per": 100}, "categories": {"christmas": {"earn": 2, "per": 100}}},
        "growth": {"base": {"earn": 1, "per": 100}},
    },
    "tiers": {
        "growth": {"policy": "window", "days": 365},
        "term": {"policy": "days", "days": 365},
        "ladder": [{"id": "newcomer", "growth": 0}, {"id": "junior", "growth": 10, "multiplier_bp": 15_000}],
    },
}


def line(line_id: str, points: int, growth: int, refunded_quantity: int = 0) -> dict[str, Any]:
    return {"line_id": line_id, "points": points, "growth": growth, "refunded_quantity": refunded_quantity}


# Order 1: £15.30 earn 15. Its 15 growth make a junior, so order 2 earns (2 × £2.50 + £0.99) × 1.5 = 8.985, rounded down
# to 8: 7 for the first line, 1 for the second. Two of the six units of order 1 take 5 of its 15 points back.
PURCHASES: dict[str, dict[str, Any]] = {
    "1": {
        "member_id": "m_1",
        "status": "partly_refunded",
        "points": 15,
        "growth": 15,
        "lines": [line("1", 15, 15, refunded_quantity=2)],
    },
    "2": {
        "member_id": "m_1",
        "status": "completed",
        "points": 8,
        "growth": 3,
        "lines": [line("1", 7, 2), line("2", 1, 1)],
    },
    "4": {"member_id": None, "status": "completed", "points": 0, "growth": 0, "lines": [line("1", 0, 0)]},
}

Answer = tuple[int, Any]


class Product(ThreadingHTTPServer):
    """A product that has taken in `RETAIL`; a test changes an answer to see that it is noticed."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        card = {"member_id": "m_1", "points": {"available": 50 + 15 + 8 - 5}}
        self.answers: dict[str, Answer] = {
            "GET /programme": (200, PROGRAMME),
            'POST /members {"identity": "17850"}': (200, card),
            **{f"GET /purchases/{order_id}": (200, purchase) for order_id, purchase in PURCHASES.items()},
        }
        self.throttled: set[str] = set()


class Handler(BaseHTTPRequestHandler):
    """Answers what the product was told to, to whoever has the token."""

    server: Product

    def do_GET(self) -> None:
        self._answer(f"GET {self.path}")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer(f"POST {self.path} {body}")

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, asked: str) -> None:
        status, document = self.server.answers.get(asked, (404, {}))
        if self.headers["Authorization"] != "Bearer shop":
            status = 401
        elif asked in self.server.throttled:
            self.server.throttled.remove(asked)
            status = 429
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())


@pytest.fixture
def product() -> Iterator[Product]:
    with Product() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def command(product: Product, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    csv = tmp_path / "retail.csv"
    csv.write_text(RETAIL)
    monkeypatch.setattr("sys.argv", ["check_replay.py", str(csv), "--api", f"http://127.0.0.1:{product.server_port}"])
    monkeypatch.setenv("TESSERA_TOKEN", "shop")


def test_a_product_that_reckons_alike_differs_in_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    assert capsys.readouterr().out == ("members compared 1 (68 points), orders compared 3, refunds 1, differences 0\n")


@pytest.mark.parametrize(
    ("asked", "answer", "difference"),
    [
        (
            'POST /members {"identity": "17850"}',
            (200, {"member_id": "m_1", "points": {"available": 67}}),
            "customer 17850: available points is 67, should be 68",
        ),
        ("GET /purchases/1", (200, PURCHASES["1"] | {"points": 14}), "order 1: points is 14, should be 15"),
        ("GET /purchases/1", (200, PURCHASES["1"] | {"growth": 16}), "order 1: growth is 16, should be 15"),
        (
            "GET /purchases/1",
            (200, PURCHASES["1"] | {"status": "completed"}),
            "order 1: status is 'completed', should be 'partly_refunded'",
        ),
        (
            "GET /purchases/1",
            (200, PURCHASES["1"] | {"lines": [line("1", 15, 15, refunded_quantity=1)]}),
            "order 1, line 1: refunded_quantity is 1, should be 2",
        ),
        (
            "GET /purchases/4",
            (200, PURCHASES["4"] | {"member_id": "m_1"}),
            "order 4: member_id is 'm_1', should be None",
        ),
        ("GET /purchases/4", (404, {}), "order 4: the answer is 404, should be 200"),
    ],
)
def test_a_difference_is_told(
    product: Product, capsys: pytest.CaptureFixture[str], asked: str, answer: Answer, difference: str
) -> None:
    product.answers[asked] = answer

    assert main() == 1
    told, summary = capsys.readouterr().out.splitlines()
    assert told == difference
    assert summary.endswith("differences 1")


def test_a_customer_who_was_not_enrolled_by_the_replay_is_a_difference(
    product: Product, capsys: pytest.CaptureFixture[str]
) -> None:
    product.answers['POST /members {"identity": "17850"}'] = (201, {"member_id": "m_1"})

    assert main() == 1
    assert "customer 17850: the answer is 201, should be 200" in capsys.readouterr().out


def test_a_throttled_question_is_asked_again(product: Product) -> None:
    product.throttled = set(product.answers)

    assert main() == 0
    assert not product.throttled


def test_without_a_token_nothing_is_compared(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TESSERA_TOKEN")

    assert main() == 2
    assert "GET /programme answers 401" in capsys.readouterr().err


def test_without_a_product_nothing_is_compared(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", [*sys.argv, "--api", "http://127.0.0.1:1"])

    assert main() == 2
    assert "http://127.0.0.1:1 does not answer" in capsys.readouterr().err
