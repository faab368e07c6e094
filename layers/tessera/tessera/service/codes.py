"""Using a code: a bulk code, which brings one coupon once, or a public one."""

from datetime import datetime

from tessera import codes
from tessera.access import Caller
from tessera.code_attempts import Attempts
from tessera.identities import short_hash
from tessera.instants import to_epoch_seconds
from tessera.refusals import TooManyAttempts, UnknownCode
from tessera.service.attempts import until_committed
from tessera.service.issuing import ClaimTakenError, Issued, KeyOf, issue, issued_before
from tessera.service.public_codes import template_of
from tessera.store.code_parts import read_part
from tessera.store.items import attempts_key
from tessera.store.read import read
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
        Conflict: a limit is reached, none are issued at present, or the key came with another body.
    """
    seconds = to_epoch_seconds(now)
    # A shop asks for many members; none of them is kept waiting by what another has tried.
    name = short_hash(caller.key, member_id if caller.acts_for_others else "")
    try:
        _attempts(name).require_one_more(seconds)
        return _use(member_id, text, now, key_of)
    except (TooManyAttempts, UnknownCode) as refusal:
        if earlier := issued_before(member_id, key_of):
            return earlier
        if isinstance(refusal, UnknownCode):
            until_committed(lambda: _count(name, seconds))
        raise


def _use(member_id: str, text: str, now: datetime, key_of: KeyOf) -> Issued:
    code = codes.read(text)
    part = read_part(codes.part_of(code)) if code else None
    if code is None or part is None or not codes.is_among(code, part.digests):
        return issue(member_id, template_of(text), now, how="grant", key_of=key_of)
    try:
        return issue(member_id, part.template_id, now, how="grant", claim_id=f"code:{code}", key_of=key_of)
    except ClaimTakenError:
        raise UnknownCode from None


def _attempts(name: str) -> Attempts:
    found = read(operations=[attempts_key(name)]).operations.get(attempts_key(name))
    return found if isinstance(found, Attempts) else Attempts(name=name)


def _count(name: str, now: int) -> None:
    transaction = Transaction()
    transaction.operation(_attempts(name).with_wrong(now))
    transaction.commit()
