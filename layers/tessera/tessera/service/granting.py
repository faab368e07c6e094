"""Granting the coupons of a list: a batch of its members, and the count of it."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from tessera.coupon_jobs import GRANTED, REFUSED, GrantWork
from tessera.refusals import NotFound, Refusal, Temporary
from tessera.runs import Counts, HandOut, Summary
from tessera.service.issuing import issue
from tessera.service.runs import end, report
from tessera.store import refused_grants
from tessera.store.runs import coupon_job_key


@dataclass(frozen=True, slots=True)
class BatchGranted:
    """What came of a batch, and the job's summary if it was the last."""

    counts: Counts
    summary: Summary | None


def grant_batch(work: GrantWork, at: datetime) -> BatchGranted:
    """Grant a coupon to each member of a batch, once however often it is delivered.

    Who was refused stays so: what comes of the batch is what came of it first, whatever has changed since.

    Args:
        work: the batch.
        at: when it was taken up.

    Raises:
        ExceptionGroup: some members could not be looked at; try again.
        Unavailable: the store did not answer; try again.
    """
    before = refused_grants.read_batch(work.job_id, work.batch)
    refused = refused_grants.keep(work.job_id, work.batch, _issue(work, at)) if before is None else before
    counts = Counter(REFUSED + code for code in refused.values())
    counts[GRANTED] = len(work.members) - len(refused)
    run = coupon_job_key(work.job_id)
    if work.batch == work.batches - 1:
        end(run, 0, HandOut(batches=work.batches, ended_at=at), at)
    told = +counts
    return BatchGranted(dict(told), report(run, work.batch, told, at))


def _issue(work: GrantWork, at: datetime) -> dict[str, str]:
    """Issue the coupons of a batch; answer who was refused one, with the code of the refusal."""
    refused: dict[str, str] = {}
    failures: list[Exception] = []
    for member_id in work.members:
        try:
            issue(member_id, work.template_id, at, how="grant", claim_id=work.claim_id(member_id), by=work.by)
        except Temporary as failure:
            failures.append(failure)
        except Refusal as refusal:
            refused[member_id] = "unknown_member" if isinstance(refusal, NotFound) else refusal.code
    if failures:
        message = "members left without their coupons"
        raise ExceptionGroup(message, failures)
    return refused
