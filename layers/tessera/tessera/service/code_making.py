"""Making a file of a job's codes: its parts, the file, and the count of it."""

from dataclasses import dataclass
from datetime import datetime

from tessera import codes
from tessera.coupon_jobs import CODES, CouponJob, FileWork
from tessera.runs import Summary
from tessera.service.attempts import until_committed
from tessera.service.runs import end, report
from tessera.store import code_files, code_parts
from tessera.store.code_parts import CodePart
from tessera.store.runs import coupon_job_key, read_runs
from tessera.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Made:
    """So many codes were made, and the job's summary if these were the last."""

    codes: int
    summary: Summary | None


def make(work: FileWork, at: datetime) -> Made:
    """Make a file of codes. One that comes again is made again as it was, or left if all of the job is done.

    The parts are written first, so that no code is in a file that could not be used.

    Args:
        work: which file.
        at: when it was taken up.

    Raises:
        ValueError: there is no such job.
        Unavailable: the store did not answer; try again.
    """
    job = _find(work.job_id)
    if job.secret is None:
        return Made(0, None)
    made: list[str] = []
    for part in job.parts_of(work.file):
        drawn = codes.make(job.secret, part.number, part.codes)
        kept = codes.digests(drawn)
        code_parts.put(CodePart(part=part.number, template_id=job.template_id, job_id=job.job_id, digests=kept))
        made += drawn
    code_files.put(job.job_id, work.file, map(codes.show, made))
    run = coupon_job_key(job.job_id)
    end(run, 0, job.handed_out, at)
    summary = report(run, work.file, {CODES: len(made)}, at)
    if summary:
        until_committed(lambda: _finish(job.job_id))
    return Made(len(made), summary)


def _finish(job_id: str) -> None:
    job = _find(job_id)
    if job.secret is not None:
        transaction = Transaction()
        transaction.run(job.finished())
        transaction.commit()


def _find(job_id: str) -> CouponJob:
    job = read_runs([coupon_job_key(job_id)]).get(coupon_job_key(job_id))
    if not isinstance(job, CouponJob):
        message = "there is no such job"
        raise ValueError(message)
    return job
