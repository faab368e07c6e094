"""Many callers at once, on the local stack: the real functions in their own processes, on a store that conflicts."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.config import Config

from tessera.access import Caller
from tessera.identities import Identity
from tessera.refusals import Refusal
from tessera.service import checkout
from tessera.store import client
from tests.stack.shop import basket, counted, eventually, new_id, order

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from local.stack import Stack
    from tests.stack.client import Answer, Api

AT_ONCE = 100


def at_once(ask: Callable[[int], Answer], times: int = AT_ONCE) -> list[Answer]:
    """Ask many times at the same time."""
    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(ask, range(times)))


def statuses(answers: list[Answer]) -> Counter[int]:
    """Count the answers by status."""
    return Counter(answer.status for answer in answers)


def test_one_coupon_and_a_hundred_simultaneous_redemptions_are_one_success(api_as: Callable[..., Api]) -> None:
    app = api_as(new_id("alice"), "tessera/member")
    assert app.post("/members", {}).status == 201
    coupon = app.post("/members/me/coupons", {"template_id": "five_off_thirty"}).json()
    orders = [new_id("order") for _ in range(AT_ONCE)]

    answers = at_once(
        lambda i: app.post(
            "/members/me/redemptions", {"order_id": orders[i], "order": basket(), "coupons": [coupon["code"]]}
        )
    )

    assert statuses(answers) == {201: 1, 409: AT_ONCE - 1}
    assert {answer.json()["code"] for answer in answers if answer.status == 409} <= {"coupon_held", "try_again"}
    holds = [entry for entry in app.get("/members/me/entries").json()["items"] if entry["kind"] == "hold"]
    assert len(holds) == 1


def test_a_hundred_holds_of_one_coupon_that_reach_the_store_at_once_are_one_success(
    stack: Stack, api_as: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same without the local gateway, which lets eight requests through at a time."""
    sub = new_id("alice")
    app = api_as(sub, "tessera/member")
    assert app.post("/members", {}).status == 201
    coupon = app.post("/members/me/coupons", {"template_id": "five_off_thirty"}).json()
    for name, setting in stack.environment("CheckoutFunction").items():
        monkeypatch.setenv(name, setting)
    aws = stack.as_function("CheckoutFunction")
    config = Config(max_pool_connections=AT_ONCE)
    monkeypatch.setattr(client, "DYNAMODB", aws.session.client("dynamodb", endpoint_url=aws.url, config=config))
    caller = Caller(Identity(stack.issuer, sub), frozenset({"tessera/member"}))
    now = datetime.now(UTC).replace(microsecond=0)

    def hold(i: int) -> str:
        body = {"order_id": f"{sub} {i}", "order": basket(), "coupons": [coupon["code"]]}
        try:
            checkout.hold(caller, "me", json.dumps(body), now)
        except Refusal as refusal:
            return refusal.code
        return "held"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = Counter(pool.map(hold, range(AT_ONCE)))

    assert outcomes["held"] == 1
    assert outcomes.keys() <= {"held", "coupon_held", "try_again"}


def test_a_hundred_simultaneous_sign_ins_are_one(api_as: Callable[..., Api]) -> None:
    app = api_as(new_id("alice"), "tessera/member")
    assert app.post("/members", {}).status == 201

    answers = at_once(lambda _: app.post("/members/me/sign-ins"))

    assert statuses(answers) == {201: 1, 200: AT_ONCE - 1}
    assert len({answer.body for answer in answers}) == 1
    assert [entry["kind"] for entry in app.get("/members/me/entries").json()["items"]] == ["sign_in", "welcome"]


def test_enrolling_twenty_times_at_once_is_enrolling_once(api_as: Callable[..., Api]) -> None:
    app = api_as(new_id("alice"), "tessera/member")

    answers = at_once(lambda _: app.post("/members", {}), 20)

    assert statuses(answers) == {201: 1, 200: 19}
    assert len(app.get("/members/me/entries").json()["items"]) == 1


def test_one_idempotency_key_claims_one_coupon_however_many_ask(api_as: Callable[..., Api]) -> None:
    app = api_as(new_id("alice"), "tessera/member")
    assert app.post("/members", {}).status == 201

    answers = at_once(
        lambda _: app.post("/members/me/coupons", {"template_id": "five_off_thirty"}, idempotency_key="one"), 20
    )

    assert statuses(answers) == {201: 20}
    assert len({answer.body for answer in answers}) == 1
    assert len(app.get("/members/me/coupons").json()["items"]) == 1


def test_the_limit_of_a_template_holds_under_parallel_claims(api_as: Callable[..., Api]) -> None:
    app = api_as(new_id("alice"), "tessera/member")
    assert app.post("/members", {}).status == 201

    answers = at_once(lambda _: app.post("/members/me/coupons", {"template_id": "tenth_off"}), 20)

    assert statuses(answers) == {201: 5, 409: 15}
    assert len(app.get("/members/me/coupons").json()["items"]) == 5


def test_fifty_simultaneous_uses_of_a_quota_of_two_are_two(api_as: Callable[..., Api]) -> None:
    shop = api_as("till", "tessera/shop")
    member_id = shop.post("/members", {"identity": new_id("customer")}).json()["member_id"]
    make_junior(shop, member_id)
    path = f"/members/{member_id}/benefits/free_shipping/uses"

    answers = at_once(lambda i: shop.post(path, {"use_id": f"parcel {i}"}), 50)

    assert statuses(answers) == {201: 2, 409: 48}
    assert {answer.json()["code"] for answer in answers if answer.status == 409} <= {"quota_used_up", "try_again"}
    assert shop.get(f"/members/{member_id}/benefits/free_shipping").json()["left"] == 0


def test_one_use_that_is_sent_and_taken_back_many_times_is_one(api_as: Callable[..., Api]) -> None:
    shop = api_as("till", "tessera/shop")
    member_id = shop.post("/members", {"identity": new_id("customer")}).json()["member_id"]
    make_junior(shop, member_id)
    path = f"/members/{member_id}/benefits/free_shipping/uses"

    answers = at_once(lambda _: shop.post(path, {"use_id": "parcel"}), 20)
    released = at_once(lambda _: shop.post(f"{path}/parcel/release"), 20)

    assert (statuses(answers), statuses(released)) == ({201: 1, 200: 19}, {200: 20})
    assert len({answer.body for answer in answers}) == 1
    kinds = Counter(entry["kind"] for entry in shop.get(f"/members/{member_id}/entries").json()["items"])
    assert (kinds["benefit_use"], kinds["benefit_return"]) == (1, 1)
    assert shop.get(f"/members/{member_id}/benefits/free_shipping").json()["left"] == 2


def make_junior(shop: Api, member_id: str) -> None:
    """Let a member buy so much that they become a junior, who ships free twice a month."""
    order_id = new_id("order")
    bought = order(order_id, member_id=member_id)
    bought["lines"][0]["unit_price"] = 20_000
    assert shop.post("/purchases", bought).status == 202
    eventually(lambda: shop.get(f"/purchases/{order_id}"), counted)


def test_orders_of_one_member_that_arrive_together_and_twice_all_count_once(
    stack: Stack, api_as: Callable[..., Api]
) -> None:
    shop = api_as("till", "tessera/shop")
    card = shop.post("/members", {"identity": new_id("customer")}).json()
    orders = [new_id("order") for _ in range(30)]

    def send(i: int) -> None:
        body = json.dumps(order(orders[i % len(orders)], member_id=card["member_id"]))
        stack.aws.sqs.send_message(QueueUrl=stack.outputs["PurchasesQueueUrl"], MessageBody=body)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(2 * len(orders))))
    purchases = [eventually(lambda id_=id_: shop.get(f"/purchases/{id_}"), counted).json() for id_ in orders]  # type: ignore[misc]

    entries = shop.get(f"/members/{card['member_id']}/entries?limit=100").json()["items"]
    booked = [entry for entry in entries if entry["kind"] == "purchase"]
    assert sorted(entry["source"]["order_id"] for entry in booked) == sorted(orders)
    seen = shop.get(f"/members/{card['member_id']}").json()
    earned = sum(purchase["points"] for purchase in purchases)
    assert seen["points"]["available"] == card["points"]["available"] + earned
    assert seen["growth"] == sum(purchase["growth"] for purchase in purchases) == 40 * len(orders)


def test_a_member_who_claims_many_times_at_once_gets_every_unit_there_is(api_as: Callable[..., Api]) -> None:
    app, operator = api_as(new_id("alice"), "tessera/member"), api_as(new_id("operator"), "tessera/operator")
    assert app.post("/members", {}).status == 201
    template = {
        "id": new_id("few").replace("-", "_"),
        "kind": "amount_off",
        "name": "£1 off",
        "terms": "£1 off.",
        "amount": 100,
    }
    few = template | {"valid_days": 30, "stock": 3, "per_member": 50}
    assert operator.post("/coupon-templates", few).status == 201
    keys = [new_id("claim") for _ in range(12)]

    def claim(i: int) -> Answer:
        return app.post("/members/me/coupons", {"template_id": few["id"]}, idempotency_key=keys[i])

    answers = at_once(claim, len(keys))
    again = [claim(i) for i, answer in enumerate(answers) if answer.status == 409]

    assert statuses(answers)[201] + statuses(again)[201] == 3
    assert {answer.json()["code"] for answer in again if answer.status != 201} <= {"sold_out"}
