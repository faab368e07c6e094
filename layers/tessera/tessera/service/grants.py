"""Granting coupons: operators give them to members who need not ask."""

from datetime import datetime

from tessera import idempotency
from tessera.access import Caller
from tessera.programme.load import in_force
from tessera.refusals import Invalid, NotFound, Problem
from tessera.service.issuing import issue
from tessera.shapes import Key, Shape, read, read_json
from tessera.store.templates import read_heads
from tessera.templates import standing


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
    if standing(template_id, read_heads([template_id]), in_force()) is None:
        raise NotFound
    content = read_json(body)
    wanted = read(GrantRequest, content)
    path = f"/coupon-templates/{template_id}/grants"
    request = idempotency.request(caller.key, "POST", path, key, content)
    try:
        issued = issue(
            wanted.member_id, template_id, now, how="grant", by=caller.identity.subject, key_of=lambda _: request
        )
    except NotFound:
        raise Invalid([Problem("/member_id", "is no member's id")], "unknown_member") from None
    return issued.answer
