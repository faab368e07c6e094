"""The main job, end to end on the local stack: enrol, sign in, buy, redeem, be re-tiered."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from local.redrive import redrive
from local.schedule import run_scheduled
from tests.stack.shop import SECONDS, basket, counted, eventually, line, new_id, order, refund

if TYPE_CHECKING:
    from collections.abc import Callable, Set

    from local.stack import Stack
    from tests.stack.client import Api


def test_a_member_enrols_signs_in_buys_redeems_and_is_re_tiered(stack: Stack, api_as: Callable[..., Api]) -> None:
    app, shop = api_as(new_id("alice"), "tessera/member"), api_as("till", "tessera/shop")
    enrolled = app.post("/members", {"display_name": "Alice", "channel": "app"})
    assert enrolled.status == 201
    member_id = enrolled.json()["member_id"]

    signed = app.post("/members/me/sign-ins")
    assert (signed.status, signed.json()["streak"]) == (201, 1)
    repeated = app.post("/members/me/sign-ins")
    assert (repeated.status, repeated.body) == (200, signed.body)

    first = new_id("order")
    assert shop.post("/purchases", order(first, line(quantity=5), member_id=member_id)).status == 202
    purchase = eventually(lambda: shop.get(f"/purchases/{first}"), counted).json()
    assert (purchase["points"], purchase["growth"], purchase["status"]) == (200, 200, "completed")
    card = app.get("/members/me").json()
    assert card["tier"]["id"] == "junior"
    assert card["points"]["available"] == enrolled.json()["points"]["available"] + signed.json()["points"] + 200

    template = app.get("/coupon-templates").json()["items"][0]
    coupon = app.post("/members/me/coupons", {"template_id": template["template_id"]}, idempotency_key="first")
    assert coupon.status == 201
    second = new_id("order")
    request = {"order_id": second, "order": basket(), "coupons": [coupon.json()["code"]], "points": 100}
    quote = app.post("/members/me/quotes", {name: request[name] for name in ("order", "coupons", "points")}).json()
    held = app.post("/members/me/redemptions", request)
    assert (held.status, held.json()["quote"]) == (201, quote)

    discount = 4000 - quote["total"]
    paid = order(second, line(discount=discount), member_id=member_id, redemption_id=held.json()["redemption_id"])
    assert shop.post("/purchases", paid).status == 202
    purchase = eventually(lambda: shop.get(f"/purchases/{second}"), counted).json()
    assert purchase["points"] == quote["points_to_earn"]
    assert purchase["reports"] == []
    (used,) = app.get("/members/me/coupons").json()["items"]
    assert used["status"] == "redeemed"

    term_ends = datetime.fromisoformat(card["tier"]["until"])
    run_scheduled(stack, "nightly", term_ends + timedelta(hours=1))
    entries = app.get("/members/me/entries").json()["items"]
    assert entries[0]["kind"] == "tier_change"
    assert app.get("/members/me").json()["tier"]["id"] == "newcomer"
    run_scheduled(stack, "nightly", term_ends + timedelta(hours=1))
    assert app.get("/members/me/entries").json()["items"] == entries

    assert [entry["sequence"] for entry in entries] == list(range(len(entries), 0, -1))
    assert entries[0]["points_balance"] == sum(entry["points"] for entry in entries)


def test_a_refund_that_overtakes_its_order_waits_for_it(api_as: Callable[..., Api]) -> None:
    shop = api_as("till", "tessera/shop")
    member_id = shop.post("/members", {"identity": new_id("customer")}).json()["member_id"]
    before = shop.get(f"/members/{member_id}").json()["points"]
    bought = new_id("order")
    assert shop.post("/purchases", refund(bought, new_id("refund"))).status == 202
    assert shop.post("/purchases", order(bought, member_id=member_id)).status == 202
    eventually(
        lambda: shop.get(f"/purchases/{bought}"), lambda seen: counted(seen) and seen.json()["status"] == "refunded"
    )
    assert shop.get(f"/members/{member_id}").json()["points"] == before


def test_a_poison_message_among_good_ones_ends_in_the_dead_letters_and_the_good_ones_count(
    stack: Stack, api_as: Callable[..., Api]
) -> None:
    shop = api_as("till", "tessera/shop")
    good = [new_id("order") for _ in range(4)]
    unknown = new_id("order")
    messages = [*(order(bought) for bought in good), order(unknown, member_id="m_nobody")]
    entries = [{"Id": str(i), "MessageBody": json.dumps(message)} for i, message in enumerate(messages)]
    entries.insert(2, {"Id": "poison", "MessageBody": f"poison {unknown}"})
    stack.aws.sqs.send_message_batch(QueueUrl=stack.outputs["PurchasesQueueUrl"], Entries=entries)  # type: ignore[arg-type]
    for bought in good:
        eventually(lambda bought=bought: shop.get(f"/purchases/{bought}"), counted)  # type: ignore[misc]

    unmended = {f"poison {unknown}": "not_json", json.dumps(messages[4]): "unknown_member"}
    assert unmended.items() <= dead_letters(stack, unmended.keys()).items()

    # Sent back as they are they come to the dead letters again, and nothing is lost on the way.
    source, dead = stack.outputs["PurchasesQueueUrl"], stack.outputs["PurchasesDeadLettersUrl"]
    assert redrive(stack.aws.sqs, dead, source) >= len(unmended)
    assert unmended.items() <= dead_letters(stack, unmended.keys()).items()


def dead_letters(stack: Stack, wanted: Set[str]) -> dict[str, str]:
    """Wait until some messages are among the dead letters; answer the reason of each that is there, by its body."""
    reasons: dict[str, str] = {}
    deadline = time.monotonic() + SECONDS
    while not wanted <= reasons.keys():
        assert time.monotonic() < deadline, reasons
        answer = stack.aws.sqs.receive_message(
            QueueUrl=stack.outputs["PurchasesDeadLettersUrl"],
            MessageAttributeNames=["All"],
            MaxNumberOfMessages=10,
            WaitTimeSeconds=1,
            VisibilityTimeout=0,
        )
        for message in answer.get("Messages", []):
            reasons[message["Body"]] = message["MessageAttributes"]["reason"]["StringValue"]
    return reasons
