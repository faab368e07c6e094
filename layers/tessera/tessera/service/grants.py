"""Granting coupons: operators give them to members who need not ask."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar

from pydantic import Field

from tessera import idempotency
from tessera.access import Caller
from tessera.programme.load import in_force
from tessera.refusals import Invalid, NotFound, Problem, Unreadable
from tessera.service.coupon_job_start import start
from tessera.service.issuing import issue
from tessera.shapes import Key, Shape, read, read_json
from tessera.store.templates import read_heads
from tessera.templates import require_issuing, standing

T = TypeVar("T")


class GrantRequest(Shape):
    """Whom a coupon is for."""

    member_id: Key


class GrantListRequest(Shape):
    """Whom coupons are for, each of whom is to have one."""

    members: Annotated[list[Annotated[str, Field(pattern=r"^m_[a-z2-7]{26}$")]], Field(min_length=1, max_length=10_000)]


@dataclass(frozen=True, slots=True)
class Granted:
    """The coupon that was granted, or the job that grants coupons to a list of members, as JSON."""

    answer: str
    in_background: bool


def grant(caller: Caller, template_id: str, body: str | None, key: str | None, now: datetime) -> Granted:
    """Grant a coupon to a member, who need not be one of those who may claim it: once for each `Idempotency-Key`.

    To a list of members they are granted in the background.

    Returns:
        what was granted: to a repeat, byte for byte what was answered first.

    Raises:
        NotFound: there is no such template.
        Unreadable: the body is no JSON, or the key is none.
        Invalid: it names no member, or too many.
        Forbidden: the member is frozen or closed.
        Conflict: a limit is reached, none are issued at present, or the key came with another body.
        Unavailable: not all of it could be sent; a repeat with the same key, or resuming the job, sends it again.
    """
    content = _template_first(template_id, lambda: read_json(body))
    wanted = _template_first(template_id, lambda: _wanted(content))
    path = f"/coupon-templates/{template_id}/grants"
    request = _template_first(template_id, lambda: idempotency.request(caller.key, "POST", path, key, content))
    by = caller.identity.subject
    if isinstance(wanted, GrantListRequest):
        _require_issuing(template_id)
        return Granted(
            start(request, lambda jobs: jobs.start_grants(template_id, wanted.members, by, now)), in_background=True
        )
    try:
        issued = issue(wanted.member_id, template_id, now, how="grant", by=by, key_of=lambda _: request)
        return Granted(issued.answer, in_background=False)
    except NotFound:
        raise Invalid([Problem("/member_id", "is no member's id")], "unknown_member") from None
    except Invalid as refusal:
        if refusal.code == "unknown_template":
            raise NotFound from None
        raise


def _wanted(content: object) -> GrantRequest | GrantListRequest:
    is_list = isinstance(content, dict) and "members" in content
    return read(GrantListRequest, content) if is_list else read(GrantRequest, content)


def _require_issuing(template_id: str) -> None:
    head = standing(template_id, read_heads([template_id]), in_force())
    if head is None:
        raise NotFound
    require_issuing(head)


def _template_first(template_id: str, parse: Callable[[], T]) -> T:
    """Read a request's content; if it is wrong, say so only of a template that there is."""
    try:
        return parse()
    except (Invalid, Unreadable):
        if standing(template_id, read_heads([template_id]), in_force()) is None:
            raise NotFound from None
        raise
