"""Moving: the member's days are those of another zone from now on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tessera import streaks
from tessera.refusals import Conflict

if TYPE_CHECKING:
    from tessera.journal import Journal


def move(journal: Journal, zone: str) -> None:
    """Move the member to a zone that exists; to be in it already is no entry.

    Raises:
        Conflict: the account is closed.
    """
    member = journal.member
    if zone == member.time_zone:
        return
    if member.standing == "closed":
        raise Conflict("member_closed", "The account is closed, and that is for good.")
    journal.change(time_zone=zone, sign_in=streaks.moved(member.sign_in, member.time_zone, journal.now))
    journal.book("move", detail={"from": member.time_zone, "to": zone})
