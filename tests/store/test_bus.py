"""Putting on the bus: in calls that EventBridge takes."""

from typing import Any

import pytest

from tessera.entry_events import Event, booked
from tessera.store import bus
from tests.app import App
from tests.factories import opened


class Listening:
    """An EventBridge that takes everything, and remembers the calls."""

    def __init__(self) -> None:
        self.calls: list[list[dict[str, Any]]] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.calls.append(Entries)
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in Entries]}


@pytest.fixture
def listening(app: App, monkeypatch: pytest.MonkeyPatch) -> Listening:
    events = Listening()
    monkeypatch.setattr(bus, "EVENTS", events)
    monkeypatch.setenv("EVENT_BUS", "tessera")
    return events


def event(size: int = 0) -> Event:
    """Make an event whose rules have so many bytes, two a character."""
    journal = opened()
    journal.book("welcome", rules=("é" * (size // 2),))
    return booked(journal.entries[0])


def test_nothing_needs_no_call(listening: Listening) -> None:
    assert list(bus.put([])) == []
    assert listening.calls == []


def test_after_each_call_it_is_told_how_many_are_there(listening: Listening) -> None:
    assert list(bus.put([event()] * 21)) == [10, 20, 21]


def test_a_call_holds_no_more_than_a_quarter_of_a_megabyte(listening: Listening) -> None:
    assert list(bus.put([event(120_000)] * 3)) == [2, 3]


def test_what_is_too_large_for_any_call_goes_alone(listening: Listening) -> None:
    assert list(bus.put([event(), event(300_000), event()])) == [1, 2, 3]
