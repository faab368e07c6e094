"""Each entry leaves as an event: none is lost, and as little as possible comes twice."""

import base64
import json
import re
from typing import Any

import jmespath
import pytest

from tessera.store import client
from tests import resources
from tests.app import App, sample
from tests.handlers.bus import Bus
from tests.handlers.messages import order

FUNCTION = "EntryEventsFunction"
ALL_DONE: dict[str, list[dict[str, str]]] = {"batchItemFailures": []}

# Powertools warns if a batch has counted nothing.
nothing_counted = pytest.mark.filterwarnings("ignore:No application metrics to publish")


@pytest.fixture
def records(app: App) -> list[dict[str, Any]]:
    """What the stream tells of a member's first 25 entries: a welcome and 24 purchases."""
    alice = app.enrol()
    for first in range(0, 24, 8):
        app.send(*(order(f"O{number}", member_id=alice) for number in range(first, first + 8)))
    (example, *_) = sample("entry_events")["Records"]
    return [
        {
            **example,
            "dynamodb": {
                "Keys": {key: image[key] for key in ("member_id", "sequence")},
                "NewImage": image,
                "SequenceNumber": f"{7000 + position}",
            },
        }
        for position, image in enumerate(ledger(alice)["Items"])
    ]


def ledger(member_id: str) -> Any:
    """Answer a member's entries as the table has them, in JSON as Lambda and the AWS CLI write it."""
    answer = client.DYNAMODB.query(
        TableName="LedgerTable",
        KeyConditionExpression="member_id = :member",
        ExpressionAttributeValues={":member": {"S": member_id}},
    )
    return json.loads(json.dumps(answer, default=lambda content: base64.b64encode(content).decode()))


def publish(app: App, records: list[dict[str, Any]]) -> Any:
    return app.invoke(FUNCTION, {"Records": records})


def test_every_entry_is_told_as_the_statement_shows_it(app: App, bus: Bus, records: list[dict[str, Any]]) -> None:
    assert publish(app, records) == ALL_DONE

    shown = list(reversed(app.entries()))
    alice = app.card()["member_id"]
    assert bus.told() == [{"schema_version": 1, "event_id": e["entry_id"], "member_id": alice} | e for e in shown]
    assert {(event["EventBusName"], event["Source"], event["DetailType"]) for event in bus.taken} == {
        ("EventBus", "tessera", "entry.booked")
    }
    assert [event["Time"] for event in bus.taken] == [entry["recorded_at"] for entry in shown]


def test_events_go_to_the_bus_of_the_stack(app: App, records: list[dict[str, Any]]) -> None:
    assert publish(app, records) == ALL_DONE


def test_ten_events_go_into_one_call(app: App, bus: Bus, records: list[dict[str, Any]]) -> None:
    publish(app, records)
    assert [len(call) for call in bus.calls] == [10, 10, 5]


def test_what_the_bus_refuses_once_is_put_again_alone(app: App, bus: Bus, records: list[dict[str, Any]]) -> None:
    ids = event_ids(records)
    bus.refusals.update({ids[3]: 1, ids[5]: 1})

    assert publish(app, records) == ALL_DONE

    assert sorted(bus.ids()) == sorted(ids)
    assert bus.calls[1] == [ids[3], ids[5]]


def test_from_the_first_that_is_refused_twice_on_all_comes_again_and_no_more(
    app: App, bus: Bus, records: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    ids = event_ids(records)
    bus.refusals.update({ids[14]: 2, ids[16]: 2})

    assert publish(app, records) == {"batchItemFailures": [{"itemIdentifier": "7014"}]}

    assert published(capsys) == 14
    # Nothing behind the call that failed was tried: it comes again anyway.
    assert bus.ids() == [*ids[:14], ids[15], *ids[17:20]]

    assert publish(app, records[14:]) == ALL_DONE
    assert published(capsys) == 11
    assert bus.ids()[18:] == ids[14:]


def test_a_bus_that_stops_answering_is_tried_again_from_there_on(
    app: App, bus: Bus, records: list[dict[str, Any]]
) -> None:
    bus.outage = 2
    assert publish(app, records) == {"batchItemFailures": [{"itemIdentifier": "7010"}]}
    assert bus.ids() == event_ids(records)[:10]


@nothing_counted
def test_if_nothing_goes_out_the_invocation_fails_so_that_lambda_halves_the_batch(
    app: App, bus: Bus, records: list[dict[str, Any]]
) -> None:
    bus.outage = 1
    with pytest.raises(RuntimeError):
        publish(app, records)


@nothing_counted
def test_a_record_that_cannot_be_read_fails_before_anything_goes_out(
    app: App, bus: Bus, records: list[dict[str, Any]]
) -> None:
    del records[2]["dynamodb"]["NewImage"]["kind"]
    with pytest.raises(RuntimeError):
        publish(app, records)
    assert bus.taken == []


def test_what_could_not_be_published_is_named_in_the_log(
    app: App, bus: Bus, records: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    bus.outage = 3
    publish(app, records)
    assert logged(caplog, "unpublished", "keys") == [record["dynamodb"]["Keys"] for record in records[20:]]


def test_what_is_published_again_has_the_same_ids_and_content(
    app: App, bus: Bus, records: list[dict[str, Any]]
) -> None:
    publish(app, records)
    publish(app, records)
    assert bus.taken[:25] == bus.taken[25:]


@pytest.mark.parametrize("change", ["MODIFY", "REMOVE"])
def test_a_change_by_hand_is_passed_over_with_a_warning(
    app: App, bus: Bus, records: list[dict[str, Any]], caplog: pytest.LogCaptureFixture, change: str
) -> None:
    records[1]["eventName"] = change

    assert publish(app, records[:3]) == ALL_DONE

    assert bus.ids() == [event_ids(records)[0], event_ids(records)[2]]
    assert logged(caplog, "passed over", "levelname") == "WARNING"
    assert logged(caplog, "passed over", "keys") == records[1]["dynamodb"]["Keys"]


def test_the_runbooks_way_to_publish_entries_again_from_the_ledger_works(
    app: App, bus: Bus, records: list[dict[str, Any]]
) -> None:
    runbook = (resources.ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    (expression,) = re.findall(r"--query '(\{Records:.*?\})' ", runbook)

    event = jmespath.search(expression, ledger(app.card()["member_id"]))

    assert app.invoke(FUNCTION, event) == ALL_DONE
    assert bus.ids() == event_ids(records)


def event_ids(records: list[dict[str, Any]]) -> list[str]:
    keys = [record["dynamodb"]["Keys"] for record in records]
    return [f"e_{key['member_id']['S'].removeprefix('m_')}_{key['sequence']['N']}" for key in keys]


def published(capsys: pytest.CaptureFixture[str]) -> int:
    """Answer the metric that the last invocation has written."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    ((count,),) = [line["EntriesPublished"] for line in lines if "EntriesPublished" in line]
    return int(count)


def logged(caplog: pytest.LogCaptureFixture, message: str, field: str) -> Any:
    """Answer a field of the one line with this message."""
    (line,) = [line for line in caplog.records if line.message == message]
    return getattr(line, field)
