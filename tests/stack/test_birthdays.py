"""A birthday on the local stack: the night finds it by the index, and the coupon comes through the queue, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from local.schedule import run_scheduled
from tests.stack.shop import new_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.stack import Stack
    from tests.stack.client import Api


def test_a_birthday_brings_a_coupon_once(stack: Stack, api_as: Callable[..., Api]) -> None:
    template = {
        "id": new_id("cake").replace("-", "_"),
        "kind": "gift",
        "name": "A cake",
        "terms": "A cake with your next order.",
        "sku": "CAKE",
        "valid_days": 14,
        "claimable": False,
        "issue_on": ["birthday"],
    }
    assert api_as("olivia", "tessera/operator").post("/coupon-templates", template).status == 201
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    app = api_as(new_id("alice"), "tessera/member")
    birthday = {"month": tomorrow.month, "day": tomorrow.day}
    assert app.post("/members", {"time_zone": "UTC", "birthday": birthday}).status == 201

    for hours in (0, 1):
        assert run_scheduled(stack, "nightly", tomorrow + timedelta(hours=hours)).dead_letters == 0

    (coupon,) = app.get("/members/me/coupons").json()["items"]
    assert coupon["template_id"] == template["id"]
