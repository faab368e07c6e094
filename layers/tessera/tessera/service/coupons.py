"""Claiming coupons, and listing them."""

from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from tessera import coupons as domain
from tessera import idempotency, paging
from tessera.access import MEMBER, Caller
from tessera.answers import coupons as answers
from tessera.instants import to_epoch_seconds
from tessera.programme.load import in_force
from tessera.refusals import Unreadable
from tessera.service import codes
from tessera.service.issuing import issue
from tessera.service.lookup import access_first, find, named
from tessera.service.on_offer import issued_at_present
from tessera.shapes import Key, Shape, read_json
from tessera.shapes import read as shape
from tessera.store import lists, stock
from tessera.store.read import read

if TYPE_CHECKING:
    from tessera.templates import Head

_STATUSES = ("active", "held", "redeemed", "expired", "returned")


class ClaimRequest(Shape):
    """Which coupon a member wants."""

    template_id: Key


class CodeRequest(Shape):
    """A code that a member has for a coupon: a public one, or one of many, in either case of letters."""

    code: Key


def list_templates(caller: Caller, now: datetime) -> answers.TemplatePage:
    """List what the caller may claim now; for a shop, what any member may."""
    programme = in_force()
    member = None
    if MEMBER in caller.scopes:
        own = caller.identity.member_id
        found = read(member=own)
        if alias := found.aliases.get(own):
            found = read(member=alias)
        member = next(iter(found.members.values()), None)
    heads = issued_at_present(programme)
    offered = domain.claimable([head.template for head in heads], member, programme, now)
    limited = {one.id: one.stock for one in offered if one.stock is not None}
    seconds = to_epoch_seconds(now)
    gone = {id_ for head in heads if (id_ := head.template.id) in limited and _is_gone(head, limited[id_], seconds)}
    left = {id_: stock.left(id_, number) for id_, number in limited.items() if id_ not in gone}
    return {
        "items": [
            answers.template(template, now, left.get(template.id))
            for template in offered
            if template.id not in gone and left.get(template.id) != 0
        ]
    }


def _is_gone(head: "Head", number: int, now: int) -> bool:
    return head.mark is not None and head.mark.holds(number, now)


def claim(caller: Caller, path_id: str, body: str | None, key: str | None, now: datetime) -> str:
    """Issue a coupon to a member: once for each `Idempotency-Key`, or each time if there is none.

    Returns:
        the coupon as JSON: to a repeat, byte for byte what was answered first.

    Raises:
        NotFound: there is no such member for this caller.
        Unreadable: the body is no JSON, or the key is none.
        Invalid: the body names no template, and no code.
        UnknownCode: nothing comes with the code.
        TooManyAttempts: there were too many wrong codes before.
        Forbidden: the member may not have it.
        Conflict: a limit is reached, the points are not there, none are issued at present, or the key came with another
            body.
    """
    member_id = named(caller, path_id)
    content = access_first(member_id, lambda: read_json(body))
    wanted = access_first(member_id, lambda: _wanted(content))

    def key_of(member_id: str) -> idempotency.Request | None:
        return idempotency.request(caller.key, "POST", f"/members/{member_id}/coupons", key, content)

    access_first(member_id, lambda: key_of(member_id))
    if isinstance(wanted, CodeRequest):
        return codes.use(caller, member_id, wanted.code, now, key_of=key_of).answer
    return issue(member_id, wanted.template_id, now, how="claim", key_of=key_of).answer


def list_coupons(
    caller: Caller, path_id: str, status: str | None, limit: str | None, cursor: str | None, now: datetime
) -> answers.CouponPage:
    """List a member's coupons, those of one status if it is given.

    Raises:
        NotFound: there is no such member for this caller.
        Unreadable: status, limit or cursor is none.
    """
    member, _ = find(named(caller, path_id), lambda id_: read(member=id_))
    if status is not None and status not in _STATUSES:
        raise Unreadable("bad_status", "status must be one of: " + ", ".join(_STATUSES) + ".")
    of = f"coupons {member.member_id} {status}"
    most = paging.limit(limit)
    after = paging.position(of, cursor)
    as_of = max(now, member.booked_at)
    every = lists.coupons(member.member_id, after)
    wanted = (coupon for coupon in every if status is None or coupon.status(as_of) == status)
    found = list(islice(wanted, most + 1))
    more = paging.cursor(of, found[most - 1].coupon_id) if len(found) > most else None
    return {"items": [answers.coupon(coupon, as_of) for coupon in found[:most]], "next_cursor": more}


def _wanted(content: object) -> ClaimRequest | CodeRequest:
    by_code = isinstance(content, dict) and "code" in content
    return shape(CodeRequest, content) if by_code else shape(ClaimRequest, content)
