"""Digests: an object for each bucket of members, a new version each time, which nobody can change or remove."""

import functools
from typing import Any

from tessera import digests
from tessera.digests import Digest
from tessera.store.client import CONFIG, SESSION, call, name_of


class DigestDeleted(Exception):  # noqa: N818 - no error of the store: it is what somebody did
    """The digest was there, and somebody has deleted it. Its versions are still there."""


def latest(bucket: int) -> Digest | None:
    """Read the last digest of a bucket; None if there never was one.

    Raises:
        DigestDeleted: there was one.
        Unavailable: the store did not answer.
    """
    s3 = _s3()
    try:
        answer = call(s3.get_object, Bucket=name_of("DIGESTS_BUCKET"), Key=_key(bucket))
    except s3.exceptions.NoSuchKey as error:
        # With a version history, deleting an object hides it behind a marker, which the answer tells.
        if error.response["ResponseMetadata"]["HTTPHeaders"].get("x-amz-delete-marker") == "true":
            raise DigestDeleted from None
        return None
    return digests.read(call(answer["Body"].read).decode())


def put(digest: Digest) -> None:
    """Write the digest of a bucket as its newest version, locked for as long as the S3 bucket's rule says.

    Raises:
        Unavailable: the store did not answer; writing it again does no harm.
    """
    call(
        _s3().put_object,
        Bucket=name_of("DIGESTS_BUCKET"),
        Key=_key(digest.bucket),
        Body=digests.write(digest).encode(),
        ContentType="application/json",
        ChecksumAlgorithm="SHA256",  # S3 takes nothing that it is to lock without a checksum
    )


def _key(bucket: int) -> str:
    return f"heads/{bucket:04}.json"


@functools.cache
def _s3() -> Any:
    # Made when it is used: a client costs a start a tenth.
    return SESSION.create_client("s3", config=CONFIG)
