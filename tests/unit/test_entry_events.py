"""What is told of an entry: its line of the statement, under a permanent key, and nothing of how it was made inside."""

from datetime import timedelta

from tessera.answers import statement
from tessera.entry_events import booked
from tests.factories import NOON, buy, line, opened


def test_an_event_tells_what_the_statement_shows_and_whose_it_is() -> None:
    journal = opened()
    buy(journal, line(unit_price=20_000), placed_at=NOON - timedelta(hours=1))
    (entry,) = journal.entries

    event = booked(entry)

    assert (event["source"], event["detail-type"], event["time"]) == ("tessera", "entry.booked", "2026-03-02T12:00:00Z")
    told = {"schema_version": 1, "event_id": "e_1_1", "member_id": "m_1"}
    assert event["detail"] == told | statement.entry(entry)
    assert event["detail"]["at"] == "2026-03-02T11:00:00Z"


def test_every_entry_has_an_id_of_its_own_and_numbers_in_order() -> None:
    journal = opened()
    for _ in range(3):
        buy(journal)
        journal.now += timedelta(hours=1)
    events = [booked(entry)["detail"] for entry in journal.entries]
    assert [event["event_id"] for event in events] == ["e_1_1", "e_1_2", "e_1_3"]
    assert [event["sequence"] for event in events] == [1, 2, 3]


def test_what_an_entry_keeps_to_explain_itself_stays_inside() -> None:
    journal = opened()
    journal.book("welcome", detail={"inside": "kept"})
    assert "kept" not in str(booked(journal.entries[0]))
