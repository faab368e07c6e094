"""Orders and refunds over HTTP: onto the queue, and what became of them."""

from aws_lambda_powertools.event_handler import Response

from tessera.service import orders
from tessera.web import Api, answer

api = Api()


@api.post("/purchases")
def take() -> Response[str]:
    """Put messages on the purchases queue: all of them, or none."""
    return answer(202, {"accepted": orders.take(api.body, api.now)})


@api.get("/purchases/<order_id>")
def show(order_id: str) -> Response[str]:
    """Show an order as it was counted."""
    return answer(200, orders.show(order_id))


lambda_handler = api.handle
