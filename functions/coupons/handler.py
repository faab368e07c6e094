"""Coupons: what can be had, claiming, and what is in hand."""

from aws_lambda_powertools.event_handler import Response

from tessera.service import coupons
from tessera.web import Api, answer

api = Api()


@api.get("/coupon-templates")
def list_templates() -> Response[str]:
    """List the coupons that the caller can have now."""
    return answer(200, coupons.list_templates(api.caller, api.now))


@api.post("/members/<member_id>/coupons")
def claim(member_id: str) -> Response[str]:
    """Issue a coupon to a member."""
    return answer(201, coupons.claim(api.caller, member_id, api.body, api.header("Idempotency-Key"), api.now))


@api.get("/members/<member_id>/coupons")
def list_coupons(member_id: str) -> Response[str]:
    """List a member's coupons."""
    return answer(
        200,
        coupons.list_coupons(
            api.caller, member_id, api.parameter("status"), api.parameter("limit"), api.parameter("cursor"), api.now
        ),
    )


lambda_handler = api.handle
