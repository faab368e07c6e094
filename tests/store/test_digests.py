"""A digest is kept in all its versions, each locked; one that was deleted is not taken for one that never was."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tessera.digests import Digest
from tessera.store import digests
from tessera.verification import Head
from tests.app import App
from tests.factories import NOON

DIGEST = Digest(bucket=7, as_of=NOON, heads={"m_1": Head(1, b"\x01" * 32)})
KEY = "heads/0007.json"


@pytest.fixture
def bucket(app: App) -> Iterator[str]:
    """The name of the S3 bucket, in the environment of the function that writes it."""
    with app.environment_of("VerificationsFunction"):
        yield app.addresses["DigestsBucket"]


def test_there_is_none_at_first(bucket: str) -> None:
    assert digests.latest(7) is None


def test_the_last_one_is_read(bucket: str) -> None:
    later = replace(DIGEST, as_of=NOON + timedelta(days=28))
    digests.put(DIGEST)
    digests.put(later)
    assert digests.latest(7) == later


def test_each_version_is_locked_for_the_time_that_the_template_says(bucket: str) -> None:
    s3 = boto3.client("s3")
    digests.put(DIGEST)
    digests.put(DIGEST)

    versions = s3.list_object_versions(Bucket=bucket, Prefix=KEY)["Versions"]

    assert len(versions) == 2
    for version in versions:
        stored = s3.head_object(Bucket=bucket, Key=KEY, VersionId=version["VersionId"])
        assert stored["ObjectLockMode"] == "COMPLIANCE"
        assert (stored["ObjectLockRetainUntilDate"] - stored["LastModified"]).days in {399, 400}
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.delete_object(Bucket=bucket, Key=KEY, VersionId=version["VersionId"])


def test_one_that_was_deleted_is_told(bucket: str) -> None:
    def tell_of_marker(parsed: dict[str, Any], **_: object) -> None:
        parsed["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"] = "true"  # moto does not

    digests.put(DIGEST)
    events = digests._s3().meta.events
    boto3.client("s3").delete_object(Bucket=bucket, Key=KEY)
    events.register("after-call.s3.GetObject", tell_of_marker)
    try:
        with pytest.raises(digests.DigestDeleted):
            digests.latest(7)
    finally:
        events.unregister("after-call.s3.GetObject", tell_of_marker)
