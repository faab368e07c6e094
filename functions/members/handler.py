"""Members: enrolling, the card, the tier, moving, the statement and its verification, linked identities."""

from aws_lambda_powertools.event_handler import Response

from tessera.service import members, tiers
from tessera.web import Api, answer

api = Api()


@api.post("/members")
def enrol() -> Response[str]:
    """Enrol the caller, or a customer of the shop."""
    enrolled = members.enrol_member(api.caller, api.body, api.now)
    return answer(201 if enrolled.new else 200, enrolled.card)


@api.get("/members/<member_id>")
def show_card(member_id: str) -> Response[str]:
    """Show the member card."""
    return answer(200, members.show_card(api.caller, member_id, api.parameter("as_of"), api.now))


@api.get("/members/<member_id>/tier")
def show_tier(member_id: str) -> Response[str]:
    """Show what leads to the next tier, what keeps the present one, and its history."""
    return answer(200, tiers.show_tier(api.caller, member_id, api.parameter("if_spend"), api.now))


@api.patch("/members/<member_id>")
def move(member_id: str) -> Response[str]:
    """Move a member to another time zone."""
    return answer(200, members.move(api.caller, member_id, api.body, api.now))


@api.get("/members/<member_id>/entries")
def list_entries(member_id: str) -> Response[str]:
    """List the statement, newest first."""
    past, limit, cursor = (api.parameter(name) for name in ("as_of", "limit", "cursor"))
    return answer(200, members.list_entries(api.caller, member_id, past, limit, cursor, api.now))


@api.get("/members/<member_id>/entries/verification")
def show_verification(member_id: str) -> Response[str]:
    """Verify a member's ledger."""
    return answer(200, members.show_verification(api.caller, member_id))


@api.post("/members/<member_id>/identities")
def link_identity(member_id: str) -> Response[str]:
    """Link one more identity to a member."""
    members.link_identity(api.caller, member_id, api.body)
    return answer(200, {"status": "linked"})


lambda_handler = api.handle
