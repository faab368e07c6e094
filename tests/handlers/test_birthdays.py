"""Coupons that come on birthdays: by night, once a year, on the day where the member lives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tessera.refusals import Unavailable
from tests.handlers.test_occasions import QUEUE, create, in_hand

if TYPE_CHECKING:
    from tests.app import App

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")

ON_5_MAY = {"month": 5, "day": 5}


def by_night(app: App, *time: int) -> None:
    """Let a night come and go, with what it hands out."""
    app.now = datetime(*time, tzinfo=UTC)  # type: ignore[arg-type,misc]
    app.nightly()
    app.work_off(QUEUE)


def born(app: App, name: str = "alice", zone: str = "Europe/London", **birthday: int) -> str:
    """Enrol a member who was born on a day, 5 May if nothing is said."""
    return app.enrol(name, time_zone=zone, birthday=birthday or ON_5_MAY)


def test_a_birthday_brings_what_names_it_once(app: App) -> None:
    create(app, "cake", "birthday")
    create(app, "cake_too", "welcome", "birthday")
    create(app, "silent")
    create(app, "paused", "birthday")
    app.post("/coupon-templates/paused/pause", as_="operator")
    born(app)
    born(app, "bob", month=5, day=7)
    app.enrol("carol")
    by_night(app, 2026, 5, 4, 2)
    assert in_hand(app) == []

    for hour in (2, 2, 3):
        by_night(app, 2026, 5, 5, hour)
    by_night(app, 2026, 5, 6, 2)

    assert in_hand(app) == ["cake", "cake_too"]
    assert in_hand(app, "bob") == in_hand(app, "carol") == []


def test_the_next_year_brings_another(app: App) -> None:
    create(app, "cake", "birthday")
    born(app)
    by_night(app, 2026, 5, 5, 2)
    by_night(app, 2027, 5, 4, 2)
    assert in_hand(app) == ["cake"]

    by_night(app, 2027, 5, 5, 2)

    assert in_hand(app) == ["cake", "cake"]


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("Asia/Tokyo", (2026, 5, 4, 14, 59, 59), (2026, 5, 4, 15)),
        ("Europe/London", (2026, 5, 4, 22, 59, 59), (2026, 5, 4, 23)),
        ("America/New_York", (2026, 5, 5, 3, 59, 59), (2026, 5, 5, 4)),
        ("Pacific/Pago_Pago", (2026, 5, 5, 10, 59, 59), (2026, 5, 5, 11)),
    ],
)
def test_it_comes_when_the_day_has_begun_where_the_member_lives(
    app: App, zone: str, before: tuple[int, ...], after: tuple[int, ...]
) -> None:
    create(app, "cake", "birthday")
    born(app, zone=zone)
    by_night(app, *before)
    assert in_hand(app) == []
    by_night(app, *after)
    assert in_hand(app) == ["cake"]


def test_29_february_is_kept_on_the_28th_of_other_years(app: App) -> None:
    create(app, "cake", "birthday")
    born(app, month=2, day=29)
    by_night(app, 2027, 2, 27, 2)
    assert in_hand(app) == []
    by_night(app, 2027, 2, 28, 2)
    assert in_hand(app) == ["cake"]
    by_night(app, 2028, 2, 28, 2)
    assert in_hand(app) == ["cake"]
    by_night(app, 2028, 2, 29, 2)
    assert in_hand(app) == ["cake", "cake"]


def test_a_move_brings_neither_a_second_one_nor_none(app: App) -> None:
    create(app, "cake", "birthday")
    born(app, zone="Asia/Tokyo")
    born(app, "bob", zone="America/New_York")
    by_night(app, 2026, 5, 5, 2)
    assert (in_hand(app), in_hand(app, "bob")) == (["cake"], [])
    for name, zone in (("alice", "America/New_York"), ("bob", "Asia/Tokyo")):
        assert app.patch("/members/me", {"time_zone": zone}, as_=name).status == 200

    for day in (6, 7):
        by_night(app, 2026, 5, day, 2)

    assert (in_hand(app), in_hand(app, "bob")) == (["cake"], ["cake"])


def test_who_enrols_on_the_day_has_it_and_who_enrols_later_has_not(app: App) -> None:
    create(app, "cake", "birthday")
    by_night(app, 2026, 5, 5, 2)
    app.now = datetime(2026, 5, 5, 22, 59, tzinfo=UTC)
    born(app)
    app.now += timedelta(minutes=2)
    born(app, "bob")

    by_night(app, 2026, 5, 6, 2)

    assert (in_hand(app), in_hand(app, "bob")) == (["cake"], [])


def test_missed_nights_are_caught_up_for_a_month(app: App) -> None:
    create(app, "cake", "birthday")
    born(app, month=4, day=1)
    born(app, "bob", month=4, day=12)
    born(app, "carol", month=5, day=5)
    by_night(app, 2026, 3, 20, 2)

    by_night(app, 2026, 5, 10, 2)

    assert [in_hand(app, name) for name in ("alice", "bob", "carol")] == [[], ["cake"], ["cake"]]


def test_a_night_that_broke_off_is_caught_up(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    create(app, "cake", "birthday")
    born(app)
    by_night(app, 2026, 5, 4, 2)
    with monkeypatch.context() as patched:
        patched.setattr("tessera.store.queues.send_all", _fail)
        for day in (5, 6):
            with pytest.raises(ConnectionError):
                by_night(app, 2026, 5, day, 2)

    by_night(app, 2026, 5, 8, 2)

    assert in_hand(app) == ["cake"]


def test_a_template_of_today_brings_nothing_for_days_that_are_over(app: App) -> None:
    born(app)
    born(app, "bob", month=5, day=7)
    for day in (5, 6):
        by_night(app, 2026, 5, day, 2)
    create(app, "cake", "birthday")

    by_night(app, 2026, 5, 7, 2)

    assert (in_hand(app), in_hand(app, "bob")) == ([], ["cake"])


@pytest.mark.parametrize("standing", ["frozen", "closed"])
def test_who_is_frozen_or_closed_has_none(app: App, standing: Any) -> None:
    create(app, "cake", "birthday")
    born(app)
    app.change_standing("alice", standing)
    by_night(app, 2026, 5, 5, 2)
    assert in_hand(app) == []


def test_what_is_gone_is_brought_to_nobody(app: App) -> None:
    create(app, "cake", "birthday", stock=1)
    born(app)
    born(app, "bob")
    by_night(app, 2026, 5, 5, 2)
    assert sorted([in_hand(app), in_hand(app, "bob")]) == [[], ["cake"]]


def test_many_are_handed_out_in_batches(app: App) -> None:
    create(app, "cake", "birthday")
    for number in range(30):
        app.post("/members", {"identity": str(number), "birthday": ON_5_MAY, "time_zone": "UTC"}, as_="shop")
    app.now = datetime(2026, 5, 5, 2, tzinfo=UTC)
    app.nightly()
    assert len(app.waiting(QUEUE, 10)) == 2


def test_nobody_is_looked_for_where_no_template_names_it(app: App) -> None:
    create(app, "hello", "welcome")
    born(app)
    app.now = datetime(2026, 5, 5, 2, tzinfo=UTC)
    app.nightly()
    assert app.waiting(QUEUE) == []


def test_what_the_store_did_not_take_comes_again(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    create(app, "cake", "birthday")
    born(app)
    app.now = datetime(2026, 5, 5, 2, tzinfo=UTC)
    app.nightly()
    (message,) = app.waiting(QUEUE)
    with monkeypatch.context() as patched:
        patched.setattr("tessera.service.occasions.issue", _refuse)
        assert app.deliver(QUEUE, message) == [0]

    assert app.deliver(QUEUE, message) == []

    assert in_hand(app) == ["cake"]


def _fail(*_: object) -> None:
    raise ConnectionError


def _refuse(*_: object, **__: object) -> None:
    raise Unavailable("no answer")
