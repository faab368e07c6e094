"""What clients rely on, in examples: messages and answers keep the fields that they were promised with."""

import copy
import json
from typing import Any, get_args

import pytest

from tessera.programme.coupons import CouponTemplate, read_template
from tests import published, resources

EXAMPLES = resources.ROOT / "examples"

ORDER = {
    "type": "order.completed",
    "order_id": "536365",
    "member_id": "m_4jxw",
    "placed_at": "2026-11-22T08:26:00Z",
    "currency": "GBP",
    "lines": [
        {
            "line_id": "1",
            "sku": "85123A",
            "category": "home",
            "brand": "Lakeside",
            "quantity": 6,
            "unit_price": 255,
            "discount": 0,
        }
    ],
    "redemption_id": None,
}
REFUND = {
    "type": "order.refunded",
    "refund_id": "C536379",
    "order_id": "536365",
    "refunded_at": "2026-11-24T10:00:00Z",
    "lines": [{"line_id": "1", "quantity": 2}],
}
BASKET = {"currency": "GBP", "lines": [{"line_id": "1", "sku": "85123A", "quantity": 6, "unit_price": 2000}]}
QUOTE = {
    "subtotal": 12000,
    "discounts": [{"source": "coupon:c_7Q", "amount": 3000, "lines": [{"line_id": "1", "amount": 3000}]}],
    "points_spent": 100,
    "points_value": 100,
    "shipping": 0,
    "total": 8900,
    "points_to_earn": 89,
    "growth_to_earn": 89,
    "coupons": [
        {
            "coupon_id": "c_8R",
            "applies": False,
            "code": "below_threshold",
            "detail": "Spend £30.00 more",
            "missing": 3000,
        }
    ],
    "benefits": [{"id": "free_shipping", "amount": 500, "left": 1}],
}
CARD = {
    "member_id": "m_4jxw",
    "standing": "active",
    "display_name": "Ada",
    "enrolled_at": "2026-01-01T00:00:00Z",
    "tier": {
        "id": "junior",
        "name": "Junior",
        "since": "2026-06-01T00:00:00Z",
        "until": "2027-06-01T00:00:00Z",
        "next": {"id": "intermediate", "needs": {"growth": 380}},
    },
    "growth": 120,
    "points": {
        "available": 340,
        "pending": 60,
        "expiring": [{"points": 200, "at": "2027-01-01T00:00:00Z"}],
    },
    "benefits": [
        {"id": "free_shipping", "kind": "free_shipping", "name": "Free shipping", "left": 2, "period": "month"}
    ],
    "sign_in": {"today": False, "streak": 6, "make_up_cards": 1},
}
COUPON = {
    "coupon_id": "c_7Q",
    "code": "7Q",
    "template_id": "five_off_thirty",
    "kind": "amount_off",
    "valid_from": "2026-11-22T08:26:00Z",
    "valid_until": "2026-12-22T08:26:00Z",
    "status": "active",
}
TEMPLATE = {
    "template_id": "five_off_thirty",
    "name": "£5 off £30",
    "kind": "amount_off",
    "terms": "£5 off any basket of £30 or more.",
    "price_points": 0,
    "valid_until": "2026-12-22T08:26:00Z",
    "left": None,
}
ENTRY = {
    "entry_id": "e_4jxw_17",
    "sequence": 17,
    "kind": "purchase",
    "at": "2026-11-22T08:26:00Z",
    "recorded_at": "2026-11-22T08:26:03Z",
    "points": 60,
    "growth": 60,
    "points_balance": 400,
    "reason": "Order 536365: 1 point per £1, junior ×1.0",
    "rules": ["base_rate"],
    "programme_version": 3,
    "source": {"order_id": "536365"},
}
PURCHASE = {
    "order_id": "536365",
    "member_id": "m_4jxw",
    "status": "partly_refunded",
    "points": 15,
    "growth": 15,
    "lines": [{"line_id": "1", "points": 15, "growth": 15, "refunded_quantity": 2, "rules": ["base_rate"]}],
    "reports": [],
}
PROBLEM = {
    "type": "about:blank",
    "title": "Unprocessable Entity",
    "status": 422,
    "detail": "The content is not as it has to be.",
    "code": "invalid",
    "errors": [{"pointer": "/lines/0/quantity", "detail": "Input should be greater than or equal to 1"}],
}

TEMPLATES = [json.loads(file.read_text(encoding="utf-8")) for file in sorted((EXAMPLES / "coupons").glob("*.json"))]

REQUESTS: list[tuple[str, Any]] = [
    ("POST /members", {}),
    (
        "POST /members",
        {
            "identity": "17850",
            "display_name": "Ada",
            "locale": "zh-Hant",
            "time_zone": "Asia/Shanghai",
            "birthday": {"month": 2, "day": 29},
            "referral_code": "ADA",
            "channel": "app",
            "consents": {"email": True},
        },
    ),
    ("POST /members/{member_id}/identities", {"identity": "17850"}),
    ("POST /purchases", ORDER),
    ("POST /purchases", REFUND),
    ("POST /purchases", {"messages": [ORDER, REFUND]}),
    ("POST /purchases", {**ORDER, "channel": "web", "store": "London", "quantities": {"miles": 500}}),
    ("POST /members/{member_id}/coupons", {"template_id": "five_off_thirty"}),
    ("POST /members/{member_id}/coupons", {"code": "THREEFORTWO"}),
    ("POST /members/{member_id}/coupons", {"code": "3k9p-0vxm-8qtd-wz41"}),
    ("POST /coupon-templates/{template_id}/codes", {"count": 100_000}),
    ("POST /coupon-templates/{template_id}/grants", {"member_id": "m_4jxw"}),
    ("POST /coupon-templates/{template_id}/grants", {"members": ["m_aaaaaaaaaabbbbbbbbbb234567"]}),
    ("PUT /members/{member_id}/tags", {"tags": ["collector"], "reason": "goodwill", "note": "Collects candles."}),
    *(("POST /coupon-templates", template) for template in TEMPLATES),
    ("POST /members/{member_id}/quotes", {"order": {**BASKET, "shipping": 500}, "coupons": "best", "points": "max"}),
    ("POST /members/{member_id}/quotes", {"order": BASKET, "coupons": ["7Q", "c_8R"], "points": 100}),
    ("POST /members/{member_id}/redemptions", {"order_id": "536365", "order": BASKET, "coupons": "best", "points": 0}),
    ("POST /members/{member_id}/redemptions/{redemption_id}/confirm", {"lines": ["1"]}),
]

ANSWERS: list[tuple[str, int, Any]] = [
    ("GET /health", 200, {"status": "ok"}),
    ("POST /members", 201, CARD),
    ("GET /members/{member_id}", 200, CARD),
    (
        "POST /members/{member_id}/sign-ins",
        201,
        {"day": "2026-11-22", "streak": 7, "points": 17, "growth": 6},
    ),
    (
        "GET /members/{member_id}/sign-ins",
        200,
        {
            "month": "2026-11",
            "days": ["2026-11-01", "2026-11-02"],
            "made_up": ["2026-11-02"],
            "streak": 2,
            "longest_streak": 6,
            "make_up": {"cards": 1, "days": ["2026-11-03"]},
        },
    ),
    (
        "POST /members/{member_id}/make-ups",
        201,
        {"day": "2026-11-20", "streak": 8, "points": 17, "growth": 6, "make_up_cards": 0},
    ),
    ("GET /members/{member_id}/entries", 200, {"items": [ENTRY], "next_cursor": None}),
    ("GET /purchases/{order_id}", 200, PURCHASE),
    ("GET /coupon-templates", 200, {"items": [TEMPLATE]}),
    ("POST /members/{member_id}/coupons", 201, COUPON),
    ("GET /members/{member_id}/coupons", 200, {"items": [COUPON], "next_cursor": "WyJhIiwxXQ"}),
    ("POST /members/{member_id}/quotes", 200, QUOTE),
    (
        "POST /members/{member_id}/redemptions",
        201,
        {"redemption_id": "r_4jxw_1", "status": "held", "expires_at": "2026-11-22T08:41:00Z", "quote": QUOTE},
    ),
    ("POST /members/{member_id}/redemptions/{redemption_id}/confirm", 200, {"status": "confirmed"}),
    ("POST /members/{member_id}/redemptions/{redemption_id}/release", 200, {"status": "released"}),
    ("POST /purchases", 422, PROBLEM),
    ("POST /purchases", 429, {"message": "Too Many Requests"}),
]


@pytest.mark.parametrize(("operation", "body"), REQUESTS)
def test_a_request_may_look_like_this(operation: str, body: object) -> None:
    assert published.mistakes(body_of(operation), body) == []


@pytest.mark.parametrize(("operation", "status", "body"), ANSWERS)
def test_an_answer_looks_like_this(operation: str, status: int, body: object) -> None:
    (content,) = published.operation(operation)["responses"][str(status)]["content"].values()

    assert published.mistakes(content["schema"], body) == []


def test_there_is_an_example_of_every_kind_of_template() -> None:
    assert {type(read_template(template)) for template in TEMPLATES} == set(get_args(get_args(CouponTemplate)[0]))


@pytest.mark.parametrize(
    ("field", "value"),
    [("quantity", 0), ("quantity", -1), ("quantity", 1.5), ("unit_price", 2.55), ("unit_price", "255"), ("price", 255)],
)
def test_an_order_may_not_look_like_this(field: str, value: object) -> None:
    order: dict[str, Any] = copy.deepcopy(ORDER)
    order["lines"][0][field] = value

    assert published.mistakes(body_of("POST /purchases"), order)


def body_of(operation: str) -> Any:
    return published.operation(operation)["requestBody"]["content"]["application/json"]["schema"]
