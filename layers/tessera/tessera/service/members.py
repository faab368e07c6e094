"""Enrolling, the card, the statement and its verification, and linking identities."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, model_validator

from tessera import paging
from tessera.access import MEMBER, Caller
from tessera.answers import card as answers
from tessera.answers import statement
from tessera.benefits import NO_BIRTHDAY
from tessera.card import card
from tessera.enrolment import enrol
from tessera.identities import SHOP, Identity
from tessera.member import CONSUMER, Member, Profile
from tessera.programme.load import in_force
from tessera.refusals import Conflict, Invalid, Problem
from tessera.service.attempts import until_committed
from tessera.service.lookup import access_first, find, named
from tessera.service.opening import open_journal
from tessera.shapes import Key, Label, Shape, read, read_json
from tessera.store import lists
from tessera.store.read import Found
from tessera.store.read import read as fetch
from tessera.store.transaction import Transaction

_LONGEST_MONTH = 31
_A_LEAP_YEAR = 2024


@cache
def _zones() -> frozenset[str]:
    # Listing them reads a file of the time zone package, each time.
    return frozenset(available_timezones())


def _zone_exists(zone: str) -> str:
    if zone not in _zones():
        message = "must be an IANA time zone, such as Asia/Shanghai"
        raise ValueError(message)
    return zone


TimeZone = Annotated[str, AfterValidator(_zone_exists)]


class Birthday(Shape):
    """A day of the year; the year, if the member wants to say so."""

    month: Annotated[int, Field(ge=1, le=12)]
    day: Annotated[int, Field(ge=1, le=_LONGEST_MONTH)]
    year: Annotated[int, Field(ge=1900, le=2200)] | None = None

    @model_validator(mode="after")
    def _exists(self) -> Self:
        try:
            datetime(self.year or _A_LEAP_YEAR, self.month, self.day)  # noqa: DTZ001 - a day, in no zone
        except ValueError:
            message = "must be a day that exists"
            raise ValueError(message) from None
        return self


class EnrolRequest(Shape):
    """Somebody who joins. `identity`, the shop's own customer number, and `account` are for a shop to send."""

    identity: Key | None = None
    account: Label | None = None
    display_name: Label | None = None
    locale: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)] | None = None
    time_zone: TimeZone | None = None
    birthday: Birthday | None = None
    referral_code: Label | None = None
    channel: Literal["app", "web", "store", "campaign", "live", "social", "partner", "event"] | None = None
    consents: Annotated[dict[Label, bool], Field(max_length=20)] = Field(default_factory=dict)


class MoveRequest(Shape):
    """Where a member lives from now on."""

    time_zone: TimeZone


class LinkRequest(Shape):
    """Another identity of a member: a customer number of the shop, or the subject of another issuer's tokens."""

    identity: Key
    issuer: Annotated[str, Field(min_length=1, max_length=300)] = SHOP


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The member's card, and whether they are new."""

    card: answers.Card
    new: bool


def enrol_member(caller: Caller, body: str | None, now: datetime) -> Enrolled:
    """Enrol the caller, or for a shop the customer with a number; once for each identity.

    Raises:
        Unreadable: the body is no JSON.
        Invalid: it is no enrolment, or does not say whose.
    """
    request = read(EnrolRequest, read_json(body) if body else {})
    identity = _whose(caller, request)
    if request.account is not None:
        _require_account(caller, request.account)
    return until_committed(lambda: _enrol(identity.member_id, request, now))


def _whose(caller: Caller, request: EnrolRequest) -> Identity:
    if request.identity is None:
        if MEMBER not in caller.scopes:
            raise Invalid([Problem("/identity", "is needed: the shop's own number of this customer")])
        return caller.identity
    if not caller.acts_for_others:
        raise Invalid([Problem("/identity", "is for a shop to send: a member enrols as themselves")])
    return Identity(SHOP, request.identity)


def _require_account(caller: Caller, account: str) -> None:
    if not caller.acts_for_others:
        raise Invalid([Problem("/account", "is for a shop to send: a member enrols as a consumer")])
    if account not in (CONSUMER, *in_force().ladders):
        raise Invalid([Problem("/account", "is no kind of account that the programme has a ladder for")])


def _enrol(member_id: str, request: EnrolRequest, now: datetime) -> Enrolled:
    found = _read_card(member_id)
    if alias := found.aliases.get(member_id):
        member_id = alias
        found = _read_card(member_id)
    if member := found.members.get(member_id):
        return Enrolled(_card(member, found.profiles.get(member_id), now), new=False)
    journal = enrol(member_id, request.time_zone, in_force(), now, request.account or CONSUMER)
    profile = Profile(
        member_id=member_id,
        display_name=request.display_name,
        locale=request.locale,
        birthday=request.birthday.model_dump(exclude_none=True) if request.birthday else {},
        channel=request.channel,
        referral_code=request.referral_code,
        consents=request.consents,
    )
    transaction = Transaction()
    transaction.journal(journal)
    transaction.profile(profile)
    transaction.commit()
    return Enrolled(_card(journal.member, profile, now), new=True)


def show_card(caller: Caller, path_id: str, past: str | None, now: datetime) -> answers.Card:
    """Show a member's card, of now or of a past instant.

    Raises:
        NotFound: there is no such member for this caller, or was not then.
        Unreadable: the instant is none, or has not come yet.
    """
    member, found = find(named(caller, path_id), _read_card)
    if past is not None:
        # Few look back or verify, and what reads the whole ledger is slow to import.
        from tessera.service.history import as_of, member_as_of  # noqa: PLC0415

        now = as_of(past, now)
        member = member_as_of(member, now)
    return _card(member, found.profiles.get(member.member_id), now)


def move(caller: Caller, path_id: str, body: str | None, now: datetime) -> answers.Card:
    """Move a member to another time zone, and show their card; to be there already changes nothing.

    Raises:
        NotFound: there is no such member for this caller.
        Unreadable: the body is no JSON.
        Invalid: it names no time zone.
        Conflict: the account is closed.
    """
    from tessera import moves  # noqa: PLC0415

    member_id = named(caller, path_id)
    request = access_first(member_id, lambda: read(MoveRequest, read_json(body)))

    def attempt() -> answers.Card:
        member, found = find(member_id, _read_card)
        journal = open_journal(member, now)
        moves.move(journal, request.time_zone)
        if journal.member.time_zone != member.time_zone:
            transaction = Transaction()
            transaction.journal(journal)
            transaction.commit()
        return _card(journal.member, found.profiles.get(member.member_id), now)

    return until_committed(attempt)


def list_entries(
    caller: Caller, path_id: str, past: str | None, limit: str | None, cursor: str | None, now: datetime
) -> statement.EntryPage:
    """List a member's entries, newest first; those that had been recorded by a past instant, if one is given.

    Raises:
        NotFound: there is no such member for this caller.
        Unreadable: instant, limit or cursor is none.
    """
    member, _ = find(named(caller, path_id), lambda id_: fetch(member=id_))
    of = f"entries {member.member_id} {past}"
    most = paging.limit(limit)
    before = paging.number(of, cursor)
    if past is not None:
        from tessera.service.history import as_of, last_recorded  # noqa: PLC0415

        last = last_recorded(member, as_of(past, now))
        before = min(before or last + 1, last + 1)
    entries = lists.entries(member.member_id, most + 1, before)
    more = paging.cursor(of, str(entries[most - 1].sequence)) if len(entries) > most else None
    written = [statement.entry(entry, for_staff=bool(caller.roles)) for entry in entries[:most]]
    return {"items": written, "next_cursor": more}


def show_verification(caller: Caller, path_id: str) -> statement.Verification:
    """Verify a member's ledger and say the first mismatch.

    Raises:
        NotFound: there is no such member for this caller.
    """
    from tessera.service.verification import verify  # noqa: PLC0415

    member, _ = find(named(caller, path_id), lambda id_: fetch(member=id_))
    return statement.verification(member, verify(member).mismatch)


def link_identity(caller: Caller, path_id: str, body: str | None) -> None:
    """Link one more identity to a member. Linking it again changes nothing.

    Raises:
        NotFound: there is no such member.
        Invalid: the body names no identity.
        Conflict: the identity is another member's; it is never moved.
    """
    member_id = named(caller, path_id)
    request = access_first(member_id, lambda: read(LinkRequest, read_json(body)))
    identity = Identity(request.issuer, request.identity)

    def link() -> None:
        member, _ = find(member_id, lambda id_: fetch(member=id_))
        there = fetch(member=identity.member_id)
        whose = there.aliases.get(identity.member_id) or next(iter(there.members), None)
        if whose == member.member_id:
            return
        if whose:
            raise Conflict("identity_taken", "This identity is another member's already.")
        transaction = Transaction()
        transaction.alias(identity.member_id, member.member_id)
        transaction.commit()

    until_committed(link)


def _read_card(member_id: str) -> Found:
    return fetch(member=member_id, profile=member_id)


def _card(member: Member, profile: Profile | None, now: datetime) -> answers.Card:
    birthday = profile.birthday if profile else NO_BIRTHDAY
    return answers.card(card(member, in_force(), now, birthday), profile)
