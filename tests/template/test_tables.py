"""What template.yaml says of tables, digests and logs: kept, encrypted, recoverable."""

from typing import Any

from tessera.reconciliation import NIGHTS
from tests.template.queries import of_type, properties

PUBLIC_ACCESS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def test_every_table_can_be_recovered_is_encrypted_and_protected(resources: dict[str, Any]) -> None:
    tables = of_type(resources, "AWS::DynamoDB::Table")
    assert set(tables) == {
        "MembersTable",
        "ProfilesTable",
        "LedgerTable",
        "OperationsTable",
        "CouponsTable",
        "CouponTemplatesTable",
        "StockTable",
        "CodesTable",
    }
    for name, table in tables.items():
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}, name
        assert "SSESpecification" not in table, name  # DynamoDB's own key, not one that is paid for by the call
        assert table["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}, name
        assert table["BillingMode"] == "PAY_PER_REQUEST", name


def test_users_are_protected_as_tables_are(resources: dict[str, Any], translated: dict[str, Any]) -> None:
    for name, pool in of_type(resources, "AWS::Cognito::UserPool").items():
        assert pool["DeletionProtection"] == {"Fn::If": ["IsProtected", "ACTIVE", "INACTIVE"]}, name
    assert translated["Conditions"]["IsProtected"] == {"Fn::Equals": [{"Ref": "DeletionProtection"}, "true"]}


def test_protection_is_on_unless_a_trial_turns_it_off(translated: dict[str, Any]) -> None:
    assert translated["Parameters"]["DeletionProtection"]["Default"] == "true"


def test_removing_the_stack_keeps_tables_users_and_digests(resources: dict[str, Any]) -> None:
    kept = {
        name
        for name, resource in resources.items()
        if resource.get("DeletionPolicy") == resource.get("UpdateReplacePolicy") == "Retain"
    }
    lasting = ("AWS::DynamoDB::Table", "AWS::Cognito::UserPool", "AWS::S3::Bucket")
    assert kept == {name for kind in lasting for name in of_type(resources, kind)}


def test_indexes_hold_keys_alone(resources: dict[str, Any]) -> None:
    indexes = {
        (name, index["IndexName"]): index["Projection"]
        for name, table in of_type(resources, "AWS::DynamoDB::Table").items()
        for index in table.get("GlobalSecondaryIndexes", [])
    }
    assert set(indexes) == {
        ("MembersTable", "due"),
        ("MembersTable", "bucket"),
        ("ProfilesTable", "birthday"),
        ("OperationsTable", "due"),
    }
    assert all(projection == {"ProjectionType": "KEYS_ONLY"} for projection in indexes.values())


def test_nobody_can_remove_a_digest_before_its_time(resources: dict[str, Any], translated: dict[str, Any]) -> None:
    bucket = properties(resources, "DigestsBucket")
    days = {"Ref": "DigestRetentionDays"}
    assert bucket["ObjectLockEnabled"] is True
    assert bucket["ObjectLockConfiguration"]["Rule"] == {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": days}}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": days}
    assert "Expiration" not in str(set(rule) - {"NoncurrentVersionExpiration"})  # the latest stays
    assert translated["Parameters"]["DigestRetentionDays"]["Default"] >= 2 * NIGHTS


def test_buckets_are_encrypted_and_private(resources: dict[str, Any]) -> None:
    buckets = of_type(resources, "AWS::S3::Bucket")
    policies = {policy["Bucket"]["Ref"]: policy for policy in of_type(resources, "AWS::S3::BucketPolicy").values()}
    assert set(policies) == set(buckets)
    for name, bucket in buckets.items():
        assert bucket["PublicAccessBlockConfiguration"] == dict.fromkeys(PUBLIC_ACCESS, True), name
        assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}, name
        (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert encryption == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}, name  # S3's own key
        transport, *_ = policies[name]["PolicyDocument"]["Statement"]
        assert (transport["Effect"], transport["Action"], transport["Condition"]) == (
            "Deny",
            "s3:*",
            {"Bool": {"aws:SecureTransport": "false"}},
        ), name


def test_files_of_codes_do_not_stay(resources: dict[str, Any]) -> None:
    bucket = properties(resources, "CodesBucket")
    assert {"Id": "fetched-by-then", "Status": "Enabled", "ExpirationInDays": 7} in bucket["LifecycleConfiguration"][
        "Rules"
    ]
    assert "VersioningConfiguration" not in bucket  # or what is deleted would stay


def test_only_verifications_write_digests(resources: dict[str, Any]) -> None:
    _, writing = properties(resources, "DigestsBucketPolicy")["PolicyDocument"]["Statement"]
    assert (writing["Effect"], writing["Action"]) == ("Deny", ["s3:PutObject", "s3:DeleteObject"])
    role = {"Fn::GetAtt": ["VerificationsRole", "Arn"]}
    assert writing["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": role}}


def test_every_log_is_kept_for_a_stated_time(resources: dict[str, Any], translated: dict[str, Any]) -> None:
    groups = of_type(resources, "AWS::Logs::LogGroup")
    for name, group in groups.items():
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name
    assert translated["Parameters"]["LogRetentionDays"]["Default"] == 30
    functions = of_type(resources, "AWS::Lambda::Function")
    written_to = {function["LoggingConfig"]["LogGroup"]["Ref"] for function in functions.values()}
    assert set(groups) == written_to | {"ApiLogs"}
    assert len(written_to) == len(functions)
