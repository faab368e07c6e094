"""What template.yaml says of the ledger's stream: each entry leaves as an event, and none is lost unseen."""

from typing import Any

from tests.template.queries import actions, getatt, mappings, of_type, properties, statements

STREAM = {"Fn::GetAtt": ["LedgerTable", "StreamArn"]}
STREAM_KEEPS = 24 * 3600
"""Seconds."""


def test_only_the_ledger_tells_what_is_written_to_it(resources: dict[str, Any]) -> None:
    streams = {
        name: table["StreamSpecification"]
        for name, table in of_type(resources, "AWS::DynamoDB::Table").items()
        if "StreamSpecification" in table
    }
    assert streams == {"LedgerTable": {"StreamViewType": "NEW_IMAGE"}}


def test_entries_are_published_from_the_first_on(resources: dict[str, Any]) -> None:
    (mapping,) = mappings(resources, "AWS::DynamoDB::Table").values()
    assert mapping["EventSourceArn"] == STREAM
    assert mapping["FunctionName"] == {"Ref": "EntryEventsFunction"}
    assert mapping["StartingPosition"] == "TRIM_HORIZON"


def test_what_a_stream_brings_in_vain_is_tried_again_alone_and_in_the_end_kept(resources: dict[str, Any]) -> None:
    for name, mapping in mappings(resources, "AWS::DynamoDB::Table").items():
        assert mapping["BisectBatchOnFunctionError"] is True, name
        assert 3 <= mapping["MaximumRetryAttempts"] <= 100, name  # nothing said is for ever, and the shard waits
        assert getatt(mapping["DestinationConfig"]["OnFailure"]["Destination"]).endswith("DeadLetters"), name


def test_a_dead_letter_comes_long_before_the_stream_forgets_what_it_points_to(resources: dict[str, Any]) -> None:
    for name, mapping in mappings(resources, "AWS::DynamoDB::Table").items():
        assert 0 < mapping["MaximumRecordAgeInSeconds"] <= STREAM_KEEPS / 2, name


def test_publishing_needs_the_stream_the_bus_and_two_queues_and_no_table(resources: dict[str, Any]) -> None:
    allowed = {
        tuple(statement["Resource"]["Fn::GetAtt"]): set(actions(statement))
        for statement in statements(resources, "EntryEventsRole")
    }
    assert allowed == {
        ("EntryEventsLogs", "Arn"): {"logs:CreateLogStream", "logs:PutLogEvents"},
        ("LedgerTable", "StreamArn"): {
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
        },
        ("EventBus", "Arn"): {"events:PutEvents"},
        ("EntryEventsDeadLetters", "Arn"): {"sqs:SendMessage"},
        ("CouponJobsQueue", "Arn"): {"sqs:SendMessage"},
    }


def test_the_bus_is_named_after_the_stack_and_told_to_those_who_subscribe(
    resources: dict[str, Any], translated: dict[str, Any]
) -> None:
    assert properties(resources, "EventBus") == {"Name": {"Ref": "AWS::StackName"}}
    assert translated["Outputs"]["EventBusName"]["Value"] == {"Ref": "EventBus"}
    assert translated["Outputs"]["EventBusArn"]["Value"] == {"Fn::GetAtt": ["EventBus", "Arn"]}
