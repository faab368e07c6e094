"""Members to fill a store with: regulars whose terms end evenly over the year that begins at `START`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tessera.member import TierHeld
from tessera.programme import load
from tessera.settlement import due_at
from tessera.store.attributes import item
from tessera.store.member_items import from_member
from tests.app import member_id
from tests.budgets.regular import AFTER_A_YEAR, after_a_year

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from tessera.member import Member

START = AFTER_A_YEAR + timedelta(days=2)
ONE_FALLS, ONE_KEEPS = START - timedelta(days=2), START - timedelta(days=1)
"""Nights on each of which one more member is due: the measure of what a night costs in any case."""
YEAR = timedelta(days=365)
_AT_ONCE = 25
"""Items that DynamoDB takes in one call."""
_FALLING_KEEP = 10
"""One in so many days of growth is left to those who are going to fall."""


def members(number: int) -> Iterator[Member]:
    """Make so many members, half of whom have earned their tier again when the term ends, and two to measure by."""
    falls, keeps = _falls_and_keeps()
    yield _due(falls, "falls", ONE_FALLS)
    yield _due(keeps, "keeps", ONE_KEEPS)
    for i in range(number):
        until = START + timedelta(seconds=int(YEAR.total_seconds()) * i // number)
        yield _due(keeps if i % 2 else falls, f"member {i}", until)


def _falls_and_keeps() -> tuple[Member, Member]:
    """Make two regulars: one whose growth earns the tier no longer, one whose growth does."""
    regular = after_a_year(load.PACKAGED)
    few_days = {day: growth for i, (day, growth) in enumerate(regular.growth_days.items()) if not i % _FALLING_KEEP}
    return replace(regular, growth_days=few_days), regular


def _due(member: Member, name: str, until: datetime) -> Member:
    """Give a member a name, and a term that ends at `until`."""
    tier = TierHeld(id=member.tier.id, since=until - YEAR, until=until)
    return replace(member, member_id=member_id(name), tier=tier)


def fill(dynamodb: DynamoDBClient, table: str, number: int) -> None:
    """Write so many members to a table."""
    requests: list[Any] = []
    for member in members(number):
        requests.append({"PutRequest": {"Item": item(from_member(member, due_at(member, load.in_force())))}})
        if len(requests) == _AT_ONCE:
            _write(dynamodb, table, requests)
            requests = []
    if requests:
        _write(dynamodb, table, requests)


def _write(dynamodb: DynamoDBClient, table: str, requests: list[Any]) -> None:
    left = dynamodb.batch_write_item(RequestItems={table: requests})["UnprocessedItems"]
    if left:
        message = f"{len(left)} items were not taken"
        raise RuntimeError(message)
