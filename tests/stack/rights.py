"""What the local AWS lets somebody do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

DENIED = {"AccessDenied", "AccessDeniedException"}


def denied(call: Callable[[], object]) -> bool:
    """Say whether the local AWS refuses a call for want of a right."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] in DENIED:
            return True
        raise
    return False
