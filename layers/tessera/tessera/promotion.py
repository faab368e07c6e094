"""Promotion when the programme has changed: what is there already may be enough now. Nobody loses what they have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tessera import tiers
from tessera.history import rebuild

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tessera.journal import Entry, Journal
    from tessera.member import Member
    from tessera.programme.model import Programme


def tallied(member: Member, entries: Iterable[Entry], programme: Programme) -> Member:
    """Answer the member with all that the programme in force asks for, counted anew from the ledger.

    It may ask for what was not kept under earlier versions, or for longer than it was kept.

    Args:
        member: as stored.
        entries: all of the member's, from the first.
        programme: the programme in force.
    """
    rebuilt = rebuild(member, entries, programme)
    then = programme.of_version(member.tallied_under).ladder(member.account).growth.policy in tiers.BY_DAY
    growth = member.growth_days
    if programme.ladder(member.account).growth.policy in tiers.BY_DAY:
        growth = rebuilt.growth_days
    elif then and rebuilt.growth_days:
        growth = {min(rebuilt.growth_days): sum(rebuilt.growth_days.values())}
    return replace(member, tallies=rebuilt.tallies, growth_days=growth, tallied_under=programme.version)


def promote(journal: Journal) -> None:
    """Let a member have the tier that the programme in force gives them for what they did under earlier ones."""
    if change := tiers.promotion(journal.member, journal.programme, journal.now):
        journal.book_tier("tier_change", change)
