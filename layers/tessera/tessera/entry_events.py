"""What leaves the product when an entry has been booked: one domain event, in a published shape.

The shape is written out here and not borrowed from the API's answers: whoever subscribes keeps events for years, so a
field may join it, and none may change or leave without a new `schema_version`. An entry's `detail` stays inside.
"""

from typing import Literal

from typing_extensions import TypedDict

from tessera.instants import write_instant
from tessera.journal import Entry
from tessera.statement import reason


class EntryBooked(TypedDict):
    """What is told of an entry: its line of the member's statement, and whose it is. No personal data."""

    schema_version: Literal[1]
    """The version of this shape. Fields may be added to it; one that changes or leaves makes a new version."""
    event_id: str
    """The event's permanent key, the same however often it comes: count it once. It is the `entry_id`."""
    member_id: str
    """Whose entry it is."""
    entry_id: str
    """The entry's name on the member's statement."""
    sequence: int
    """The entry's number among the member's, from 1 on without a gap: their order."""
    kind: str
    """What happened: `welcome`, `sign_in`, `purchase`, `refund` and more, to which later versions add."""
    at: str
    """When it happened; RFC 3339 in UTC, to the second."""
    recorded_at: str
    """When it was booked; RFC 3339 in UTC, to the second."""
    points: int
    """What the balance gained or, negative, lost."""
    growth: int
    """What counts towards the tier; negative for what no longer does."""
    points_balance: int
    """The booked balance after this entry."""
    reason: str
    """The entry explained in a sentence, for people: its words may change."""
    rules: list[str]
    """The programme's rules that made the entry."""
    programme_version: int
    """The version of the programme that these rules are of."""
    source: dict[str, str]
    """The ids of what caused it, such as `order_id`."""


Event = TypedDict(
    "Event",
    {"source": Literal["tessera"], "detail-type": Literal["entry.booked"], "time": str, "detail": EntryBooked},
)
"""An event, as far as the product makes it; the bus adds where it came from. `time` is when the entry was booked."""


def booked(entry: Entry) -> Event:
    """Tell of an entry. The same entry always makes the same event."""
    return {
        "source": "tessera",
        "detail-type": "entry.booked",
        "time": write_instant(entry.recorded_at),
        "detail": {
            "schema_version": 1,
            "event_id": entry.entry_id,
            "member_id": entry.member_id,
            "entry_id": entry.entry_id,
            "sequence": entry.sequence,
            "kind": entry.kind,
            "at": write_instant(entry.at),
            "recorded_at": write_instant(entry.recorded_at),
            "points": entry.points,
            "growth": entry.growth,
            "points_balance": entry.points_balance,
            "reason": reason(entry),
            "rules": list(entry.rules),
            "programme_version": entry.programme_version,
            "source": dict(entry.source),
        },
    }
