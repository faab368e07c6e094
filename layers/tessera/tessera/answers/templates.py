"""Coupon templates as operators see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from typing_extensions import TypedDict

from tessera.instants import write_instant

if TYPE_CHECKING:
    from tessera.templates import Head


class TemplateHead(TypedDict):
    """A template as operators see it: as it stands, or as one of its versions was. Version 0 is the programme's own."""

    template_id: str
    version: int
    status: Literal["active", "paused", "retired"]
    template: dict[str, Any]
    changed_at: str | None
    changed_by: str | None


class TemplateVersions(TypedDict):
    """Some versions of a template."""

    items: list[TemplateHead]
    next_cursor: str | None


def template_head(head: Head) -> TemplateHead:
    """Write a template for operators; of its rules, those that differ from what goes without saying."""
    return {
        "template_id": head.template.id,
        "version": head.version,
        "status": head.status,
        "template": head.template.model_dump(mode="json", exclude_defaults=True),
        "changed_at": write_instant(head.changed_at) if head.changed_at else None,
        "changed_by": head.changed_by,
    }
