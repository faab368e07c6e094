"""What template.yaml says of tables and logs: kept, encrypted, recoverable."""

from typing import Any

from tests.template.queries import of_type


def test_every_table_can_be_recovered_is_encrypted_and_protected(resources: dict[str, Any]) -> None:
    tables = of_type(resources, "AWS::DynamoDB::Table")
    assert set(tables) == {"MembersTable", "ProfilesTable", "LedgerTable", "OperationsTable", "CouponsTable"}
    for name, table in tables.items():
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}, name
        assert table["SSESpecification"]["SSEEnabled"] is True, name
        assert table["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}, name
        assert table["BillingMode"] == "PAY_PER_REQUEST", name


def test_protection_is_on_unless_a_trial_turns_it_off(translated: dict[str, Any]) -> None:
    assert translated["Parameters"]["DeletionProtection"]["Default"] == "true"


def test_removing_the_stack_keeps_tables_and_users(resources: dict[str, Any]) -> None:
    kept = {
        name
        for name, resource in resources.items()
        if resource.get("DeletionPolicy") == resource.get("UpdateReplacePolicy") == "Retain"
    }
    assert kept == {*of_type(resources, "AWS::DynamoDB::Table"), *of_type(resources, "AWS::Cognito::UserPool")}


def test_due_indexes_hold_keys_alone(resources: dict[str, Any]) -> None:
    indexed = {
        name: table["GlobalSecondaryIndexes"]
        for name, table in of_type(resources, "AWS::DynamoDB::Table").items()
        if "GlobalSecondaryIndexes" in table
    }
    assert set(indexed) == {"MembersTable", "OperationsTable"}
    for (index,) in indexed.values():
        assert index["IndexName"] == "due"
        assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def test_every_log_is_kept_for_a_stated_time(resources: dict[str, Any]) -> None:
    groups = of_type(resources, "AWS::Logs::LogGroup")
    assert all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())
    functions = of_type(resources, "AWS::Lambda::Function")
    written_to = {function["LoggingConfig"]["LogGroup"]["Ref"] for function in functions.values()}
    assert set(groups) == written_to | {"ApiLogs"}
    assert len(written_to) == len(functions)
