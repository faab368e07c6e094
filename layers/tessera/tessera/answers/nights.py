"""Nights, for operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from typing_extensions import TypedDict

from tessera.answers.runs import Changed, changed
from tessera.instants import write_instant
from tessera.runs import GIVEN_UP

if TYPE_CHECKING:
    from tessera.runs import Night, Summary


class NightListed(TypedDict):
    """A night, and how much was due; `hand_outs` is how often the function ran for it.

    It is done when every batch that was handed out is; one on which nothing is due is done at once.
    """

    night_id: str
    status: Literal["running", "done"]
    started_at: str
    hand_outs: int
    due: int
    refunds_due: int
    batches: int


class NightPage(TypedDict):
    """Some of the latest hundred nights, newest first."""

    items: list[NightListed]
    next_cursor: str | None


class NightSummary(NightListed):
    """How far a night is, and what has come of it.

    Who was looked at and got no entry is unchanged. Whoever was due in two hand-outs counts twice in `due`, and the
    second time as unchanged. `finished_at` is when the last batch was taken up, or the night's own time if nothing was
    due; it is null while the night is running.
    """

    finished_at: str | None
    batches_done: int
    unchanged: int
    refunds_given_up: int
    changed: Changed


def night_listed(night: Night, *, done: bool) -> NightListed:
    """Write a night for a list."""
    return {
        "night_id": night.night_id,
        "status": "done" if done else "running",
        "started_at": write_instant(night.as_of),
        "hand_outs": len(night.hand_outs),
        "due": sum(hand_out.members for hand_out in night.hand_outs),
        "refunds_due": sum(hand_out.refunds for hand_out in night.hand_outs),
        "batches": sum(hand_out.batches for hand_out in night.hand_outs),
    }


def night(run: Night, summary: Summary) -> NightSummary:
    """Write a night with its summary."""
    return {
        **night_listed(run, done=summary.done),
        "finished_at": write_instant(summary.finished_at) if summary.finished_at else None,
        "batches_done": summary.batches_done,
        "unchanged": summary.unchanged,
        "refunds_given_up": summary.counts.get(GIVEN_UP, 0),
        "changed": changed(summary),
    }
