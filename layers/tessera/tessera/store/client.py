"""The clients, made once in the life of a process, and what their failures mean to a caller."""

import os
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NoReturn

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from tessera.refusals import Unavailable
from tessera.time_left import seconds_left

LONGEST_CALL = 12
"""Seconds: three attempts, each a second to connect and two to read, with pauses of one second and of two between."""

_TO_ANSWER = 1
"""Seconds in which a function says that it could not do its work."""

CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    tcp_keepalive=True,
    retries={"mode": "standard", "total_max_attempts": 3},
)

# Without saying so, links to objects are signed in the old way, which younger regions and keys of KMS do not take.
LINK_CONFIG = CONFIG.merge(Config(signature_version="s3v4"))

# botocore's own session makes the same clients as boto3 does, without the transfer manager that boto3 imports for S3.
SESSION = get_session()

DYNAMODB: Any = SESSION.create_client("dynamodb", config=CONFIG)

_IN_THE_WAY = "TransactionConflictException"
"""A write of one item met a transaction at that item, and wrote nothing. botocore does not try it again."""

_PAUSES = (0.02, 0.05, 0.1, 0.2)
"""Seconds to wait for such a transaction, which takes some milliseconds, before each further attempt."""

_PASSING = {
    _IN_THE_WAY,
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionInProgressException",
}


class StaleError(Exception):
    """What was read has changed since, or is being changed: read again and decide again."""

    def __init__(self, found: dict[str, Any] | None = None) -> None:
        """Keep the item that did not meet the condition, where it was asked for."""
        super().__init__()
        self.found = found


def call(operation: Callable[..., Any], **parameters: Any) -> Any:
    """Call AWS; what a transaction is in the way of is tried again for a moment.

    Raises:
        Unavailable: it did not answer, or asks to come back later; or too little time is left to wait for that.
        StaleError: a condition did not hold, or another transaction was at the same items.
    """
    pauses = iter(_PAUSES)
    while True:
        if seconds_left() < LONGEST_CALL + _TO_ANSWER:
            raise Unavailable("no time left")
        try:
            return operation(**parameters)
        except ClientError as error:
            pause = next(pauses, None) if _code(error) == _IN_THE_WAY else None
            if pause is None:
                _refuse(error)
        except BotoCoreError as error:
            raise Unavailable(type(error).__name__) from error
        time.sleep(pause)


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def _refuse(error: ClientError) -> NoReturn:
    """Raise what an error of AWS means to a caller; what is a fault of ours, as it came."""
    code = _code(error)
    reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
    if code == "ConditionalCheckFailedException" or reasons & {"ConditionalCheckFailed", "TransactionConflict"}:
        found: Any = error.response.get("Item")
        raise StaleError(found) from None
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    passing = code in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if passing or reasons & {"ThrottlingError", "ProvisionedThroughputExceeded"}:
        raise Unavailable(code) from error
    raise error


def name_of(variable: str) -> str:
    """Answer the name of a table, or the address of a queue, that the template gives the function."""
    return os.environ[variable]
