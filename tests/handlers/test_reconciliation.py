"""What is stored is verified, bucket by bucket, against what was attested: tampering shows, and goes on showing."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tessera.digests import Digest
from tessera.identities import bucket
from tessera.reconciliation import NIGHTS, buckets_of_night
from tessera.service import bucket_verification
from tessera.service.verification import Verified, verify_member
from tessera.store import client, digests
from tessera.verification import Head, Mismatch
from tests import resources
from tests.app import App, member_id
from tests.handlers.conftest import Refuse
from tests.handlers.messages import order

ALICE = member_id("alice")
BUCKET = bucket(ALICE)


@pytest.fixture
def alice(app: App) -> App:
    """Alice, who has bought something: two entries."""
    app.enrol()
    app.send(order("O1", member_id=ALICE))
    return app


@pytest.fixture
def neighbour() -> str:
    """The name of somebody in Alice's bucket."""
    return next(name for name in map(str, range(1_000_000)) if bucket(member_id(name)) == BUCKET)


Findings = Callable[[], list[tuple[str | None, str, int | None]]]


@pytest.fixture
def findings(monkeypatch: pytest.MonkeyPatch) -> Findings:
    """Answer what the last verification has found: member, check, number of the entry."""
    found: list[bucket_verification.Finding] = []
    verify_bucket = bucket_verification.verify_bucket

    def listen(body: str) -> bucket_verification.Reconciled:
        reconciled = verify_bucket(body)
        found[:] = reconciled.findings
        return reconciled

    monkeypatch.setattr(bucket_verification, "verify_bucket", listen)
    return lambda: [(each.member_id, each.mismatch.check, each.mismatch.sequence) for each in found]


def digest(app: App, number: int = BUCKET) -> Digest | None:
    with app.environment_of("VerificationsFunction"):
        return digests.latest(number)


def attested(app: App) -> dict[str, Head]:
    """Answer what the digest of Alice's bucket attests to."""
    found = digest(app)
    assert found
    return dict(found.heads)


def attested_entries(app: App) -> dict[str, int]:
    """Answer the number of the last entry that is attested to, for each member of Alice's bucket."""
    return {member: head.sequence for member, head in attested(app).items()}


def change_entry(app: App, sequence: int, **changes: Any) -> None:
    """Write other attributes into an entry of Alice's, as no function may."""
    client.DYNAMODB.update_item(
        TableName=app.addresses["LedgerTable"],
        Key={"member_id": {"S": ALICE}, "sequence": {"N": str(sequence)}},
        AttributeUpdates={name: {"Value": value} for name, value in changes.items()},
    )


def rewrite_history(app: App) -> None:
    """Replace Alice and her whole chain by ones that are consistent in themselves."""
    for table, key in (("LedgerTable", {"sequence": {"N": "1"}}), ("LedgerTable", {"sequence": {"N": "2"}})):
        client.DYNAMODB.delete_item(TableName=app.addresses[table], Key={"member_id": {"S": ALICE}, **key})
    client.DYNAMODB.delete_item(TableName=app.addresses["MembersTable"], Key={"member_id": {"S": ALICE}})
    client.DYNAMODB.delete_item(TableName=app.addresses["ProfilesTable"], Key={"member_id": {"S": ALICE}})
    client.DYNAMODB.delete_item(TableName=app.addresses["OperationsTable"], Key={"operation": {"S": "order:O1"}})
    app.now += timedelta(seconds=1)
    app.enrol()
    app.send(order("O1", member_id=ALICE))


def test_a_night_writes_the_digests_of_its_buckets(alice: App) -> None:
    while BUCKET not in buckets_of_night(alice.now):
        alice.now += timedelta(days=1)

    assert alice.reconcile() == {"buckets": len(buckets_of_night(alice.now))}

    written = digest(alice)
    assert written
    assert (written.bucket, written.as_of) == (BUCKET, alice.now)
    newest, _ = alice.entries()
    assert [(member, head.sequence) for member, head in written.heads.items()] == [(ALICE, newest["sequence"])]


def test_a_bucket_of_nobody_gets_no_digest(app: App) -> None:
    assert app.verify(0) == []
    assert digest(app, 0) is None


def test_a_linked_identity_is_no_member(alice: App) -> None:
    alice.post(f"/members/{ALICE}/identities", {"identity": "17850"}, as_="shop")
    listed = client.DYNAMODB.scan(TableName=alice.addresses["MembersTable"], IndexName="bucket")
    assert [item["member_id"]["S"] for item in listed["Items"]] == [ALICE]


def test_what_was_booked_since_is_attested_the_next_time(alice: App, findings: Findings) -> None:
    alice.verify(BUCKET)
    alice.now += timedelta(days=NIGHTS)
    alice.post("/members/me/sign-ins")

    alice.verify(BUCKET)

    assert findings() == []
    assert attested_entries(alice) == {ALICE: 3}


def test_a_second_run_finds_and_attests_the_same(alice: App, findings: Findings) -> None:
    alice.verify(BUCKET)
    before = digest(alice)
    alice.verify(BUCKET)
    assert (findings(), digest(alice)) == ([], before)


def test_an_entry_that_was_changed_shows_again_and_again_and_what_was_attested_stays(
    alice: App, findings: Findings
) -> None:
    alice.verify(BUCKET)
    alice.post("/members/me/sign-ins")
    change_entry(alice, 2, points={"N": "5000"})

    for _ in range(2):
        assert alice.verify(BUCKET) == []
        assert findings() == [(ALICE, "chain", 2)]
        assert attested_entries(alice) == {ALICE: 2}


def test_a_mismatch_leaves_the_neighbours_verified(alice: App, neighbour: str, findings: Findings) -> None:
    alice.verify(BUCKET)
    alice.enrol(neighbour)
    change_entry(alice, 1, points={"N": "5000"})

    alice.verify(BUCKET)

    assert findings() == [(ALICE, "chain", 1)]
    assert attested_entries(alice) == {ALICE: 2, member_id(neighbour): 1}


def test_a_history_that_was_rewritten_whole_shows_by_its_digest(alice: App, findings: Findings) -> None:
    alice.verify(BUCKET)
    before = attested(alice)
    rewrite_history(alice)
    alice.post("/members/me/sign-ins")

    alice.verify(BUCKET)

    assert findings() == [(ALICE, "head", 2)]
    assert attested(alice) == before


def test_a_member_who_is_gone_shows(alice: App, findings: Findings) -> None:
    alice.verify(BUCKET)
    client.DYNAMODB.delete_item(TableName=alice.addresses["MembersTable"], Key={"member_id": {"S": ALICE}})

    alice.verify(BUCKET)

    assert findings() == [(ALICE, "gone", None)]
    assert attested_entries(alice) == {ALICE: 2}


def test_who_was_taken_out_of_the_index_is_verified_all_the_same(alice: App, findings: Findings) -> None:
    alice.verify(BUCKET)
    client.DYNAMODB.update_item(
        TableName=alice.addresses["MembersTable"],
        Key={"member_id": {"S": ALICE}},
        AttributeUpdates={"bucket": {"Action": "DELETE"}},
    )
    change_entry(alice, 1, points={"N": "5000"})

    alice.verify(BUCKET)

    assert findings() == [(ALICE, "chain", 1)]


def test_an_entry_that_cannot_be_read_shows(alice: App, findings: Findings) -> None:
    change_entry(alice, 1, at={"S": "yesterday"})
    assert alice.verify(BUCKET) == []
    assert findings() == [(ALICE, "unreadable", None)]


def test_who_acts_while_they_are_looked_at_is_looked_at_again(
    alice: App, findings: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    torn = [Mismatch(check="order", sequence=2, detail="The order was refunded in between.")]

    def look(member_id: str, earlier: Head | None, *, orders: bool) -> Verified | None:
        verified = verify_member(member_id, earlier, orders=orders)
        return replace(verified, mismatch=torn.pop()) if verified and torn else verified

    monkeypatch.setattr(bucket_verification, "verify_member", look)

    alice.verify(BUCKET)

    assert findings() == []
    assert attested_entries(alice) == {ALICE: 2}


def test_a_deleted_digest_shows_and_nothing_is_written_over_it(
    alice: App, findings: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deleted(_bucket: int) -> None:
        raise digests.DigestDeleted

    with monkeypatch.context() as patched:
        patched.setattr(digests, "latest", deleted)
        assert alice.verify(BUCKET) == []

    assert findings() == [(None, "digest", None)]
    assert digest(alice) is None


@pytest.mark.filterwarnings("ignore:No application metrics to publish")
def test_a_bucket_that_could_not_be_read_for_now_comes_again(alice: App, refuse: Refuse) -> None:
    refuse("Query", "ThrottlingException")
    assert alice.verify(BUCKET) == [0]
    assert digest(alice) is None


def test_the_alarm_listens_to_what_a_mismatch_says(alice: App, capsys: pytest.CaptureFixture[str]) -> None:
    change_entry(alice, 1, points={"N": "5000"})
    capsys.readouterr()

    alice.verify(BUCKET)

    (said,) = [json.loads(text) for text in capsys.readouterr().out.splitlines() if '"_aws"' in text]
    (directive,) = said["_aws"]["CloudWatchMetrics"]
    assert (said["Mismatches"], said["MembersVerified"]) == ([1.0], [1.0])
    assert directive["Dimensions"] == [["service"]]
    alarm = resources.template()["Resources"]["MismatchesAlarm"]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"]) == (directive["Namespace"], "Mismatches")
    assert alarm["Dimensions"] == [{"Name": "service", "Value": said["service"]}]


def test_what_adds_up_says_nothing_to_the_alarm(alice: App, capsys: pytest.CaptureFixture[str]) -> None:
    alice.verify(BUCKET)
    (said,) = [json.loads(text) for text in capsys.readouterr().out.splitlines() if '"_aws"' in text]
    assert "Mismatches" not in said
    assert said["MembersVerified"] == [1.0]
