"""A programme that changes while members hold terms: nobody loses anything, and the ledger tells the same as before."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.app import Answer, App, member_id
from tests.conftest import UseProgramme
from tests.handlers.messages import basket, line, order

ALICE = member_id("alice")


def ladder(*tiers: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """Write a ladder of yearly terms."""
    lowest = {"id": "low", "name": "Low"}
    window, term = {"policy": "window", "days": 365}, {"policy": "days", "days": 365}
    return {"growth": window, "term": term, "ladder": [lowest, *tiers]} | parts


GOLD = {"id": "gold", "name": "Gold", "growth": 100, "multiplier_bp": 20_000}
BIG_SPENDER = {
    "id": "big_spender",
    "name": "Big spender",
    "entry": {"measure": "spend", "at_least": 15_000, "within": {"days": 365}},
}

FIVER = {"id": "fiver", "kind": "amount_off", "name": "£5 off", "terms": "£5 off.", "amount": 500, "valid_days": 30}


def buy(app: App, order_id: str, pounds: int) -> None:
    placed_at = app.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    app.send(order(order_id, line(unit_price=pounds * 100), placed_at=placed_at, member_id=ALICE))


def verified(app: App) -> bool:
    return bool(app.get(f"/members/{ALICE}/entries/verification", as_="operator").json["verified"])


@pytest.fixture
def gold(app: App, use_programme: UseProgramme) -> App:
    """Alice is on gold, for a year."""
    use_programme(tiers=ladder(GOLD), benefits=[])
    app.enrol()
    app.enrol("bob")
    buy(app, "O1", 160)
    return app


def test_a_tier_that_is_dropped_is_held_and_multiplies_to_the_end_of_its_term(
    gold: App, use_programme: UseProgramme
) -> None:
    use_programme(version=2, tiers=ladder({"id": "silver", "name": "Silver", "growth": 300}), benefits=[])
    gold.now = datetime(2026, 9, 1, tzinfo=UTC)
    buy(gold, "O2", 200)
    assert (gold.card()["tier"]["id"], gold.get("/purchases/O2", as_="shop").json["points"]) == ("gold", 400)
    assert verified(gold)
    gold.now = datetime(2027, 3, 3, tzinfo=UTC)
    assert gold.card()["tier"]["id"] == "low"


def test_what_a_new_version_asks_for_is_counted_from_the_ledger_with_the_first_write(
    gold: App, use_programme: UseProgramme
) -> None:
    use_programme(version=2, tiers=ladder(GOLD, BIG_SPENDER), benefits=[])
    gold.now = datetime(2026, 9, 1, tzinfo=UTC)
    assert gold.card()["tier"]["keep"]["needs"] == {"growth": 100}
    gold.post("/members/me/sign-ins")
    assert gold.card()["tier"]["id"] == "big_spender"
    assert verified(gold)


def granted_with_others(app: App) -> Answer:
    """Have a coupon granted to a list, in the background."""
    answer = app.post("/coupon-templates/fiver/grants", {"members": [ALICE]}, as_="operator")
    app.work_off("CouponJobsQueue")
    return answer


def a_year_later(app: App) -> Answer:
    """Let the night find that the term is over."""
    app.now = datetime(2027, 3, 3, tzinfo=UTC)
    app.nightly()
    return app.get("/members/me")


COMES_FIRST: dict[str, Callable[[App], Answer]] = {
    "a look at the tier": lambda app: app.get("/members/me/tier"),
    "a look at benefits": lambda app: app.get("/members/me/benefits"),
    "a quote": lambda app: app.post("/members/me/quotes", {"order": basket()}),
    "a coupon claimed": lambda app: app.post("/members/me/coupons", {"template_id": "fiver"}),
    "a coupon granted": lambda app: app.post("/coupon-templates/fiver/grants", {"member_id": ALICE}, as_="operator"),
    "a coupon granted to many": granted_with_others,
    "an adjustment": lambda app: app.post(
        f"/members/{ALICE}/adjustments", {"points": 1, "reason": "goodwill", "note": "Late."}, as_="operator"
    ),
    "a night": a_year_later,
}
"""What a member may meet with first under a new version, each in another function."""


@pytest.mark.filterwarnings("ignore:No application metrics to publish")
@pytest.mark.parametrize("first", COMES_FIRST.values(), ids=COMES_FIRST)
def test_whichever_function_comes_first_under_a_new_version_counts_from_the_ledger(
    gold: App, use_programme: UseProgramme, first: Callable[[App], Answer]
) -> None:
    gold.post("/coupon-templates", FIVER, as_="operator")
    use_programme(version=2, tiers=ladder(GOLD, BIG_SPENDER), benefits=[])
    gold.now = datetime(2026, 9, 1, tzinfo=UTC)
    answer = first(gold)
    assert answer.status in {200, 201, 202}, answer.text
    assert verified(gold)


def test_a_term_that_ends_under_a_new_version_is_reviewed_as_of_its_end_whoever_comes_first(
    gold: App, use_programme: UseProgramme
) -> None:
    use_programme(version=2, tiers=ladder(GOLD | {"growth": 40}, BIG_SPENDER), benefits=[])
    gold.now = datetime(2026, 3, 4, tzinfo=UTC)
    buy(gold, "O2", 50)
    gold.now = datetime(2027, 3, 5, tzinfo=UTC)
    seen = gold.card()["tier"]
    gold.post("/members/me/sign-ins")
    assert (gold.card()["tier"]["id"], gold.card()["tier"]["until"]) == (seen["id"], seen["until"])
    assert verified(gold)


def test_who_has_done_nothing_since_enrolling_is_verified_under_a_new_version(
    gold: App, use_programme: UseProgramme
) -> None:
    use_programme(version=2, tiers=ladder(GOLD) | {"ladder": [{"id": "first", "name": "First"}, GOLD]}, benefits=[])
    seen = gold.get(f"/members/{member_id('bob')}/entries/verification", as_="operator")
    assert seen.json["verified"]


def test_the_past_is_what_it_was_when_the_version_is_not_the_first(app: App, use_programme: UseProgramme) -> None:
    use_programme(version=2, tiers=ladder(GOLD), benefits=[])
    app.enrol()
    buy(app, "O1", 160)
    app.now = datetime(2027, 3, 3, tzinfo=UTC)
    then = app.card()
    app.now = datetime(2027, 3, 4, tzinfo=UTC)
    app.post("/members/me/sign-ins")
    assert app.get("/members/me", as_of="2027-03-03T00:00:00Z").json == then
