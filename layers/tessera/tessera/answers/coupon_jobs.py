"""Coupon jobs, for operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from typing_extensions import TypedDict

from tessera.coupon_jobs import GRANTED, CouponJob
from tessera.instants import write_instant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tessera.coupon_jobs import GrantJob
    from tessera.runs import Summary


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
