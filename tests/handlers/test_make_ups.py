from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.app import Answer, App, member_id
from tests.handlers.conftest import Listen


@pytest.fixture
def holder(app: App) -> App:
    """The product with Alice, who signed in from March 2nd to 8th, so that she has a card; it is the 10th."""
    app.enrol()
    for _ in range(7):
        app.post("/members/me/sign-ins")
        app.now += timedelta(days=1)
    app.now += timedelta(days=1)
    return app


def test_a_streak_grants_a_card(holder: App) -> None:
    assert holder.card()["sign_in"] == {"today": False, "streak": 0, "make_up_cards": 1}
    assert holder.entries()[0]["reason"] == "Signed in on 2026-03-08, 7 days in a row; 1 make-up card"


def test_the_calendar_says_what_can_be_made_up(holder: App) -> None:
    assert holder.get("/members/me/sign-ins").json["make_up"] == {"cards": 1, "days": ["2026-03-09"]}


def test_a_card_mends_a_streak(holder: App) -> None:
    answer = holder.post("/members/me/make-ups", {"day": "2026-03-09"})

    assert (answer.status, answer.json) == (
        201,
        {"day": "2026-03-09", "streak": 8, "points": 2, "growth": 1, "make_up_cards": 0},
    )
    assert holder.card()["sign_in"] == {"today": False, "streak": 8, "make_up_cards": 0}
    assert holder.post("/members/me/sign-ins").json["streak"] == 9
    month = holder.get("/members/me/sign-ins").json
    assert (month["days"][-2:], month["made_up"]) == (["2026-03-09", "2026-03-10"], ["2026-03-09"])
    assert (month["longest_streak"], month["make_up"]) == (9, {"cards": 0, "days": []})


def test_a_streak_that_was_mended_comes_to_its_reward_as_if_it_had_not_been_broken(holder: App) -> None:
    for _ in range(22):
        holder.post("/members/me/sign-ins")
        holder.now += timedelta(days=1)
        if holder.now.day == 15:
            made_up = holder.post("/members/me/make-ups", {"day": "2026-03-09"})
            assert (made_up.json["streak"], made_up.json["points"]) == (13, 2)
    assert holder.entries()[0]["rules"] == ["daily_sign_in", "streak_30"]


def test_a_repeat_answers_the_first_whatever_has_happened_since(holder: App) -> None:
    first = holder.post("/members/me/make-ups", {"day": "2026-03-09"})
    holder.post("/members/me/sign-ins")
    holder.change_standing("alice", "frozen")
    holder.now += timedelta(days=90)

    again = holder.post("/members/me/make-ups", {"day": "2026-03-09"}, key="of no meaning here")

    assert (again.status, again.text) == (200, first.text)
    assert holder.kinds().count("make_up") == 1


def test_of_two_requests_at_once_one_makes_the_day_up_and_both_get_its_answer(
    holder: App, listen: Listen, no_waiting: None
) -> None:
    others: list[Answer | None] = []

    def somebody_else_is_faster(**_: object) -> None:
        if not others:
            others.append(None)
            others.append(holder.post("/members/me/make-ups", {"day": "2026-03-09"}))

    listen("before-call.dynamodb.TransactWriteItems", somebody_else_is_faster)
    answer = holder.post("/members/me/make-ups", {"day": "2026-03-09"})

    other = others[-1]
    assert other is not None
    assert (other.status, answer.status, answer.text) == (201, 200, other.text)
    assert holder.kinds().count("make_up") == 1


def test_a_sign_in_before_it_is_answered_as_it_was(holder: App) -> None:
    today = holder.post("/members/me/sign-ins")
    assert today.json["streak"] == 1
    assert holder.post("/members/me/make-ups", {"day": "2026-03-09"}).json["streak"] == 9

    repeat = holder.post("/members/me/sign-ins")

    assert (repeat.status, repeat.text) == (200, today.text)
    assert holder.card()["sign_in"]["streak"] == 9


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("2026-03-10", "day_not_over"),
        ("2026-03-11", "day_not_over"),
        ("2026-03-08", "day_signed_in"),
        ("2026-03-01", "before_enrolment"),
    ],
)
def test_some_days_cannot_be_made_up(holder: App, day: str, code: str) -> None:
    holder.post("/members/me/make-ups", {"day": day}).refused(409, code)


def test_a_day_can_be_made_up_for_a_week(holder: App) -> None:
    holder.now = datetime(2026, 3, 17, 12, tzinfo=holder.now.tzinfo)
    holder.post("/members/me/make-ups", {"day": "2026-03-09"}).refused(409, "day_too_long_ago")
    holder.now -= timedelta(days=1)
    assert holder.post("/members/me/make-ups", {"day": "2026-03-09"}).status == 201


def test_a_card_is_used_once(holder: App) -> None:
    holder.post("/members/me/make-ups", {"day": "2026-03-09"})
    holder.now += timedelta(days=1)
    holder.post("/members/me/make-ups", {"day": "2026-03-10"}).refused(409, "no_make_up_card")


@pytest.mark.parametrize("standing", ["frozen", "closed"])
def test_who_is_not_active_makes_nothing_up(holder: App, standing: Any) -> None:
    holder.change_standing("alice", standing)
    holder.post("/members/me/make-ups", {"day": "2026-03-09"}).refused(403, f"member_{standing}")
    assert holder.get("/members/me/sign-ins").json["make_up"] == {"cards": 1, "days": []}


@pytest.mark.parametrize("day", ["2026-02-30", "20260309", "yesterday", "2026-W11-1", 9, None])
def test_a_day_is_written_yyyy_mm_dd(holder: App, day: Any) -> None:
    assert holder.post("/members/me/make-ups", {"day": day}).pointers() == ["/day"]


def test_what_is_no_json_makes_nothing_up(holder: App) -> None:
    holder.post("/members/me/make-ups", "{").refused(400, "not_json")


def test_an_operator_makes_up_for_a_member_and_no_shop_does(holder: App) -> None:
    path = f"/members/{member_id('alice')}/make-ups"
    assert holder.post(path, {"day": "2026-03-09"}, as_="shop").status == 403
    assert holder.post(path, {"day": "2026-03-09"}, as_="operator").status == 201


def test_nobody_makes_up_for_somebody_else(holder: App) -> None:
    holder.enrol("bob")
    holder.post(f"/members/{member_id('alice')}/make-ups", {"day": 9}, as_="bob").refused(404, "not_found")


def test_what_was_made_up_is_in_the_ledger(holder: App) -> None:
    holder.post("/members/me/make-ups", {"day": "2026-03-09"})
    entry = holder.entries()[0]
    assert (entry["kind"], entry["source"], entry["rules"]) == (
        "make_up",
        {"day": "2026-03-09"},
        ["make_up", "daily_sign_in"],
    )
    assert entry["reason"] == "Made up for 2026-03-09 with a card, 8 days in a row"
    assert holder.get("/members/me/entries/verification").json["verified"]
