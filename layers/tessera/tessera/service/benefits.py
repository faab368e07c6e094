"""What members are entitled to, using it, and taking a use back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tessera import benefits as domain
from tessera.answers import Status, write
from tessera.answers import benefits as answers
from tessera.benefits import MULTIPLIER, Use
from tessera.programme.load import in_force
from tessera.refusals import Conflict, Invalid, NotFound, Unreadable
from tessera.service.attempts import until_committed
from tessera.service.lookup import find, named
from tessera.service.opening import look, open_journal
from tessera.shapes import Key, Shape, read_json
from tessera.shapes import read as shape
from tessera.store.items import use_key
from tessera.store.read import read
from tessera.store.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tessera.access import Caller
    from tessera.store.read import Found


class UseRequest(Shape):
    """A use, by the shop's own id for it, and the order for which it is."""

    use_id: Key
    order_id: Key | None = None


@dataclass(frozen=True, slots=True)
class UseAnswer:
    """The body that a use is answered with, and whether it was made now."""

    body: str
    new: bool


def list_benefits(caller: Caller, path_id: str, now: datetime) -> answers.BenefitList:
    """List all benefits of the programme, and what the member may make of each.

    Raises:
        NotFound: there is no such member for this caller.
    """
    member, found = find(named(caller, path_id), lambda id_: read(member=id_, profile=id_))
    journal = look(member, now)
    shown = domain.every(journal.member, journal.programme, journal.now, _birthday(found, member.member_id))
    return {"items": [answers.benefit(one) for one in shown]}


def show_benefit(caller: Caller, path_id: str, benefit_id: str, now: datetime) -> answers.Benefit:
    """Show a benefit, and what the member may make of it now.

    Raises:
        NotFound: there is no such member for this caller, or no such benefit in the programme.
    """
    member, found = find(named(caller, path_id), lambda id_: read(member=id_, profile=id_))
    journal = look(member, now)
    told = journal.member, journal.programme
    if benefit_id == MULTIPLIER:
        shown = domain.multiplier(*told)
    else:
        shown = domain.entitlement(*told, benefit_id, journal.now, _birthday(found, member.member_id))
    if shown is None:
        raise NotFound
    return answers.benefit(shown)


def use(caller: Caller, path_id: str, benefit_id: str, body: str | None, now: datetime) -> UseAnswer:
    """Use a benefit once. A repeat answers what the first one did.

    Raises:
        NotFound: there is no such member for this caller, or no such benefit in the programme.
        Unreadable: the body is no JSON.
        Invalid: it names no use.
        Forbidden: the member is not entitled to it.
        Conflict: it is used up for this period, or the use was taken back, or was for another order.
    """
    member_id = named(caller, path_id)
    try:
        request = shape(UseRequest, read_json(body))
    except (Invalid, Unreadable):
        # Who is told so may as well know that there are this member and this benefit.
        _require(member_id, benefit_id, now)
        raise

    def attempt() -> UseAnswer:
        benefit = in_force().benefit(benefit_id)
        # One that the programme has dropped may be a gift that somebody's term still promises.
        on_birthdays = benefit is None or benefit.kind == "birthday_gift"
        member, found = find(member_id, lambda id_: _read(id_, benefit_id, request.use_id, on_birthdays=on_birthdays))
        if earlier := _found(found, benefit_id):
            return _repeated(earlier, request)
        journal = open_journal(member, now)
        birthday = _birthday(found, member.member_id)
        used, shown = domain.use(journal, benefit_id, birthday, request.use_id, request.order_id)
        left = None if shown.left is None else shown.left - 1
        answer = write(answers.benefit_use(used, left, journal.now))
        transaction = Transaction()
        transaction.journal(journal)
        transaction.operation(replace(used, answer=answer))
        transaction.commit()
        return UseAnswer(answer, new=True)

    return until_committed(attempt)


def release(caller: Caller, path_id: str, benefit_id: str, use_id: str, now: datetime) -> Status:
    """Take a use back. One that was taken back stays so.

    Raises:
        NotFound: there is no such member for this caller, or no such use of theirs.
    """
    member_id = named(caller, path_id)

    def attempt() -> Status:
        member, found = find(member_id, lambda id_: _read(id_, benefit_id, use_id, on_birthdays=False))
        used = _found(found, benefit_id)
        if used is None:
            raise NotFound
        if used.status == "used":
            journal = open_journal(member, now)
            transaction = Transaction()
            transaction.operation(domain.take_back(journal, used))
            transaction.journal(journal)
            transaction.commit()
        return {"status": "released"}

    return until_committed(attempt)


def _require(member_id: str, benefit_id: str, now: datetime) -> None:
    member, _ = find(member_id, lambda id_: read(member=id_))
    journal = look(member, now)
    if domain.given(benefit_id, journal.member, journal.programme) is None:
        raise NotFound


def _read(member_id: str, benefit_id: str, use_id: str, *, on_birthdays: bool) -> Found:
    key = use_key(member_id, benefit_id, use_id)
    return read(member=member_id, profile=member_id if on_birthdays else None, operations=[key])


def _found(found: Found, benefit_id: str) -> Use | None:
    """Find the use that was read. A path may name anything, and so another benefit's record."""
    uses = [record for record in found.operations.values() if isinstance(record, Use)]
    return next((used for used in uses if used.benefit_id == benefit_id), None)


def _repeated(earlier: Use, request: UseRequest) -> UseAnswer:
    if earlier.order_id != request.order_id:
        raise Conflict("use_id_reused", "This use_id came with another order before.")
    if earlier.status == "released":
        raise Conflict("use_released", "This use was taken back; another one needs another use_id.")
    return UseAnswer(earlier.answer, new=False)


def _birthday(found: Found, member_id: str) -> Mapping[str, int]:
    profile = found.profiles.get(member_id)
    return profile.birthday if profile else domain.NO_BIRTHDAY
