"""The records of nights, evaluations and coupon jobs, and what is counted of them: read, and as items and back."""

from collections.abc import Mapping, Sequence
from typing import Any

from tessera.coupon_jobs import CouponJob, CouponJobs, GrantJob
from tessera.evaluations import Evaluation, Evaluations
from tessera.instants import parse_instant, write_instant
from tessera.runs import Counted, HandOut, LatestNights, Night
from tessera.store.attributes import fields as read_fields
from tessera.store.read import batch_get

SCHEMA = 1

NIGHTS = "nights"
"""The record of which nights were the latest."""
EVALUATIONS = "evaluations"
"""The record of how many evaluations there have been, and which one runs."""
COUPON_JOBS = "coupon-jobs"
"""The record of how many coupon jobs there have been."""

COUNT = "n:"
"""Begins the names of what is counted."""

Fields = Mapping[str, Any]
RunRecord = Night | LatestNights | Evaluation | Evaluations | CouponJob | CouponJobs | GrantJob


def read_runs(keys: Sequence[str]) -> dict[str, RunRecord | Counted]:
    """Read those of the records of these names that are there, a hundred in a round trip.

    Raises:
        Unavailable: the store did not answer.
    """
    found = {}
    for _, stored in batch_get({"OPERATIONS_TABLE": [{"operation": key} for key in keys]}):
        content = read_fields(stored)
        found[content["operation"]] = to_run(content)
    return found


def night_key(night_id: str) -> str:
    """Name the record of a night."""
    return f"night:{night_id}"


def evaluation_key(evaluation_id: str) -> str:
    """Name the record of an evaluation."""
    return f"evaluation:{evaluation_id}"


def coupon_job_key(job_id: str) -> str:
    """Name the record of a coupon job."""
    return f"coupon-job:{job_id}"


def counts_key(run: str, chunk: int | None = None) -> str:
    """Name the record of what is counted of a run, or of one of its chunks; `run` is the name of its own record."""
    return f"counts:{run}" if chunk is None else f"counts:{run}:{chunk}"


def from_run(record: RunRecord) -> dict[str, object]:
    """Write a record of nights, evaluations or coupon jobs."""
    shared = {"schema": SCHEMA, "version": record.version + 1}
    match record:
        case Night():
            return shared | {
                "operation": night_key(record.night_id),
                "kind": "night",
                "night_id": record.night_id,
                "as_of": write_instant(record.as_of),
                "hand_outs": [_from_hand_out(hand_out) for hand_out in record.hand_outs],
            }
        case LatestNights():
            return shared | {"operation": NIGHTS, "kind": "nights", "night_ids": record.night_ids}
        case Evaluation():
            return shared | {
                "operation": evaluation_key(record.evaluation_id),
                "kind": "evaluation",
                "evaluation_id": record.evaluation_id,
                "started_at": write_instant(record.started_at),
                "changed_at": write_instant(record.changed_at),
                "changed_by": record.changed_by,
                "rate": record.rate,
                "status": record.status,
                "step": record.step,
                "bucket": record.bucket,
                "after": record.after,
                "handed_out": _from_hand_out(record.handed_out),
            }
        case Evaluations():
            return shared | {
                "operation": EVALUATIONS,
                "kind": "evaluations",
                "count": record.count,
                "running": record.running,
            }
        case CouponJob() | CouponJobs() | GrantJob():
            return shared | _from_coupon_jobs(record)


def to_run(fields: Fields) -> RunRecord | Counted:
    """Read a record of nights, evaluations or coupon jobs, or what is counted of one."""
    match fields["kind"]:
        case "night":
            return Night(
                night_id=fields["night_id"],
                as_of=parse_instant(fields["as_of"]),
                hand_outs=tuple(_to_hand_out(stored) for stored in fields["hand_outs"]),
                version=fields["version"],
            )
        case "nights":
            return LatestNights(night_ids=tuple(fields["night_ids"]), version=fields["version"])
        case "evaluation":
            return Evaluation(
                evaluation_id=fields["evaluation_id"],
                started_at=parse_instant(fields["started_at"]),
                changed_at=parse_instant(fields["changed_at"]),
                changed_by=fields["changed_by"],
                rate=fields["rate"],
                status=fields["status"],
                step=fields["step"],
                bucket=fields["bucket"],
                after=fields.get("after"),
                handed_out=_to_hand_out(fields["handed_out"]),
                version=fields["version"],
            )
        case "evaluations":
            return Evaluations(count=fields["count"], running=fields.get("running"), version=fields["version"])
        case "coupon_job" | "coupon_jobs" | "grant_job":
            return _to_coupon_jobs(fields)
    return to_counted(fields)


def to_counted(fields: Fields) -> Counted:
    """Read what is counted of a run or of a chunk."""
    return Counted(
        done=fields["done"],
        counts={name.removeprefix(COUNT): number for name, number in fields.items() if name.startswith(COUNT)},
        last_at=parse_instant(fields["last_at"]),
    )


def _from_coupon_jobs(record: CouponJob | CouponJobs | GrantJob) -> dict[str, object]:
    match record:
        case CouponJob():
            return {
                "operation": coupon_job_key(record.job_id),
                "kind": "coupon_job",
                "job_id": record.job_id,
                "template_id": record.template_id,
                "number": record.number,
                "first_part": record.first_part,
                "secret": record.secret,
                "started_at": write_instant(record.started_at),
                "started_by": record.started_by,
            }
        case GrantJob():
            return {
                "operation": coupon_job_key(record.job_id),
                "kind": "grant_job",
                "job_id": record.job_id,
                "template_id": record.template_id,
                "members": record.members,
                "started_at": write_instant(record.started_at),
                "started_by": record.started_by,
            }
        case CouponJobs():
            return {
                "operation": COUPON_JOBS,
                "kind": "coupon_jobs",
                "count": record.count,
                "parts": record.parts,
            }


def _to_coupon_jobs(fields: Fields) -> CouponJob | CouponJobs | GrantJob:
    if fields["kind"] == "coupon_jobs":
        return CouponJobs(count=fields["count"], parts=fields["parts"], version=fields["version"])
    if fields["kind"] == "grant_job":
        return GrantJob(
            job_id=fields["job_id"],
            template_id=fields["template_id"],
            members=tuple(fields["members"]),
            started_at=parse_instant(fields["started_at"]),
            started_by=fields["started_by"],
            version=fields["version"],
        )
    return CouponJob(
        job_id=fields["job_id"],
        template_id=fields["template_id"],
        number=fields["number"],
        first_part=fields["first_part"],
        secret=fields.get("secret"),
        started_at=parse_instant(fields["started_at"]),
        started_by=fields["started_by"],
        version=fields["version"],
    )


def _from_hand_out(hand_out: HandOut) -> dict[str, object]:
    return {
        "batches": hand_out.batches,
        "members": hand_out.members,
        "refunds": hand_out.refunds,
        "ended_at": write_instant(hand_out.ended_at) if hand_out.ended_at else None,
    }


def _to_hand_out(fields: Fields) -> HandOut:
    return HandOut(
        batches=fields["batches"],
        members=fields["members"],
        refunds=fields["refunds"],
        ended_at=parse_instant(fields["ended_at"]) if "ended_at" in fields else None,
    )
