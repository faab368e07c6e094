"""Clients of the local AWS."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

REGION = "us-east-1"
# A function is invoked once and waited for: the slowest may take five minutes.
PATIENT = Config(read_timeout=310, retries={"total_max_attempts": 1})


@dataclass(frozen=True)
class LocalAws:
    """Clients of the local AWS at `url`, made on first use; as root, whom no policy limits, unless a key is given."""

    url: str
    access_key: str = "test"
    secret_key: str = "test"  # noqa: S105  the emulator's own, the same everywhere
    session_token: str | None = None

    @cached_property
    def session(self) -> boto3.Session:
        """The credentials alone; a client made from it needs `endpoint_url=aws.url`."""
        return boto3.Session(self.access_key, self.secret_key, self.session_token, region_name=REGION)

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        """CloudFormation."""
        return self.session.client("cloudformation", endpoint_url=self.url)

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """DynamoDB."""
        return self.session.client("dynamodb", endpoint_url=self.url)

    @cached_property
    def functions(self) -> LambdaClient:
        """Lambda."""
        return self.session.client("lambda", endpoint_url=self.url, config=PATIENT)

    @cached_property
    def logs(self) -> CloudWatchLogsClient:
        """CloudWatch Logs."""
        return self.session.client("logs", endpoint_url=self.url)

    @cached_property
    def s3(self) -> S3Client:
        """S3."""
        return self.session.client("s3", endpoint_url=self.url)

    @cached_property
    def sqs(self) -> SQSClient:
        """SQS."""
        return self.session.client("sqs", endpoint_url=self.url)

    @cached_property
    def sts(self) -> STSClient:
        """STS."""
        return self.session.client("sts", endpoint_url=self.url)
