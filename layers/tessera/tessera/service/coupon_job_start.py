"""Starting a coupon job: once for each `Idempotency-Key`, and what is to be done sent to its queue."""

from collections.abc import Callable

from tessera.answers import coupon_jobs as answers
from tessera.answers import write as write_answer
from tessera.coupon_jobs import CouponJob, CouponJobs, FileWork, GrantJob, write
from tessera.idempotency import Answer, Request
from tessera.refusals import NotFound
from tessera.service.attempts import until_committed
from tessera.service.runs import summarize, undone
from tessera.shapes import read_json
from tessera.store import queues
from tessera.store.read import read
from tessera.store.runs import COUPON_JOBS, coupon_job_key, read_runs
from tessera.store.transaction import Transaction

Job = CouponJob | GrantJob


def start(request: Request | None, next_job: Callable[[CouponJobs], tuple[CouponJobs, Job]]) -> str:
    """Start a job, or send again what is not done of the one that the same request has started.

    Args:
        request: the request under whose `Idempotency-Key` it is asked for.
        next_job: makes the job after those that there have been.

    Returns:
        the job as JSON: to a repeat, byte for byte what was answered first.

    Raises:
        Conflict: the key came with another body.
        Unavailable: not all of it could be sent.
    """

    def attempt() -> tuple[Job, str]:
        if request and (earlier := _answered(request)):
            return find_job(read_json(earlier)["job_id"]), earlier
        known = read_runs([COUPON_JOBS]).get(COUPON_JOBS)
        jobs, job = next_job(known if isinstance(known, CouponJobs) else CouponJobs())
        text = write_answer(show_job(job))
        transaction = Transaction()
        transaction.run(jobs)
        transaction.run(job)
        if request:
            transaction.operation(request.answered(text))
        transaction.commit()
        return job, text

    job, text = until_committed(attempt)
    # After a repeat a message may be there twice: what is done already is done alike, and counted once.
    send_undone(job)
    return text


def send_undone(job: Job) -> None:
    """Send what is not done of a job.

    Raises:
        Unavailable: not all of it could be sent; sending it again does no harm.
    """
    batches = undone(coupon_job_key(job.job_id), job.handed_out)
    works = [job.work(batch) if isinstance(job, GrantJob) else FileWork(job.job_id, batch) for batch in batches]
    queues.send_all("COUPON_JOBS_QUEUE_URL", [write(work) for work in works])


def find_job(job_id: str) -> Job:
    """Read a job.

    Raises:
        NotFound: there is no such job.
    """
    job = read_runs([coupon_job_key(job_id)]).get(coupon_job_key(job_id))
    if not isinstance(job, Job):
        raise NotFound
    return job


def show_job(job: Job) -> answers.CouponJobSummary:
    """Answer how far a job is."""
    return answers.coupon_job(job, summarize(coupon_job_key(job.job_id), [job.handed_out]))


def _answered(request: Request) -> str | None:
    """Answer what a request was answered before."""
    earlier = read(operations=[request.key]).operations.get(request.key)
    return request.replay(earlier).body if isinstance(earlier, Answer) else None
