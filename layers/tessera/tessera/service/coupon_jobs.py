"""Coupon jobs: having codes made, and how far a job is."""

import secrets
from datetime import datetime
from typing import Annotated

from pydantic import Field

from tessera import codes, idempotency
from tessera.access import Caller
from tessera.answers import coupon_jobs as answers
from tessera.coupon_jobs import CouponJob, CouponJobs, GrantJob
from tessera.programme.load import in_force
from tessera.refusals import Conflict, NotFound
from tessera.service.coupon_job_start import find_job, send_undone, show_job, start
from tessera.service.runs import summarize
from tessera.shapes import Shape, read, read_json
from tessera.store import code_files, refused_grants
from tessera.store.runs import coupon_job_key
from tessera.store.templates import read_heads
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
    wanted = read(CodesRequest, content)
    request = idempotency.request(caller.key, "POST", f"/coupon-templates/{template_id}/codes", key, content)
    secret = secrets.token_bytes(codes.SECRET_BYTES)

    def next_job(jobs: CouponJobs) -> tuple[CouponJobs, CouponJob]:
        if head.status == "retired":
            raise Conflict("template_retired", "Coupons of this kind are issued no longer.")
        return jobs.start_codes(template_id, wanted.count, secret, caller.identity.subject, now)

    return start(request, next_job)


def show(job_id: str) -> answers.CouponJobSummary:
    """Show how far a job is.

    Raises:
        NotFound: there is no such job.
    """
    return show_job(find_job(job_id))


def resume(job_id: str) -> answers.CouponJobSummary:
    """Send again what is not done of a job, in case it was lost.

    Raises:
        NotFound: there is no such job.
        Unavailable: not all of it could be sent; resuming it again does no harm.
    """
    job = find_job(job_id)
    send_undone(job)
    return show_job(job)


def result(job_id: str) -> answers.CodesResult | answers.GrantsResult:
    """Answer where the codes of a job are, or who of a list was refused a coupon, and why.

    Raises:
        NotFound: there is no such job.
        Conflict: it is not done.
    """
    job = find_job(job_id)
    summary = summarize(coupon_job_key(job_id), [job.handed_out])
    if not summary.done:
        raise Conflict("job_running", "Not all of it is done; ask again when it is.")
    if isinstance(job, GrantJob):
        refused = refused_grants.read(job_id, range(job.handed_out.batches))
        return answers.grants_result(job, summary, refused)
    links = [
        (code_files.link(job_id, file), sum(part.codes for part in job.parts_of(file))) for file in range(job.files)
    ]
    return answers.codes_result(job, links, code_files.LINK_SECONDS)
