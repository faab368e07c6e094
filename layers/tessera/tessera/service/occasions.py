"""Issuing the coupons that an occasion brings."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from tessera.birthdays import is_celebrated
from tessera.claims import Claim
from tessera.occasions import Birthdays, Occasion
from tessera.programme.load import in_force
from tessera.refusals import Refusal, Temporary
from tessera.runs import Counts
from tessera.service.issuing import issue
from tessera.service.on_offer import brought_by
from tessera.store.items import claim_key
from tessera.store.read import read

ISSUED = "issued"


def celebrate(occasion: Occasion | Birthdays, at: datetime) -> Counts:
    """Issue coupons of every template that names the occasion, to each member once however often it is told.

    Args:
        occasion: what happened.
        at: when it was taken up; a birthday has the instant of its night.

    Returns:
        how many were issued, and by its code each reason why others were not.

    Raises:
        ExceptionGroup: some could not be issued, as the store did not answer; try again.
        Unavailable: the store did not answer; try again.
    """
    templates = brought_by(occasion.name, in_force())
    if isinstance(occasion, Birthdays):
        return _issue_each(_on_birthdays(occasion, templates), occasion.as_of)
    return _issue_each([(occasion.member_id, id_, occasion.claim_id(id_)) for id_ in templates], at)


def _issue_each(claims: Iterable[tuple[str, str, str]], at: datetime) -> Counts:
    """Issue what is claimed: to a member, of a template, under a name."""
    counts: Counter[str] = Counter()
    failures: list[Exception] = []
    for member_id, template_id, claim_id in claims:
        try:
            issue(member_id, template_id, at, how="grant", claim_id=claim_id)
            counts[ISSUED] += 1
        except Temporary as failure:
            failures.append(failure)
        except Refusal as refusal:
            counts[refusal.code] += 1
    if failures:
        message = "coupons left unissued"
        raise ExceptionGroup(message, failures)
    return dict(counts)


def _on_birthdays(birthdays: Birthdays, templates: Sequence[str]) -> list[tuple[str, str, str]]:
    """Answer what birthdays bring to members for whom it is time, without what an earlier night has brought."""
    members = read(members=birthdays.members).members.values() if templates else ()
    told = birthdays.day, birthdays.since, birthdays.as_of
    ids = [member.member_id for member in members if is_celebrated(member, *told)]
    claims = []
    for template_id in templates:
        names = {id_: birthdays.claim_id(template_id, id_) for id_ in ids}
        found = read(operations=[claim_key(name) for name in names.values()]).operations.values()
        brought = {claim.claim_id for claim in found if isinstance(claim, Claim) and not claim.void}
        claims += [(id_, template_id, name) for id_, name in names.items() if name not in brought]
    return claims
