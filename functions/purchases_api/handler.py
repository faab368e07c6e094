"""Orders, refunds and actions over HTTP: onto the queue, and what became of orders."""

from aws_lambda_powertools.event_handler import Response

from tessera.messages import ACTIONS, ORDERS
from tessera.service import orders
from tessera.web import Api, answer

api = Api()


@api.post("/purchases")
def take() -> Response[str]:
    """Put orders and refunds on the purchases queue: all of them, or none."""
    return answer(202, {"accepted": orders.take(api.body, api.now, ORDERS)})


@api.post("/actions")
def take_actions() -> Response[str]:
    """Put actions on the purchases queue: all of them, or none."""
    return answer(202, {"accepted": orders.take(api.body, api.now, ACTIONS)})


@api.get("/purchases/<order_id>")
def show(order_id: str) -> Response[str]:
    """Show an order as it was counted."""
    return answer(200, orders.show(order_id))


lambda_handler = api.handle
