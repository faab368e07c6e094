"""The running local stack, for the commands and tests that work on it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from local import state, tokens
from local.aws import REGION, LocalAws

NAME = "tessera"


class Stack:
    """The stack that runs now.

    Attributes:
        api_url: where the product's API answers.
        aws: the local AWS under it, as root.
        issuer: whose tokens it takes.
        programme: the file of the programme in force.
        directory: where that issuer keeps its key.
    """

    def __init__(self, directory: Path = state.DIRECTORY) -> None:
        """Find the stack that keeps its state in `directory`.

        Raises:
            NotRunningError: if none runs.
        """
        running = state.load(directory)
        self.api_url = running.api
        self.aws = LocalAws(running.aws)
        self.issuer = running.issuer
        self.programme = Path(running.programme)
        self.directory = directory

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The template's outputs: queue URLs and table names."""
        (stack,) = self.aws.cloudformation.describe_stacks(StackName=NAME)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    @cached_property
    def resources(self) -> dict[str, str]:
        """Physical ids by the template's logical ids."""
        answer = self.aws.cloudformation.describe_stack_resources(StackName=NAME)
        return {item["LogicalResourceId"]: item["PhysicalResourceId"] for item in answer["StackResources"]}

    @cached_property
    def account(self) -> str:
        """The number of the local AWS account."""
        return self.aws.sts.get_caller_identity()["Account"]

    def as_function(self, logical_id: str) -> LocalAws:
        """Return the local AWS under a function's own role, such as `SignInsFunction`'s."""
        role = self.aws.functions.get_function_configuration(FunctionName=self.resources[logical_id])["Role"]
        credentials = self.aws.sts.assume_role(RoleArn=role, RoleSessionName="local")["Credentials"]
        return LocalAws(
            self.aws.url, credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"]
        )

    def environment(self, logical_id: str) -> dict[str, str]:
        """Return what a function's code reads from its environment, and what boto3 needs to reach the local AWS.

        The key is root's: for a command that does a function's work in a process of its own.
        """
        configuration = self.aws.functions.get_function_configuration(FunctionName=self.resources[logical_id])
        return configuration["Environment"]["Variables"] | {
            "AWS_ENDPOINT_URL": self.aws.url,
            "AWS_ACCESS_KEY_ID": self.aws.access_key,
            "AWS_SECRET_ACCESS_KEY": self.aws.secret_key,
            "AWS_DEFAULT_REGION": REGION,
        }

    def token(self, sub: str, *scopes: str) -> str:
        """Return an access token that this stack's authorizer takes."""
        return tokens.make_token(tokens.signing_key(self.directory), self.issuer, sub, list(scopes))
