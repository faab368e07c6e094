"""Coupons, and those that can be had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from tessera.instants import write_instant

if TYPE_CHECKING:
    from datetime import datetime

    from tessera import coupons
    from tessera.programme.coupons import CouponTemplate


class Template(TypedDict):
    """A coupon that can be had. `left` is null where there is no limit in number."""

    template_id: str
    name: str
    kind: str
    terms: str
    price_points: int
    valid_until: str
    left: int | None


class TemplatePage(TypedDict):
    """The coupons that the caller can have."""

    items: list[Template]


class Coupon(TypedDict):
    """A coupon of a member."""

    coupon_id: str
    code: str
    template_id: str
    kind: str
    valid_from: str
    valid_until: str
    status: str


class CouponPage(TypedDict):
    """Some coupons of a member."""

    items: list[Coupon]
    next_cursor: str | None


def template(offered: CouponTemplate, now: datetime, left: int | None) -> Template:
    """Write a coupon that can be had, with the date that one claimed now would have, and how many are left."""
    return {
        "template_id": offered.id,
        "name": offered.name,
        "kind": offered.kind,
        "terms": offered.terms,
        "price_points": offered.price_points,
        "valid_until": write_instant(offered.validity(now)[1]),
        "left": left,
    }


def coupon(issued: coupons.Coupon, now: datetime) -> Coupon:
    """Write a coupon of a member."""
    return {
        "coupon_id": issued.coupon_id,
        "code": issued.code,
        "template_id": issued.template.id,
        "kind": issued.template.kind,
        "valid_from": write_instant(issued.valid_from),
        "valid_until": write_instant(issued.valid_until),
        "status": issued.status(now),
    }
