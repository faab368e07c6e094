"""Coupons as items and back."""

from tessera.coupons import Coupon
from tessera.instants import parse_instant, write_instant
from tessera.programme.coupons import read_template
from tessera.store.items import SCHEMA, Fields, read, written


def from_coupon(coupon: Coupon) -> dict[str, object]:
    """Write a coupon."""
    return {
        "member_id": coupon.member_id,
        "coupon_id": coupon.coupon_id,
        "schema": SCHEMA,
        "version": coupon.version + 1,
        "template": coupon.template.model_dump(mode="json", exclude_defaults=True),
        "valid_from": write_instant(coupon.valid_from),
        "valid_until": write_instant(coupon.valid_until),
        "redeemed": coupon.redeemed,
        "returned": coupon.returned or None,
        "redemption_id": coupon.redemption_id,
        "held_until": written(coupon.held_until),
    }


def to_coupon(fields: Fields) -> Coupon:
    """Read a coupon."""
    return Coupon(
        member_id=fields["member_id"],
        coupon_id=fields["coupon_id"],
        version=fields["version"],
        template=read_template(fields["template"]),
        valid_from=parse_instant(fields["valid_from"]),
        valid_until=parse_instant(fields["valid_until"]),
        redeemed=fields["redeemed"],
        returned=fields.get("returned", False),
        redemption_id=fields.get("redemption_id"),
        held_until=read(fields.get("held_until")),
    )
