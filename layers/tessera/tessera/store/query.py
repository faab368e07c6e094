"""Queries, page after page."""

from collections.abc import Iterator
from typing import Any

from tessera.store import client
from tessera.store.client import call


def query(**parameters: Any) -> Iterator[dict[str, Any]]:
    """Run a query to its end; a page is fetched when the one before has been taken."""
    while True:
        answer = call(client.DYNAMODB.query, **parameters)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        parameters["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
