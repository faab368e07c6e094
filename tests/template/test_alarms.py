"""What template.yaml says of alarms: on metrics that exist, with dimensions that they have, to a topic that hears."""

from typing import Any

from tests.template.queries import getatt, of_type, properties


def test_every_alarm_tells_the_topic(resources: dict[str, Any]) -> None:
    for name, alarm in of_type(resources, "AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}], name
        assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold", name
        assert alarm["Threshold"] >= 1, name


def test_alarms_may_publish_to_the_topic(resources: dict[str, Any]) -> None:
    (topic,) = of_type(resources, "AWS::SNS::Topic").values()
    assert "KmsMasterKeyId" not in topic  # alarms may not use the account's own SNS key


def test_each_dead_letter_queue_has_an_alarm_on_its_visible_messages(resources: dict[str, Any]) -> None:
    watched = _queues_watched(resources, "ApproximateNumberOfMessagesVisible")
    assert watched == {name for name in of_type(resources, "AWS::SQS::Queue") if name.endswith("DeadLetters")}


def test_each_working_queue_has_an_alarm_on_its_oldest_message(resources: dict[str, Any]) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    watched = _queues_watched(resources, "ApproximateAgeOfOldestMessage")
    assert watched == {name for name, queue in queues.items() if "RedrivePolicy" in queue}


def test_entries_that_wait_to_be_published_raise_an_alarm_as_messages_do(resources: dict[str, Any]) -> None:
    alarm = properties(resources, "EntryEventsAgeAlarm")
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("AWS/Lambda", "IteratorAge", "Maximum")
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "EntryEventsFunction"}}]
    assert alarm["Threshold"] == 1000 * properties(resources, "PurchasesAgeAlarm")["Threshold"]  # in milliseconds


def test_errors_and_throttles_of_every_function_raise_an_alarm(resources: dict[str, Any]) -> None:
    functions = set(of_type(resources, "AWS::Lambda::Function"))
    for metric in ("Errors", "Throttles"):
        watched = set()
        for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values():
            for entry in _metrics(alarm):
                if (entry["Namespace"], entry["MetricName"]) == ("AWS/Lambda", metric):
                    (dimension,) = entry["Dimensions"]
                    assert dimension["Name"] == "FunctionName"
                    watched.add(dimension["Value"]["Ref"])
        assert watched == functions, metric


def test_server_errors_of_the_api_raise_an_alarm(resources: dict[str, Any]) -> None:
    (alarm,) = [
        alarm
        for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()
        if alarm.get("Namespace") == "AWS/ApiGateway"
    ]
    assert alarm["MetricName"] == "5xx"  # an HTTP API's name for it
    assert alarm["Dimensions"] == [{"Name": "ApiId", "Value": {"Ref": "ServerlessHttpApi"}}]


def test_a_mismatch_raises_an_alarm_that_stays_on(resources: dict[str, Any]) -> None:
    alarm = of_type(resources, "AWS::CloudWatch::Alarm")["MismatchesAlarm"]
    assert (alarm["Statistic"], alarm["Threshold"], alarm["TreatMissingData"]) == ("Sum", 1, "ignore")


def _queues_watched(resources: dict[str, Any], metric: str) -> set[str]:
    watched = set()
    for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values():
        if alarm.get("MetricName") == metric:
            assert alarm["Namespace"] == "AWS/SQS"
            (dimension,) = alarm["Dimensions"]
            assert dimension["Name"] == "QueueName"
            assert dimension["Value"]["Fn::GetAtt"][1] == "QueueName"
            watched.add(getatt(dimension["Value"]))
    return watched


def _metrics(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the metrics that a sum adds up, where the alarm is on one."""
    found = []
    for entry in alarm.get("Metrics", []):
        # One that is there only with the user pool stands in a condition.
        chosen = entry["Fn::If"][1] if "Fn::If" in entry else entry
        if "MetricStat" in chosen:
            found.append(chosen["MetricStat"]["Metric"])
    return found
