"""Entries of the ledger as items and back, as the table keeps them and as its stream hands them on.

They are apart from the other records: who publishes entries reads nothing else, and starts without what those need.
"""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from tessera.instants import parse_instant, write_instant
from tessera.journal import Entry
from tessera.store.attributes import fields

SCHEMA = 1


def from_entry(entry: Entry) -> dict[str, object]:
    """Write an entry of the ledger."""
    return {
        "member_id": entry.member_id,
        "sequence": entry.sequence,
        "schema": SCHEMA,
        "kind": entry.kind,
        "at": write_instant(entry.at),
        "recorded_at": write_instant(entry.recorded_at),
        "points": entry.points,
        "growth": entry.growth,
        "points_balance": entry.points_balance,
        "rules": entry.rules,
        "programme_version": entry.programme_version,
        "source": entry.source,
        "detail": entry.detail,
        "previous_hash": entry.previous_hash,
        "hash": entry.hash,
    }


def to_entry(stored: Mapping[str, Any]) -> Entry:
    """Read an entry of the ledger; its stored hash is for those who verify, and is not read here."""
    return Entry(
        member_id=stored["member_id"],
        sequence=stored["sequence"],
        kind=stored["kind"],
        at=parse_instant(stored["at"]),
        recorded_at=parse_instant(stored["recorded_at"]),
        points=stored["points"],
        growth=stored["growth"],
        points_balance=stored["points_balance"],
        rules=tuple(stored["rules"]),
        programme_version=stored["programme_version"],
        source=stored["source"],
        detail=stored["detail"],
        previous_hash=stored["previous_hash"],
    )


def from_stream(record: Mapping[str, Any]) -> Entry:
    """Read the entry that a record of the ledger's stream says was put.

    Raises:
        KeyError: the record is of no entry that this version knows.
    """
    stored = fields(record["dynamodb"]["NewImage"])
    # Lambda hands records on as JSON, which has no bytes: they come in base64.
    return to_entry(stored | {"previous_hash": b64decode(stored["previous_hash"])})
