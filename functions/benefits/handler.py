"""Benefits: what a member is entitled to, using it, and taking a use back."""

from aws_lambda_powertools.event_handler import Response

from tessera.service import benefits
from tessera.web import Api, answer

api = Api()


@api.get("/members/<member_id>/benefits")
def list_benefits(member_id: str) -> Response[str]:
    """List all benefits."""
    return answer(200, benefits.list_benefits(api.caller, member_id, api.now))


@api.get("/members/<member_id>/benefits/<benefit_id>")
def show_benefit(member_id: str, benefit_id: str) -> Response[str]:
    """Show a benefit."""
    return answer(200, benefits.show_benefit(api.caller, member_id, benefit_id, api.now))


@api.post("/members/<member_id>/benefits/<benefit_id>/uses")
def use(member_id: str, benefit_id: str) -> Response[str]:
    """Use a benefit once."""
    used = benefits.use(api.caller, member_id, benefit_id, api.body, api.now)
    return answer(201 if used.new else 200, used.body)


@api.post("/members/<member_id>/benefits/<benefit_id>/uses/<use_id>/release")
def release(member_id: str, benefit_id: str, use_id: str) -> Response[str]:
    """Take a use back."""
    return answer(200, benefits.release(api.caller, member_id, benefit_id, use_id, api.now))


lambda_handler = api.handle
