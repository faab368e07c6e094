"""What operations may cost where points have dates: a return window, an expiry, growth that waits and decays."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.budgets.regular import enrol_regular
from tests.budgets.test_costs import (
    A_TERM_LATER,
    CARD,
    PURCHASE,
    SETTLEMENT,
    SIGN_IN,
    five_lines,
    nightly_task,
    overdue,
)
from tests.resources import ROOT

if TYPE_CHECKING:
    from tests.app import App
    from tests.budgets.conftest import Budget
    from tests.conftest import UseProgramme

DATES = ROOT / "examples" / "points_with_dates.yaml"
A_WINDOW_LATER = timedelta(days=15)


@pytest.fixture(autouse=True)
def with_dates(use_programme: UseProgramme) -> None:
    """Let the programme be the one whose points have dates."""
    use_programme(DATES)


def book_what_is_due(app: App) -> None:
    """Let the return windows of the regular's purchases pass, and the night book it."""
    app.now += A_WINDOW_LATER
    app.nightly()


def test_a_sign_in(app: App, budget: Budget) -> None:
    enrol_regular(app, "signs in, dates")
    book_what_is_due(app)
    with budget("sign-in, points with dates", SIGN_IN):
        assert app.post("/members/me/sign-ins", as_="signs in, dates").status == 201


def test_a_purchase_whose_points_are_pending(app: App, budget: Budget) -> None:
    member_id = enrol_regular(app, "buys, dates")
    book_what_is_due(app)
    with budget("purchase of five lines, points pending", PURCHASE):
        app.send(five_lines(app, member_id, "pending"))
    assert app.card("buys, dates")["points"]["pending"] > 0


def test_a_sign_in_when_points_have_matured(app: App, budget: Budget) -> None:
    member_id = enrol_regular(app, "comes back")
    book_what_is_due(app)
    app.send(five_lines(app, member_id, "matures"))
    app.now += A_WINDOW_LATER
    with budget("sign-in, points have matured", overdue(SIGN_IN)):
        assert app.post("/members/me/sign-ins", as_="comes back").status == 201
    assert app.kinds("comes back")[-2:] == ["maturity", "sign_in"]


def test_the_nightly_work_for_a_member_whose_points_have_matured(app: App, budget: Budget) -> None:
    member_id = enrol_regular(app, "ripens")
    book_what_is_due(app)
    app.send(five_lines(app, member_id, "ripe"))
    app.now += A_WINDOW_LATER
    with budget("nightly work, points have matured", SETTLEMENT):
        assert app.settle(nightly_task(member_id, app.now)) == []
    assert app.kinds("ripens")[-1] == "maturity"


def test_the_nightly_work_for_a_member_whose_growth_decays(app: App, budget: Budget) -> None:
    member_id = enrol_regular(app, "stays away")
    book_what_is_due(app)
    app.now += timedelta(days=175)
    with budget("nightly work, growth decays", SETTLEMENT):
        assert app.settle(nightly_task(member_id, app.now)) == []
    assert app.kinds("stays away")[-1] == "decay"


def test_a_member_card(app: App, budget: Budget) -> None:
    enrol_regular(app, "looks, dates")
    app.now += A_TERM_LATER
    with budget("member card, points with dates", CARD):
        assert app.get("/members/me", as_="looks, dates").status == 200
