"""Who a member is: an identity is an issuer and a subject, and the member's id is derived from it.

So `me` needs no look-up, and enrolling twice meets the same member.
"""

import base64
import hashlib
from dataclasses import dataclass
from functools import lru_cache

SHOP = "shop"
"""The issuer of a shop's own customer numbers."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody, as named by an issuer: a token's `iss` and `sub`, or `shop` and a customer number."""

    issuer: str
    subject: str

    @property
    def member_id(self) -> str:
        """The id of the member who enrols with this identity: 130 bits of a hash, so none can be guessed or met."""
        return "m_" + short_hash(self.issuer, self.subject)


SHARDS = 16
"""Partitions of each index of due work: enough for 16 000 writes a second, few enough to ask all of them each night."""


def shard(key: str) -> int:
    """Spread keys evenly over the shards."""
    return hashlib.sha256(key.encode()).digest()[0] % SHARDS


BUCKETS = 4096
"""Parts into which members fall for good, whatever their number: what is verified, and attested, at a time.

With ten million members a bucket has some 2 440. Changing the number would move members to other buckets than the ones
that have attested to them.
"""


def bucket(member_id: str) -> int:
    """Answer the bucket of a member: even, and the same for ever."""
    return int.from_bytes(hashlib.sha256(member_id.encode()).digest()[:2], "big") % BUCKETS


@lru_cache(maxsize=1024)
def short_hash(*parts: str) -> str:
    """Name a sequence of strings by 26 characters (130 bits) of its SHA-256; no two sequences share their encoding."""
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode().lower()[:26]
