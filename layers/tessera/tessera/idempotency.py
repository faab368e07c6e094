"""`Idempotency-Key`: the same key with the same body gets the first answer, byte for byte, for ever."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import ClassVar, Literal

from tessera.identities import short_hash
from tessera.refusals import Conflict, Unreadable

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The record of a request that was answered with success. Refusals are not kept: they may be tried again."""

    RECORD: ClassVar[Literal["answer"]] = "answer"
    key: str
    body_hash: str
    body: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """A request under a key: what its answer is stored as, and what its body must be when it comes again."""

    key: str
    body_hash: str

    def answered(self, body: str) -> Answer:
        """Make the record of its answer."""
        return Answer(key=self.key, body_hash=self.body_hash, body=body)

    def replay(self, earlier: Answer) -> Answer:
        """Answer a repeat.

        Raises:
            Conflict: the key was used with another body.
        """
        if earlier.body_hash != self.body_hash:
            raise Conflict("idempotency_key_reused", "This Idempotency-Key came with another body before.")
        return earlier


def request(caller: str, method: str, path: str, header: str | None, body: object) -> Request | None:
    """Read an `Idempotency-Key`; None if the client sent none.

    Args:
        caller: who sends it, as issuer and subject: keys of two callers never meet.
        method: the HTTP method.
        path: the path that was called.
        header: what the header says.
        body: the parsed body.

    Raises:
        Unreadable: it is not 1 to 255 visible ASCII characters.
    """
    if header is None:
        return None
    if not _KEY.fullmatch(header):
        raise Unreadable("bad_idempotency_key", "Idempotency-Key must be 1 to 255 visible ASCII characters.")
    return Request(f"answer:{short_hash(caller, method, path, header)}", body_hash(body))


def body_hash(body: object) -> str:
    """Tell two bodies apart, whatever the order of their fields."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:40]
