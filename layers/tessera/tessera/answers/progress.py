"""How far a member is from a tier, on the card and in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from tessera import conditions

if TYPE_CHECKING:
    from tessera.conditions import Progress


class Needs(TypedDict, total=False):
    """What is missing to a tier, by what it asks for: on the way on which the greatest share is done already."""

    growth: int
    spend: int
    orders: int
    active_days: int
    tenure: int


class Next(TypedDict):
    """The next tier that can be earned."""

    id: str
    needs: Needs


class Keep(TypedDict):
    """What keeps the tier that is earned, counting what will still count at its review, and by when."""

    by: str
    needs: Needs


def needs(progress: Progress | None) -> Needs:
    """Write what is missing to a tier; nothing is where there is no progress to make."""
    written: Needs = {}
    for measure, missing in (conditions.missing(progress) if progress else {}).items():
        written[measure] = missing
    return written
