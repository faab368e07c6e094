"""Runs: what a night or an evaluation has handed out in batches, and what has come of it so far.

Batches are numbered. What came of each is counted once, in the record of its chunk of a hundred; a chunk that is
complete is counted as a whole in the record of its run. So no record is written by everybody at once, and asking how
far a run is takes a read for the run and one for each chunk that is not complete.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from tessera.journal import Entry

CHUNK = 100
"""Batches that are counted together."""

_MOST_BATCHES = 10_000_000
"""Numbers set aside for each hand-out of a run: a quarter of a billion members."""

SETTLED, UNCHANGED, GIVEN_UP = "settled", "unchanged", "given_up"
_ENTRIES, _TIERS = "entries:", "tiers:"

Counts = dict[str, int]
"""How many members were settled or stayed as they were, entries by kind, changes of tier by from, to and reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOut:
    """What was handed out from the beginning to the end of one hand-out, or so far if it has not ended."""

    batches: int = 0
    members: int = 0
    refunds: int = 0
    ended_at: datetime | None = None

    @property
    def ended(self) -> bool:
        """Whether all of it was handed out."""
        return self.ended_at is not None

    def with_batches(self, batches: int, *, members: int = 0, refunds: int = 0) -> HandOut:
        """Add batches that were handed out."""
        return replace(
            self,
            batches=self.batches + batches,
            members=self.members + members,
            refunds=self.refunds + refunds,
        )

    def chunks(self) -> range:
        """Answer the chunks, from 0, that its batches are counted in; of one that goes on, the next may have begun."""
        return range(-(-self.batches // CHUNK) if self.ended else self.batches // CHUNK + 1)

    def free_places(self) -> frozenset[int]:
        """Answer the places of the last chunk that no batch takes."""
        return frozenset(range(self.batches % CHUNK, CHUNK)) if self.batches % CHUNK else frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """A run of the nightly function: `as_of` is its event's time, by which one that is repeated is known."""

    night_id: str
    as_of: datetime
    hand_outs: tuple[HandOut, ...] = ()
    """One for each time that the function has run for this night."""
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestNights:
    """The ids of the latest nights, newest first."""

    night_ids: tuple[str, ...] = ()
    version: int = 0

    def with_night(self, night_id: str) -> LatestNights:
        """Put a night in its place; the oldest of many is left out."""
        return replace(self, night_ids=tuple(sorted({night_id, *self.night_ids}, reverse=True)[:LISTED]))

    def before(self, night_id: str | None) -> tuple[str, ...]:
        """Answer those of nights before one, or all."""
        return tuple(known for known in self.night_ids if night_id is None or known < night_id)


LISTED = 100
"""Nights that are listed; those before them are there still, by their ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What has been counted: which parts, the sum of what came of them, and when the last one was taken up."""

    done: frozenset[int] = frozenset()
    counts: Counts = field(default_factory=dict)
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How far a run is, and what has come of it."""

    done: bool
    members: int
    """Handed out; who was handed out twice counts twice, and the second time stays as they are."""
    refunds: int
    batches: int
    batches_done: int
    counts: Counts
    finished_at: datetime | None
    """When the last batch was taken up, or the last hand-out ended if that is later, once all are done."""

    @property
    def settled(self) -> int:
        """Members who changed."""
        return self.counts.get(SETTLED, 0)

    @property
    def unchanged(self) -> int:
        """Members who stayed as they were."""
        return self.counts.get(UNCHANGED, 0)

    @property
    def entries(self) -> dict[str, int]:
        """Entries that were booked, by kind."""
        return by_kind(self.counts)

    @property
    def tiers(self) -> list[tuple[str, str, str, int]]:
        """Changes of tier: from, to, why, and how many."""
        found = []
        for name, number in sorted(self.counts.items()):
            if name.startswith(_TIERS):
                before, after, reason = name.removeprefix(_TIERS).split(":")
                found.append((before, after, reason, number))
        return found


def night_id(as_of: datetime) -> str:
    """Name the night of an instant: `20270303T021500Z`."""
    return as_of.strftime("%Y%m%dT%H%M%SZ")


def first_batch(hand_out: int) -> int:
    """Answer the number of the first batch of a run's hand-out; hand-outs are numbered from 0."""
    return hand_out * _MOST_BATCHES


def chunk_of(batch: int) -> tuple[int, int]:
    """Answer the chunk that a batch is counted in, and its place there."""
    return divmod(batch, CHUNK)


def chunks(hand_outs: Sequence[HandOut]) -> list[int]:
    """Answer the chunks of all hand-outs of a run."""
    return [
        first_batch(number) // CHUNK + chunk for number, hand_out in enumerate(hand_outs) for chunk in hand_out.chunks()
    ]


def count_entries(entries: Iterable[Entry]) -> Counter[str]:
    """Count entries by kind, and the changes of tier among them."""
    counted: Counter[str] = Counter()
    for entry in entries:
        counted[_ENTRIES + entry.kind] += 1
        tier: Any = entry.detail.get("tier")
        if tier:
            counted[f"{_TIERS}{tier['from']}:{tier['to']}:{tier.get('reason', entry.kind)}"] += 1
    return counted


def by_kind(counts: Mapping[str, int]) -> dict[str, int]:
    """Answer the entries among what was counted, by kind."""
    return {name.removeprefix(_ENTRIES): number for name, number in sorted(counts.items()) if name.startswith(_ENTRIES)}


def tier_changes(counts: Mapping[str, int]) -> int:
    """Answer how many tiers changed."""
    return sum(number for name, number in counts.items() if name.startswith(_TIERS))


def is_complete(hand_outs: Sequence[HandOut], whole: Counted) -> bool:
    """Say whether all is done that the hand-outs which have ended handed out.

    One that broke off ends never; whoever it left out is still due, and handed out by the next.
    """
    wanted = {
        first_batch(number) // CHUNK + chunk
        for number, hand_out in enumerate(hand_outs)
        if hand_out.ended
        for chunk in hand_out.chunks()
    }
    return any(hand_out.ended for hand_out in hand_outs) and whole.done >= wanted


def summary(hand_outs: Sequence[HandOut], whole: Counted, open_chunks: Mapping[int, Counted]) -> Summary:
    """Sum up a run.

    Args:
        hand_outs: what it has handed out.
        whole: what is counted of the run itself: its complete chunks.
        open_chunks: what is counted of its other chunks, those of which anything is.
    """
    counts = Counter(whole.counts)
    batches_done = 0
    for number, hand_out in enumerate(hand_outs):
        first = first_batch(number) // CHUNK
        for chunk in hand_out.chunks():
            counted = open_chunks.get(first + chunk, Counted())
            counts.update(counted.counts)
            taken = _taken(hand_out, chunk)
            done = taken if first + chunk in whole.done else taken & counted.done
            batches_done += len(done)
    is_done = is_complete(hand_outs, whole)
    lasts = [at for at in (whole.last_at, *(hand_out.ended_at for hand_out in hand_outs)) if at]
    return Summary(
        done=is_done,
        members=sum(hand_out.members for hand_out in hand_outs),
        refunds=sum(hand_out.refunds for hand_out in hand_outs),
        batches=sum(hand_out.batches for hand_out in hand_outs),
        batches_done=batches_done,
        counts=dict(counts),
        finished_at=max(lasts) if is_done else None,
    )


def _taken(hand_out: HandOut, chunk: int) -> frozenset[int]:
    """Answer the places of a chunk that are known to be batches'."""
    return frozenset(range(min(CHUNK, max(0, hand_out.batches - chunk * CHUNK))))
