"""Coupon jobs: having codes made, and how far that is."""

import secrets
from datetime import datetime
from typing import Annotated

from pydantic import Field

from tessera import answers, codes, idempotency, run_answers
from tessera.access import Caller
from tessera.coupon_jobs import CouponJob, CouponJobs, FileWork, write
from tessera.idempotency import Answer
from tessera.programme.load import in_force
from tessera.refusals import Conflict, NotFound
from tessera.service.attempts import until_committed
from tessera.service.runs import summarize, undone
from tessera.shapes import Shape, read_json
from tessera.shapes import read as shape
from tessera.store import code_files, queues
from tessera.store.read import read
from tessera.store.runs import COUPON_JOBS, coupon_job_key, read_runs
from tessera.store.templates import read_heads
from tessera.store.transaction import Transaction
from tessera.templates import standing

MOST_CODES = 1_000_000


class CodesRequest(Shape):
    """How many codes are to be made."""

    count: Annotated[int, Field(ge=1, le=MOST_CODES)]


def make_codes(caller: Caller, template_id: str, body: str | None, key: str | None, now: datetime) -> str:
    """Have codes made, each of which brings one coupon of a template. A paused template may have codes made, too.

    Returns:
        the job as JSON: to a repeat, byte for byte what was answered first.

    Raises:
        NotFound: there is no such template.
        Unreadable: the body is no JSON, or the key is none.
        Invalid: it says no number.
        Conflict: the template is retired, there are not so many codes left, or the key came with another body.
        Unavailable: not all of it could be sent; a repeat with the same key, or resuming it, sends it again.
    """
    head = standing(template_id, read_heads([template_id]), in_force())
    if head is None:
        raise NotFound
    content = read_json(body)
    wanted = shape(CodesRequest, content)
    request = idempotency.request(caller.key, "POST", f"/coupon-templates/{template_id}/codes", key, content)
    secret = secrets.token_bytes(codes.SECRET_BYTES)

    def attempt() -> tuple[str, str]:
        if request and (earlier := _answered(request)):
            return read_json(earlier)["job_id"], earlier
        if head.status == "retired":
            raise Conflict("template_retired", "Coupons of this kind are issued no longer.")
        known = read_runs([COUPON_JOBS]).get(COUPON_JOBS)
        jobs = known if isinstance(known, CouponJobs) else CouponJobs()
        jobs, job = jobs.start(template_id, wanted.count, secret, caller.identity.subject, now)
        text = answers.write(_answer(job))
        transaction = Transaction()
        transaction.run(jobs)
        transaction.run(job)
        if request:
            transaction.operation(request.answered(text))
        transaction.commit()
        return job.job_id, text

    job_id, text = until_committed(attempt)
    # After a repeat a file may be there twice: what is made already is made alike, and counted once.
    _send(_find(job_id))
    return text


def show(job_id: str) -> run_answers.CouponJobSummary:
    """Show how far a job is.

    Raises:
        NotFound: there is no such job.
    """
    return _answer(_find(job_id))


def resume(job_id: str) -> run_answers.CouponJobSummary:
    """Send again what is not done of a job, in case it was lost.

    Raises:
        NotFound: there is no such job.
        Unavailable: not all of it could be sent; resuming it again does no harm.
    """
    job = _find(job_id)
    _send(job)
    return _answer(job)


def result(job_id: str) -> run_answers.CouponJobResult:
    """Answer where the codes of a job are.

    Raises:
        NotFound: there is no such job.
        Conflict: they are not all made.
    """
    job = _find(job_id)
    if not summarize(coupon_job_key(job_id), [job.handed_out]).done:
        raise Conflict("job_running", "Not all of its codes are made; ask again when it is done.")
    links = [
        (code_files.link(job_id, file), sum(part.codes for part in job.parts_of(file))) for file in range(job.files)
    ]
    return run_answers.coupon_job_result(job, links, code_files.LINK_SECONDS)


def _send(job: CouponJob) -> None:
    files = undone(coupon_job_key(job.job_id), job.handed_out)
    queues.send_all("COUPON_JOBS_QUEUE_URL", [write(FileWork(job.job_id, file)) for file in files])


def _answered(request: idempotency.Request) -> str | None:
    """Answer what a request was answered before."""
    earlier = read(operations=[request.key]).operations.get(request.key)
    return request.replay(earlier).body if isinstance(earlier, Answer) else None


def _find(job_id: str) -> CouponJob:
    job = read_runs([coupon_job_key(job_id)]).get(coupon_job_key(job_id))
    if not isinstance(job, CouponJob):
        raise NotFound
    return job


def _answer(job: CouponJob) -> run_answers.CouponJobSummary:
    return run_answers.coupon_job(job, summarize(coupon_job_key(job.job_id), [job.handed_out]))
