"""Verifying a bucket: each of its members against what was attested, and what is attested the next time.

With ten million members a night has 147 buckets of some 2 440 members. Verifying one takes three or four reads of
DynamoDB, some 40 milliseconds: a bucket takes a minute or two of the five that its message has, and the night half an
hour with ten buckets at a time. Members with 120 milliseconds' worth of history each are the limit.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tessera.digests import renewed
from tessera.reconciliation import read
from tessera.service.verification import verify_member
from tessera.store import digests
from tessera.store.buckets import members_of
from tessera.verification import Head, Mismatch


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not add up; without a member if it is the digest itself."""

    member_id: str | None
    mismatch: Mismatch


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What became of a bucket: how many members were looked at, and what does not add up."""

    bucket: int
    members: int
    findings: list[Finding]


def verify_bucket(body: str) -> Reconciled:
    """Verify the members of a bucket against its last digest, and write the next.

    What does not add up stops nothing: the others are verified all the same, and the digest is written without it.
    Doing it twice does no harm.

    Raises:
        ValueError: the message is none.
        Unavailable: a store did not answer; try again.
    """
    due = read(body)
    try:
        earlier = digests.latest(due.bucket)
    except digests.DigestDeleted:
        # Nothing is written over the deletion: it shows every time until somebody has undone it.
        findings, heads = _verify(due.bucket, {})
        return Reconciled(due.bucket, len(findings) + len(heads), [_DELETED, *findings])
    findings, heads = _verify(due.bucket, earlier.heads if earlier else {})
    digest = renewed(earlier, due.bucket, due.as_of, heads)
    if digest.heads:
        digests.put(digest)
    return Reconciled(due.bucket, len(findings) + len(heads), findings)


def _verify(bucket: int, attested: Mapping[str, Head]) -> tuple[list[Finding], dict[str, Head]]:
    """Verify a bucket's members, and those who are attested to, whether the index still lists them or not."""
    findings, heads = [], {}
    for member_id in sorted({*members_of(bucket), *attested}):
        found = _head_or_mismatch(member_id, attested.get(member_id))
        if isinstance(found, Mismatch):
            findings.append(Finding(member_id, found))
        else:
            heads[member_id] = found
    return findings, heads


def _head_or_mismatch(member_id: str, attested: Head | None) -> Head | Mismatch:
    found = _look(member_id, attested)
    # Reads are no transaction: who acts while they are looked at may seem not to add up. What is wrong stays wrong.
    return _look(member_id, attested) if isinstance(found, Mismatch) else found


def _look(member_id: str, attested: Head | None) -> Head | Mismatch:
    verified = verify_member(member_id, attested, orders=True)
    if verified is None:
        return Mismatch(check="gone", sequence=None, detail="The member is gone.")
    return verified.mismatch or Head(verified.entries, verified.head)


_DELETED = Finding(None, Mismatch(check="digest", sequence=None, detail="Somebody has deleted the bucket's digest."))
