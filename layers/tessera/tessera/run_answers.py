"""What operators are answered about nights and evaluations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from typing_extensions import TypedDict

from tessera.identities import BUCKETS
from tessera.instants import write_instant
from tessera.runs import GIVEN_UP

if TYPE_CHECKING:
    from tessera.evaluations import Evaluation
    from tessera.runs import Night, Summary


class TierMoves(TypedDict):
    """So many members changed from one tier to another, for the same reason."""

    from_tier: str
    to_tier: str
    reason: str
    members: int


class Changed(TypedDict):
    """What has changed: how many members, entries by kind, tiers."""

    members: int
    entries: dict[str, int]
    tiers: list[TierMoves]


class NightListed(TypedDict):
    """A night, and how much was due; `hand_outs` is how often the function ran for it."""

    night_id: str
    started_at: str
    hand_outs: int
    due: int
    refunds_due: int
    batches: int


class NightList(TypedDict):
    """The latest nights."""

    items: list[NightListed]


class NightSummary(NightListed):
    """How far a night is, and what has come of it.

    Whoever was due in two hand-outs counts twice in `due`, and the second time as unchanged.
    """

    status: Literal["running", "done"]
    finished_at: str | None
    batches_done: int
    unchanged: int
    refunds_given_up: int
    changed: Changed


class EvaluationListed(TypedDict):
    """An evaluation, and how far it has handed members out: buckets of all buckets. `rate` is in members a second.

    `changed_by` is the operator who started, stopped or resumed it last.
    """

    evaluation_id: str
    started_at: str
    changed_at: str
    changed_by: str
    rate: int
    buckets: int
    buckets_done: int
    members_seen: int
    batches: int


class EvaluationList(TypedDict):
    """The latest evaluations."""

    items: list[EvaluationListed]


class EvaluationSummary(EvaluationListed):
    """How far an evaluation is, and what has come of it; it is done when every member that it saw is evaluated."""

    status: Literal["running", "stopped", "done"]
    finished_at: str | None
    batches_done: int
    unchanged: int
    changed: Changed


def night_listed(night: Night) -> NightListed:
    """Write a night for a list."""
    return {
        "night_id": night.night_id,
        "started_at": write_instant(night.as_of),
        "hand_outs": len(night.hand_outs),
        "due": sum(hand_out.members for hand_out in night.hand_outs),
        "refunds_due": sum(hand_out.refunds for hand_out in night.hand_outs),
        "batches": sum(hand_out.batches for hand_out in night.hand_outs),
    }


def night(run: Night, summary: Summary) -> NightSummary:
    """Write a night with its summary."""
    return {
        **night_listed(run),
        "status": "done" if summary.done else "running",
        "finished_at": write_instant(summary.finished_at) if summary.finished_at else None,
        "batches_done": summary.batches_done,
        "unchanged": summary.unchanged,
        "refunds_given_up": summary.counts.get(GIVEN_UP, 0),
        "changed": _changed(summary),
    }


def evaluation_listed(job: Evaluation) -> EvaluationListed:
    """Write an evaluation for a list."""
    return {
        "evaluation_id": job.evaluation_id,
        "started_at": write_instant(job.started_at),
        "changed_at": write_instant(job.changed_at),
        "changed_by": job.changed_by,
        "rate": job.rate,
        "buckets": BUCKETS,
        "buckets_done": job.bucket,
        "members_seen": job.handed_out.members,
        "batches": job.handed_out.batches,
    }


def evaluation(job: Evaluation, summary: Summary) -> EvaluationSummary:
    """Write an evaluation with its summary."""
    status = job.status
    if status == "done" and not summary.done:
        status = "running"  # all members are handed out, and the last batches are being worked off
    return {
        **evaluation_listed(job),
        "status": status,
        "finished_at": write_instant(summary.finished_at) if summary.finished_at else None,
        "batches_done": summary.batches_done,
        "unchanged": summary.unchanged,
        "changed": _changed(summary),
    }


def _changed(summary: Summary) -> Changed:
    return {
        "members": summary.settled,
        "entries": summary.entries,
        "tiers": [
            {"from_tier": before, "to_tier": after, "reason": reason, "members": members}
            for before, after, reason, members in summary.tiers
        ],
    }
