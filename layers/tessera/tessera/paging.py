"""Cursors: where a list goes on. A cursor is good for the list that it was made for, and for nobody else's."""

import base64

from tessera.identities import short_hash
from tessera.refusals import Unreadable

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
_CHECK_LENGTH = 8
_LONGEST = 64
_MOST_DIGITS = 18


def cursor(of: str, position: str) -> str:
    """Make the cursor of a list, `of` whose it is and which, that goes on behind `position`."""
    return base64.urlsafe_b64encode((_check(of, position) + position).encode()).decode().rstrip("=")


def position(of: str, text: str | None) -> str | None:
    """Read a cursor; None at the beginning of the list.

    Raises:
        Unreadable: it was not made by `cursor`, or for another list.
    """
    if text is None:
        return None
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True).decode("ascii")
    except ValueError:
        content = ""
    check, position = content[:_CHECK_LENGTH], content[_CHECK_LENGTH:]
    if not 0 < len(position) <= _LONGEST or check != _check(of, position):
        raise _no_such_cursor()
    return position


def number(of: str, text: str | None) -> int | None:
    """Read a cursor of a list whose positions are numbers; None at the beginning of the list.

    Raises:
        Unreadable: it was not made by `cursor`, or for another list.
    """
    digits = position(of, text)
    if digits is None:
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS):
        raise _no_such_cursor()
    return int(digits)


def limit(text: str | None) -> int:
    """Read how many items a page may have.

    Raises:
        Unreadable: it is no number from 1 to 100.
    """
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_LIMIT)) and 1 <= int(text) <= MAX_LIMIT):
        raise Unreadable("bad_limit", f"limit must be a number from 1 to {MAX_LIMIT}.")
    return int(text)


def _check(of: str, position: str) -> str:
    return short_hash(of, position)[:_CHECK_LENGTH]


def _no_such_cursor() -> Unreadable:
    return Unreadable("bad_cursor", "The cursor is none that this list has given.")
