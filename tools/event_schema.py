"""Writes the schema of the events that leave, from the product's own types: `make events`."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter, with_config

from tessera.entry_events import EntryBooked, Event, booked
from tessera.store.entries import from_stream
from tools.openapi import ROOT, Json, Untitled, text

DOCUMENT = ROOT / "docs" / "events" / "entry.booked.v1.json"
SAMPLE = ROOT / "events" / "entry_events.json"

DESCRIPTION = """\
An entry was booked on a member's ledger. This is what a rule of EventBridge matches and a target gets; beside what is \
required here an event has what the bus adds to every one: `version`, `id`, `account`, `region`, `resources`. Be ready \
for fields of `detail` and kinds of entries that are not known yet."""


def document() -> Json:
    """Make the schema, with the sample's last entry as its example."""
    # Pydantic takes what stands below a field for its description only where it is told to.
    with_config(use_attribute_docstrings=True)(EntryBooked)
    schema = TypeAdapter(Event).json_schema(mode="serialization", schema_generator=Untitled)
    properties = schema["properties"]
    properties["time"]["description"] = "When the entry was booked; RFC 3339 in UTC, to the second."
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "entry.booked",
        "description": DESCRIPTION,
        "examples": [example()],
    }


def example() -> Any:
    """Make the event of the sample's last entry."""
    return booked(from_stream(json.loads(SAMPLE.read_text(encoding="utf-8"))["Records"][-1]))


if __name__ == "__main__":
    DOCUMENT.write_text(text(document()), encoding="utf-8")
