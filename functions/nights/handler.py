"""Nights, for operators: what the nightly function has handed out, and what came of it."""

from aws_lambda_powertools.event_handler import Response

from tessera.service import nights
from tessera.web import Api, answer

api = Api()


@api.get("/nights")
def list_nights() -> Response[str]:
    """List the latest nights."""
    return answer(200, nights.list_nights(api.parameter("limit"), api.parameter("cursor")))


@api.get("/nights/<night_id>")
def show(night_id: str) -> Response[str]:
    """Show a night's summary."""
    return answer(200, nights.show(night_id))


lambda_handler = api.handle
