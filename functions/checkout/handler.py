"""Checkout: quotes, and redemptions that are held, confirmed and released."""

from aws_lambda_powertools.event_handler import Response

from tessera.service import checkout
from tessera.web import Api, answer

api = Api()


@api.post("/members/<member_id>/quotes")
def quote(member_id: str) -> Response[str]:
    """Price a basket."""
    return answer(200, checkout.quote(api.caller, member_id, api.body, api.now))


@api.post("/members/<member_id>/redemptions")
def hold(member_id: str) -> Response[str]:
    """Hold coupons and points for an order."""
    held = checkout.hold(api.caller, member_id, api.body, api.now)
    return answer(201 if held.new else 200, held.body)


@api.post("/members/<member_id>/redemptions/<redemption_id>/confirm")
def confirm(member_id: str, redemption_id: str) -> Response[str]:
    """Confirm a redemption, or some lines of it."""
    return answer(200, checkout.confirm(api.caller, member_id, redemption_id, api.body, api.now))


@api.post("/members/<member_id>/redemptions/<redemption_id>/release")
def release(member_id: str, redemption_id: str) -> Response[str]:
    """Release a redemption."""
    return answer(200, checkout.release(api.caller, member_id, redemption_id, api.now))


lambda_handler = api.handle
