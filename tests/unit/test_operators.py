from datetime import datetime
from typing import Any

import pytest

from tessera import operators
from tessera.journal import Journal
from tessera.lots import OPEN, Terms
from tessera.refusals import Conflict, Forbidden, Invalid
from tests.factories import NOON, opened, programme

RULES = programme(
    points={"expiry": {"policy": "month_end", "months": 1}, "return_window_days": 14},
    operators={
        "reasons": {"goodwill": "Goodwill"},
        "ceilings": {"operator": {"points": 100, "growth": 10}, "supervisor": {"points": 1000, "growth": 100}},
    },
)
PENDING = Terms(None, datetime.fromisoformat("2026-03-20T00:00:00+00:00"))


def adjust(
    journal: Journal, points: int = 0, growth: int = 0, reason: str = "goodwill", roles: tuple[str, ...] = ("operator",)
) -> None:
    """Adjust, as an operator does."""
    operators.adjust(journal, points, growth, reason=reason, note="Called on Monday", by="op-1", roles=roles)


def stand(journal: Journal, standing: Any) -> None:
    """Change a member's standing, as an operator does."""
    operators.change_standing(journal, standing, reason="goodwill", note="Asked for it", by="op-1")


def test_points_that_are_given_have_the_date_of_what_is_earned_today_and_are_never_pending() -> None:
    journal = opened(rules=RULES)
    adjust(journal, 100, 10)
    assert journal.member.lots == {Terms(datetime.fromisoformat("2026-05-01T00:00:00+01:00")): 100}
    assert journal.member.growth_days == {NOON.date(): 10}


def test_an_adjustment_says_why_and_who() -> None:
    journal = opened(rules=RULES)
    adjust(journal, 1)
    (entry,) = journal.entries
    assert (entry.kind, entry.rules) == ("adjustment", ("reason:goodwill",))
    assert (entry.detail["reason"], entry.detail["note"], entry.detail["by"]) == (
        "Goodwill",
        "Called on Monday",
        "op-1",
    )


def test_points_are_taken_from_those_that_can_be_spent_the_soonest_to_expire_first() -> None:
    soon = Terms(datetime.fromisoformat("2026-04-01T00:00:00+01:00"))
    journal = opened(rules=RULES, lots={OPEN: 10, soon: 10, PENDING: 10})
    adjust(journal, -15)
    assert journal.member.lots == {OPEN: 5, PENDING: 10}


def test_what_is_pending_or_not_there_cannot_be_taken() -> None:
    journal = opened(rules=RULES, lots={OPEN: 10, PENDING: 10})
    with pytest.raises(Conflict) as caught:
        adjust(journal, -11)
    assert caught.value.code == "insufficient_points"
    assert journal.entries == []


@pytest.mark.parametrize(("points", "growth"), [(101, 0), (-101, 0), (0, 11), (1, 11)])
def test_more_than_the_ceiling_of_the_role_is_refused(points: int, growth: int) -> None:
    journal = opened(rules=RULES, lots={OPEN: 500})
    with pytest.raises(Forbidden) as caught:
        adjust(journal, points, growth)
    assert caught.value.code == "above_ceiling"
    adjust(journal, points, growth, roles=("operator", "supervisor"))
    assert len(journal.entries) == 1


def test_a_role_without_a_ceiling_adjusts_nothing() -> None:
    with pytest.raises(Forbidden):
        adjust(opened(rules=RULES), 1, roles=("auditor",))


def test_a_reason_that_the_programme_does_not_know_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        adjust(opened(rules=RULES), 1, reason="because")
    assert caught.value.code == "unknown_reason"


def test_a_member_is_frozen_once_and_unfrozen() -> None:
    journal = opened(rules=RULES)
    for standing in ("frozen", "frozen", "active"):
        stand(journal, standing)
    assert [entry.kind for entry in journal.entries] == ["freeze", "unfreeze"]
    assert journal.member.standing == "active"


def test_whoever_is_closed_stays_closed() -> None:
    journal = opened(rules=RULES)
    stand(journal, "closed")
    stand(journal, "closed")
    for standing in ("active", "frozen"):
        with pytest.raises(Conflict) as caught:
            stand(journal, standing)
        assert caught.value.code == "member_closed"
    assert [entry.kind for entry in journal.entries] == ["close"]
