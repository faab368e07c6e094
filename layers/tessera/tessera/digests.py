"""The digest of a bucket: the head of every member's chain, as verified one night and attested to by the next.

A chain proves that its entries belong together, not that they are the first ones: whoever may write the ledger can
write a whole chain anew. A head that was put where nobody can change it tells the two apart: the entry with that number
must have that hash for ever.

A member takes some 110 bytes: with ten million members the digest of a bucket has 270 KB.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tessera.instants import parse_instant, write_instant
from tessera.verification import Head

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The heads of a bucket's members, by member id, and the instant of the night on which they were verified."""

    bucket: int
    as_of: datetime
    heads: Mapping[str, Head]


def renewed(earlier: Digest | None, bucket: int, as_of: datetime, verified: Mapping[str, Head]) -> Digest:
    """Make tonight's digest of what was verified.

    Whoever is not among `verified`, because something does not add up or they are gone, keeps the head of the earlier
    digest: so it shows again the next time, until a person has looked.
    """
    heads = {**(earlier.heads if earlier else {}), **verified}
    return Digest(bucket=bucket, as_of=as_of, heads=heads)


def write(digest: Digest) -> str:
    """Write a digest as JSON: `members` lists `[member_id, sequence, hash in hexadecimal]`, by member id."""
    members = [[member_id, head.sequence, head.hash.hex()] for member_id, head in sorted(digest.heads.items())]
    content = {
        "schema_version": SCHEMA,
        "bucket": digest.bucket,
        "as_of": write_instant(digest.as_of),
        "members": members,
    }
    return json.dumps(content, separators=(",", ":"))


def read(text: str) -> Digest:
    """Read what `write` wrote.

    Raises:
        ValueError: it is of another version.
    """
    content = json.loads(text)
    if content["schema_version"] != SCHEMA:
        message = f"a digest of version {content['schema_version']} cannot be read"
        raise ValueError(message)
    heads = {member_id: Head(sequence, bytes.fromhex(hash_)) for member_id, sequence, hash_ in content["members"]}
    return Digest(bucket=content["bucket"], as_of=parse_instant(content["as_of"]), heads=heads)
