"""What each step of a checkout costs: round trips, write and read units, and dollars for a million at list prices."""

from __future__ import annotations

from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3

from tessera.instants import write_instant
from tessera.store import client, queues
from tests import resources
from tests.app import App
from tests.bench import engine, prices
from tests.bench.checkout_steps import LIMITED, STEPS, UNLIMITED, order, wanted
from tests.budgets.metering import Cost, Meter
from tests.budgets.regular import enrol_regular

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


LAPSED = timedelta(hours=1)
"""By then no hold lasts."""


@dataclass(frozen=True)
class StepCost:
    """What a step costs."""

    step: str
    cost: Cost
    http_requests: int
    messages: int

    @property
    def dollars(self) -> float:
        """Answer what a million of it cost."""
        return prices.dollars(
            write_units=self.cost.write_units,
            read_units=self.cost.read_units,
            http_requests=self.http_requests,
            messages=self.messages,
        )


def whole(steps: list[StepCost]) -> StepCost:
    """Add up a checkout."""
    cost = Cost(
        sum(step.cost.round_trips for step in steps),
        sum(step.cost.write_units for step in steps),
        sum(step.cost.read_units for step in steps),
    )
    return StepCost("whole", cost, sum(step.http_requests for step in steps), sum(step.messages for step in steps))


def measure() -> dict[str, list[StepCost]]:
    """Measure for a regular, with a coupon of each template: what its steps cost, by the template's id."""
    with engine.ministack() as url, redirect_stdout(StringIO()):  # the functions log
        dynamodb, sqs = boto3.client("dynamodb", endpoint_url=url), boto3.client("sqs", endpoint_url=url)
        app = App(resources.create_tables(dynamodb) | resources.create_queues(sqs), sqs)
        with patch.object(client, "DYNAMODB", dynamodb), patch.object(queues, "_sqs", lambda: sqs):
            for template in (UNLIMITED, LIMITED):
                created = app.post("/coupon-templates", template, as_="operator")
                assert created.status == 201, created.text
            meter, sent = Meter(dynamodb), _Sent(sqs)
            return {id_: list(_checkout(app, meter, sent, id_)) for id_ in (UNLIMITED["id"], LIMITED["id"])}


class _Sent:
    """Keeps what a client of the queues sends: the queue's URL and the body, of each message."""

    def __init__(self, sqs: Any) -> None:
        sqs.meta.events.register("provide-client-params.sqs.*", self._keep)
        self.messages: list[tuple[str, str]] = []

    def _keep(self, params: dict[str, Any], model: Any, **_: object) -> None:
        if model.name == "SendMessage":
            self.messages.append((params["QueueUrl"], params["MessageBody"]))
        elif model.name == "SendMessageBatch":
            self.messages += [(params["QueueUrl"], entry["MessageBody"]) for entry in params["Entries"]]


def _checkout(app: App, meter: Meter, sent: _Sent, name: str) -> Iterator[StepCost]:
    """Go through a checkout with a coupon of the template `name`, as a member who is called the same.

    What the order costs is taking it in and counting it. Settling is what the message does that a hold leaves for when
    it would lapse.
    """
    first = len(sent.messages)
    member_id = enrol_regular(app, name)

    def take(step: str) -> Any:
        match step:
            case "claim":
                return app.post("/members/me/coupons", {"template_id": name}, as_=name, key=name)
            case "quote":
                return app.post("/members/me/quotes", wanted(coupon), as_=name)
            case "hold":
                return app.post("/members/me/redemptions", {"order_id": name} | wanted(coupon), as_=name)
            case "confirm":
                return app.post(f"/members/me/redemptions/{held['redemption_id']}/confirm", as_=name)
        message = order(name, member_id, held["redemption_id"], held["quote"], write_instant(app.now))
        return app.post("/purchases", message, as_="shop")

    coupon, held = "", {}
    for step in STEPS:
        meter.reset()
        before = len(sent.messages)
        answer = take(step)
        assert answer.status in {200, 201, 202}, answer.text
        if step == "claim":
            coupon = answer.json["code"]
        elif step == "hold":
            held = answer.json
        elif step == "order":
            app.work_off()
        yield StepCost(step, meter.cost, 1, len(sent.messages) - before)
    assert app.purchase(name)["reports"] == []
    yield from _settle(app, meter, sent.messages[first:])


def _settle(app: App, meter: Meter, messages: Sequence[tuple[str, str]]) -> Iterator[StepCost]:
    left = [body for url, body in messages if url == app.addresses["AllowancesQueue"]]
    if left:
        app.now += LAPSED
        meter.reset()
        assert app.deliver("AllowancesQueue", *left) == []
        yield StepCost("settle", meter.cost, 0, 0)
