"""What operators are answered about nights, evaluations and coupon jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from typing_extensions import TypedDict

from tessera.coupon_jobs import GRANTED, CouponJob
from tessera.identities import BUCKETS
from tessera.instants import write_instant
from tessera.runs import GIVEN_UP

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tessera.coupon_jobs import GrantJob
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


class CouponJobSummary(TypedDict):
    """How much is done of a job: of `count` codes that are made, or of `count` members who are granted a coupon.

    A member who was refused one is done, too. `finished_at` is null until all are.
    """

    job_id: str
    kind: Literal["codes", "grants"]
    template_id: str
    status: Literal["running", "done"]
    started_at: str
    started_by: str
    finished_at: str | None
    count: int
    done: int


class CodeFile(TypedDict):
    """A file of codes, one in a line, and where it can be fetched."""

    url: str
    count: int


class CodesResult(TypedDict):
    """The files of a job's codes. The addresses are good for `valid_seconds`; asking again brings others."""

    job_id: str
    template_id: str
    count: int
    files: list[CodeFile]
    valid_seconds: int


class RefusedGrant(TypedDict):
    """A member who has no coupon of a list's, and the code of the refusal."""

    member_id: str
    code: str


class GrantsResult(TypedDict):
    """How many members of a list have their coupon, and who has not, and why."""

    job_id: str
    template_id: str
    count: int
    granted: int
    refused: list[RefusedGrant]


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
        "changed": _changed(summary),
    }


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
        "changed": _changed(summary),
    }


def coupon_job(job: CouponJob | GrantJob, summary: Summary) -> CouponJobSummary:
    """Write a coupon job with its summary."""
    return {
        "job_id": job.job_id,
        "kind": "codes" if isinstance(job, CouponJob) else "grants",
        "template_id": job.template_id,
        "status": "done" if summary.done else "running",
        "started_at": write_instant(job.started_at),
        "started_by": job.started_by,
        "finished_at": write_instant(summary.finished_at) if summary.finished_at else None,
        "count": job.number if isinstance(job, CouponJob) else len(job.members),
        "done": sum(summary.counts.values()),
    }


def codes_result(job: CouponJob, links: Sequence[tuple[str, int]], seconds: int) -> CodesResult:
    """Write where a job's codes are: for each file its address, and how many there are in it."""
    return {
        "job_id": job.job_id,
        "template_id": job.template_id,
        "count": job.number,
        "files": [{"url": url, "count": number} for url, number in links],
        "valid_seconds": seconds,
    }


def grants_result(job: GrantJob, summary: Summary, refused: Mapping[str, str]) -> GrantsResult:
    """Write what came of a list; `refused` has the code of each refusal by the member."""
    return {
        "job_id": job.job_id,
        "template_id": job.template_id,
        "count": len(job.members),
        "granted": summary.counts.get(GRANTED, 0),
        "refused": [{"member_id": id_, "code": refused[id_]} for id_ in job.members if id_ in refused],
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
