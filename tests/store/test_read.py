"""Reading keeps asking for what DynamoDB left unread, within limits."""

from collections.abc import Iterator
from typing import Any

import pytest

from tessera.refusals import Unavailable
from tessera.store import client
from tessera.store.read import read
from tests.app import App


@pytest.fixture
def leave_unread(app: App) -> Iterator[list[int]]:
    """Let DynamoDB leave all keys unread as often as the list says."""
    times = [0]

    def answer(params: dict[str, Any], **_: object) -> None:
        asked.append(params)

    def leave(parsed: dict[str, Any], **_: object) -> None:
        if times[0] > 0:
            times[0] -= 1
            parsed |= {"Responses": {}, "UnprocessedKeys": asked[-1]["RequestItems"]}

    asked: list[dict[str, Any]] = []
    events = client.DYNAMODB.meta.events
    events.register("provide-client-params.dynamodb.BatchGetItem", answer)
    events.register("after-call.dynamodb.BatchGetItem", leave)
    yield times
    events.unregister("provide-client-params.dynamodb.BatchGetItem", answer)
    events.unregister("after-call.dynamodb.BatchGetItem", leave)


def test_what_was_left_unread_is_asked_for_again(app: App, leave_unread: list[int]) -> None:
    member_id = app.enrol()
    leave_unread[0] = 2
    assert read(member=member_id).members.keys() == {member_id}


def test_who_is_busy_all_the_time_is_unavailable(app: App, leave_unread: list[int]) -> None:
    leave_unread[0] = 99
    with pytest.raises(Unavailable):
        read(member="m_1")
