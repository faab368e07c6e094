"""What the tests tell of people, made so that it is recognised wherever it turns up.

Personal is what the profiles table keeps, whom a token is about, a shop's number of a customer, and what an operator
notes of a member. A `member_id` is not: it is a hash.
"""

import re
from collections.abc import Iterable
from typing import Any

MARK = "qzpersonal"
"""A part of every text below: no word, and no number, has it by chance."""

CUSTOMER = "17850"
"""The customer number that most tests use, too short to be marked otherwise."""

NOTE = f"Spoke to her, {MARK}-note."

TOLD: dict[str, Any] = {
    "display_name": f"{MARK}-name",
    "referral_code": f"{MARK}-referral",
    "consents": {f"{MARK}-consent": True},
    "birthday": {"month": 10, "day": 23, "year": 1987},
}
"""What members tell who tell nothing else: all that a profile holds and that is no choice from a list."""

_BIRTHDAY = r"(?<![-\d])10-23(?!\d)|1987-10-23|month\W+(N\W+)?10\W+day\W+(N\W+)?23\b|year\W+(N\W+)?1987\b"
_PERSONAL = re.compile(rf"{MARK}|(?<![\w.]){CUSTOMER}(?![\w.])|{_BIRTHDAY}")
_AROUND = 60
"""Characters on either side that help to find where something came from."""


def subject(name: str) -> str:
    """Answer whom the token of somebody is about, as an issuer has it that takes addresses for it."""
    return f"{name}.{MARK}@mail.example".replace(" ", ".")


def leaks(left: Iterable[tuple[str, str]]) -> list[str]:
    """Say of what has left, as channel and text, where something personal is in it."""
    return [
        f"{channel}: …{text[max(0, found.start() - _AROUND) : found.end() + _AROUND]}…"
        for channel, text in left
        for found in _PERSONAL.finditer(text)
    ]
