"""People whose data are marked use the local stack; that no log has them is asked when all its tests are over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests import personal
from tests.stack.shop import counted, eventually, new_id, order

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.stack import Stack
    from tests.stack.client import Api


def test_what_people_tell_is_used_and_not_logged(stack: Stack, api_as: Callable[..., Api]) -> None:
    member = api_as(personal.subject(new_id("alice")), "tessera/member")
    shop = api_as(personal.subject("shop"), "tessera/shop")
    enrolled = member.post("/members", personal.TOLD)
    assert enrolled.json()["display_name"] == personal.TOLD["display_name"]
    member_id = enrolled.json()["member_id"]
    standing = {"standing": "frozen", "reason": "abuse", "note": personal.NOTE}
    operator = api_as(personal.subject("operator"), "tessera/operator")
    assert operator.post(f"/members/{member_id}/standing", standing).status == 200
    assert member.post("/members", {"identity": personal.CUSTOMER}).status == 422

    bought = new_id("order")
    poison = json.dumps(order(new_id("order"), member_id=personal.subject("nobody")))
    stack.aws.sqs.send_message(QueueUrl=stack.outputs["PurchasesQueueUrl"], MessageBody=poison)
    assert shop.post("/purchases", order(bought, identity=personal.CUSTOMER)).status == 202
    eventually(lambda: shop.get(f"/purchases/{bought}"), counted)
