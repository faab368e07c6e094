"""The operators' coupon templates: how one stands, and how it changes.

A template is known by its id. Operators create one, change it, pause it, resume it, and retire it for good; each of
these makes a version, and every version is kept with who made it and when. A template that the programme brings is at
version 0 until an operator changes something about it. What was issued keeps the template as it was then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from tessera.refusals import Conflict, Invalid, Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from tessera.programme.coupons import CouponTemplate
    from tessera.programme.model import Programme
    from tessera.stock import Mark

Status = Literal["active", "paused", "retired"]

MOST = 500
"""Templates that are not retired: who asks what can be claimed has all of them looked at."""

_LIMITS = ("stock", "redemptions", "budget")
"""What may be raised and not lowered: what there was may be gone already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A template as it stands."""

    template: CouponTemplate
    version: int = 0
    """How many changes there have been; 0 is the programme's own template, as it was written."""
    status: Status = "active"
    changed_at: datetime | None = None
    changed_by: str | None = None
    """The subject of the operator's token."""
    mark: Mark | None = None
    """That its stock is sold out, if that was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """The ids of the templates that operators have changed, in their order, without those that are retired."""

    ids: tuple[str, ...] = ()
    version: int = 0

    def after(self, head: Head) -> Registry:
        """Answer the registry after a change; the same one if the change is none of the registry's.

        Raises:
            Conflict: there are `MOST` templates already.
        """
        listed = head.template.id in self.ids
        if (head.status == "retired") is not listed:
            return self
        if listed:
            return replace(self, ids=tuple(id_ for id_ in self.ids if id_ != head.template.id))
        if len(self.ids) >= MOST:
            raise Conflict("too_many_templates", f"There are {MOST} templates; one has to be retired first.")
        return replace(self, ids=(*self.ids, head.template.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicCode:
    """A word by which a template is claimed, and whose it is."""

    code: str
    template_id: str
    version: int = 0


def standing(template_id: str, heads: Mapping[str, Head | Mark], programme: Programme) -> Head | None:
    """Answer how a template stands: as operators have left it, or else as the programme has it; None if there is none.

    Args:
        template_id: which.
        heads: what is stored of templates, by id.
        programme: the programme in force.
    """
    stored = heads.get(template_id)
    if isinstance(stored, Head):
        return stored
    template = programme.template(template_id)
    if template is None:
        return None
    return Head(template=template, mark=stored)


def require_issuing(head: Head) -> None:
    """Insist that coupons of a template are issued at present.

    Raises:
        Conflict: it is paused or retired.
    """
    if head.status == "paused":
        raise Conflict("template_paused", "Coupons of this kind are not issued at present.")
    if head.status == "retired":
        raise Conflict("template_retired", "Coupons of this kind are issued no longer.")


def create(template: CouponTemplate, there: Head | None, *, by: str, now: datetime) -> Head:
    """Create a template. Creating the same one again changes nothing.

    Args:
        template: the template.
        there: what is known by its id already.
        by: the subject of the operator's token.
        now: the request's time.

    Raises:
        Conflict: another one has its id.
    """
    if there is None:
        return Head(template=template, version=1, changed_at=now, changed_by=by)
    if there.version and there.template == template:
        return there
    raise Conflict("template_exists", "There is a template with this id already.")


def change(head: Head, template: CouponTemplate, *, by: str, now: datetime) -> Head:
    """Change what is issued from now on. A change to the same changes nothing.

    Raises:
        Conflict: it is retired.
        Invalid: it has another id, or less of a limited number or budget than before.
    """
    _require_not_retired(head)
    if template.id != head.template.id:
        raise Invalid([Problem("/id", "must be the id of the path")])
    lowered = [limit for limit in _LIMITS if _is_lowered(getattr(head.template, limit), getattr(template, limit))]
    if lowered:
        raise Invalid([Problem(f"/{limit}", "may only be raised: what there was may be gone") for limit in lowered])
    return head if template == head.template else _next(head, by, now, template=template)


def pause(head: Head, *, by: str, now: datetime) -> Head:
    """Issue no more until it is resumed. Safe to repeat.

    Raises:
        Conflict: it is retired.
    """
    _require_not_retired(head)
    return head if head.status == "paused" else _next(head, by, now, status="paused")


def resume(head: Head, *, by: str, now: datetime) -> Head:
    """Issue again. Safe to repeat.

    Raises:
        Conflict: it is retired.
    """
    _require_not_retired(head)
    return head if head.status == "active" else _next(head, by, now, status="active")


def retire(head: Head, *, by: str, now: datetime) -> Head:
    """Issue no more, for good. Safe to repeat."""
    return head if head.status == "retired" else _next(head, by, now, status="retired")


def take_code(code: str, template_id: str, there: PublicCode | None, owner: Head | None) -> PublicCode:
    """Take a public code for a template. One that no present template uses is free.

    Args:
        code: the code.
        template_id: who is to have it.
        there: what is stored of it.
        owner: the template that it is stored for, if any.

    Raises:
        Invalid: another template uses it.
    """
    if there is None:
        return PublicCode(code=code, template_id=template_id)
    used = owner is not None and owner.status != "retired" and owner.template.public_code == code
    if there.template_id != template_id and used:
        raise code_taken()
    return replace(there, template_id=template_id)


def code_taken() -> Invalid:
    """Make the refusal of a public code that is another template's."""
    return Invalid([Problem("/public_code", "is another template's")], "public_code_taken")


def named_by_code(code: str, templates: Collection[CouponTemplate]) -> CouponTemplate | None:
    """Find the template of the programme that has a public code."""
    return next((template for template in templates if template.public_code == code), None)


def _require_not_retired(head: Head) -> None:
    if head.status == "retired":
        raise Conflict("template_retired", "The template is retired, and that is for good.")


def _is_lowered(before: int | None, after: int | None) -> bool:
    """Say whether a limit becomes lower; None is no limit."""
    return after is not None and (before is None or after < before)


def _next(head: Head, by: str, now: datetime, **changed: object) -> Head:
    made: Head = replace(head, version=head.version + 1, changed_at=now, changed_by=by, **changed)  # type: ignore[arg-type]
    return made
