"""What all parts of a programme share."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
Positive = Annotated[int, Field(ge=1, le=1_000_000_000)]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Text = Annotated[str, Field(min_length=1, max_length=1000)]


class Rules(BaseModel):
    """A part of a programme: nothing in it may be misspelt, and nothing changes it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


def mistakes(message: str, places: Sequence[tuple[int | str, ...]]) -> ValidationError:
    """Make what a validator raises if one mistake is at several places, or deeper than what it validates."""
    mistake = PydanticCustomError("rule", message)
    found = [InitErrorDetails(type=mistake, loc=place, input=None) for place in places]
    return ValidationError.from_exception_data("Rules", found)
