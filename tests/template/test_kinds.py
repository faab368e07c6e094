"""Every kind of resource has its policy: one that is new here fails until somebody has said what it is held to."""

from typing import Any

HELD_TO = {
    "AWS::ApiGatewayV2::Api": "test_api",
    "AWS::ApiGatewayV2::Stage": "test_api",
    "AWS::CloudWatch::Alarm": "test_alarms",
    "AWS::Cognito::UserPool": "test_api, test_tables",
    "AWS::Cognito::UserPoolClient": "test_api",
    "AWS::Cognito::UserPoolDomain": "nothing: it is a name",
    "AWS::Cognito::UserPoolGroup": "nothing: the trigger that reads groups is tested",
    "AWS::Cognito::UserPoolResourceServer": "nothing: it names the scopes that test_api asks for",
    "AWS::DynamoDB::Table": "test_tables, test_streams",
    "AWS::Events::EventBus": "test_streams",
    "AWS::Events::Rule": "test_queues",
    "AWS::IAM::ManagedPolicy": "test_functions",
    "AWS::IAM::Role": "test_functions",
    "AWS::Lambda::EventInvokeConfig": "test_queues",
    "AWS::Lambda::EventSourceMapping": "test_queues, test_streams",
    "AWS::Lambda::Function": "test_functions, test_alarms, test_tables",
    "AWS::Lambda::LayerVersion": "nothing: it is code, as a function's is",
    "AWS::Lambda::Permission": "test_api",
    "AWS::Logs::LogGroup": "test_tables",
    "AWS::S3::Bucket": "test_tables",
    "AWS::S3::BucketPolicy": "test_tables, test_functions",
    "AWS::SNS::Subscription": "nothing: it is an address",
    "AWS::SNS::Topic": "test_alarms",
    "AWS::SQS::Queue": "test_queues, test_alarms",
    "AWS::SQS::QueuePolicy": "test_queues, test_functions",
}
"""Which tests of this folder go over all resources of a kind."""


def test_there_is_no_kind_of_resource_without_a_policy(resources: dict[str, Any]) -> None:
    assert {resource["Type"] for resource in resources.values()} == set(HELD_TO)
