"""Reconciliation on the local stack: under its own role, against a ledger that root has tampered with."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from local.schedule import run_scheduled
from local.stack import NAME
from tessera.identities import bucket
from tessera.reconciliation import NIGHTS, buckets_of_night
from tests.stack.rights import denied
from tests.stack.shop import counted, eventually, new_id, order

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.stack import Stack
    from tests.stack.client import Api


class Attested:
    """A member, and the digest that attests to them."""

    def __init__(self, stack: Stack, member_id: str) -> None:
        self.member_id = member_id
        self._stack = stack
        self._bucket = bucket(member_id)
        self.place: Any = {"Bucket": stack.outputs["DigestsBucket"], "Key": f"heads/{self._bucket:04}.json"}
        self._night = datetime.now(UTC)
        while self._bucket not in buckets_of_night(self._night):
            self._night += timedelta(days=1)

    def reconcile(self) -> None:
        """Run the next night on which it is the member's turn, until all is verified."""
        outcome = run_scheduled(self._stack, "reconciliation", self._night)
        assert (outcome.answer, outcome.dead_letters) == ({"buckets": len(buckets_of_night(self._night))}, 0)
        self._night += timedelta(days=NIGHTS)

    def head(self) -> list[Any]:
        """Answer the number and the hash of the entry that the digest attests to."""
        digest = json.load(self._stack.aws.s3.get_object(**self.place)["Body"])
        ((_, sequence, hash_),) = [member for member in digest["members"] if member[0] == self.member_id]
        return [sequence, hash_]

    def last_entry(self) -> dict[str, Any]:
        """Read the last entry of the member."""
        (entry,) = self._stack.aws.dynamodb.query(
            TableName=self._stack.outputs["LedgerTable"],
            KeyConditionExpression="member_id = :member",
            ExpressionAttributeValues={":member": {"S": self.member_id}},
            ScanIndexForward=False,
            Limit=1,
        )["Items"]
        return entry

    def said(self, what: str) -> list[dict[str, Any]]:
        """Answer the lines with a word in them that verifications have logged."""
        group = f"/aws/lambda/{NAME}-verifications"
        pages = self._stack.aws.logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        lines = [event["message"] for page in pages for event in page["events"]]
        return [json.loads(line) for line in lines if line.startswith("{") and what in line]

    def mismatches(self) -> list[tuple[str | None, str, int | None]]:
        """Answer what did not add up in the member's bucket so far: member, check, number of the entry."""
        lines = [line for line in self.said('"mismatch"') if line["bucket"] == self._bucket]
        return [(line.get("member_id"), line["check"], line.get("sequence")) for line in lines]


@pytest.fixture
def alice(stack: Stack, api_as: Callable[..., Api]) -> Attested:
    """A member who has bought something, and is attested to."""
    app, shop = api_as(new_id("alice"), "tessera/member"), api_as("till", "tessera/shop")
    member_id = app.post("/members", {}).json()["member_id"]
    bought = new_id("order")
    assert shop.post("/purchases", order(bought, member_id=member_id)).status == 202
    eventually(lambda: shop.get(f"/purchases/{bought}"), counted)
    member = Attested(stack, member_id)
    member.reconcile()
    return member


def test_the_head_of_a_chain_is_attested_to_again_and_again(stack: Stack, alice: Attested) -> None:
    entry = alice.last_entry()
    head = [int(entry["sequence"]["N"]), entry["hash"]["B"].hex()]
    assert alice.head() == head

    alice.reconcile()

    assert alice.head() == head
    assert alice.mismatches() == []
    versions = stack.aws.s3.list_object_versions(Bucket=alice.place["Bucket"], Prefix=alice.place["Key"])["Versions"]
    assert len(versions) == 2
    with pytest.raises(ClientError, match="object lock"):
        stack.aws.s3.delete_object(**alice.place, VersionId=versions[-1]["VersionId"])


def test_an_entry_that_was_tampered_with_is_reported_and_what_was_attested_stays(stack: Stack, alice: Attested) -> None:
    before, entry = alice.head(), alice.last_entry()
    stack.aws.dynamodb.update_item(
        TableName=stack.outputs["LedgerTable"],
        Key={name: entry[name] for name in ("member_id", "sequence")},
        UpdateExpression="SET points = :more",
        ExpressionAttributeValues={":more": {"N": "5000"}},
    )

    alice.reconcile()

    assert alice.mismatches() == [(alice.member_id, "chain", 2)]
    assert alice.head() == before
    counted_lines = alice.said('"Mismatches":')
    assert counted_lines[-1]["Mismatches"] == [1.0]
    assert counted_lines[-1]["service"] == "tessera"


def test_a_deleted_digest_is_reported_until_the_deletion_is_undone(stack: Stack, alice: Attested) -> None:
    before = alice.head()
    marker = stack.aws.s3.delete_object(**alice.place)["VersionId"]

    alice.reconcile()

    assert alice.mismatches() == [(None, "digest", None)]
    stack.aws.s3.delete_object(**alice.place, VersionId=marker)
    assert alice.head() == before
    alice.reconcile()
    assert len(alice.mismatches()) == 1


def test_verifications_may_read_the_ledger_and_write_digests_and_nothing_else(stack: Stack, alice: Attested) -> None:
    aws = stack.as_function("VerificationsFunction")
    entry = alice.last_entry()
    ledger, members = stack.outputs["LedgerTable"], stack.outputs["MembersTable"]
    assert denied(lambda: aws.dynamodb.put_item(TableName=ledger, Item=entry))
    assert denied(lambda: aws.dynamodb.delete_item(TableName=members, Key={"member_id": entry["member_id"]}))
    assert denied(lambda: aws.s3.delete_object(**alice.place))
    assert denied(lambda: aws.s3.put_object(Bucket=alice.place["Bucket"], Key="elsewhere", Body=b""))
    assert not denied(lambda: aws.s3.get_object(**alice.place))


def test_no_other_function_may_touch_a_digest(stack: Stack, alice: Attested) -> None:
    aws = stack.as_function("PurchasesFunction")
    assert denied(lambda: aws.s3.get_object(**alice.place))
    assert denied(lambda: aws.s3.put_object(**alice.place, Body=b""))
