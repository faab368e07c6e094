"""What operators do to a member by hand: adjusting, freezing, closing, placing on a tier, tagging."""

from aws_lambda_powertools.event_handler import Response

from tessera.service import operators
from tessera.web import Api, answer

api = Api()


@api.post("/members/<member_id>/adjustments")
def adjust(member_id: str) -> Response[str]:
    """Adjust points and growth."""
    return answer(201, operators.adjust(api.caller, member_id, api.body, api.header("Idempotency-Key"), api.now))


@api.post("/members/<member_id>/standing")
def change_standing(member_id: str) -> Response[str]:
    """Freeze, unfreeze or close."""
    key = api.header("Idempotency-Key")
    return answer(200, operators.change_standing(api.caller, member_id, api.body, key, api.now))


@api.post("/members/<member_id>/placements")
def place(member_id: str) -> Response[str]:
    """Place on a tier for a time."""
    key = api.header("Idempotency-Key")
    return answer(201, operators.place(api.caller, member_id, api.body, key, api.now))


@api.post("/members/<member_id>/placements/end")
def end_placement(member_id: str) -> Response[str]:
    """End a placement before its time."""
    key = api.header("Idempotency-Key")
    return answer(200, operators.end_placement(api.caller, member_id, api.body, key, api.now))


@api.put("/members/<member_id>/tags")
def tag(member_id: str) -> Response[str]:
    """Mark with tags."""
    return answer(200, operators.tag(api.caller, member_id, api.body, api.now))


lambda_handler = api.handle
