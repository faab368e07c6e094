"""Evaluations, for operators: starting, stopping and resuming them, and how far they are."""

from aws_lambda_powertools.event_handler import Response

from tessera.service import evaluations
from tessera.web import Api, answer

api = Api()


@api.post("/tier-evaluations")
def start() -> Response[str]:
    """Start an evaluation."""
    return answer(201, evaluations.start(api.caller, api.body, api.header("Idempotency-Key"), api.now))


@api.get("/tier-evaluations")
def list_evaluations() -> Response[str]:
    """List evaluations."""
    return answer(200, evaluations.list_evaluations(api.parameter("limit"), api.parameter("cursor")))


@api.get("/tier-evaluations/<evaluation_id>")
def show(evaluation_id: str) -> Response[str]:
    """Show how far an evaluation is."""
    return answer(200, evaluations.show(evaluation_id))


@api.post("/tier-evaluations/<evaluation_id>/stop")
def stop(evaluation_id: str) -> Response[str]:
    """Stop an evaluation."""
    return answer(200, evaluations.stop(api.caller, evaluation_id, api.now))


@api.post("/tier-evaluations/<evaluation_id>/resume")
def resume(evaluation_id: str) -> Response[str]:
    """Resume an evaluation."""
    return answer(200, evaluations.resume(api.caller, evaluation_id, api.body, api.now))


lambda_handler = api.handle
