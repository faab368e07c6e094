"""How long an invocation may still run: what calls AWS has to know it, or Lambda would end it without an answer."""

import math
import time
from contextvars import ContextVar
from typing import Any

_ENDS_AT: ContextVar[float] = ContextVar("_ENDS_AT", default=math.inf)


def begin(context: Any) -> None:
    """Take note of when Lambda ends the invocation that begins; without a context it never does."""
    _ENDS_AT.set(time.monotonic() + context.get_remaining_time_in_millis() / 1000 if context else math.inf)


def seconds_left() -> float:
    """Answer the seconds that are left of it."""
    return _ENDS_AT.get() - time.monotonic()
