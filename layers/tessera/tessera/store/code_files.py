"""Files of codes: for whoever prints or sends them, for as long as the bucket keeps them."""

import functools
from collections.abc import Iterable
from typing import Any

from tessera.store.client import LINK_CONFIG, SESSION, call, name_of

LINK_SECONDS = 900
"""How long a link to a file is good."""


def put(job_id: str, file: int, codes: Iterable[str]) -> None:
    """Write a file, a code in a line. A file that is made twice is the same.

    Raises:
        Unavailable: the store did not answer; writing it again does no harm.
    """
    call(
        _s3().put_object,
        Bucket=name_of("CODES_BUCKET"),
        Key=_key(job_id, file),
        Body="".join(f"{code}\n" for code in codes).encode(),
        ContentType="text/plain; charset=us-ascii",
    )


def link(job_id: str, file: int) -> str:
    """Answer an address at which a file can be fetched for `LINK_SECONDS` by whoever has the address."""
    address: str = _s3().generate_presigned_url(
        "get_object",
        Params={"Bucket": name_of("CODES_BUCKET"), "Key": _key(job_id, file)},
        ExpiresIn=LINK_SECONDS,
    )
    return address


def _key(job_id: str, file: int) -> str:
    return f"codes/{job_id}/{file + 1:04}.txt"


@functools.cache
def _s3() -> Any:
    # Made when it is used: a client costs a start a tenth.
    return SESSION.create_client("s3", config=LINK_CONFIG)
