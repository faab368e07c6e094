"""What template.yaml says of alarms: on metrics that exist, with dimensions that they have, to a topic that hears."""

from typing import Any

from tests.template.queries import getatt, mappings, of_type, properties

STATISTICS = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): ("Maximum", {"QueueName"}),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): ("Maximum", {"QueueName"}),
    ("AWS/Lambda", "Errors"): ("Sum", {"FunctionName"}),
    ("AWS/Lambda", "Throttles"): ("Sum", {"FunctionName"}),
    ("AWS/Lambda", "IteratorAge"): ("Maximum", {"FunctionName"}),
    ("AWS/ApiGateway", "5xx"): ("Sum", {"ApiId"}),  # an HTTP API's name for it
    ("Tessera", "Mismatches"): ("Sum", {"service"}),
}
"""The metrics that alarms are on: how a period's values are put together, and which dimensions they are written with.

With others, an alarm would wait for values that nobody writes.
"""


def test_every_alarm_tells_the_topic(resources: dict[str, Any]) -> None:
    for name, alarm in of_type(resources, "AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}], name
        assert alarm.get("ActionsEnabled", True) is True, name
        assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold", name
        assert alarm["Threshold"] >= 1, name


def test_every_alarm_is_on_a_metric_that_is_written_and_goes_off_at_the_first_period(resources: dict[str, Any]) -> None:
    for name, alarm in of_type(resources, "AWS::CloudWatch::Alarm").items():
        assert (alarm["EvaluationPeriods"], alarm.get("DatapointsToAlarm", 1)) == (1, 1), name
        for entry in _metrics(alarm):
            statistic, dimensions = STATISTICS[entry["Metric"]["Namespace"], entry["Metric"]["MetricName"]]
            assert entry["Stat"] == statistic, name
            assert {dimension["Name"] for dimension in entry["Metric"]["Dimensions"]} == dimensions, name
            assert entry["Period"] in {60, 300}, name


def test_alarms_may_publish_to_the_topic(resources: dict[str, Any]) -> None:
    (topic,) = of_type(resources, "AWS::SNS::Topic").values()
    assert "KmsMasterKeyId" not in topic  # alarms may not use the account's own SNS key


def test_each_dead_letter_queue_has_an_alarm_on_its_visible_messages(resources: dict[str, Any]) -> None:
    # What SQS itself moves there is not among the messages sent: only the visible ones tell of it.
    watched = _queues_watched(resources, "ApproximateNumberOfMessagesVisible")
    queues = of_type(resources, "AWS::SQS::Queue")
    assert set(watched) == {name for name, queue in queues.items() if "RedrivePolicy" not in queue}
    for name, alarm in watched.items():
        assert (alarm["Threshold"], alarm["TreatMissingData"]) == (1, "notBreaching"), name


def test_each_working_queue_has_an_alarm_on_its_oldest_message(resources: dict[str, Any]) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    watched = _queues_watched(resources, "ApproximateAgeOfOldestMessage")
    assert set(watched) == {name for name, queue in queues.items() if "RedrivePolicy" in queue}


def test_entries_that_wait_to_be_published_raise_an_alarm_as_messages_do(resources: dict[str, Any]) -> None:
    read = {mapping["FunctionName"]["Ref"] for mapping in mappings(resources, "AWS::DynamoDB::Table").values()}
    watched = {
        alarm["Dimensions"][0]["Value"]["Ref"]: alarm["Threshold"]
        for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()
        if alarm.get("MetricName") == "IteratorAge"
    }
    waiting = 1000 * properties(resources, "PurchasesAgeAlarm")["Threshold"]  # in milliseconds
    assert watched == dict.fromkeys(read, waiting)


def test_errors_and_throttles_of_every_function_raise_an_alarm(resources: dict[str, Any]) -> None:
    functions = set(of_type(resources, "AWS::Lambda::Function"))
    for metric in ("Errors", "Throttles"):
        watched = set()
        for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values():
            for entry in _metrics(alarm):
                if (entry["Metric"]["Namespace"], entry["Metric"]["MetricName"]) == ("AWS/Lambda", metric):
                    (dimension,) = entry["Metric"]["Dimensions"]
                    watched.add(dimension["Value"]["Ref"])
        assert watched == functions, metric


def test_server_errors_of_the_api_raise_an_alarm(resources: dict[str, Any]) -> None:
    (alarm,) = [
        alarm
        for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()
        if alarm.get("Namespace") == "AWS/ApiGateway"
    ]
    assert alarm["MetricName"] == "5xx"
    assert alarm["Dimensions"] == [{"Name": "ApiId", "Value": {"Ref": "ServerlessHttpApi"}}]


def test_a_mismatch_raises_an_alarm_that_stays_on(resources: dict[str, Any]) -> None:
    alarm = of_type(resources, "AWS::CloudWatch::Alarm")["MismatchesAlarm"]
    assert (alarm["Statistic"], alarm["Threshold"], alarm["TreatMissingData"]) == ("Sum", 1, "ignore")


def _queues_watched(resources: dict[str, Any], metric: str) -> dict[str, dict[str, Any]]:
    """Return the alarms on a metric of queues, by the queue's logical id."""
    watched = {}
    for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values():
        if alarm.get("MetricName") == metric:
            (dimension,) = alarm["Dimensions"]
            assert dimension["Value"]["Fn::GetAtt"][1] == "QueueName"
            watched[getatt(dimension["Value"])] = alarm
    return watched


def _metrics(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the metrics that an alarm is on, as a sum of several writes them."""
    if "MetricName" in alarm:
        metric = {part: alarm[part] for part in ("Namespace", "MetricName", "Dimensions")}
        return [{"Metric": metric, "Stat": alarm["Statistic"], "Period": alarm["Period"]}]
    # One that is there only with the user pool stands in a condition.
    entries = [entry["Fn::If"][1] if "Fn::If" in entry else entry for entry in alarm["Metrics"]]
    return [entry["MetricStat"] for entry in entries if "MetricStat" in entry]
