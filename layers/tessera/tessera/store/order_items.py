"""Orders, those that are awaited, and refunds as items and back."""

import json
from datetime import date

from tessera import lots
from tessera.identities import shard
from tessera.instants import parse_instant, write_instant
from tessera.purchases import AwaitedOrder, Order, OrderLine, RefundRecord
from tessera.store.items import (
    SCHEMA,
    Fields,
    compact,
    from_periods,
    order_key,
    read,
    refund_key,
    to_periods,
    written,
)


def from_order(order: Order) -> dict[str, object]:
    """Write an order."""
    rules = list(dict.fromkeys(rule for line in order.lines for rule in line.rules))
    lines = [
        [
            line.line_id,
            line.quantity,
            line.amount,
            line.points,
            line.growth,
            [rules.index(rule) for rule in line.rules],
            line.points_spent,
            line.refunded_quantity,
            line.refunded_amount,
        ]
        for line in order.lines
    ]
    return {
        "operation": order_key(order.order_id),
        "kind": order.RECORD,
        "schema": SCHEMA,
        "version": order.version + 1,
        "order_id": order.order_id,
        "member_id": order.member_id,
        "fingerprint": order.fingerprint,
        "placed_at": write_instant(order.placed_at),
        "recorded_at": write_instant(order.recorded_at),
        "currency": order.currency,
        "growth_day": order.growth_day.isoformat(),
        "lot": compact(lots.write([(order.terms, order.points)])),
        "paid_with": compact(lots.write(order.paid_with)) if order.paid_with else None,
        "programme_version": order.programme_version,
        "rules": rules,
        # A thousand lines as attributes would cost three times the write units that they cost as one text.
        "lines": compact(lines),
        "redemption_id": order.redemption_id,
        "coupon_ids": order.coupon_ids or None,
        "benefits": from_periods(order.benefits),
        "reports": order.reports or None,
        "parked": order.parked or None,
    }


def to_order(fields: Fields) -> Order:
    """Read an order."""
    rules = fields["rules"]
    return Order(
        order_id=fields["order_id"],
        member_id=fields.get("member_id"),
        fingerprint=fields["fingerprint"],
        placed_at=parse_instant(fields["placed_at"]),
        recorded_at=parse_instant(fields["recorded_at"]),
        currency=fields["currency"],
        growth_day=date.fromisoformat(fields["growth_day"]),
        terms=lots.read(json.loads(fields["lot"]))[0][0],
        paid_with=lots.read(json.loads(fields.get("paid_with", "[]"))),
        programme_version=fields["programme_version"],
        lines=tuple(
            OrderLine(
                line_id=line_id,
                quantity=quantity,
                amount=amount,
                points=points,
                growth=growth,
                rules=tuple(rules[i] for i in rule_indexes),
                points_spent=points_spent,
                refunded_quantity=refunded_quantity,
                refunded_amount=refunded_amount,
            )
            for (
                line_id,
                quantity,
                amount,
                points,
                growth,
                rule_indexes,
                points_spent,
                refunded_quantity,
                refunded_amount,
            ) in json.loads(fields["lines"])
        ),
        redemption_id=fields.get("redemption_id"),
        coupon_ids=tuple(fields.get("coupon_ids", ())),
        benefits=to_periods(fields.get("benefits", {})),
        reports=tuple(fields.get("reports", ())),
        parked=tuple(fields.get("parked", ())),
        version=fields["version"],
    )


def from_awaited(awaited: AwaitedOrder) -> dict[str, object]:
    """Write that an order is awaited."""
    return {
        "operation": order_key(awaited.order_id),
        "kind": awaited.RECORD,
        "schema": SCHEMA,
        "version": awaited.version + 1,
        "order_id": awaited.order_id,
        "parked": awaited.parked,
    }


def to_awaited(fields: Fields) -> AwaitedOrder:
    """Read that an order is awaited."""
    return AwaitedOrder(order_id=fields["order_id"], parked=tuple(fields["parked"]), version=fields["version"])


def from_refund(refund: RefundRecord) -> dict[str, object]:
    """Write a refund."""
    return {
        "operation": refund_key(refund.refund_id),
        "kind": refund.RECORD,
        "schema": SCHEMA,
        "version": refund.version + 1,
        "refund_id": refund.refund_id,
        "order_id": refund.order_id,
        "fingerprint": refund.fingerprint,
        "status": refund.status,
        "message": refund.message,
        "due_shard": shard(refund.refund_id) if refund.due_at else None,
        "due_at": written(refund.due_at),
    }


def to_refund(fields: Fields) -> RefundRecord:
    """Read a refund."""
    return RefundRecord(
        refund_id=fields["refund_id"],
        order_id=fields["order_id"],
        fingerprint=fields["fingerprint"],
        status=fields["status"],
        message=fields.get("message"),
        due_at=read(fields.get("due_at")),
        version=fields["version"],
    )
