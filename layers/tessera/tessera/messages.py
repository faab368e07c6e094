"""The messages of the purchases queue, version 1: an order that was completed or refunded, an action that was done."""

import hashlib
import json
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from tessera.instants import FUTURE_TOLERANCE
from tessera.refusals import Invalid, Problem
from tessera.shapes import (
    MAX_LINES,
    Currency,
    Instant,
    Key,
    Label,
    LineId,
    Lines,
    Money,
    Quantity,
    Shape,
    each_line_once,
    read,
)

if TYPE_CHECKING:
    from tessera.programme.model import Programme


_LARGE = 10**15
Attribute = Annotated[str, Field(max_length=500)] | Annotated[int, Field(ge=-_LARGE, le=_LARGE)] | bool
"""What a shop says of an action; nothing is reckoned with it."""


class OrderCompleted(Shape):
    """A shop's order. Without `member_id` and `identity` it is a guest's."""

    schema_version: Annotated[int, Field(ge=1, le=1)] = 1
    type: Literal["order.completed"]
    order_id: Key
    member_id: Key | None = None
    identity: Key | None = None
    placed_at: Instant
    currency: Currency
    lines: Lines
    redemption_id: Key | None = None
    channel: Label | None = None
    store: Label | None = None
    quantities: dict[Label, Annotated[int, Field(ge=0, le=1_000_000_000)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_buyer(self) -> Self:
        if self.member_id is not None and self.identity is not None:
            message = "member_id and identity exclude each other"
            raise ValueError(message)
        return self

    @property
    def happened_at(self) -> datetime:
        """When it happened."""
        return self.placed_at


class RefundedLine(Shape):
    """What of a line is refunded: a quantity of it, or an amount of money."""

    line_id: LineId
    quantity: Quantity | None = None
    amount: Annotated[Money, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _quantity_or_amount(self) -> Self:
        if (self.quantity is None) == (self.amount is None):
            message = "either quantity or amount is needed"
            raise ValueError(message)
        return self


class OrderRefunded(Shape):
    """A refund of some lines of an order."""

    schema_version: Annotated[int, Field(ge=1, le=1)] = 1
    type: Literal["order.refunded"]
    refund_id: Key
    order_id: Key
    refunded_at: Instant
    lines: Annotated[list[RefundedLine], Field(min_length=1, max_length=MAX_LINES), AfterValidator(each_line_once)]

    @property
    def happened_at(self) -> datetime:
        """When it happened."""
        return self.refunded_at


class ActionDone(Shape):
    """Something that a member did, as the shop vouches; what kinds there are the programme says."""

    schema_version: Annotated[int, Field(ge=1, le=1)] = 1
    type: Literal["action"]
    action_id: Key
    member_id: Key | None = None
    identity: Key | None = None
    kind: Label
    at: Instant
    attributes: Annotated[dict[Label, Attribute], Field(max_length=20)] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_member(self) -> Self:
        if self.member_id is None and self.identity is None:
            message = "either member_id or identity is needed"
            raise ValueError(message)
        if self.member_id is not None and self.identity is not None:
            message = "member_id and identity exclude each other"
            raise ValueError(message)
        return self

    @property
    def happened_at(self) -> datetime:
        """When it happened."""
        return self.at


Message = OrderCompleted | OrderRefunded | ActionDone

_SHAPES: dict[str, type[OrderCompleted | OrderRefunded | ActionDone]] = {
    "order.completed": OrderCompleted,
    "order.refunded": OrderRefunded,
    "action": ActionDone,
}
_TIMES = {"order.completed": "placed_at", "order.refunded": "refunded_at", "action": "at"}

ORDERS = frozenset({"order.completed", "order.refunded"})
ACTIONS = frozenset({"action"})


def read_message(
    content: Any, programme: "Programme", now: datetime, pointer: str = "", kinds: Collection[str] = ORDERS | ACTIONS
) -> Message:
    """Read a message, and refuse what can be seen to be wrong without looking anything up.

    Args:
        content: parsed JSON.
        programme: the rules in force.
        now: when it was sent.
        pointer: where it stands in what was sent, as a JSON pointer.
        kinds: the types of messages that are taken here.

    Raises:
        Invalid: it is no message, its currency or kind is none of the programme's, or it happened in the future.
    """
    if not isinstance(content, dict):
        raise Invalid([Problem(pointer, "must be a JSON object")])
    kind = content.get("type")
    if not isinstance(kind, str) or kind not in kinds:
        raise Invalid([Problem(pointer + "/type", "must be one of: " + ", ".join(sorted(kinds)))])
    message = read(_SHAPES[kind], content, pointer)
    if message.happened_at > now + FUTURE_TOLERANCE:
        raise Invalid([Problem(f"{pointer}/{_TIMES[kind]}", "must not be in the future")], "in_the_future")
    if isinstance(message, ActionDone) and message.kind not in programme.actions:
        raise Invalid([Problem(pointer + "/kind", "is no kind of action of the programme")], "unknown_action")
    if isinstance(message, OrderCompleted) and message.currency != programme.currency:
        problem = Problem(pointer + "/currency", f"must be {programme.currency}: the programme knows no other")
        raise Invalid([problem], "unknown_currency")
    return message


def fingerprint(message: Message) -> str:
    """Tell two messages with the same id apart: 160 bits over all that they say, defaults included."""
    content = message.model_dump(mode="json", exclude={"schema_version"})
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:40]
