"""Personal data stays inside: the watch over all these tests finds what leaves, and failures tell nothing of it.

The watch itself is in `conftest.py`, and looks at every test of this folder.
"""

import json
from typing import Any

import pytest
from botocore.exceptions import ParamValidationError
from botocore.session import get_session

from tessera.failures import trace
from tessera.service import bucket_verification, members
from tests.app import App
from tests.handlers.bus import Bus
from tests.handlers.conftest import Refuse
from tests.handlers.messages import order
from tests.personal import CUSTOMER, NOTE, TOLD, leaks, subject

EVERYTHING = [*map(str, (TOLD["display_name"], TOLD["referral_code"], *TOLD["consents"])), NOTE, subject("alice")]


@pytest.mark.leaks
@pytest.mark.parametrize("text", [*EVERYTHING, CUSTOMER])
def test_a_log_line_with_something_personal_is_found(app: App, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from tessera import web  # noqa: PLC0415 - the name that the log's line is made by

    monkeypatch.setattr(web, "trace", lambda _error: text)
    monkeypatch.setattr(members, "show_card", lambda *_: 1 / 0)
    app.get("/members/me").refused(500, "internal_error")


@pytest.mark.leaks
def test_an_error_body_with_something_personal_is_found(app: App) -> None:
    app.left.append(("answer 500", json.dumps({"detail": TOLD["display_name"]})))


@pytest.mark.leaks
def test_an_event_with_something_personal_is_found(app: App, bus: Bus) -> None:
    bus.put_events(Entries=[{"Detail": json.dumps({"event_id": "1", "name": TOLD["display_name"]})}])


@pytest.mark.parametrize(
    "text",
    [
        *EVERYTHING,
        f'"identity": "{CUSTOMER}"',
        json.dumps(TOLD["birthday"]),
        json.dumps({name: {"N": str(figure)} for name, figure in TOLD["birthday"].items()}),
        "born on 1987-10-23",
        "10-23",
    ],
)
def test_each_kind_of_personal_data_is_known_again(text: str) -> None:
    assert leaks([("log", f"before {text} after")])


@pytest.mark.parametrize("text", ["2026-10-23T10:23:17,850Z", "178501", '"month": 1, "day": 23', "0.17850"])
def test_an_instant_and_a_figure_are_not_taken_for_personal_data(text: str) -> None:
    assert leaks([("log", text)]) == []


_SAYS_IT_ALL = " ".join([*EVERYTHING, CUSTOMER])


@pytest.mark.parametrize("path", ["/members/me", "/members/me/entries"])
def test_what_aws_repeats_of_a_request_is_not_logged(app: App, refuse: Refuse, path: str) -> None:
    app.enrol()
    refuse("*", "ValidationException", Error={"Code": "ValidationException", "Message": _SAYS_IT_ALL})
    app.get(path).refused(500, "internal_error")


def test_nor_is_it_when_a_message_fails(app: App, refuse: Refuse) -> None:
    app.enrol()
    refuse("*", "ValidationException", Error={"Code": "ValidationException", "Message": _SAYS_IT_ALL})
    with pytest.warns(UserWarning, match="No application metrics"):
        assert app.send(order("O1", identity=CUSTOMER)) == [0]


def test_nor_is_the_value_of_an_item_that_cannot_be_read(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ValueError(_SAYS_IT_ALL) from KeyError(_SAYS_IT_ALL)

    monkeypatch.setattr(bucket_verification, "verify_bucket", fail)
    monkeypatch.setattr(members, "show_card", fail)
    with pytest.warns(UserWarning, match="No application metrics"):
        assert app.verify(1) == [0]
    app.get("/members/me").refused(500, "internal_error")


def test_a_trace_says_where_and_of_what_kind_and_by_what(app: App) -> None:
    dynamodb: Any = get_session().create_client("dynamodb", region_name="eu-west-2")
    try:
        try:
            dynamodb.get_item(TableName="members", Key={"member_id": {"S": 17850, "N": TOLD["display_name"]}})
        except ParamValidationError as error:
            raise RuntimeError(subject("alice")) from error
    except RuntimeError as error:
        told = trace(error)
    assert told.endswith("builtins.RuntimeError")
    assert "botocore.exceptions.ParamValidationError\nwhich led to\n" in told
    assert "test_personal_data.py" in told
    assert leaks([("log", told.replace('TOLD["display_name"]', "").replace("17850", ""))]) == []
