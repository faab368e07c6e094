"""Bulk codes: sixteen characters, each of which brings one coupon, made and kept in parts of a thousand.

A code is 80 bits. The first 20 number its part, so that it is known where to look; the other 60 are drawn by
HMAC-SHA-256 from a secret of the job that makes the part. So a part that is made twice has the same codes, and one that
is guessed is right once in 10^15 times. What is kept of a code is a part of its SHA-256, from which it cannot be read.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from itertools import count

PART_CODES = 1000
"""Codes in a part."""
PARTS = 2**20
"""How many parts there can ever be."""
SECRET_BYTES = 32
"""Random bytes from which a job's codes are drawn."""
DIGEST_BYTES = 8
"""What is kept of the hash of a code."""

LENGTH = 16
"""Characters in a code."""
_GROUP = 4
_DRAWN_BITS = 60
_DRAWN = 2**_DRAWN_BITS - 1
_CODE_BYTES = 10

_RFC_4648 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: digits and letters without I, L, O and U, so that none looks like another."""
_LOOK_ALIKES = {"O": "0", "I": "1", "L": "1"}
_SHOWN = bytes.maketrans(_RFC_4648.encode(), ALPHABET.encode())
_READ = str.maketrans(
    dict(zip(ALPHABET, _RFC_4648, strict=True))
    | {typed: _RFC_4648[ALPHABET.index(meant)] for typed, meant in _LOOK_ALIKES.items()}
)
_TYPED = frozenset(ALPHABET) | _LOOK_ALIKES.keys()


def make(secret: bytes, part: int, number: int) -> list[str]:
    """Make the codes of a part: the same ones, whenever it is made from the same secret.

    Args:
        secret: `SECRET_BYTES` random bytes.
        part: the number of the part, from 0.
        number: how many, up to `PART_CODES`.
    """
    drawn = (_draw(secret, part, place) for place in count())
    codes: dict[str, None] = {}
    while len(codes) < number:
        codes[next(drawn)] = None
    return list(codes)


def read(text: str) -> str | None:
    """Read a code as somebody typed it: in either case, with dashes and spaces or without; None if it is none.

    The letters O, I and L stand for the digits that they look like.
    """
    typed = "".join(text.upper().replace("-", " ").split())
    if len(typed) != LENGTH or not _TYPED.issuperset(typed):
        return None
    return _write(base64.b32decode(typed.translate(_READ)))


def show(code: str) -> str:
    """Write a code for people: in groups of four."""
    return "-".join(code[first : first + _GROUP] for first in range(0, LENGTH, _GROUP))


def part_of(code: str) -> int:
    """Answer the number of the part that a code would be of."""
    return int.from_bytes(base64.b32decode(code.translate(_READ))) >> _DRAWN_BITS


def digests(codes: Iterable[str]) -> bytes:
    """Answer what is kept of the codes of a part: the beginnings of their hashes, in order of size."""
    return b"".join(sorted(map(_digest, codes)))


def is_among(code: str, kept: bytes) -> bool:
    """Say whether a code is one of those of which this is kept."""
    wanted = _digest(code)
    return any(kept[first : first + DIGEST_BYTES] == wanted for first in range(0, len(kept), DIGEST_BYTES))


def parts_for(number: int) -> int:
    """Answer how many parts so many codes take."""
    return -(-number // PART_CODES)


def _draw(secret: bytes, part: int, place: int) -> str:
    drawn = hmac.digest(secret, f"{part}:{place}".encode(), "sha256")
    number = part << _DRAWN_BITS | int.from_bytes(drawn) & _DRAWN
    return _write(number.to_bytes(_CODE_BYTES))


def _write(number: bytes) -> str:
    return base64.b32encode(number).translate(_SHOWN).decode()


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()[:DIGEST_BYTES]
