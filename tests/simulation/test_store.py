"""The store in memory answers as DynamoDB does: the same script runs against it and against moto."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tests import resources
from tests.simulation.expressions import UnknownCallError
from tests.simulation.store import MAX_ACTIONS, Change, Queues, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MEMBERS, LEDGER, OPERATIONS = "MembersTable", "LedgerTable", "OperationsTable"
STOCK = "StockTable"


@pytest.fixture(params=["moto", "in memory"])
def dynamodb(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Each of the two stores, with the tables of the template."""
    if request.param == "in memory":
        yield Store()
        return
    with mock_aws():
        client = boto3.client("dynamodb")
        resources.create_tables(client)
        yield client


def member(member_id: str, version: int = 1, **more: Any) -> dict[str, Any]:
    return {"member_id": {"S": member_id}, "version": {"N": str(version)}, **more}


def due(member_id: str, shard: int, at: str) -> dict[str, Any]:
    return member(member_id, due_shard={"N": str(shard)}, due_at={"S": at})


def entry(member_id: str, sequence: int, text: str = "") -> dict[str, Any]:
    return {"member_id": {"S": member_id}, "sequence": {"N": str(sequence)}, "text": {"S": text}}


def new(table: str, item: dict[str, Any]) -> dict[str, Any]:
    put = {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(#key)"}
    return {"Put": put | {"ExpressionAttributeNames": {"#key": "sequence" if table == LEDGER else "member_id"}}}


def changed(table: str, item: dict[str, Any], read: int) -> dict[str, Any]:
    put = {"TableName": table, "Item": item, "ConditionExpression": "version = :read"}
    return {"Put": put | {"ExpressionAttributeValues": {":read": {"N": str(read)}}}}


def write(dynamodb: Any, *actions: dict[str, Any]) -> list[str]:
    """Commit, and answer why it was cancelled; nothing if it was not."""
    try:
        dynamodb.transact_write_items(TransactItems=list(actions))
    except ClientError as error:
        if error.response["Error"]["Code"] != "TransactionCanceledException":
            return [error.response["Error"]["Code"]]
        reasons: Any = error.response["CancellationReasons"]
        return [reason["Code"] for reason in reasons]
    return []


def read(dynamodb: Any, **keys: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Read items by key, in no order."""
    requests = {table: {"Keys": wanted, "ConsistentRead": True} for table, wanted in keys.items()}
    found = dynamodb.batch_get_item(RequestItems=requests)["Responses"]
    return {table: sorted(items, key=str) for table, items in found.items()}


def key(member_id: str) -> dict[str, Any]:
    return {"member_id": {"S": member_id}}


def test_what_is_new_is_written_once(dynamodb: Any) -> None:
    assert write(dynamodb, new(MEMBERS, member("a"))) == []
    assert write(dynamodb, new(MEMBERS, member("a", 2))) == ["ConditionalCheckFailed"]
    assert read(dynamodb, MembersTable=[key("a"), key("b")]) == {MEMBERS: [member("a")]}


def test_what_has_changed_is_written_on_the_version_that_was_read(dynamodb: Any) -> None:
    write(dynamodb, new(MEMBERS, member("a")))
    assert write(dynamodb, changed(MEMBERS, member("a", 2), read=1)) == []
    assert write(dynamodb, changed(MEMBERS, member("a", 3), read=1)) == ["ConditionalCheckFailed"]
    assert write(dynamodb, changed(MEMBERS, member("b", 2), read=1)) == ["ConditionalCheckFailed"]
    assert read(dynamodb, MembersTable=[key("a"), key("b")]) == {MEMBERS: [member("a", 2)]}


def test_a_put_without_a_condition_replaces_what_is_there(dynamodb: Any) -> None:
    write(dynamodb, new(MEMBERS, member("a")))
    assert write(dynamodb, {"Put": {"TableName": MEMBERS, "Item": member("a", 7)}}) == []
    assert read(dynamodb, MembersTable=[key("a")]) == {MEMBERS: [member("a", 7)]}


def test_all_of_a_transaction_is_written_or_nothing(dynamodb: Any) -> None:
    write(dynamodb, new(LEDGER, entry("a", 1)))
    assert write(dynamodb, new(MEMBERS, member("a")), new(LEDGER, entry("a", 1))) == ["None", "ConditionalCheckFailed"]
    assert read(dynamodb, MembersTable=[key("a")])[MEMBERS] == []


def test_one_item_is_written_once_in_a_transaction(dynamodb: Any) -> None:
    assert write(dynamodb, new(MEMBERS, member("a")), new(MEMBERS, member("a"))) == ["ValidationException"]


def test_a_transaction_has_its_limit(dynamodb: Any) -> None:
    entries = [new(LEDGER, entry("a", number)) for number in range(1, MAX_ACTIONS + 2)]
    assert write(dynamodb, *entries[:MAX_ACTIONS]) == []
    with pytest.raises(ClientError, match="ValidationException"):
        dynamodb.transact_write_items(TransactItems=entries)


def test_an_item_has_its_limit(dynamodb: Any) -> None:
    assert write(dynamodb, new(LEDGER, entry("a", 1, "x" * 400_000))) == []
    assert write(dynamodb, new(LEDGER, entry("a", 2, "x" * 420_000))) != []
    assert write(dynamodb, new(LEDGER, entry("a", 3, "é" * 210_000))) != []


def test_a_key_is_of_its_type_and_not_empty(dynamodb: Any) -> None:
    assert write(dynamodb, new(MEMBERS, member(""))) != []
    assert write(dynamodb, new(MEMBERS, {"member_id": {"N": "1"}})) != []


@pytest.mark.parametrize("forward", [True, False])
def test_a_partition_is_in_the_order_of_its_numbers(dynamodb: Any, forward: bool) -> None:
    write(dynamodb, *(new(LEDGER, entry("a", number)) for number in (10, 9, 100, 1)), new(LEDGER, entry("b", 5)))
    answer = dynamodb.query(
        TableName=LEDGER,
        KeyConditionExpression="member_id = :member AND #sequence < :before",
        ExpressionAttributeValues={":member": {"S": "a"}, ":before": {"N": "100"}},
        ExpressionAttributeNames={"#sequence": "sequence"},
        ScanIndexForward=forward,
        ConsistentRead=True,
        Limit=5,
    )
    numbers = [int(item["sequence"]["N"]) for item in answer["Items"]]
    assert numbers == ([1, 9, 10] if forward else [10, 9, 1])
    assert "LastEvaluatedKey" not in answer


def test_a_part_of_a_partition_has_both_its_ends(dynamodb: Any) -> None:
    write(dynamodb, *(new(LEDGER, entry("a", number)) for number in (1, 2, 5, 9, 10)))
    answer = dynamodb.query(
        TableName=LEDGER,
        KeyConditionExpression="member_id = :member AND #sequence BETWEEN :first AND :last",
        ExpressionAttributeValues={":member": {"S": "a"}, ":first": {"N": "2"}, ":last": {"N": "9"}},
        ExpressionAttributeNames={"#sequence": "sequence"},
        ConsistentRead=True,
    )
    assert [item["sequence"]["N"] for item in answer["Items"]] == ["2", "5", "9"]


def test_pages_follow_one_another(dynamodb: Any) -> None:
    write(dynamodb, *(new(LEDGER, entry("a", number)) for number in range(1, 8)))
    asked: dict[str, Any] = {
        "TableName": LEDGER,
        "KeyConditionExpression": "member_id = :member",
        "ExpressionAttributeValues": {":member": {"S": "a"}},
        "ConsistentRead": True,
        "Limit": 3,
    }
    assert pages(dynamodb.query, asked, "sequence") == [["1", "2", "3"], ["4", "5", "6"], ["7"]]


def test_the_index_holds_the_keys_of_what_has_a_date(dynamodb: Any) -> None:
    write(dynamodb, *(new(MEMBERS, due(name, 3, at)) for name, at in (("c", "2"), ("a", "1"), ("b", "2"), ("d", "9"))))
    write(dynamodb, new(MEMBERS, member("e")), new(MEMBERS, due("f", 4, "1")))
    write(dynamodb, changed(MEMBERS, member("a", 2), read=1))
    asked: dict[str, Any] = {
        "TableName": MEMBERS,
        "IndexName": "due",
        "KeyConditionExpression": "due_shard = :shard AND due_at <= :now",
        "ExpressionAttributeValues": {":shard": {"N": "3"}, ":now": {"S": "5"}},
    }
    found = dynamodb.query(**asked)["Items"]
    assert sorted(item["member_id"]["S"] for item in found) == ["b", "c"]
    assert all(item.keys() == {"member_id", "due_shard", "due_at"} for item in found)
    in_pages = pages(dynamodb.query, asked | {"Limit": 1}, "member_id")
    assert sorted(name for page in in_pages for name in page) == ["b", "c"]


def pages(query: Callable[..., Any], asked: dict[str, Any], name: str) -> list[list[str]]:
    """Read page after page, and answer what each says of an attribute; a page at the end may be empty."""
    found = []
    while True:
        answer = query(**asked)
        found.append([text for item in answer["Items"] for text in item[name].values()])
        if "LastEvaluatedKey" not in answer:
            return [page for page in found if page]
        asked |= {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def count(dynamodb: Any, part: int, number: int, *, once: bool = True) -> Any:
    """Count a part into a record; answer what is counted, or the code of the refusal."""
    update: dict[str, Any] = {
        "UpdateExpression": "ADD done :parts, #n0 :n0 SET kind = :kind, last_at = if_not_exists(last_at, :at)",
        "ExpressionAttributeNames": {"#n0": "n:settled"},
        "ExpressionAttributeValues": {
            ":parts": {"NS": [str(part)]},
            ":n0": {"N": str(number)},
            ":kind": {"S": "counts"},
            ":at": {"S": f"at {part}"},
        },
    }
    if once:
        update["ConditionExpression"] = "NOT contains(done, :part)"
        update["ExpressionAttributeValues"][":part"] = {"N": str(part)}
    try:
        key = {"operation": {"S": "counts:night:1:0"}}
        counted = dynamodb.update_item(TableName=OPERATIONS, Key=key, ReturnValues="ALL_NEW", **update)["Attributes"]
    except ClientError as error:
        return error.response["Error"]["Code"]
    return sorted(counted["done"]["NS"]), counted["n:settled"]["N"], counted["last_at"]["S"], counted["operation"]["S"]


def test_a_part_is_counted_once(dynamodb: Any) -> None:
    assert count(dynamodb, 7, 25) == (["7"], "25", "at 7", "counts:night:1:0")
    assert count(dynamodb, 7, 25) == "ConditionalCheckFailedException"
    assert count(dynamodb, 9, 3) == (["7", "9"], "28", "at 7", "counts:night:1:0")
    assert count(dynamodb, 9, 1, once=False) == (["7", "9"], "29", "at 7", "counts:night:1:0")


def take(dynamodb: Any, claim: str, share: int) -> Any:
    """Take a unit of a shard under the name of a claim; answer the shard as it is, or as it stood in the way."""
    try:
        answer = dynamodb.update_item(
            TableName=STOCK,
            Key={"stock_id": {"S": "claims:a:0"}},
            UpdateExpression="SET taken = if_not_exists(taken, :none) + :one, #claim = :now",
            ConditionExpression="attribute_not_exists(#claim) AND (attribute_not_exists(taken) OR taken < :share)",
            ExpressionAttributeNames={"#claim": f"r:{claim}"},
            ExpressionAttributeValues={
                ":none": {"N": "0"},
                ":one": {"N": "1"},
                ":now": {"N": "77"},
                ":share": {"N": str(share)},
            },
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as error:
        return error.response["Error"]["Code"], error.response.get("Item")
    return answer["Attributes"]


def test_a_unit_is_taken_on_condition(dynamodb: Any) -> None:
    key = {"stock_id": {"S": "claims:a:0"}}
    once = key | {"taken": {"N": "1"}, "r:one": {"N": "77"}}
    assert take(dynamodb, "one", share=2) == once
    assert take(dynamodb, "one", share=2) == ("ConditionalCheckFailedException", once)
    twice = once | {"taken": {"N": "2"}, "r:two": {"N": "77"}}
    assert take(dynamodb, "two", share=2) == twice
    assert take(dynamodb, "three", share=2) == ("ConditionalCheckFailedException", twice)


def test_a_unit_is_given_back_and_a_reservation_forgotten(dynamodb: Any) -> None:
    take(dynamodb, "one", share=2)
    take(dynamodb, "two", share=2)
    back = {
        "TableName": STOCK,
        "Key": {"stock_id": {"S": "claims:a:0"}},
        "UpdateExpression": "SET taken = taken - :one REMOVE #claim",
        "ConditionExpression": "#claim = :stamp",
        "ExpressionAttributeNames": {"#claim": "r:one"},
        "ExpressionAttributeValues": {":one": {"N": "1"}, ":stamp": {"N": "77"}},
    }
    dynamodb.update_item(**back)
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        dynamodb.update_item(**back)
    names = {"#claim": "r:two"}
    of_two = {"TableName": STOCK, "Key": back["Key"], "ExpressionAttributeNames": names}
    after = dynamodb.update_item(UpdateExpression="REMOVE #claim", ReturnValues="ALL_NEW", **of_two)["Attributes"]
    assert after == {"stock_id": {"S": "claims:a:0"}, "taken": {"N": "1"}}


def test_an_update_and_a_put_are_written_together_or_not_at_all(dynamodb: Any) -> None:
    take(dynamodb, "one", share=2)
    update = {
        "TableName": STOCK,
        "Key": {"stock_id": {"S": "claims:a:0"}},
        "UpdateExpression": "SET taken = taken - :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    put = {
        "TableName": OPERATIONS,
        "Item": {"operation": {"S": "given_back:a"}},
        "ConditionExpression": "attribute_not_exists(operation)",
    }
    dynamodb.transact_write_items(TransactItems=[{"Put": put}, {"Update": update}])
    with pytest.raises(ClientError, match="TransactionCanceled"):
        dynamodb.transact_write_items(TransactItems=[{"Put": put}, {"Update": update}])
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        dynamodb.put_item(**put)
    _, shard = take(dynamodb, "one", share=2)
    assert shard["taken"] == {"N": "0"}


def test_a_call_that_the_store_does_not_know_is_refused_aloud() -> None:
    store = Store()
    with pytest.raises(UnknownCallError):
        store.transact_write_items(TransactItems=[{"Delete": {}}])
    with pytest.raises(UnknownCallError):
        store.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": MEMBERS, "Item": member("a"), "ConditionExpression": "begins_with(name, other)"}}
            ]
        )
    with pytest.raises(UnknownCallError):
        store.batch_get_item(RequestItems={MEMBERS: {"Keys": [key("a")]}})
    with pytest.raises(UnknownCallError):
        store.query(TableName=LEDGER, KeyConditionExpression="begins_with(a, :b)", ExpressionAttributeValues={})
    with pytest.raises(UnknownCallError):
        store.transact_write_items(TransactItems=[], ClientRequestToken="once")


def test_an_index_that_is_late_answers_as_it_was() -> None:
    store = Store(behind=lambda waiting: waiting)
    store.transact_write_items(TransactItems=[new(MEMBERS, due("a", 3, "1"))])
    asked: dict[str, Any] = {
        "TableName": MEMBERS,
        "IndexName": "due",
        "KeyConditionExpression": "due_shard = :shard AND due_at <= :now",
        "ExpressionAttributeValues": {":shard": {"N": "3"}, ":now": {"S": "5"}},
    }
    assert store.query(**asked)["Items"] == []
    store.behind = lambda _waiting: 0
    assert len(store.query(**asked)["Items"]) == 1


def test_who_watches_sees_each_commit_as_it_was_and_is() -> None:
    seen: list[list[Change]] = []
    store = Store(watch=seen.append)
    write(store, new(MEMBERS, member("a")))
    write(store, changed(MEMBERS, member("a", 2), read=1))
    write(store, changed(MEMBERS, member("a", 3), read=1))
    assert [(change.before, change.after) for changes in seen for change in changes] == [
        (None, member("a")),
        (member("a"), member("a", 2)),
    ]


@pytest.fixture(params=["moto", "in memory"])
def sqs(request: pytest.FixtureRequest) -> Iterator[tuple[Any, str]]:
    """The sending side of each of the two, and the address of a queue."""
    if request.param == "in memory":
        yield Queues(lambda *_: None), "PurchasesQueue"
        return
    with mock_aws():
        client = boto3.client("sqs")
        yield client, resources.create_queues(client)["PurchasesQueue"]


@pytest.mark.parametrize("body", ["", "a\x00b", "a\ufffeb"])
def test_a_queue_refuses_the_characters_that_sqs_refuses(body: str) -> None:
    """Moto takes them, which SQS does not."""
    with pytest.raises(ClientError):
        Queues(lambda *_: None).send_message(QueueUrl="PurchasesQueue", MessageBody=body, MessageAttributes={})


def test_a_queue_takes_ten_messages_with_ids_of_their_own(sqs: tuple[Any, str]) -> None:
    client, url = sqs
    entries = [{"Id": str(number), "MessageBody": "body"} for number in range(11)]
    answer = client.send_message_batch(QueueUrl=url, Entries=entries[:10])
    assert [taken["Id"] for taken in answer["Successful"]] == [str(number) for number in range(10)]
    for refused in (entries, [entries[0], entries[0]], []):
        with pytest.raises(ClientError):
            client.send_message_batch(QueueUrl=url, Entries=refused)
