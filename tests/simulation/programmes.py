"""The programmes under which seeds run: the packaged one, with other policies for what points and growth may do."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from tessera.programme.load import PACKAGED
from tessera.programme.model import Programme

POLICIES: tuple[dict[str, Any], ...] = (
    {},
    {"points": {"expiry": {"policy": "never"}, "refund": "debt"}},
    {"points": {"expiry": {"policy": "month_end", "months": 1}, "return_window_days": 14, "returned_grace_days": 7}},
    {
        "points": {
            "expiry": {"policy": "dates", "dates": ["03-31", "06-30"], "least_days": 10},
            "return_window_days": 3,
            "growth_waits": True,
            "refund": "debt",
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
