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
class Granted:
    """What came of a batch, and the job's summary if it was the last."""

    counts: Counts
    summary: Summary | None


def grant(work: GrantWork, at: datetime) -> Granted:
    """Grant a coupon to each member of a batch, once however often it is delivered.

    Args:
        work: the batch.
        at: when it was taken up.

    Raises:
        ExceptionGroup: some members could not be looked at; try again.
        Unavailable: the store did not answer; try again.
    """
    counts: Counter[str] = Counter()
    refused: dict[str, str] = {}
    failures: list[Exception] = []
    for member_id in work.members:
        try:
            issue(member_id, work.template_id, at, how="grant", claim_id=work.claim_id(member_id), by=work.by)
            counts[GRANTED] += 1
        except Temporary as failure:
            failures.append(failure)
        except Refusal as refusal:
            refused[member_id] = "unknown_member" if isinstance(refusal, NotFound) else refusal.code
            counts[REFUSED + refused[member_id]] += 1
    if failures:
        message = "members left without their coupons"
        raise ExceptionGroup(message, failures)
    refused_grants.put(work.job_id, work.batch, refused)
    run = coupon_job_key(work.job_id)
    if work.batch == work.batches - 1:
        end(run, 0, HandOut(batches=work.batches, ended_at=at), at)
    return Granted(dict(counts), report(run, work.batch, counts, at))
