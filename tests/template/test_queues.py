"""What template.yaml says of queues: nothing is lost, nothing waits unseen."""

from typing import Any

from tests.template.queries import getatt, mappings, of_type, properties

QUEUE = "AWS::SQS::Queue"
FORTNIGHT = 14 * 24 * 3600
"""Seconds: the most that SQS keeps a message."""
SCHEDULED = {
    "NightlyFunction": "NightlyDeadLetters",
    "ReconciliationFunction": "ReconciliationScheduleDeadLetters",
}


def test_every_queue_redrives_after_five_attempts_or_is_a_dead_letter_queue(resources: dict[str, Any]) -> None:
    queues = of_type(resources, QUEUE)
    targets = {name: getatt(queue["RedrivePolicy"]["deadLetterTargetArn"]) for name, queue in _sources(queues).items()}
    attempts = {queue["RedrivePolicy"]["maxReceiveCount"] for queue in _sources(queues).values()}
    assert attempts == {5}
    assert set(queues) - set(targets) == {*targets.values(), *SCHEDULED.values(), "EntryEventsDeadLetters"}


def test_dead_letters_are_kept_for_a_fortnight_and_every_queue_is_encrypted(resources: dict[str, Any]) -> None:
    for name, queue in of_type(resources, QUEUE).items():
        assert queue["SqsManagedSseEnabled"] is True, name
        assert queue["MessageRetentionPeriod"] == FORTNIGHT, name


def test_messages_stay_invisible_for_six_times_the_timeout_of_their_function(resources: dict[str, Any]) -> None:
    read = mappings(resources, QUEUE)
    assert {getatt(mapping["EventSourceArn"]) for mapping in read.values()} == set(_sources(of_type(resources, QUEUE)))
    for name, mapping in read.items():
        function = properties(resources, mapping["FunctionName"]["Ref"])
        queue = properties(resources, getatt(mapping["EventSourceArn"]))
        window = mapping.get("MaximumBatchingWindowInSeconds", 0)
        assert queue["VisibilityTimeout"] >= 6 * function["Timeout"] + window, name


def test_failures_in_a_batch_are_reported_one_by_one_from_whatever_source(resources: dict[str, Any]) -> None:
    for name, mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").items():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name


def test_concurrency_is_bounded(resources: dict[str, Any]) -> None:
    for name, mapping in mappings(resources, QUEUE).items():
        assert mapping["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "QueueConcurrency"}}, name


def test_schedule_events_that_fail_are_kept(resources: dict[str, Any]) -> None:
    undelivered, rules = {}, {}
    for name, rule in of_type(resources, "AWS::Events::Rule").items():
        (target,) = rule["Targets"]
        undelivered[getatt(target["Arn"])] = getatt(target["DeadLetterConfig"]["Arn"])
        rules[name] = undelivered[getatt(target["Arn"])]
    failed = {
        failures["FunctionName"]["Ref"]: getatt(failures["DestinationConfig"]["OnFailure"]["Destination"])
        for failures in of_type(resources, "AWS::Lambda::EventInvokeConfig").values()
    }
    assert undelivered == failed == SCHEDULED

    may_send = {}
    for policy in of_type(resources, "AWS::SQS::QueuePolicy").values():
        (statement,) = policy["PolicyDocument"]["Statement"]
        (queue,) = policy["Queues"]
        assert statement["Resource"] == {"Fn::GetAtt": [queue["Ref"], "Arn"]}
        may_send[getatt(statement["Condition"]["ArnEquals"]["aws:SourceArn"])] = queue["Ref"]
    assert may_send == rules


def _sources(queues: dict[str, Any]) -> dict[str, Any]:
    return {name: queue for name, queue in queues.items() if "RedrivePolicy" in queue}
