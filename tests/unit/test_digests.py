"""A digest says the same when it is read as when it was written, and keeps what has not been verified."""

import json

import pytest

from tessera import digests
from tessera.digests import Digest, renewed
from tessera.verification import Head
from tests.factories import NOON

ALICE = Head(17, bytes(range(32)))
BOB = Head(3, b"\x05" * 32)
DIGEST = Digest(bucket=439, as_of=NOON, heads={"m_bob": BOB, "m_alice": ALICE})


def test_what_was_written_is_read_again() -> None:
    assert digests.read(digests.write(DIGEST)) == DIGEST


def test_its_members_are_listed_by_id() -> None:
    assert json.loads(digests.write(DIGEST)) == {
        "schema_version": 1,
        "bucket": 439,
        "as_of": "2026-03-02T12:00:00Z",
        "members": [["m_alice", 17, ALICE.hash.hex()], ["m_bob", 3, "05" * 32]],
    }


def test_one_of_a_later_version_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="version 2"):
        digests.read(digests.write(DIGEST).replace('"schema_version":1', '"schema_version":2'))


def test_who_was_not_verified_keeps_the_head_that_was_attested() -> None:
    longer, carol = Head(18, b"\x09" * 32), Head(1, b"\x01" * 32)
    after = renewed(DIGEST, 439, NOON, {"m_alice": longer, "m_carol": carol})
    assert after.heads == {"m_alice": longer, "m_bob": BOB, "m_carol": carol}
