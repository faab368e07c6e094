"""The daily sign-in (签到), and making up for one that was missed (补签)."""

from aws_lambda_powertools.event_handler import Response

from tessera.answers import sign_ins as answers
from tessera.service import sign_ins
from tessera.web import Api, answer

api = Api()


@api.post("/members/<member_id>/sign-ins")
def sign_in(member_id: str) -> Response[str]:
    """Sign a member in on today's local day."""
    result = sign_ins.sign_in(api.caller, member_id, api.now)
    return answer(201 if result.new else 200, answers.sign_in(result))


@api.post("/members/<member_id>/make-ups")
def make_up(member_id: str) -> Response[str]:
    """Make up a missed day with a card."""
    result = sign_ins.make_up(api.caller, member_id, api.body, api.now)
    return answer(201 if result.new else 200, result.body)


@api.get("/members/<member_id>/sign-ins")
def show_month(member_id: str) -> Response[str]:
    """Show a month of sign-ins."""
    return answer(200, sign_ins.show_month(api.caller, member_id, api.parameter("month"), api.now))


lambda_handler = api.handle
