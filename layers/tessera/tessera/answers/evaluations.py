"""Evaluations, for operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from typing_extensions import TypedDict

from tessera.answers.runs import Changed, changed
from tessera.identities import BUCKETS
from tessera.instants import write_instant

if TYPE_CHECKING:
    from tessera.evaluations import Evaluation
    from tessera.runs import Summary


class EvaluationListed(TypedDict):
    """An evaluation, and how far it has handed members out: buckets of all buckets. `rate` is in members a second.

    `changed_by` is the operator who started, stopped or resumed it last. It is done when every member that it saw is
    evaluated, and `running` while the last of them are being.
    """

    evaluation_id: str
    status: Literal["running", "stopped", "done"]
    started_at: str
    changed_at: str
    changed_by: str
    rate: int
    buckets: int
    buckets_done: int
    members_seen: int
    batches: int


class EvaluationPage(TypedDict):
    """Some evaluations, newest first."""

    items: list[EvaluationListed]
    next_cursor: str | None


class EvaluationSummary(EvaluationListed):
    """How far an evaluation is, and what has come of it; `finished_at` is null until it is done."""

    finished_at: str | None
    batches_done: int
    unchanged: int
    changed: Changed


def evaluation_listed(job: Evaluation, *, done: bool) -> EvaluationListed:
    """Write an evaluation for a list."""
    return {
        "evaluation_id": job.evaluation_id,
        "status": "running" if job.status == "done" and not done else job.status,
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
    return {
        **evaluation_listed(job, done=summary.done),
        "finished_at": write_instant(summary.finished_at) if summary.finished_at else None,
        "batches_done": summary.batches_done,
        "unchanged": summary.unchanged,
        "changed": changed(summary),
    }
