"""Redemptions as items and back."""

import json
import zlib
from collections.abc import Sequence
from typing import Any

from tessera import lots
from tessera.allowances import Allowance
from tessera.instants import parse_instant, write_instant
from tessera.redemptions import HeldLine, Redemption
from tessera.store.items import SCHEMA, Fields, compact, from_periods, redemption_key, to_periods

_WITHOUT_HEAD = -15
"""What zlib calls a stream without head and checksum: DynamoDB keeps its items whole."""


def from_redemption(redemption: Redemption) -> dict[str, object]:
    """Write a redemption."""
    lines = [[line.line_id, line.points, line.fingerprint] for line in redemption.lines]
    return {
        "operation": redemption_key(redemption.record),
        "kind": redemption.RECORD,
        "schema": SCHEMA,
        "version": redemption.version + 1,
        "redemption_id": redemption.redemption_id,
        "order_id": redemption.order_id,
        "member_id": redemption.member_id,
        "attempt": redemption.attempt,
        "by_shop": redemption.by_shop,
        "status": redemption.status,
        "expires_at": write_instant(redemption.expires_at),
        "lines": compact(lines),
        "parts": compact(lots.write(redemption.parts)) if redemption.parts else None,
        "coupon_ids": redemption.coupon_ids or None,
        "benefits": from_periods(redemption.benefits),
        "allowances": compact([_from_allowance(allowance) for allowance in redemption.allowances])
        if redemption.allowances
        else None,
        "ticket": redemption.ticket or None,
        "in_part": redemption.in_part or None,
        "request_hash": redemption.request_hash,
        # Written out it would take the record of five lines over the kilobyte, above which a write costs twice as much.
        "answer": zlib.compress(redemption.answer.encode(), wbits=_WITHOUT_HEAD),
    }


def to_redemption(fields: Fields) -> Redemption:
    """Read a redemption."""
    return Redemption(
        redemption_id=fields["redemption_id"],
        order_id=fields["order_id"],
        member_id=fields["member_id"],
        attempt=fields["attempt"],
        by_shop=fields["by_shop"],
        status=fields["status"],
        expires_at=parse_instant(fields["expires_at"]),
        lines=tuple(HeldLine(*line) for line in json.loads(fields["lines"])),
        parts=lots.read(json.loads(fields.get("parts", "[]"))),
        coupon_ids=tuple(fields.get("coupon_ids", ())),
        benefits=to_periods(fields.get("benefits", {})),
        allowances=tuple(_to_allowance(stored) for stored in json.loads(fields.get("allowances", "[]"))),
        ticket=fields.get("ticket", ""),
        in_part=fields.get("in_part", False),
        request_hash=fields["request_hash"],
        answer=zlib.decompress(fields["answer"], wbits=_WITHOUT_HEAD).decode(),
        version=fields["version"],
    )


def _from_allowance(allowance: Allowance) -> list[object]:
    return [allowance.template_id, allowance.coupon_id, allowance.by_line, allowance.beside]


def _to_allowance(stored: Sequence[Any]) -> Allowance:
    template_id, coupon_id, by_line, beside = stored
    return Allowance(template_id, coupon_id, tuple(by_line), beside)
