"""Adjusting members by hand, changing their standing, placing them on a tier, and marking them with tags."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tessera import operators
from tessera.access import Caller
from tessera.answers import operators as answers
from tessera.answers import statement, write
from tessera.journal import Journal
from tessera.outlook import of
from tessera.programme.rules import Id
from tessera.service.attempts import until_committed
from tessera.service.keyed import change_once
from tessera.service.lookup import access_first, find, named
from tessera.service.opening import open_journal
from tessera.shapes import Instant, Key, Shape, read, read_json
from tessera.store.read import read as fetch
from tessera.store.transaction import Transaction

_MOST = 1_000_000_000


class _Explained(Shape):
    reason: Key
    note: Annotated[str, Field(min_length=1, max_length=500)]


class AdjustmentRequest(_Explained):
    """Points to give or, negative, to take; growth to give; and why."""

    points: Annotated[int, Field(ge=-_MOST, le=_MOST)] = 0
    growth: Annotated[int, Field(ge=0, le=_MOST)] = 0

    @model_validator(mode="after")
    def _adjusts_something(self) -> Self:
        if not self.points and not self.growth:
            message = "points or growth is needed"
            raise ValueError(message)
        return self


class StandingRequest(_Explained):
    """What the member's standing is to be, and why."""

    standing: Literal["active", "frozen", "closed"]


class PlacementRequest(_Explained):
    """A tier to place the member on, until when, and why."""

    tier: Key
    until: Instant


class PlacementEndRequest(_Explained):
    """Why a placement ends before its time."""


class TagsRequest(_Explained):
    """The tags that a member is to have, instead of those that there are, and why."""

    tags: Annotated[list[Id], Field(max_length=10)]


def adjust(caller: Caller, path_id: str, body: str | None, key: str | None, now: datetime) -> str:
    """Adjust a member's points and growth.

    Returns:
        the entry as JSON: to a repeat, byte for byte what was answered first.

    Raises:
        NotFound: there is no such member.
        Unreadable: the body is no JSON, or the key is none.
        Invalid: it is no adjustment, or the programme has no such reason.
        Forbidden: it is more than the operator may adjust.
        Conflict: the points are not there, or the key came with another body.
    """
    member_id = named(caller, path_id)
    content = access_first(member_id, lambda: read_json(body))
    request = access_first(member_id, lambda: read(AdjustmentRequest, content))

    def decide(journal: Journal, _transaction: Transaction) -> str:
        operators.adjust(
            journal,
            request.points,
            request.growth,
            reason=request.reason,
            note=request.note,
            by=caller.identity.subject,
            roles=caller.roles,
        )
        return write(statement.entry(journal.entries[-1], for_staff=True))

    return change_once(caller, member_id, "adjustments", key, content, now, decide)


def change_standing(caller: Caller, path_id: str, body: str | None, key: str | None, now: datetime) -> str:
    """Freeze a member, lift that, or close the account.

    Returns:
        the standing as JSON.

    Raises:
        NotFound: there is no such member.
        Unreadable: the body is no JSON, or the key is none.
        Invalid: it is no standing, or the programme has no such reason.
        Conflict: the account is closed, or the key came with another body.
    """
    member_id = named(caller, path_id)
    content = access_first(member_id, lambda: read_json(body))
    request = access_first(member_id, lambda: read(StandingRequest, content))

    def decide(journal: Journal, _transaction: Transaction) -> str:
        by = caller.identity.subject
        operators.change_standing(journal, request.standing, reason=request.reason, note=request.note, by=by)
        return write({"standing": journal.member.standing})

    return change_once(caller, member_id, "standing", key, content, now, decide)


def place(caller: Caller, path_id: str, body: str | None, key: str | None, now: datetime) -> str:
    """Place a member on a tier for a time.

    Returns:
        the tier that the member is on, as JSON.

    Raises:
        NotFound: there is no such member.
        Unreadable: the body is no JSON, or the key is none.
        Invalid: it is no placement, or the programme has no such reason or tier.
        Conflict: the account is closed, the tier is no higher than what is earned, or the key came with another body.
    """
    member_id = named(caller, path_id)
    content = access_first(member_id, lambda: read_json(body))
    request = access_first(member_id, lambda: read(PlacementRequest, content))

    def decide(journal: Journal, _transaction: Transaction) -> str:
        by = caller.identity.subject
        operators.place(journal, request.tier, request.until, reason=request.reason, note=request.note, by=by)
        return write(answers.placed(of(journal)))

    return change_once(caller, member_id, "placements", key, content, now, decide)


def end_placement(caller: Caller, path_id: str, body: str | None, key: str | None, now: datetime) -> str:
    """End a member's placement before its time; without one nothing happens.

    Returns:
        the tier that the member is on, as JSON.

    Raises:
        NotFound: there is no such member.
        Unreadable: the body is no JSON, or the key is none.
        Invalid: it gives no reason, or none of the programme's.
        Conflict: the key came with another body.
    """
    member_id = named(caller, path_id)
    content = access_first(member_id, lambda: read_json(body))
    request = access_first(member_id, lambda: read(PlacementEndRequest, content))

    def decide(journal: Journal, _transaction: Transaction) -> str:
        operators.end_placement(journal, reason=request.reason, note=request.note, by=caller.identity.subject)
        return write(answers.placed(of(journal)))

    return change_once(caller, member_id, "placements/end", key, content, now, decide)


def tag(caller: Caller, path_id: str, body: str | None, now: datetime) -> answers.Tags:
    """Mark a member with tags, by which coupons may be for a group of members. Safe to repeat.

    Raises:
        NotFound: there is no such member.
        Unreadable: the body is no JSON.
        Invalid: it has no tags, or the programme has no such reason.
        Conflict: the account is closed.
    """
    member_id = named(caller, path_id)
    request = access_first(member_id, lambda: read(TagsRequest, read_json(body)))

    def attempt() -> answers.Tags:
        member, _ = find(member_id, lambda id_: fetch(member=id_))
        journal = open_journal(member, now)
        operators.tag(journal, request.tags, reason=request.reason, note=request.note, by=caller.identity.subject)
        if journal.member.tags != member.tags:
            transaction = Transaction()
            transaction.journal(journal)
            transaction.commit()
        return {"tags": list(journal.member.tags)}

    return until_committed(attempt)
