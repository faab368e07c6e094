"""Issuing a coupon to a member: for whoever claims one, is granted one, has a code, or had something happen to them."""

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from tessera import coupons, operators, templates
from tessera.answers import coupons as answers
from tessera.answers import write
from tessera.claims import Claim, attempt_id
from tessera.coupons import Coupon
from tessera.idempotency import Answer, Request
from tessera.journal import Journal
from tessera.programme.load import in_force
from tessera.refusals import Conflict, Invalid, Problem, Refusal, Temporary
from tessera.service.attempts import until_committed
from tessera.service.lookup import find
from tessera.service.opening import open_journal
from tessera.store import stock
from tessera.store.client import StaleError
from tessera.store.items import claim_key
from tessera.store.read import Found, read
from tessera.store.transaction import Transaction
from tessera.templates import Head

if TYPE_CHECKING:
    from tessera.store.operations import Operation
    from tessera.store.stock import Reservation

How = Literal["claim", "word", "grant"]
"""A claim, by a public code or without, asks whether the template is for the member, and takes its price. A grant, a
code that is good once, or an event does not: the brand has given it."""

_ISSUE = {"claim": coupons.claim, "word": coupons.claim_by_word, "grant": coupons.grant}

KeyOf = Callable[[str], Request | None]
"""Names the request under whose `Idempotency-Key` a member's coupon is issued, by the member's id."""


class ClaimTakenError(Exception):
    """What is claimed once was claimed by another member: a code, for example. What to say is the caller's to know."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A coupon that was issued: by this request, or by an earlier one under the same name."""

    answer: str
    """The coupon as JSON, as it was issued."""
    new: bool


def issue(  # noqa: PLR0913 - a claim has this many parts
    member_id: str,
    template_id: str,
    now: datetime,
    *,
    how: How,
    claim_id: str | None = None,
    key_of: KeyOf = lambda _: None,
    by: str | None = None,
) -> Issued:
    """Issue a coupon of a template to a member: once for each claim id, or each time if there is none.

    Args:
        member_id: the id by which the member is known, which may be of a linked identity.
        template_id: which kind of coupon.
        now: when it is asked for.
        how: whether the member asks for it, or it is given.
        claim_id: what makes a repeat the same claim, for whoever has a business key for it.
        key_of: the request that makes a repeat the same claim, for whoever has an `Idempotency-Key`.
        by: the subject of the operator's token, if an operator grants it.

    Raises:
        NotFound: nobody has enrolled under this id.
        Invalid: there is no such template.
        Forbidden: the member may not have it.
        Conflict: a limit is reached, the points are not there, none are issued at present, or the key came with another
            body.
        ClaimTakenError: another member has the claim of this id.
        Unavailable: the store did not answer; asking again under the same name tells what became of it.
    """
    issuing = _Issuing(template_id, now, how, claim_id, key_of, by)
    return until_committed(lambda: issuing.attempt(member_id))


def issued_before(member_id: str, key_of: KeyOf) -> Issued | None:
    """Find what a member was issued under a request's `Idempotency-Key`.

    Raises:
        NotFound: nobody has enrolled under this id.
        Conflict: the key came with another body.
        Unavailable: the store did not answer.
    """
    member, _ = find(member_id, lambda id_: read(member=id_))
    request = key_of(member.member_id)
    return _issued(read(operations=_names(request, None)).operations, member.member_id, request)


class _Issuing:
    """One request to issue a coupon, over as many attempts as it takes."""

    def __init__(
        self, template_id: str, now: datetime, how: How, claim_id: str | None, key_of: KeyOf, by: str | None
    ) -> None:
        self._template_id = template_id
        self._now = now
        self._how = how
        self._claim_id = claim_id
        self._key_of = key_of
        self._by = by
        self._random = secrets.token_bytes(coupons.CODE_BYTES)
        self._nameless = secrets.token_hex(coupons.CODE_BYTES)
        self._voided = 0
        self._reserved: Reservation | None = None
        self._looks = False
        """Whether an earlier request under the same name may have reserved a unit that nobody else can have yet."""

    def attempt(self, member_id: str) -> Issued:
        """Issue it, or find that it was issued before.

        What was issued before is looked for only when this attempt comes to nothing, as that of a repeat has to: the
        first request, which is nearly every one, does not pay for looking.
        """
        member, found = find(member_id, self._read)
        request = self._key_of(member.member_id)
        try:
            issued = self._issue(open_journal(member, self._now), found, request)
        except Temporary:
            raise
        except (Refusal, StaleError) as failed:
            if earlier := self._before(member.member_id, request):
                return earlier
            if isinstance(failed, Refusal):
                self._give_back(None)
            raise
        if self._reserved:
            with suppress(StaleError, Temporary):
                stock.tidy(self._reserved, self._now)
        return issued

    def _read(self, member_id: str) -> Found:
        return read(member=member_id, templates=[self._template_id])

    def _issue(self, journal: Journal, found: Found, request: Request | None) -> Issued:
        head = self._head(found)
        templates.require_issuing(head)
        coupon = _ISSUE[self._how](journal, head.template, self._random)
        if self._by:
            operators.book_grant(journal, coupon, self._by)
        if head.template.stock is not None:
            self._reserve(head, head.template.stock, request)
        answer = write(answers.coupon(coupon, journal.now))
        transaction = Transaction()
        transaction.journal(journal)
        transaction.coupon(coupon)
        if self._claim_id:
            transaction.operation(self._claim(self._claim_id, coupon, answer))
        if request:
            transaction.operation(request.answered(answer))
        transaction.commit()
        return Issued(answer, new=True)

    def _head(self, found: Found) -> Head:
        head = templates.standing(self._template_id, found.templates, in_force())
        if head is None:
            raise Invalid([Problem("/template_id", "is no coupon template")], "unknown_template")
        return head

    def _reserve(self, head: Head, number: int, request: Request | None) -> None:
        """Reserve a unit of the stock, under a name by which a repeat finds it again.

        Raises:
            Conflict: all are gone.
        """
        name = self._claim_id or (request.key if request else self._nameless)
        if self._reserved is None:
            claim_id = attempt_id(name, self._voided)
            self._reserved = stock.reserve(self._template_id, number, claim_id, self._now, head.mark)
        if self._reserved is None:
            if head.mark and head.mark.until and name != self._nameless:
                self._claim_id, self._looks = name, True
            raise Conflict("sold_out", "All coupons of this kind are gone.")
        self._claim_id = name

    def _give_back(self, claim: Claim | None) -> None:
        """Give back what was reserved in vain. If that cannot be done now, it comes back by itself."""
        if self._reserved:
            with suppress(Temporary):
                stock.give_back(self._reserved, claim)
            self._reserved = None

    def _claim(self, claim_id: str, coupon: Coupon, answer: str) -> Claim:
        reserved = self._reserved
        return Claim(
            claim_id=attempt_id(claim_id, self._voided),
            member_id=coupon.member_id,
            coupon_id=coupon.coupon_id,
            shard=reserved.number if reserved else None,
            stamp=reserved.stamp if reserved else None,
            answer=answer,
        )

    def _before(self, member_id: str, request: Request | None) -> Issued | None:
        """Find what was issued under the same name before; a name that was declared void is not used again."""
        while True:
            claim_id = attempt_id(self._claim_id, self._voided) if self._claim_id else None
            names = _names(request, claim_id)
            looks, self._looks = self._looks, False
            if looks and claim_id:
                records, self._reserved = stock.look_for(self._template_id, claim_id, names)
            else:
                records = read(operations=names).operations
            claim = records.get(claim_key(claim_id)) if claim_id else None
            if isinstance(claim, Claim):
                self._give_back(claim)
            if not isinstance(claim, Claim) or not claim.void:
                earlier = _issued(records, member_id, request)
                if looks and self._reserved and not earlier:
                    raise StaleError  # the unit is there: once more, with it
                return earlier
            self._voided += 1


def _names(request: Request | None, claim_id: str | None) -> list[str]:
    """Name the records of a request."""
    return ([request.key] if request else []) + ([claim_key(claim_id)] if claim_id else [])


def _issued(records: "Mapping[str, Operation]", member_id: str, request: Request | None) -> Issued | None:
    """Find in the records what was issued.

    Raises:
        ClaimTakenError: it was issued to another member.
        Conflict: the key came with another body.
    """
    for record in records.values():
        if request and isinstance(record, Answer):
            return Issued(request.replay(record).body, new=False)
        if isinstance(record, Claim) and not record.void:
            if record.member_id != member_id:
                raise ClaimTakenError
            return Issued(record.answer, new=False)
    return None
