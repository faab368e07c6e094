"""What AWS asks: list prices of US East (N. Virginia) in July 2025, without free tiers and discounts.

From https://aws.amazon.com/dynamodb/pricing/on-demand/ (those since November 2024),
https://aws.amazon.com/lambda/pricing/ (Arm), https://aws.amazon.com/api-gateway/pricing/ (HTTP APIs, the first 300
million a month) and https://aws.amazon.com/sqs/pricing/ (standard queues). Prices differ by region.
"""

WRITE_UNIT = 0.625
"""Dollars for a million, as all prices here."""
READ_UNIT = 0.125
"""Of a consistent read of 4 KB; another read is half a unit."""
HTTP_REQUEST = 1.00
INVOCATION = 0.20
GIGABYTE_SECOND = 13.3334
QUEUE_REQUEST = 0.40

INVOCATION_GIGABYTES = 0.5
"""The memory of the functions in template.yaml."""
INVOCATION_SECONDS = 0.05
"""How long an invocation is taken to be: an assumption, for nothing here has run on Lambda."""
REQUESTS_OF_A_MESSAGE = 3
"""Sending, receiving and deleting it."""


def dollars(*, write_units: float, read_units: float, http_requests: int, messages: int) -> float:
    """Answer what a million of something cost.

    Args:
        write_units: consumed by one.
        read_units: consumed by one.
        http_requests: that one takes, each of which invokes a function.
        messages: that one sends to a queue, each of which invokes a function.
    """
    invocation = INVOCATION + INVOCATION_GIGABYTES * INVOCATION_SECONDS * GIGABYTE_SECOND
    return (
        write_units * WRITE_UNIT
        + read_units * READ_UNIT
        + http_requests * (HTTP_REQUEST + invocation)
        + messages * (REQUESTS_OF_A_MESSAGE * QUEUE_REQUEST + invocation)
    )
