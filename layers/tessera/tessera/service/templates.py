"""The operators' coupon templates: creating, changing, pausing, resuming and retiring them, and their versions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tessera import paging, templates
from tessera.access import Caller
from tessera.answers import templates as answers
from tessera.programme.load import in_force
from tessera.refusals import NotFound
from tessera.service.attempts import until_committed
from tessera.shapes import checked, read_json
from tessera.store import templates as store
from tessera.templates import Head, PublicCode

if TYPE_CHECKING:
    from tessera.programme.coupons import CouponTemplate

_VERSIONS = "template versions"


@dataclass(frozen=True, slots=True)
class Created:
    """A template as it stands, and whether it is new."""

    answer: answers.TemplateHead
    new: bool


def create(caller: Caller, body: str | None, now: datetime) -> Created:
    """Create a template: once, however often it is sent.

    Raises:
        Unreadable: the body is no JSON.
        Invalid: it is no template, or its public code is another template's.
        Conflict: another template has its id, or there are as many as there may be.
    """
    template = _read_template(read_json(body))
    by = caller.identity.subject

    def attempt() -> Created:
        there = _standing(template.id)
        head = templates.create(template, there, by=by, now=now)
        if head is not there:
            _commit(None, head)
        return Created(answers.template_head(head), new=head is not there)

    return until_committed(attempt)


def change(caller: Caller, template_id: str, body: str | None, now: datetime) -> answers.TemplateHead:
    """Change what is issued of a template from now on.

    Raises:
        Unreadable: the body is no JSON.
        NotFound: there is no such template.
        Invalid: it is no template, or another one, or lowers a limit, or its public code is another template's.
        Conflict: the template is retired.
    """
    _require(template_id)
    template = _read_template(read_json(body))
    by = caller.identity.subject
    return _change(template_id, lambda head: templates.change(head, template, by=by, now=now))


def pause(caller: Caller, template_id: str, now: datetime) -> answers.TemplateHead:
    """Issue no more of a template until it is resumed.

    Raises:
        NotFound: there is no such template.
        Conflict: it is retired.
    """
    return _change(template_id, lambda head: templates.pause(head, by=caller.identity.subject, now=now))


def resume(caller: Caller, template_id: str, now: datetime) -> answers.TemplateHead:
    """Issue a template again.

    Raises:
        NotFound: there is no such template.
        Conflict: it is retired.
    """
    return _change(template_id, lambda head: templates.resume(head, by=caller.identity.subject, now=now))


def retire(caller: Caller, template_id: str, now: datetime) -> answers.TemplateHead:
    """Issue no more of a template, for good.

    Raises:
        NotFound: there is no such template.
    """
    return _change(template_id, lambda head: templates.retire(head, by=caller.identity.subject, now=now))


def show(template_id: str) -> answers.TemplateHead:
    """Show how a template stands.

    Raises:
        NotFound: there is no such template.
    """
    return answers.template_head(_require(template_id))


def list_versions(template_id: str, limit: str | None, cursor: str | None) -> answers.TemplateVersions:
    """List the versions that operators have made of a template, newest first.

    Raises:
        NotFound: there is no such template.
        Unreadable: limit or cursor is none.
    """
    _require(template_id)
    of = f"{_VERSIONS} {template_id}"
    most = paging.limit(limit)
    found = store.versions(template_id, most + 1, paging.number(of, cursor))
    return {
        "items": [answers.template_head(version) for version in found[:most]],
        "next_cursor": paging.cursor(of, str(found[most - 1].version)) if len(found) > most else None,
    }


def _read_template(content: object) -> "CouponTemplate":
    # The model is imported with the programme, which not every request needs.
    from tessera.programme.coupons import read_template  # noqa: PLC0415

    return checked(read_template, content)


def _change(template_id: str, make: Callable[[Head], Head]) -> answers.TemplateHead:
    def attempt() -> answers.TemplateHead:
        before = _require(template_id)
        after = make(before)
        if after.version != before.version:
            _commit(before, after)
        return answers.template_head(after)

    return until_committed(attempt)


def _commit(before: Head | None, after: Head) -> None:
    """Write a change with what follows from it for the list of all templates and for public codes."""
    registry = store.read_registry()
    listed = registry.after(after)
    code = after.template.public_code
    taken = _take_code(code, after) if code and not (before and before.version and _uses(before, code)) else None
    store.commit(after, listed if listed is not registry else None, taken)


def _uses(head: Head, code: str) -> bool:
    return head.template.public_code == code


def _take_code(code: str, head: Head) -> PublicCode:
    template_id = head.template.id
    of_programme = templates.named_by_code(code, in_force().coupons)
    if of_programme and of_programme.id != template_id:
        owner = _standing(of_programme.id)
        if owner and owner.status != "retired" and _uses(owner, code):
            raise templates.code_taken()
    there = store.read_code(code)
    return templates.take_code(code, template_id, there, _standing(there.template_id) if there else None)


def _require(template_id: str) -> Head:
    head = _standing(template_id)
    if head is None:
        raise NotFound
    return head


def _standing(template_id: str) -> Head | None:
    return templates.standing(template_id, store.read_heads([template_id]), in_force())
