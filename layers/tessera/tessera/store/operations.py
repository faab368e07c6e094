"""The records of operations as items and back.

There are many kinds of them, and a function knows two or three: of each kind what writes and reads it is imported with
the first record of it, since all that start would wait for the others.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from tessera.instants import parse_instant, write_instant
from tessera.store.items import SCHEMA, Fields, action_key, attempts_key, claim_key, use_key

if TYPE_CHECKING:
    from tessera.actions import Action
    from tessera.benefits import Use
    from tessera.claims import Claim
    from tessera.code_attempts import Attempts
    from tessera.idempotency import Answer
    from tessera.purchases import AwaitedOrder, Order, RefundRecord
    from tessera.redemptions import Redemption

    Operation = Order | AwaitedOrder | RefundRecord | Redemption | Action | Use | Claim | Attempts | Answer


def from_operation(operation: Operation) -> dict[str, object]:  # noqa: PLR0911 - one for each kind of record
    """Write the record of an operation."""
    match operation.RECORD:
        case "order":
            from tessera.store import order_items  # noqa: PLC0415

            return order_items.from_order(operation)
        case "awaited_order":
            from tessera.store import order_items  # noqa: PLC0415

            return order_items.from_awaited(operation)
        case "refund":
            from tessera.store import order_items  # noqa: PLC0415

            return order_items.from_refund(operation)
        case "redemption":
            from tessera.store import redemption_items  # noqa: PLC0415

            return redemption_items.from_redemption(operation)
        case "action":
            return _from_action(operation)
        case "use":
            return _from_use(operation)
        case "claim":
            return _from_claim(operation)
        case "attempts":
            return _from_attempts(operation)
        case "answer":
            return _from_answer(operation)


def to_operation(fields: Fields) -> Operation:  # noqa: PLR0911 - one for each kind of record
    """Read the record of an operation."""
    match fields["kind"]:
        case "order":
            from tessera.store import order_items  # noqa: PLC0415

            return order_items.to_order(fields)
        case "awaited_order":
            from tessera.store import order_items  # noqa: PLC0415

            return order_items.to_awaited(fields)
        case "refund":
            from tessera.store import order_items  # noqa: PLC0415

            return order_items.to_refund(fields)
        case "redemption":
            from tessera.store import redemption_items  # noqa: PLC0415

            return redemption_items.to_redemption(fields)
        case "action":
            return _to_action(fields)
        case "use":
            return _to_use(fields)
        case "claim":
            return _to_claim(fields)
        case "attempts":
            return _to_attempts(fields)
    return _to_answer(fields)


def _from_action(action: Action) -> dict[str, object]:
    return {
        "operation": action_key(action.action_id),
        "kind": action.RECORD,
        "schema": SCHEMA,
        "version": action.version + 1,
        "action_id": action.action_id,
        "member_id": action.member_id,
        "fingerprint": action.fingerprint,
        "kind_of_action": action.kind,
        "at": write_instant(action.at),
        "recorded_at": write_instant(action.recorded_at),
        "points": action.points,
        "growth": action.growth,
        "attributes": action.attributes,
    }


def _to_action(fields: Fields) -> Action:
    from tessera.actions import Action  # noqa: PLC0415

    return Action(
        action_id=fields["action_id"],
        member_id=fields["member_id"],
        fingerprint=fields["fingerprint"],
        kind=fields["kind_of_action"],
        at=parse_instant(fields["at"]),
        recorded_at=parse_instant(fields["recorded_at"]),
        points=fields["points"],
        growth=fields["growth"],
        attributes=fields["attributes"],
        version=fields["version"],
    )


def _from_use(use: Use) -> dict[str, object]:
    return {
        "operation": use_key(use.member_id, use.benefit_id, use.use_id),
        "kind": use.RECORD,
        "schema": SCHEMA,
        "version": use.version + 1,
        "member_id": use.member_id,
        "benefit_id": use.benefit_id,
        "use_id": use.use_id,
        "name": use.name,
        "order_id": use.order_id,
        "since": use.since.isoformat() if use.since else None,
        "status": use.status,
        "answer": use.answer,
    }


def _to_use(fields: Fields) -> Use:
    from tessera.benefits import Use  # noqa: PLC0415

    return Use(
        member_id=fields["member_id"],
        benefit_id=fields["benefit_id"],
        use_id=fields["use_id"],
        name=fields["name"],
        order_id=fields.get("order_id"),
        since=date.fromisoformat(fields["since"]) if "since" in fields else None,
        status=fields["status"],
        answer=fields["answer"],
        version=fields["version"],
    )


def _from_claim(claim: Claim) -> dict[str, object]:
    return {
        "operation": claim_key(claim.claim_id),
        "kind": claim.RECORD,
        "schema": SCHEMA,
        "version": claim.version + 1,
        "claim_id": claim.claim_id,
        "void": claim.void or None,
        "member_id": claim.member_id,
        "coupon_id": claim.coupon_id,
        "shard": claim.shard,
        "stamp": claim.stamp,
        "answer": claim.answer,
    }


def _to_claim(fields: Fields) -> Claim:
    from tessera.claims import Claim  # noqa: PLC0415

    return Claim(
        claim_id=fields["claim_id"],
        void=fields.get("void", False),
        member_id=fields.get("member_id"),
        coupon_id=fields.get("coupon_id"),
        shard=fields.get("shard"),
        stamp=fields.get("stamp"),
        answer=fields.get("answer", ""),
        version=fields["version"],
    )


def _from_attempts(attempts: Attempts) -> dict[str, object]:
    return {
        "operation": attempts_key(attempts.name),
        "kind": attempts.RECORD,
        "schema": SCHEMA,
        "version": attempts.version + 1,
        "name": attempts.name,
        "since": attempts.since,
        "wrong": attempts.wrong,
    }


def _to_attempts(fields: Fields) -> Attempts:
    from tessera.code_attempts import Attempts  # noqa: PLC0415

    return Attempts(name=fields["name"], since=fields["since"], wrong=fields["wrong"], version=fields["version"])


def _from_answer(answer: Answer) -> dict[str, object]:
    return {
        "operation": answer.key,
        "kind": answer.RECORD,
        "schema": SCHEMA,
        "version": answer.version + 1,
        "body_hash": answer.body_hash,
        "body": answer.body,
    }


def _to_answer(fields: Fields) -> Answer:
    from tessera.idempotency import Answer  # noqa: PLC0415

    return Answer(
        key=fields["operation"],
        body_hash=fields["body_hash"],
        body=fields["body"],
        version=fields["version"],
    )
