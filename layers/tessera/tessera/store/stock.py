"""Stock of coupon templates: units reserved by claim id on shards, one conditional update each.

A reservation is an attribute of its shard's item until it is known whether the claim was committed; the claim's own
record decides that, whoever writes it first. So no unit is sold twice, and none is lost for longer than a minute.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tessera.claims import Claim
from tessera.instants import to_epoch_seconds
from tessera.stock import ABANDONED_AFTER, MANY_OPEN, SHARDS, STAMP_BITS, Mark, Shard, becomes, home, made_at, share
from tessera.stock import stamp as make_stamp
from tessera.store import client
from tessera.store.attributes import attribute, fields, item
from tessera.store.client import StaleError, call, name_of
from tessera.store.items import claim_key
from tessera.store.operations import from_operation, to_operation
from tessera.store.read import batch_get, read
from tessera.store.template_items import head_key

if TYPE_CHECKING:
    from tessera.store.operations import Operation

_OPEN = "r:"
"""Begins the names of the attributes that are reservations."""
_ROUNDS = 5
"""How often all shards are looked at in one attempt, if others are faster each time."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """A unit that a claim may take: on which shard, and how that stands."""

    template_id: str
    claim_id: str
    number: int
    shard: Shard

    @property
    def stamp(self) -> int:
        """What tells it from every other reservation of the claim."""
        return self.shard.open[self.claim_id]


def reserve(template_id: str, stock: int, claim_id: str, now: datetime, mark: Mark | None) -> Reservation | None:
    """Reserve a unit for a claim, or find the one that it has reserved; None if all are sold.

    Args:
        template_id: which template.
        stock: how many there are in all.
        claim_id: the id under which a retry finds the same unit.
        now: the request's time.
        mark: what was read of the template: whether it is sold out.

    Raises:
        StaleError: others were faster every time.
        Unavailable: the store did not answer; asking again under the same id finds what became of it.
    """
    seconds = to_epoch_seconds(now)
    if mark and mark.holds(stock, seconds):
        return None
    number = home(claim_id, stock)
    if taken := _take(template_id, number, stock, claim_id, seconds):
        return taken
    for _ in range(_ROUNDS):
        shards = _read(template_id)
        for number, shard in shards.items():
            if claim_id in shard.open:
                return Reservation(template_id, claim_id, number, shard)
        room = _with_room(shards, stock)
        # Those who ask at the same time must not all be at the same unit.
        random.shuffle(room)
        for number in room:
            if taken := _take(template_id, number, stock, claim_id, seconds):
                return taken
        if not room and not _reclaim(template_id, stock, shards, seconds):
            return None
    raise StaleError


def look_for(
    template_id: str, claim_id: str, names: Sequence[str]
) -> tuple["Mapping[str, Operation]", Reservation | None]:
    """Read records by their names, and look on all shards for what a claim has reserved: in one round trip.

    Raises:
        Unavailable: the store did not answer.
    """
    records: dict[str, Operation] = {}
    reserved = None
    wanted = {"OPERATIONS_TABLE": [{"operation": name} for name in names], "STOCK_TABLE": _keys(template_id)}
    for table, stored in batch_get(wanted):
        content = fields(stored)
        if table == "OPERATIONS_TABLE":
            records[content["operation"]] = to_operation(content)
        elif claim_id in (shard := _to_shard(content)).open:
            reserved = Reservation(template_id, claim_id, _number(content), shard)
    return records, reserved


def tidy(reservation: Reservation, now: datetime) -> None:
    """Drop the reservations of a shard that are committed, if there are many: its item stays small, and cheap.

    Raises:
        StaleError: others are doing it.
        Unavailable: the store did not answer; whoever comes next does it.
    """
    if len(reservation.shard.open) < MANY_OPEN:
        return
    number, shard = reservation.number, reservation.shard
    claims = _claims(shard.open)
    seconds = to_epoch_seconds(now)
    sold = {
        id_: stamp for id_, stamp in shard.open.items() if becomes(claims.get(id_), number, stamp, seconds) == "sold"
    }
    _drop(reservation.template_id, number, sold)


def give_back(reservation: Reservation, claim: Claim | None) -> None:
    """Give a unit back, unless it has become the coupon of its claim.

    Args:
        reservation: the unit.
        claim: the record of the claim; None if there is none, and is not to be one any more.

    Raises:
        Unavailable: the store did not answer; after a minute whoever finds no unit left does it.
    """
    if claim and (claim.shard, claim.stamp) == (reservation.number, reservation.stamp):
        return
    _return(reservation.template_id, reservation.number, reservation.claim_id, reservation.stamp, claim)


def left(template_id: str, stock: int) -> int:
    """Answer how many units of a stock are neither sold nor reserved.

    Raises:
        Unavailable: the store did not answer.
    """
    return max(0, stock - sum(shard.taken for shard in _read(template_id).values()))


def _take(template_id: str, number: int, stock: int, claim_id: str, now: int) -> Reservation | None:
    """Take a unit of a shard, unless this claim has one there; None if the shard has none left."""
    try:
        answer = call(
            client.DYNAMODB.update_item,
            **_of(template_id, number),
            UpdateExpression="SET taken = if_not_exists(taken, :none) + :one, #claim = :stamp",
            ConditionExpression="attribute_not_exists(#claim) AND (attribute_not_exists(taken) OR taken < :share)",
            ExpressionAttributeNames={"#claim": _OPEN + claim_id},
            ExpressionAttributeValues=item(
                {
                    ":none": 0,
                    ":one": 1,
                    ":stamp": make_stamp(now, random.getrandbits(STAMP_BITS)),
                    ":share": share(stock, number),
                }
            ),
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except StaleError as refused:
        shard = _to_shard(fields(refused.found or {}))
        return Reservation(template_id, claim_id, number, shard) if claim_id in shard.open else None
    return Reservation(template_id, claim_id, number, _to_shard(fields(answer["Attributes"])))


def _reclaim(template_id: str, stock: int, shards: Mapping[int, Shard], now: int) -> bool:
    """Take back what was reserved and is not going to be sold; if there is nothing, mark the template as sold out.

    Returns:
        whether some unit may be had now.
    """
    every = [(number, id_, stamp) for number, shard in shards.items() for id_, stamp in shard.open.items()]
    claims = _claims(id_ for _, id_, _ in every)
    fates = [(becomes(claims.get(id_), number, stamp, now), number, id_, stamp) for number, id_, stamp in every]
    returned = [(number, id_, stamp) for fate, number, id_, stamp in fates if fate == "returned"]
    for number, id_, stamp in returned:
        _return(template_id, number, id_, stamp, claims.get(id_))
    if returned:
        return True
    waiting = [made_at(stamp) for fate, _, _, stamp in fates if fate == "open"]
    if not waiting:
        _mark(template_id, Mark(stock, None))
        return False
    _mark(template_id, Mark(stock, min(waiting) + ABANDONED_AFTER))
    # What came back before the mark was there has lifted none; what comes back from now on lifts this one.
    if not _with_room(_read(template_id), stock):
        return False
    _lift(template_id)
    return True


def _with_room(shards: Mapping[int, Shard], stock: int) -> list[int]:
    """List the shards that have something left to give."""
    return [number for number in range(SHARDS) if shards.get(number, Shard()).taken < share(stock, number)]


def _return(template_id: str, number: int, claim_id: str, stamp: int, claim: Claim | None) -> None:
    """Give a reserved unit back, once; but not if its claim is committed while it is being declared void.

    A mark is lifted after the unit is there, not before: whoever sets one in between looks at the shards once more.
    """
    try:
        if claim is None:
            void = item(from_operation(Claim(claim_id=claim_id, void=True)))
            call(
                client.DYNAMODB.put_item,
                TableName=name_of("OPERATIONS_TABLE"),
                Item=void,
                ConditionExpression="attribute_not_exists(operation)",
            )
        call(
            client.DYNAMODB.update_item,
            **_of(template_id, number),
            UpdateExpression="SET taken = taken - :one REMOVE #claim",
            ConditionExpression="#claim = :stamp",
            ExpressionAttributeNames={"#claim": _OPEN + claim_id},
            ExpressionAttributeValues=item({":one": 1, ":stamp": stamp}),
        )
    except StaleError:
        # It is committed, or somebody else has declared it void or has given it back: whoever looks again sees which.
        return
    _lift(template_id)


def _drop(template_id: str, number: int, sold: Mapping[str, int]) -> None:
    """Forget reservations whose units are sold, by claim id with their stamps."""
    if sold:
        places = range(len(sold))
        call(
            client.DYNAMODB.update_item,
            **_of(template_id, number),
            UpdateExpression="REMOVE " + ", ".join(f"#c{i}" for i in places),
            ConditionExpression=" AND ".join(f"#c{i} = :s{i}" for i in places),
            ExpressionAttributeNames={f"#c{i}": _OPEN + claim_id for i, claim_id in enumerate(sold)},
            ExpressionAttributeValues=item({f":s{i}": stamp for i, stamp in enumerate(sold.values())}),
        )


def _mark(template_id: str, mark: Mark) -> None:
    """Say of a template that it is sold out: for good, or until a claim that is not through yet can be given up."""
    until = "sold_out_until = :until" if mark.until is not None else ""
    call(
        client.DYNAMODB.update_item,
        TableName=name_of("COUPON_TEMPLATES_TABLE"),
        Key=item(head_key(template_id)),
        UpdateExpression=f"SET sold_out_of = :of, {until}" if until else "SET sold_out_of = :of REMOVE sold_out_until",
        ExpressionAttributeValues=item({":of": mark.of, ":until": mark.until}),
    )


def _lift(template_id: str) -> None:
    """Let a template that is marked as sold out be looked at again, whatever the clock of whoever asks says."""
    with suppress(StaleError):
        call(
            client.DYNAMODB.update_item,
            TableName=name_of("COUPON_TEMPLATES_TABLE"),
            Key=item(head_key(template_id)),
            UpdateExpression="SET sold_out_until = :never",
            ConditionExpression="attribute_exists(sold_out_of)",
            ExpressionAttributeValues=item({":never": 0}),
        )


def _claims(claim_ids: Iterable[str]) -> dict[str, Claim]:
    """Read the records of claims, by id; one that is not there is not committed."""
    records = read(operations=[claim_key(claim_id) for claim_id in claim_ids]).operations.values()
    return {record.claim_id: record for record in records if isinstance(record, Claim)}


def _read(template_id: str) -> dict[int, Shard]:
    """Read the shards of a template that have given anything, by number."""
    found = [fields(stored) for _, stored in batch_get({"STOCK_TABLE": _keys(template_id)})]
    return {_number(stored): _to_shard(stored) for stored in found}


def _keys(template_id: str) -> list[dict[str, str]]:
    return [{"stock_id": _stock_id(template_id, number)} for number in range(SHARDS)]


def _number(stored: Mapping[str, Any]) -> int:
    return int(stored["stock_id"].rpartition(":")[2])


def _to_shard(stored: Mapping[str, Any]) -> Shard:
    reservations = {name.removeprefix(_OPEN): stamp for name, stamp in stored.items() if name.startswith(_OPEN)}
    return Shard(taken=stored.get("taken", 0), open=reservations)


def _of(template_id: str, number: int) -> dict[str, Any]:
    return {"TableName": name_of("STOCK_TABLE"), "Key": {"stock_id": attribute(_stock_id(template_id, number))}}


def _stock_id(template_id: str, number: int) -> str:
    return f"claims:{template_id}:{number}"
