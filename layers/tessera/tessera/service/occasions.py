"""Issuing the coupons that an occasion brings."""

from collections import Counter
from datetime import datetime

from tessera.occasions import Occasion
from tessera.programme.load import in_force
from tessera.refusals import Refusal, Temporary
from tessera.runs import Counts
from tessera.service.issuing import issue
from tessera.service.on_offer import issued_at_present

ISSUED = "issued"


def celebrate(occasion: Occasion, at: datetime) -> Counts:
    """Issue to a member a coupon of every template that names the occasion, once however often it is told.

    Args:
        occasion: what happened.
        at: when it was taken up.

    Returns:
        how many were issued, and by its code each reason why others were not.

    Raises:
        Unavailable: the store did not answer; try again.
    """
    counts: Counter[str] = Counter()
    for head in issued_at_present(in_force()):
        template = head.template
        if occasion.name not in template.issue_on:
            continue
        try:
            issue(occasion.member_id, template.id, at, how="grant", claim_id=occasion.claim_id(template.id))
            counts[ISSUED] += 1
        except Temporary:
            raise
        except Refusal as refusal:
            counts[refusal.code] += 1
    return dict(counts)
