"""Promotion when the programme has changed: what is there already may be enough now. Nobody loses what they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tessera import measures, tiers
from tessera.history import rebuild
from tessera.instants import local_day

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tessera.journal import Entry, Journal


def reevaluate(journal: Journal, entries: Iterable[Entry]) -> None:
    """Let a member have the tier that the programme in force gives them for what they did under earlier ones.

    The programme may ask for what was not kept, or for longer than it was kept: so that is made anew from the ledger,
    once for each version.

    Args:
        journal: the member's, settled.
        entries: all of the member's, from the first; they are taken only if they are needed.
    """
    member, programme, ladder = journal.member, journal.programme, journal.ladder
    if not tiers.is_tallied(member, programme):
        rebuilt = rebuild(member, [*entries, *journal.entries], programme)
        today = local_day(journal.now, programme.zone)
        journal.change(tallies=measures.trimmed(rebuilt.tallies, ladder, today), tallied_under=programme.version)
        if journal.counts_growth_by_day:
            journal.change(growth_days=tiers.counting(rebuilt.growth_days, ladder, today))
    if change := tiers.promotion(journal.member, programme, journal.now):
        journal.book_tier("tier_change", change)
