"""Granting coupons: operators give them to members who need not ask."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from tessera import idempotency
from tessera.access import Caller
from tessera.programme.load import in_force
from tessera.refusals import Invalid, NotFound, Problem, Unreadable
from tessera.service.issuing import issue
from tessera.shapes import Key, Shape, read, read_json
from tessera.store.templates import read_heads
from tessera.templates import standing

T = TypeVar("T")


class GrantRequest(Shape):
    """Whom a coupon is for."""

    member_id: Key


def grant(caller: Caller, template_id: str, body: str | None, key: str | None, now: datetime) -> str:
    """Grant a coupon to a member, who need not be one of those who may claim it: once for each `Idempotency-Key`.

    Returns:
        the coupon as JSON: to a repeat, byte for byte what was answered first.

    Raises:
        NotFound: there is no such template.
        Unreadable: the body is no JSON, or the key is none.
        Invalid: it names no member.
        Forbidden: the member is frozen or closed.
        Conflict: a limit is reached, none are issued at present, or the key came with another body.
    """
    content = _template_first(template_id, lambda: read_json(body))
    wanted = _template_first(template_id, lambda: read(GrantRequest, content))
    path = f"/coupon-templates/{template_id}/grants"
    request = _template_first(template_id, lambda: idempotency.request(caller.key, "POST", path, key, content))
    by = caller.identity.subject
    try:
        return issue(wanted.member_id, template_id, now, how="grant", by=by, key_of=lambda _: request).answer
    except NotFound:
        raise Invalid([Problem("/member_id", "is no member's id")], "unknown_member") from None
    except Invalid as refusal:
        if refusal.code == "unknown_template":
            raise NotFound from None
        raise


def _template_first(template_id: str, parse: Callable[[], T]) -> T:
    """Read a request's content; if it is wrong, say so only of a template that there is."""
    try:
        return parse()
    except (Invalid, Unreadable):
        if standing(template_id, read_heads([template_id]), in_force()) is None:
            raise NotFound from None
        raise
