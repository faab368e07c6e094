"""Coupons that come by themselves: to whoever enrols, and to whoever reaches a higher tier."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from tessera.store import client
from tests.app import member_id, sample
from tests.handlers.messages import line, order

if TYPE_CHECKING:
    from tests.app import App
    from tests.handlers.bus import Bus

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")

QUEUE = "CouponJobsQueue"


def create(app: App, id_: str, *occasions: str, **more: Any) -> None:
    """Make a template that comes on some occasions."""
    template = {
        "id": id_,
        "kind": "amount_off",
        "name": "£5 off",
        "terms": "£5 off any basket.",
        "amount": 500,
        "valid_days": 30,
        "claimable": False,
        "per_member": 5,
        "issue_on": list(occasions),
    }
    assert app.post("/coupon-templates", template | more, as_="operator").status == 201


def tell(app: App, name: str = "alice") -> None:
    """Let the ledger's stream tell of all of a member's entries."""
    found = client.DYNAMODB.query(
        TableName="LedgerTable",
        KeyConditionExpression="member_id = :member",
        ExpressionAttributeValues={":member": {"S": member_id(name)}},
    )["Items"]
    images = json.loads(json.dumps(found, default=lambda content: base64.b64encode(content).decode()))
    (example, *_) = sample("entry_events")["Records"]
    records = [
        {**example, "dynamodb": {"Keys": {}, "NewImage": image, "SequenceNumber": str(position)}}
        for position, image in enumerate(images)
    ]
    assert app.invoke("EntryEventsFunction", {"Records": records}) == {"batchItemFailures": []}
    app.work_off(QUEUE)


def in_hand(app: App, name: str = "alice") -> list[str]:
    """Answer of which templates a member has coupons."""
    return sorted(coupon["template_id"] for coupon in app.get("/members/me/coupons", as_=name).json["items"])


@pytest.mark.usefixtures("bus")
def test_a_welcome_brings_what_names_it_once(app: App) -> None:
    create(app, "hello", "welcome")
    create(app, "hello_too", "welcome", "upgrade")
    create(app, "silent")
    create(app, "paused", "welcome")
    app.post("/coupon-templates/paused/pause", as_="operator")
    app.enrol()

    tell(app)
    tell(app)

    assert in_hand(app) == ["hello", "hello_too"]


@pytest.mark.usefixtures("bus")
def test_a_higher_tier_brings_what_names_it_once(app: App) -> None:
    create(app, "higher", "upgrade")
    alice = app.enrol()
    tell(app)
    assert in_hand(app) == []

    app.send(order("O1", line(unit_price=15_000), member_id=alice))
    app.send(order("O2", line(unit_price=100), member_id=alice))
    tell(app)
    tell(app)

    assert in_hand(app) == ["higher"]


@pytest.mark.usefixtures("bus")
def test_what_is_gone_is_brought_to_nobody(app: App) -> None:
    create(app, "few", "welcome", stock=1)
    for name in ("alice", "bob"):
        app.enrol(name)
        tell(app, name)

    assert [in_hand(app, name) for name in ("alice", "bob")] == [["few"], []]


def test_what_cannot_be_handed_on_is_told_again(app: App, bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    app.enrol()
    monkeypatch.setattr("tessera.store.queues.send_all", _fail)
    with pytest.raises(RuntimeError):
        tell(app)
    assert bus.taken == []


def _fail(*_: object) -> None:
    raise ConnectionError
