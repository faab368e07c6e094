"""What operators are answered about a member."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from tessera.instants import write_instant

if TYPE_CHECKING:
    from tessera.outlook import Outlook


class Standing(TypedDict):
    """A member's standing."""

    standing: str


class Placed(TypedDict):
    """The tier that a member is on, and until when. `placed` says that an operator has lent it."""

    tier: str
    until: str | None
    placed: bool


class Tags(TypedDict):
    """What operators have marked a member with."""

    tags: list[str]


def placed(seen: Outlook) -> Placed:
    """Write which tier a member is on."""
    until = write_instant(seen.until) if seen.until else None
    return {"tier": seen.tier.id, "until": until, "placed": seen.lent}
