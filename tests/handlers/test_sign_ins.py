from datetime import UTC, datetime, timedelta

import pytest

from tests.app import App, member_id


def test_a_sign_in_gives_its_reward(app: App) -> None:
    app.enrol()

    answer = app.post("/members/me/sign-ins")

    assert (answer.status, answer.json) == (201, {"day": "2026-03-02", "streak": 1, "points": 2, "growth": 1})
    assert app.card()["sign_in"] == {"today": True, "streak": 1, "make_up_cards": 0}


def test_a_second_sign_in_on_the_same_day_answers_the_first(app: App) -> None:
    app.enrol()
    first = app.post("/members/me/sign-ins")
    app.now += timedelta(hours=11)

    second = app.post("/members/me/sign-ins")

    assert (second.status, second.text) == (200, first.text)
    assert app.kinds() == ["welcome", "sign_in"]


def test_a_streak_is_rewarded_on_the_day_that_completes_it(app: App) -> None:
    app.enrol()
    points = []
    for _ in range(8):
        points.append(app.post("/members/me/sign-ins").json["points"])
        app.now += timedelta(days=1)
    assert points == [2, 2, 7, 2, 2, 2, 17, 2]


def test_the_day_is_the_members_own(app: App) -> None:
    app.enrol(time_zone="Asia/Shanghai")
    app.now = datetime(2026, 3, 2, 15, 59, 59, tzinfo=UTC)
    assert app.post("/members/me/sign-ins").json["day"] == "2026-03-02"
    app.now += timedelta(seconds=1)
    assert app.post("/members/me/sign-ins").json["day"] == "2026-03-03"


def test_a_month_lists_its_days(app: App) -> None:
    app.enrol()
    app.now = datetime(2026, 3, 30, 12, tzinfo=UTC)
    for _ in range(3):
        app.post("/members/me/sign-ins")
        app.now += timedelta(days=1)

    assert app.get("/members/me/sign-ins", month="2026-03").json == {
        "month": "2026-03",
        "days": ["2026-03-30", "2026-03-31"],
        "made_up": [],
        "streak": 3,
        "longest_streak": 3,
        "make_up": {"cards": 0, "days": []},
    }
    assert app.get("/members/me/sign-ins").json["days"] == ["2026-04-01"]
    assert app.get("/members/me/sign-ins", month="2026-02").json["days"] == []


@pytest.mark.parametrize("month", ["2026-13", "2026-3", "2026", "", "March", "2026-03-01", "0000-01"])
def test_a_month_is_written_yyyy_mm(app: App, month: str) -> None:
    app.enrol()
    app.get("/members/me/sign-ins", month=month).refused(400, "bad_month")


def test_a_shop_signs_nobody_in(app: App) -> None:
    app.enrol()
    assert app.post(f"/members/{member_id('alice')}/sign-ins", as_="shop").status == 403


def test_an_idempotency_key_means_nothing_to_a_sign_in(app: App) -> None:
    app.enrol()
    assert app.post("/members/me/sign-ins", key="no such key: it has spaces").status == 201
