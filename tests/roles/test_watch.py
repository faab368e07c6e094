"""Who watches the watch: a right that is missing fails a test, and one that nothing uses fails the run."""

import subprocess
import sys
from typing import Any

import boto3
import pytest

from tests import resources
from tests.roles.calls import ObjectionError, asks
from tests.roles.grants import Ask, Grant, of
from tests.roles.watch import Watch

NEW = "attribute_not_exists(#key)"


def test_a_transaction_needs_a_right_for_each_of_its_parts() -> None:
    parts = [
        {"Put": {"TableName": "LedgerTable", "Item": {"member_id": {"S": "m_1"}}, "ConditionExpression": NEW}},
        {"Update": {"TableName": "StockTable", "Key": {"stock_id": {"S": "T#1"}}}},
        {"ConditionCheck": {"TableName": "OperationsTable", "Key": {"operation": {"S": "order:1"}}}},
    ]
    assert list(asks("dynamodb", "TransactWriteItems", {"TransactItems": parts})) == [
        Ask("dynamodb:PutItem", "LedgerTable", "m_1"),
        Ask("dynamodb:UpdateItem", "StockTable", "T#1"),
        Ask("dynamodb:ConditionCheckItem", "OperationsTable", "order:1"),
    ]


def test_a_query_needs_a_right_on_the_index_that_it_reads() -> None:
    (ask,) = asks("dynamodb", "Query", {"TableName": "MembersTable", "IndexName": "due"})
    assert ask == Ask("dynamodb:Query", "MembersTable/index/due")


@pytest.mark.parametrize("condition", [{}, {"ConditionExpression": "version = :read"}])
def test_an_entry_may_not_be_put_where_one_may_be(condition: dict[str, str]) -> None:
    put = {"TableName": "LedgerTable", "Item": {"member_id": {"S": "m_1"}}} | condition
    with pytest.raises(ObjectionError):
        list(asks("dynamodb", "PutItem", put))


def test_a_call_of_which_nobody_has_said_what_it_needs_is_objected_to() -> None:
    with pytest.raises(ObjectionError, match="dynamodb:DeleteTable"):
        list(asks("dynamodb", "DeleteTable", {"TableName": "LedgerTable"}))


def test_a_right_to_items_of_some_keys_is_none_to_others() -> None:
    allowing = [grant for grant in of("NightlyFunction") if grant.action == "dynamodb:UpdateItem"]
    counted, other = (Ask("dynamodb:UpdateItem", "OperationsTable", key) for key in ("counts:night", "order:1"))
    assert [grant.allows(counted) for grant in allowing] == [True]
    assert [grant.allows(other) for grant in allowing] == [False]


def test_what_a_role_allows_is_noted_as_used() -> None:
    watch = Watch()
    sign_link(watch, "CouponJobsApiFunction")
    assert watch.used == {Grant("CouponJobsApiFunction", "s3:GetObject", "CodesBucket/codes/*")}


def test_what_a_role_does_not_allow_fails_whatever_the_function_makes_of_it() -> None:
    with pytest.raises(AssertionError, match=r"GetObject on CodesBucket.* is allowed nowhere"):
        sign_link(Watch(), "CouponsFunction")


def test_a_permission_that_nothing_used_fails_a_run_of_all_tests() -> None:
    test = f"{__file__}::{test_a_query_needs_a_right_on_the_index_that_it_reads.__name__}"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-unused-permissions", test],
        cwd=resources.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in run.stdout
    assert "MembersFunction: dynamodb:Query on LedgerTable" in run.stdout
    assert run.returncode == pytest.ExitCode.TESTS_FAILED


def sign_link(watch: Watch, function: str) -> None:
    """Sign a link to a file of codes, which needs the right to read it and calls nobody."""
    s3: Any = boto3.client("s3")
    watch.over(s3)
    with watch.running(function):
        s3.generate_presigned_url("get_object", Params={"Bucket": "codesbucket", "Key": "codes/1.txt"})
