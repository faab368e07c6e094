"""What AWS asks: list prices of US East (N. Virginia) in July 2025, without free tiers and discounts.

From https://aws.amazon.com/dynamodb/pricing/on-demand/ (those since November 2024),
https://aws.amazon.com/lambda/pricing/ (Arm), https://aws.amazon.com/api-gateway/pricing/ (HTTP APIs, the first 300
million a month), https://aws.amazon.com/sqs/pricing/ (standard queues), https://aws.amazon.com/eventbridge/pricing/ and
https://aws.amazon.com/cloudwatch/pricing/. Prices differ by region.
"""

WRITE_UNIT = 0.625
"""Dollars for a million, as all prices of what is done."""
READ_UNIT = 0.125
"""Of a consistent read of 4 KB; another read is half a unit."""
HTTP_REQUEST = 1.00
INVOCATION = 0.20
GIGABYTE_SECOND = 13.3334
QUEUE_REQUEST = 0.40
EVENT = 1.00

STORED_GIGABYTE = 0.25
"""Dollars a month, of DynamoDB."""
RECOVERABLE_GIGABYTE = 0.20
"""Dollars a month, for recovery to any point in time."""
LOGGED_GIGABYTE = 0.50
"""Dollars, once."""
METRIC = 0.30
"""Dollars a month, of one of our own."""
ALARM = 0.10
"""Dollars a month."""

INVOCATION_GIGABYTES = 0.5
"""The memory of the functions in template.yaml."""
INVOCATION_SECONDS = 0.05
"""How long an invocation is taken to be where its duration is not measured."""
REQUESTS_OF_A_MESSAGE = 3
"""Sending, receiving and deleting it."""


def dollars(
    *,
    write_units: float,
    read_units: float,
    http_requests: float,
    messages: float,
    events: float = 0,
    seconds: float | None = None,
) -> float:
    """Answer what a million of something cost.

    Args:
        write_units: consumed by one.
        read_units: consumed by one.
        http_requests: that one takes, each of which invokes a function.
        messages: that one sends to a queue, each of which invokes a function.
        events: that one puts on the bus, each after an invocation by the ledger's stream.
        seconds: that all invocations of one take together; None is `INVOCATION_SECONDS` for each.
    """
    invocations = http_requests + messages + events
    lasting = INVOCATION_SECONDS * invocations if seconds is None else seconds
    return (
        write_units * WRITE_UNIT
        + read_units * READ_UNIT
        + http_requests * HTTP_REQUEST
        + messages * REQUESTS_OF_A_MESSAGE * QUEUE_REQUEST
        + events * EVENT
        + invocations * INVOCATION
        + lasting * INVOCATION_GIGABYTES * GIGABYTE_SECOND
    )
