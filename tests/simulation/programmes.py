"""The programmes under which seeds run: the packaged one, with other policies for points, growth and tiers."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from tessera.programme.load import PACKAGED
from tessera.programme.model import Programme

Rules = dict[str, Any]

IDS = ("newcomer", "junior", "intermediate", "senior", "vip")
"""The tiers of every programme, so that what benefits say of them holds in all."""


def ladder(*entries: Rules | None) -> list[Rules]:
    """Make a ladder of what is asked for each tier but the lowest; of None, who is on it is invited."""
    rungs: list[Rules] = [{"id": IDS[0], "name": IDS[0]}]
    for tier_id, entry in zip(IDS[1:], entries, strict=True):
        how = {"by_invitation": True} if entry is None else {"entry": entry}
        rungs.append({"id": tier_id, "name": tier_id, "multiplier_bp": 10_000 + 1_500 * len(rungs)} | how)
    return rungs


def _asked(measure: str, at_least: int, within: str | None = None, days: int | None = None) -> Rules:
    window = {"days": days} if days else within
    return {"measure": measure, "at_least": at_least} | ({"within": window} if window else {})


def _all(*parts: Rules) -> Rules:
    return {"all": parts}


def _any(*parts: Rules) -> Rules:
    return {"any": parts}


POLICIES: tuple[dict[str, Any], ...] = (
    {},
    {
        "points": {"return_window_days": 3, "growth_waits": True},
        "tiers": {
            "growth": {"policy": "window", "days": 40},
            "term": {"policy": "days", "days": 20},
            "review": {"policy": "to_earned", "grace_days": 6, "soft_landing": True},
            "refunds": "review",
            "ladder": ladder(
                _any(_asked("orders", 3, days=15), _asked("active_days", 8, days=12)),
                _all(_asked("spend", 40_000, days=30), _asked("growth", 120)),
                _all(_asked("spend", 100_000, "lifetime"), _any(_asked("tenure", 25), _asked("orders", 12, days=20))),
                None,
            ),
        },
    },
    {"points": {"expiry": {"policy": "never"}, "refund": "debt"}},
    {
        "tiers": {
            "growth": {"policy": "calendar_year"},
            "term": {"policy": "calendar_year"},
            "review": {"policy": "one_step", "grace_days": 20},
            "ladder": ladder(
                _asked("active_days", 6, "calendar_year"),
                _all(_asked("orders", 5, "calendar_year"), _asked("tenure", 5)),
                None,
                _any(_asked("spend", 150_000, "calendar_year"), _asked("growth", 1500)),
            ),
        }
    },
    {"points": {"expiry": {"policy": "month_end", "months": 1}, "return_window_days": 14, "returned_grace_days": 7}},
    {
        "tiers": {
            "growth": {"policy": "window", "days": 60},
            "term": {"policy": "anniversary"},
            "review": {"policy": "to_earned", "soft_landing": True},
            "refunds": "review",
            "ladder": ladder(
                _asked("orders", 2, days=30),
                _asked("growth", 200, days=90),
                _all(_asked("active_days", 10, days=90), _asked("spend", 60_000, days=60)),
                _asked("spend", 150_000, "lifetime"),
            ),
        }
    },
    {
        "points": {
            "expiry": {"policy": "dates", "dates": ["03-31", "06-30"], "least_days": 10},
            "return_window_days": 3,
            "growth_waits": True,
            "refund": "debt",
        }
    },
    {
        "tiers": {
            "growth": {"policy": "calendar_year"},
            "term": {"policy": "days", "days": 15},
            "review": {"policy": "keep"},
            "refunds": "review",
            "ladder": ladder(_asked("spend", 20_000, days=10), _asked("tenure", 20), _asked("growth", 400), None),
        }
    },
    {"points": {"expiry": {"policy": "inactivity", "days": 20}, "return_window_days": 14}},
    {"tiers": {"growth": {"policy": "window", "days": 30}, "term": {"policy": "days", "days": 30}}},
    {"tiers": {"growth": {"policy": "decay", "idle_months": 1, "percent": 10}, "term": {"policy": "days", "days": 60}}},
)


@cache
def programme(number: int) -> Programme:
    """Make the programme of a number, which may be larger than there are programmes."""
    if number >= len(POLICIES):
        return programme(number % len(POLICIES))
    rules = yaml.safe_load(PACKAGED.read_text(encoding="utf-8"))
    # In a seed hardly anybody keeps a streak for so long that it grants a card.
    rules["welcome"] |= {"make_up_cards": 2}
    for part, policies in POLICIES[number].items():
        rules[part] = rules[part] | policies
    return Programme.model_validate(rules)
