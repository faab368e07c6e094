"""Integers as few bytes: varints, seven bits a byte and low bits first."""

from collections.abc import Iterable, Iterator


def pack(numbers: Iterable[int]) -> bytes:
    """Write integers from 0 up."""
    out = bytearray()
    for number in numbers:
        left = number
        while left > 0x7F:  # noqa: PLR2004
            out.append(left & 0x7F | 0x80)
            left >>= 7
        out.append(left)
    return bytes(out)


def unpack(packed: bytes) -> Iterator[int]:
    """Read what `pack` wrote."""
    number = shift = 0
    for byte in packed:
        number |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
        else:
            yield number
            number = shift = 0
