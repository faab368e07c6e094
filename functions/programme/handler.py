"""The programme in force."""

from aws_lambda_powertools.event_handler import Response

from tessera.programme.load import in_force
from tessera.web import Api, answer

api = Api()


@api.get("/programme")
def show() -> Response[str]:
    """Show the programme in force."""
    return answer(200, in_force().model_dump(mode="json"))


lambda_handler = api.handle
