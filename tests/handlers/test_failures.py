"""What callers see when something else fails: where to look, when to come back, and never how it works inside."""

from collections.abc import Callable
from typing import Any

import pytest

from tessera.service import members
from tests.app import App, member_id
from tests.handlers.conftest import Refuse
from tests.handlers.messages import line, order

# Powertools warns if a batch has counted nothing.
nothing_counted = pytest.mark.filterwarnings("ignore:No application metrics to publish")

_CONFLICT = [{"Code": "None"}, {"Code": "ConditionalCheckFailed"}]


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerError", "RequestLimitExceeded"])
def test_a_busy_store_is_503_with_a_time_to_come_back(app: App, refuse: Refuse, code: str) -> None:
    app.enrol()
    refuse("*", code)

    answer = app.get("/members/me")

    answer.refused(503, "unavailable")
    assert answer.headers["Retry-After"] == "2"


def test_a_throttled_transaction_is_503(app: App, refuse: Refuse) -> None:
    app.enrol()
    refuse("TransactWriteItems", "TransactionCanceledException", CancellationReasons=[{"Code": "ThrottlingError"}])
    app.post("/members/me/sign-ins").refused(503, "unavailable")


def test_a_lost_answer_is_503_and_the_repeat_tells_what_happened(app: App, lose_answers: Callable[[str], None]) -> None:
    app.enrol()
    lose_answers("TransactWriteItems")

    first = app.post("/members/me/sign-ins")
    second = app.post("/members/me/sign-ins")

    first.refused(503, "unavailable")
    assert (second.status, second.json["points"]) == (200, 2)
    assert app.kinds() == ["welcome", "sign_in"]


@pytest.mark.parametrize("reason", ["ConditionalCheckFailed", "TransactionConflict"])
def test_a_conflict_that_does_not_end_is_409_with_a_time_to_come_back(
    app: App, refuse: Refuse, no_waiting: None, reason: str
) -> None:
    app.enrol()
    refuse("TransactWriteItems", "TransactionCanceledException", CancellationReasons=[{"Code": reason}])

    answer = app.post("/members/me/sign-ins")

    answer.refused(409, "try_again")
    assert answer.headers["Retry-After"] == "1"


def test_a_bug_is_500_and_its_text_stays_inside(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        message = "password 12345"
        raise RuntimeError(message)

    monkeypatch.setattr(members, "show_card", fail)

    answer = app.get("/members/me")

    answer.refused(500, "internal_error")
    assert "12345" not in answer.text


def test_a_store_that_says_no_is_500_and_its_text_stays_inside(app: App, refuse: Refuse) -> None:
    refuse("*", "AccessDeniedException")
    answer = app.get("/members/me")
    answer.refused(500, "internal_error")
    assert "AccessDenied" not in answer.text


def test_messages_that_could_not_be_counted_for_now_come_again(app: App, refuse: Refuse) -> None:
    app.enrol()
    refuse("TransactWriteItems", "ThrottlingException")

    assert app.send(order("O1", member_id=member_id("alice")), "poison", order("O2")) == [0, 2]

    assert [letter.body for letter in app.dead_letters()] == ["poison"]


@nothing_counted
def test_messages_that_others_were_in_the_way_of_come_again(app: App, refuse: Refuse, no_waiting: None) -> None:
    refuse("TransactWriteItems", "TransactionCanceledException", CancellationReasons=_CONFLICT)
    assert app.send(order("O1")) == [0]
    assert app.dead_letters() == []


@nothing_counted
def test_a_message_whose_answer_was_lost_is_counted_once(app: App, lose_answers: Callable[[str], None]) -> None:
    app.enrol()
    message = order("O1", member_id=member_id("alice"))
    lose_answers("TransactWriteItems")
    assert app.send(message) == [0]
    assert app.send(message) == []
    assert app.kinds() == ["welcome", "purchase"]


_MARK = "zebra7"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (
            "/members",
            {"display_name": 7, "locale": _MARK, "time_zone": _MARK, "channel": _MARK, "referral_code": [_MARK]},
        ),
        ("/members/me/coupons", {"template_id": _MARK}),
        ("/members/me/coupons", {"template_id": [_MARK]}),
        ("/members/me/quotes", {"order": {"currency": _MARK, "lines": _MARK}, "coupons": _MARK, "points": _MARK}),
        ("/members/me/quotes", f'{{"order": {_MARK}'),
        ("/members/me/redemptions", {"order_id": [_MARK], "order": {"currency": "GBP", "lines": [{"sku": [_MARK]}]}}),
        (
            "/members/me/redemptions",
            {"order_id": _MARK, "order": {"currency": "GBP", "lines": [line()]}, "coupons": [_MARK]},
        ),
        ("/purchases", {"type": _MARK}),
        ("/purchases", order(_MARK, line(sku=[_MARK]), placed_at=_MARK, currency=_MARK, channel={"a": _MARK})),
        ("/purchases", {"messages": _MARK}),
    ],
)
def test_a_problem_document_repeats_nothing_that_was_sent(app: App, path: str, body: Any) -> None:
    app.enrol()
    answer = app.post(path, body, as_="shop" if path == "/purchases" else "alice", key=f"{_MARK} with spaces")
    assert answer.status in {400, 409, 422}
    assert _MARK not in answer.text


@pytest.mark.parametrize("query", [{"limit": _MARK}, {"cursor": _MARK}])
def test_nor_does_it_repeat_the_query(app: App, query: dict[str, str]) -> None:
    app.enrol()
    for path in ("/members/me/entries", "/members/me/coupons"):
        assert _MARK not in app.get(path, **query).text


@pytest.mark.parametrize("body", ['{"\\ud800": 1}', '{"display_name": "\\udfff"}', '{"consents": {"\\ud800": 1}}'])
def test_half_a_character_is_refused_in_a_document_that_can_be_sent(app: App, body: str) -> None:
    answer = app.post("/members", body)
    answer.refused(422, "invalid")
    assert answer.text.encode()
