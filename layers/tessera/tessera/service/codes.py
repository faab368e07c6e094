"""Using a code: a bulk code, which brings one coupon once, or a public one."""

from collections.abc import Collection
from datetime import datetime

from tessera import codes
from tessera.access import Caller
from tessera.claims import Claim
from tessera.code_attempts import MOST_WRONG, MOST_WRONG_OF_MANY, Attempts
from tessera.identities import short_hash
from tessera.instants import to_epoch_seconds
from tessera.member import Member
from tessera.refusals import TooManyAttempts, UnknownCode
from tessera.service.attempts import until_committed
from tessera.service.issuing import ClaimTakenError, Issued, KeyOf, issue, issued_before
from tessera.service.lookup import find
from tessera.service.public_codes import template_of
from tessera.store.code_parts import read_part
from tessera.store.items import attempts_key, claim_key
from tessera.store.read import Found, read
from tessera.store.transaction import Transaction


def use(caller: Caller, member_id: str, text: str, now: datetime, *, key_of: KeyOf) -> Issued:
    """Issue the coupon that comes with a code.

    A bulk code that another member has used is answered as one that never was. Who has tried too many wrong ones is
    told so before this one is looked up; requests that run at the same time may each have theirs looked up.

    Args:
        caller: who asks.
        member_id: the id by which the member is known, which may be of a linked identity.
        text: the code, as it was typed.
        now: the request's time.
        key_of: names the request under whose `Idempotency-Key` it is asked for.

    Raises:
        NotFound: nobody has enrolled under this id.
        UnknownCode: nothing comes with the code.
        TooManyAttempts: there were too many wrong ones before.
        Forbidden: the member may not have it.
        Conflict: a limit is reached, the points are not there, none are issued at present, or the key came with another
            body.
    """
    seconds = to_epoch_seconds(now)
    most_wrong = _most_wrong(caller, member_id)
    code = codes.read(text)
    wanted = [*map(attempts_key, most_wrong), *([claim_key(_claim_id(code))] if code else [])]
    member, found = find(member_id, lambda id_: read(member=id_, operations=wanted))
    try:
        for name, most in most_wrong.items():
            _attempts(name, found).require_one_more(most, seconds)
        template_id = _template_of_bulk_code(code, member, found) if code else None
        if code is None or template_id is None:
            return issue(member_id, template_of(text), now, how="word", key_of=key_of)
        return _issue_once(member_id, template_id, code, now, key_of)
    except (TooManyAttempts, UnknownCode) as refusal:
        if earlier := issued_before(member_id, key_of):
            return earlier
        if isinstance(refusal, UnknownCode):
            until_committed(lambda: _count(most_wrong, seconds))
        raise


def _template_of_bulk_code(code: str, member: Member, found: Found) -> str | None:
    """Find the template that a bulk code brings a coupon of; None if it is none, or was used by another member.

    Who asks for another's goes the way of a wrong code from here on: nothing that differs could tell them apart.
    """
    part = read_part(codes.part_of(code))
    claim = found.operations.get(claim_key(_claim_id(code)))
    is_anothers = isinstance(claim, Claim) and claim.member_id != member.member_id
    return part.template_id if part and codes.is_among(code, part.digests) and not is_anothers else None


def _issue_once(member_id: str, template_id: str, code: str, now: datetime, key_of: KeyOf) -> Issued:
    try:
        return issue(member_id, template_id, now, how="grant", claim_id=_claim_id(code), key_of=key_of)
    except ClaimTakenError:
        raise UnknownCode from None


def _claim_id(code: str) -> str:
    return f"code:{code}"


def _most_wrong(caller: Caller, member_id: str) -> dict[str, int]:
    """Answer how many wrong codes there may be, by the name under which they are counted.

    A shop asks for many members: what one of them has tried keeps no other waiting, but a few tries for each add up.
    """
    if not caller.acts_for_others:
        return {short_hash(caller.key, ""): MOST_WRONG}
    return {short_hash(caller.key, member_id): MOST_WRONG, short_hash(caller.key, ""): MOST_WRONG_OF_MANY}


def _attempts(name: str, found: Found) -> Attempts:
    attempts = found.operations.get(attempts_key(name))
    return attempts if isinstance(attempts, Attempts) else Attempts(name=name)


def _count(names: Collection[str], now: int) -> None:
    found = read(operations=list(map(attempts_key, names)))
    transaction = Transaction()
    for name in names:
        transaction.operation(_attempts(name, found).with_wrong(now))
    transaction.commit()
