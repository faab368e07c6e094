"""`make cost`: what each operation costs, and what a shop pays in a month, at list prices."""

from __future__ import annotations

import base64
import json
import time
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from statistics import median
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3

from tessera.store import bus, client, queues
from tests import resources
from tests.app import App, sample
from tests.bench import engine, months, prices, tables
from tests.bench.operations import NIGHTLY_MEMBERS, OPERATIONS, TEMPLATES
from tests.budgets.metering import Meter
from tests.handlers.bus import Bus

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS = 9
"""Of each operation; durations are the median, and the counts are the same each time."""

PROCESSOR_SHARE = 512 / 1769
"""Of a processor that a function has with 512 MB: with 1,769 MB it has one."""
TRANSACTION_SECONDS = 0.025
CALL_SECONDS = 0.008
"""How long a function waits for a transaction, and for any other call. The medians that others measured on AWS:
https://github.com/alexdebrie/dynamodb-performance-testing (of 2020; five items, and one)."""
PLATFORM_LOG_BYTES = 350
"""What Lambda itself writes of an invocation."""


@dataclass(frozen=True)
class Priced:
    """What an operation takes. `seconds` are billed, `log_bytes` written; `entries` come into the ledger."""

    round_trips: float
    write_units: float
    read_units: float
    http_requests: float
    messages: float
    entries: float
    seconds: float
    log_bytes: float

    @property
    def dollars(self) -> float:
        """Answer what a million of it cost, logs included."""
        done = prices.dollars(
            write_units=self.write_units,
            read_units=self.read_units,
            http_requests=self.http_requests,
            messages=self.messages,
            events=self.entries,
            seconds=self.seconds,
        )
        return done + self.log_bytes / 1000 * prices.LOGGED_GIGABYTE

    def shared_by(self, members: int) -> Priced:
        """Answer the part of one of so many members."""
        return Priced(*(getattr(self, name) / members for name in self.__dataclass_fields__))


class _MeasuredApp(App):
    """Keeps how long the functions took the processor, how often they ran, and how much they logged."""

    def reset(self) -> None:
        self.processor_seconds, self.log_bytes = 0.0, 0
        self.ran: Counter[str] = Counter()

    def invoke(self, function: str, event: Any) -> Any:
        with redirect_stdout(StringIO()) as logged:
            began = time.process_time()
            answer = super().invoke(function, event)
            self.processor_seconds += time.process_time() - began
        self.log_bytes += PLATFORM_LOG_BYTES + len(logged.getvalue().encode())
        self.ran[function] += 1
        return answer


class _Calls:
    """Counts what a client asks for, by operation."""

    def __init__(self, *clients: Any) -> None:
        self.made: Counter[str] = Counter()
        for one in clients:
            one.meta.events.register("provide-client-params", self._count)

    def _count(self, model: Any, **_: object) -> None:
        self.made[model.name] += 1


def measure() -> Iterator[tuple[str, Priced]]:
    """Do every operation `RUNS` times; answer each by its name, the night's by one member."""
    with engine.ministack() as url:
        dynamodb, sqs = boto3.client("dynamodb", endpoint_url=url), boto3.client("sqs", endpoint_url=url)
        app = _MeasuredApp(resources.create_tables(dynamodb) | resources.create_queues(sqs) | {"EventBus": "bus"}, sqs)
        app.reset()
        with (
            patch.object(client, "DYNAMODB", dynamodb),
            patch.object(queues, "_sqs", lambda: sqs),
            patch.object(bus, "EVENTS", Bus()),
        ):
            for template in TEMPLATES:
                created = app.post("/coupon-templates", template, as_="operator")
                assert created.status == 201, created.text
            meter, calls = Meter(dynamodb), _Calls(dynamodb, sqs)
            for name in OPERATIONS:
                runs = [_run(app, meter, calls, name, number) for number in range(RUNS)]
                fields = (median(getattr(run, field) for run in runs) for field in Priced.__dataclass_fields__)
                yield name, Priced(*fields).shared_by(NIGHTLY_MEMBERS if name == "night" else 1)


def _run(app: _MeasuredApp, meter: Meter, calls: _Calls, operation: str, number: int) -> Priced:
    act = OPERATIONS[operation](app, f"{operation} {number}".replace(" ", "-"))
    app.reset()
    meter.reset()
    calls.made.clear()
    act()
    cost, made = meter.cost, calls.made.copy()
    entries = [item for item in meter.written if "points_balance" in item]
    _publish(app, entries)
    http_requests = sum(made for function, made in app.ran.items() if function in _HTTP_FUNCTIONS)
    transactions = made["TransactWriteItems"]
    sent = made["SendMessage"] + made["SendMessageBatch"]
    calls_beside = cost.round_trips - transactions + sent + len(entries)
    return Priced(
        cost.round_trips,
        cost.write_units,
        cost.read_units,
        http_requests,
        sum(app.ran.values()) - http_requests - len(entries),
        len(entries),
        app.processor_seconds / PROCESSOR_SHARE + transactions * TRANSACTION_SECONDS + calls_beside * CALL_SECONDS,
        app.log_bytes,
    )


_HTTP_FUNCTIONS = {route.function for route in resources.routes()}


def _publish(app: _MeasuredApp, entries: list[dict[str, Any]]) -> None:
    """Have each entry published by itself, as the ledger's stream does where little happens at once."""
    (example, *_) = sample("entry_events")["Records"]
    for position, item in enumerate(entries):
        image = json.loads(json.dumps(item, default=lambda content: base64.b64encode(content).decode()))
        keys = {key: image[key] for key in ("member_id", "sequence")}
        told = {"Keys": keys, "NewImage": image, "SequenceNumber": str(position + 1)}
        app.invoke("EntryEventsFunction", {"Records": [{**example, "dynamodb": told}]})


def main() -> None:
    """Measure, and print two tables."""
    heads = ("operation", "write units", "read units", "messages", "events", "ms billed", "dollars a million")
    tables.head(*heads, words=1)
    measured = {}
    for name, priced in measure():
        measured[name] = priced
        counts = (priced.write_units, priced.read_units, priced.messages, priced.entries)
        tables.row(name, *(f"{count:.3g}" for count in counts), f"{priced.seconds * 1000:.0f}", f"{priced.dollars:.2f}")
    months.write({name: priced.dollars / 1_000_000 for name, priced in measured.items()})


if __name__ == "__main__":
    main()
