"""Coupon templates as items and back: how each stands, its versions, its public code, and the list of all.

Everything of a template has the template's id; what is of no single template has a name that no id can have.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tessera.instants import parse_instant, write_instant
from tessera.stock import Mark
from tessera.store.items import HEAD
from tessera.templates import Head, PublicCode, Registry

if TYPE_CHECKING:
    from tessera.programme.coupons import CouponTemplate

SCHEMA = 1

VERSIONS = "v:"
"""Begins the parts that are its versions."""
REGISTRY = "#templates"
"""The name of the list of all templates."""

Fields = Mapping[str, Any]


def head_key(template_id: str) -> dict[str, object]:
    """Name the item that says how a template stands."""
    return {"template_id": template_id, "part": HEAD}


def version_part(version: int) -> str:
    """Name the part of a template that is one of its versions; they sort by number."""
    return f"{VERSIONS}{version:06}"


def code_key(code: str) -> dict[str, object]:
    """Name the item of a public code."""
    return {"template_id": f"#code:{code}", "part": HEAD}


def from_head(head: Head) -> dict[str, object]:
    """Write how a template stands, without its id and what is marked of its stock, which others write."""
    return {
        "schema": SCHEMA,
        "version": head.version,
        "status": head.status,
        "template": head.template.model_dump(mode="json", exclude_defaults=True),
        "changed_at": write_instant(head.changed_at) if head.changed_at else None,
        "changed_by": head.changed_by,
    }


def to_head(fields: Fields) -> Head | Mark:
    """Read how a template stands; if no operator has changed it, only that its stock is sold out."""
    mark = Mark(fields["sold_out_of"], fields.get("sold_out_until")) if "sold_out_of" in fields else None
    if mark and "template" not in fields:
        return mark
    return Head(
        template=_to_template(fields["template"]),
        version=fields["version"],
        status=fields["status"],
        changed_at=parse_instant(fields["changed_at"]),
        changed_by=fields["changed_by"],
        mark=mark,
    )


def from_registry(registry: Registry) -> dict[str, object]:
    """Write the list of all templates."""
    return {
        **head_key(REGISTRY),
        "schema": SCHEMA,
        "version": registry.version + 1,
        "ids": registry.ids,
    }


def to_registry(fields: Fields) -> Registry:
    """Read the list of all templates."""
    return Registry(ids=tuple(fields["ids"]), version=fields["version"])


def from_code(code: PublicCode) -> dict[str, object]:
    """Write whose a public code is."""
    return {
        **code_key(code.code),
        "schema": SCHEMA,
        "version": code.version + 1,
        "code": code.code,
        "names": code.template_id,
    }


def to_code(fields: Fields) -> PublicCode:
    """Read whose a public code is."""
    return PublicCode(code=fields["code"], template_id=fields["names"], version=fields["version"])


def _to_template(content: object) -> "CouponTemplate":
    # Not every process that reads the store reads templates, and the programme's model is slow to import.
    from tessera.programme.coupons import read_template  # noqa: PLC0415

    return read_template(content)
