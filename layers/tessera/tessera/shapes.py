"""What clients send: shapes shared by HTTP bodies and queue messages, and how their mistakes are told.

Unknown fields are refused: a misspelt `discount` would otherwise cost money without a word.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Protocol, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from tessera.instants import parse_instant
from tessera.refusals import Invalid, Problem, Unreadable

MAX_LINES = 1000

MAX_PROBLEMS = 100
"""As many as are told of one request: more help nobody, and an answer has a size, too."""

_LONGEST_NAME = 64
"""As much of a field's name as a pointer repeats: a name that nobody knows may be of any length."""

MAX_LINE_ID_BYTES = 64
"""What keeps an order, or a redemption, of a thousand lines within the 400 KB of one item."""


def _short_in_bytes(line_id: str) -> str:
    if len(line_id.encode()) > MAX_LINE_ID_BYTES:
        message = f"must be at most {MAX_LINE_ID_BYTES} bytes long in UTF-8"
        raise ValueError(message)
    return line_id


Instant = Annotated[
    datetime,
    BeforeValidator(parse_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": r"Z$"}),
]
"""RFC 3339 in UTC."""
Key = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""An id that a client chose: any characters but control characters."""
LineId = Annotated[Key, AfterValidator(_short_in_bytes)]
"""A line's id within its order."""
Label = Annotated[str, Field(min_length=1, max_length=100)]
Money = Annotated[int, Field(ge=0, le=1_000_000_000)]
"""Minor units of the currency."""
Quantity = Annotated[int, Field(ge=1, le=1_000_000)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Shape(BaseModel):
    """Something that a client sends."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class HasLineId(Protocol):
    """Anything that names a line."""

    @property
    def line_id(self) -> str:
        """The line's id within its order."""
        ...


L = TypeVar("L", bound=HasLineId)


class Line(Shape):
    """A line of an order or of a basket. `discount` is its whole reduction."""

    line_id: LineId
    sku: Label
    category: Label | None = None
    brand: Label | None = None
    quantity: Quantity
    unit_price: Money
    discount: Money = 0
    unit_cost: Money | None = None

    @model_validator(mode="after")
    def _discount_within_line(self) -> Self:
        if self.discount > self.quantity * self.unit_price:
            message = "discount must not exceed quantity × unit_price"
            raise ValueError(message)
        return self

    @property
    def amount(self) -> int:
        """What is paid for the line: the basis of what it earns."""
        return self.quantity * self.unit_price - self.discount


def each_line_once(lines: list[L]) -> list[L]:
    """Refuse a list in which two lines have the same `line_id`."""
    if len({line.line_id for line in lines}) < len(lines):
        message = "two lines have the same line_id"
        raise ValueError(message)
    return lines


Lines = Annotated[list[Line], Field(min_length=1, max_length=MAX_LINES), AfterValidator(each_line_once)]


_UNTOLD_KINDS = {"union_tag_invalid", "union_tag_not_found"}
"""What pydantic says of a union by kind, at the place of the whole, where the kind is wrong or missing."""

S = TypeVar("S", bound=Shape)
T = TypeVar("T")


def read_json(body: str | None) -> Any:
    """Read JSON.

    Raises:
        Unreadable: it is none.
    """
    try:
        return json.loads(body or "", parse_constant=_no_such_number)
    except (ValueError, RecursionError):
        raise Unreadable("not_json", "The body must be JSON.") from None


def read(shape: type[S], content: object, pointer: str = "") -> S:
    """Read `content` as a shape.

    Args:
        shape: what it should be.
        content: parsed JSON.
        pointer: where the content stands in what was sent, as a JSON pointer.

    Raises:
        Invalid: it is not; every problem has its pointer, and nothing that was sent is repeated.
    """
    return checked(shape.model_validate, content, pointer)


def checked(validate: Callable[[object], T], content: object, pointer: str = "") -> T:
    """Read `content` by a function of pydantic's.

    Args:
        validate: what reads it.
        content: parsed JSON.
        pointer: where the content stands in what was sent, as a JSON pointer.

    Raises:
        Invalid: it is not as it has to be; every problem has its pointer, and nothing that was sent is repeated.
    """
    try:
        return validate(content)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        raise Invalid(
            [
                Problem(pointer + _json_pointer(problem, content), _sentence(problem))
                for problem in problems[:MAX_PROBLEMS]
            ]
        ) from None


def _json_pointer(problem: Any, content: Any) -> str:
    """Write a place as an RFC 6901 JSON pointer, without the names of union members that pydantic puts in between."""
    pointer = ""
    missing = problem["loc"][-1:] if problem["type"] == "missing" else ()
    for step in problem["loc"]:
        if isinstance(step, int) and isinstance(content, list):
            content = content[step] if step < len(content) else None
        elif isinstance(step, str) and isinstance(content, dict) and (step in content or step in missing):
            content = content.get(step)
        else:
            continue
        pointer += "/" + str(step)[:_LONGEST_NAME].replace("~", "~0").replace("/", "~1")
    return pointer + "/" + problem["ctx"]["discriminator"].strip("'") if problem["type"] in _UNTOLD_KINDS else pointer


def _sentence(problem: Any) -> str:
    if problem["type"] == "model_type":
        return "must be a JSON object"
    if problem["type"] == "union_tag_invalid":
        return f"must be one of {problem['ctx']['expected_tags']}"
    if problem["type"] == "union_tag_not_found":
        return "Field required"
    return str(problem["msg"]).removeprefix("Value error, ")


def _no_such_number(_name: str) -> None:
    message = "JSON has no such number"
    raise ValueError(message)
