"""What happens at night: terms of tiers end, and members fall to what they have earned."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.app import App, member_id
from tests.handlers.messages import line, order


@pytest.fixture
def junior(app: App) -> App:
    """Alice, who became a junior at noon of 2 March 2026."""
    app.enrol()
    app.send(order("O1", line(unit_price=15_000), member_id=member_id("alice")))
    return app


def test_a_tier_is_held_for_its_term_and_then_falls_to_what_is_earned(junior: App) -> None:
    junior.now = datetime(2027, 3, 2, 11, 59, 59, tzinfo=UTC)
    assert junior.nightly() == {"members": 0, "refunds": 0}
    junior.now += timedelta(seconds=1)

    assert junior.nightly() == {"members": 1, "refunds": 0}

    assert junior.card()["tier"]["id"] == "newcomer"
    newest = junior.entries()[0]
    assert (newest["kind"], newest["points"], newest["at"]) == ("tier_change", 0, "2027-03-02T12:00:00Z")
    assert newest["reason"] == "Term of junior ended with growth 0: now newcomer"


def test_a_tier_that_is_still_earned_is_held_for_another_term(junior: App) -> None:
    junior.now = datetime(2027, 1, 1, tzinfo=UTC)
    junior.send(order("O2", line(unit_price=12_000), placed_at="2027-01-01T00:00:00Z", member_id=member_id("alice")))
    junior.now = datetime(2027, 3, 3, tzinfo=UTC)

    junior.nightly()

    assert junior.card()["tier"]["until"] == "2028-03-01T12:00:00Z"
    assert junior.kinds() == ["welcome", "purchase", "purchase", "tier_review"]


def test_a_second_run_changes_nothing_more(junior: App) -> None:
    junior.now = datetime(2027, 3, 3, tzinfo=UTC)
    junior.nightly()
    before = junior.card(), junior.entries()

    assert junior.nightly() == {"members": 0, "refunds": 0}

    assert (junior.card(), junior.entries()) == before


def test_two_runs_at_once_change_nothing_more_than_one(junior: App) -> None:
    junior.now = datetime(2027, 3, 3, tzinfo=UTC)
    event = {"time": "2027-03-03T00:00:00Z"}
    assert [junior.invoke("NightlyFunction", event)["members"] for _ in range(2)] == [1, 1]

    junior.work_off("SettlementsQueue")

    assert junior.kinds() == ["welcome", "purchase", "tier_change"]


def test_the_card_does_not_wait_for_the_night(junior: App) -> None:
    junior.now = datetime(2027, 3, 3, tzinfo=UTC)
    assert junior.card()["tier"]["id"] == "newcomer"
    assert junior.kinds() == ["welcome", "purchase"]


def test_what_is_overdue_is_booked_before_anything_else(junior: App) -> None:
    junior.now = datetime(2027, 3, 3, tzinfo=UTC)
    junior.post("/members/me/sign-ins")
    assert junior.kinds() == ["welcome", "purchase", "tier_change", "sign_in"]
    assert junior.nightly() == {"members": 0, "refunds": 0}


def test_everybody_who_is_due_is_found_and_nobody_else(app: App) -> None:
    for number in range(30):
        app.post("/members", {"identity": str(number)}, as_="shop")
    app.send(*[order(f"O{number}", line(unit_price=15_000), identity=str(number)) for number in range(26)])
    app.now += timedelta(days=365)

    assert app.nightly() == {"members": 26, "refunds": 0}
    assert app.nightly() == {"members": 0, "refunds": 0}
