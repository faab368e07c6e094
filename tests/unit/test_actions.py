from datetime import datetime, timedelta
from typing import Any

import pytest

from tessera import actions
from tessera.journal import Journal
from tessera.messages import ActionDone
from tests.factories import NOON, RULES, later, opened, programme

AUCKLAND = "Pacific/Auckland"


def reviewing(caps: dict[str, Any], tier_multiplier: bool = False, **fields: Any) -> Journal:
    """Open the journal of a member whose reviews earn 20 points and 2 growth, as far as caps allow."""
    review = {"name": "Review", "points": 20, "growth": 2, "caps": caps, "tier_multiplier": tier_multiplier}
    return opened(rules=programme(actions={"review": review}), **fields)


def review(journal: Journal, at: datetime | None = None) -> tuple[int, int]:
    """Count a review, and answer the points and the growth that it earned."""
    message = ActionDone(type="action", action_id="A1", member_id="m_1", kind="review", at=at or journal.now)
    action = actions.count(journal, message, "", "{}")
    return action.points, action.growth


def test_an_action_earns_what_its_kind_earns() -> None:
    journal = reviewing({})
    assert review(journal) == (20, 2)
    assert (journal.entries[0].points, journal.entries[0].growth) == (20, 2)
    assert journal.entries[0].source == {"action_id": "A1"}


@pytest.mark.parametrize("period", ["day", "week", "month", "lifetime"])
def test_a_cap_that_is_reached_earns_the_rest_and_then_nothing_and_says_so(period: str) -> None:
    journal = reviewing({period: {"points": 50}})
    assert [review(journal)[0] for _ in range(4)] == [20, 20, 10, 0]
    assert [entry.detail.get("points_capped") for entry in journal.entries] == [None, None, period, period]


def test_growth_has_its_own_cap() -> None:
    journal = reviewing({"day": {"growth": 3}})
    assert [review(journal) for _ in range(3)] == [(20, 2), (20, 1), (20, 0)]
    assert journal.entries[2].detail["growth_capped"] == "day"


@pytest.mark.parametrize(
    ("period", "last"),
    [
        ("day", "2026-03-02T23:59:59+00:00"),
        ("week", "2026-03-08T23:59:59+00:00"),
        ("month", "2026-03-31T23:59:59+01:00"),
    ],
)
def test_a_cap_is_new_with_the_period_that_follows(period: str, last: str) -> None:
    journal = reviewing({period: {"points": 20}})
    end = datetime.fromisoformat(last)
    journal.now = end + timedelta(seconds=1)
    assert [review(journal, at)[0] for at in (NOON, end, journal.now)] == [20, 0, 20]


def test_the_day_is_that_of_the_members_zone() -> None:
    journal = reviewing({"day": {"points": 20}}, time_zone=AUCKLAND)
    midnight = datetime.fromisoformat("2026-03-03T00:00:00+13:00")
    journal.now = NOON + timedelta(days=1)
    before, after = review(journal, midnight - timedelta(seconds=1)), review(journal, midnight)
    assert (before[0], after[0]) == (20, 20)
    assert review(journal, midnight + timedelta(hours=1))[0] == 0


def test_an_action_counts_where_it_happened_however_late_it_is_told() -> None:
    journal = later(reviewing({"day": {"points": 20}}), days=30)
    assert [review(journal, NOON)[0] for _ in range(2)] == [20, 0]
    assert review(journal)[0] == 20


def test_an_action_too_long_ago_for_its_cap_to_be_known_earns_nothing_and_says_so() -> None:
    journal = later(reviewing({"day": {"points": 20}}), days=actions.KEPT_DAYS + 1)
    assert review(journal, NOON) == (0, 2)
    assert journal.entries[0].detail["points_capped"] == "too_late"
    assert review(journal, NOON + timedelta(days=1)) == (20, 2)


def test_the_tier_multiplies_points_where_the_programme_says_so() -> None:
    journal = reviewing({}, tier_multiplier=True, growth_days={NOON.date(): RULES["tiers"]["ladder"][1]["growth"]})
    journal.book("sign_in", growth=1)
    assert review(journal) == (30, 2)


@pytest.mark.parametrize("standing", ["frozen", "closed"])
def test_whoever_is_frozen_or_closed_earns_nothing_and_uses_up_no_cap(standing: str) -> None:
    journal = reviewing({"day": {"points": 20}}, standing=standing)
    assert review(journal) == (0, 0)
    assert journal.entries[0].detail["reports"] == ["member_" + standing]
    journal.change(standing="active")
    assert review(journal) == (20, 2)
