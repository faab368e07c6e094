"""The clients, made once in the life of a process, and what their failures mean to a caller."""

import os
from collections.abc import Callable
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from tessera.refusals import Unavailable

# A function behind the API has 20 seconds: three attempts of two leave room for an answer that helps.
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

_PASSING = {
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
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
    """Call AWS.

    Raises:
        Unavailable: it did not answer, or asks to come back later.
        StaleError: a condition did not hold, or another transaction was at the same items.
    """
    try:
        return operation(**parameters)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
        if code == "ConditionalCheckFailedException" or reasons & {"ConditionalCheckFailed", "TransactionConflict"}:
            found: Any = error.response.get("Item")
            raise StaleError(found) from None
        if code in _PASSING or reasons & {"ThrottlingError", "ProvisionedThroughputExceeded"}:
            raise Unavailable(code) from error
        raise
    except BotoCoreError as error:
        raise Unavailable(type(error).__name__) from error


def name_of(variable: str) -> str:
    """Answer the name of a table, or the address of a queue, that the template gives the function."""
    return os.environ[variable]
