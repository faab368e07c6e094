"""Nights and evaluations on the local stack: delays, real conflicts, under the functions' own roles."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from local.schedule import run_scheduled
from tests.stack.rights import denied
from tests.stack.shop import counted, eventually, line, new_id, order

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.stack import Stack
    from tests.stack.client import Api

A_TERM_LATER = timedelta(days=366)


def juniors(shop: Api, number: int) -> list[str]:
    """Enrol members who are juniors for a term, and answer their ids."""
    members = [shop.post("/members", {"identity": new_id("customer")}).json()["member_id"] for _ in range(number)]
    for member in members:
        bought = new_id("order")
        shop.post("/purchases", order(bought, line(unit_price=15_000), member_id=member))
        eventually(lambda bought=bought: shop.get(f"/purchases/{bought}"), counted)  # type: ignore[misc]
    return members


def test_two_nights_at_once_settle_everybody_once(stack: Stack, api_as: Callable[..., Api]) -> None:
    shop, operator = api_as("till", "tessera/shop"), api_as("olga", "tessera/operator")
    members = juniors(shop, 6)
    at = datetime.now(UTC) + A_TERM_LATER

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda _: run_scheduled(stack, "nightly", at), range(2)))

    assert all(outcome.dead_letters == 0 for outcome in outcomes)
    night = eventually(
        lambda: operator.get(f"/nights/{at:%Y%m%dT%H%M%SZ}"), lambda shown: shown.json()["status"] == "done"
    )
    shown = night.json()
    assert shown["hand_outs"] == 2
    assert shown["changed"]["members"] + shown["unchanged"] == shown["due"] >= 6
    for member in members:
        kinds = [entry["kind"] for entry in shop.get(f"/members/{member}/entries").json()["items"]]
        assert kinds == ["tier_change", "purchase", "welcome"]


def test_an_evaluation_is_started_stopped_and_resumed(stack: Stack, api_as: Callable[..., Api]) -> None:
    shop, operator = api_as("till", "tessera/shop"), api_as("olga", "tessera/operator")
    members = {shop.post("/members", {"identity": new_id("customer")}).json()["member_id"] for _ in range(12)}
    job = operator.post("/tier-evaluations", {"rate": 1}).json()
    path = f"/tier-evaluations/{job['evaluation_id']}"
    eventually(lambda: operator.get(path), lambda shown: shown.json()["members_seen"] > 0)

    stopped = operator.post(f"{path}/stop").json()
    assert stopped["status"] == "stopped"
    assert operator.post("/tier-evaluations/te_0/stop").status == 404
    assert operator.post(f"{path}/resume", {"rate": 1000}).json()["rate"] == 1000

    done = eventually(lambda: operator.get(path), lambda shown: shown.json()["status"] == "done").json()
    assert done["buckets_done"] == done["buckets"]
    assert done["members_seen"] == done["changed"]["members"] + done["unchanged"] >= len(members)
    assert done["changed"]["tiers"] == []


def test_who_counts_may_change_no_other_record(stack: Stack) -> None:
    aws = stack.as_function("EvaluationsFunction")
    ledger, members = stack.outputs["LedgerTable"], stack.outputs["MembersTable"]
    assert denied(
        lambda: aws.dynamodb.query(
            TableName=ledger, KeyConditionExpression="member_id = :m", ExpressionAttributeValues={":m": {"S": "m_1"}}
        )
    )
    assert denied(lambda: aws.dynamodb.get_item(TableName=members, Key={"member_id": {"S": "m_1"}}))
