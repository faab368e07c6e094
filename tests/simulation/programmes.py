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


TEMPLATES: tuple[Rules, ...] = (
    {
        "id": "five_off_thirty", "kind": "amount_off", "threshold": 3000, "amount": 500, "valid_days": 30,
        "per_member": 20, "group": "goods", "priority": 100, "on_refund": "if_wholly_refunded",
    },
    {"id": "tenth_off", "kind": "percentage", "percent": 10, "ceiling": 2000, "valid_days": 14, "per_member": 5},
    {
        "id": "more_off_more", "kind": "stepped", "valid_days": 60, "per_member": 9, "group": "steps", "budget": 2500,
        "steps": [{"threshold": 2000, "amount": 201}, {"threshold": 6000, "amount": 907}], "on_refund": "reissue",
    },
    {
        "id": "delivery", "kind": "free_shipping", "up_to": 399, "valid_days": 9, "per_member": 9, "group": "delivery",
        "priority": 900, "redemptions": 9, "on_refund": "if_wholly_refunded",
    },
    {
        "id": "candle", "kind": "gift", "sku": "CANDLE", "value": 450, "threshold": 1500, "valid_days": 40,
        "per_member": 9, "group": "gifts", "budget": 1400, "redemptions": 7, "on_refund": "reissue",
    },
    {
        "id": "three_for_two", "kind": "buy_x_get_y", "buy": 2, "get": 1, "times": 2, "valid_days": 30,
        "per_member": 9, "group": "goods", "priority": 50,
        "scope": {"categories": ["christmas", "home"], "exclude": {"skus": ["SKU-1"]}},
    },
    {
        "id": "second_half_price", "kind": "buy_x_get_y", "buy": 1, "get": 1, "percent": 50, "valid_days": 30,
        "per_member": 9, "group": "halves", "budget": 4000, "on_refund": "if_wholly_refunded",
    },
    {
        "id": "pair", "kind": "bundle", "goods": {"SKU-2": 1, "SKU-3": 2}, "price": 2999, "valid_days": 90,
        "per_member": 9, "group": "pairs", "priority": 10,
    },
    {
        "id": "first_order", "kind": "percentage", "percent": 15, "valid_days": 90, "per_member": 3, "group": "first",
        "first_order": True, "redemptions": 6,
    },
    {
        "id": "three_for_forty", "kind": "amount_off", "amount": 300, "valid_days": 30, "per_member": 30,
        "per_member_day": 1, "price_points": 40, "group": "points", "on_refund": "reissue",
    },
    {
        "id": "spring", "kind": "percentage", "percent": 33, "valid_from": "2026-03-02T18:00:00Z",
        "valid_until": "2026-04-30T00:00:00Z", "per_member": 4, "group": "season", "stock": 12,
        "scope": {"brands": ["acorn"], "categories": ["stationery"]},
        "eligible": {"tiers": ["newcomer", "junior"], "enrolled_within_days": 30},
    },
)  # fmt: skip
"""Coupons of every kind: some apply together and some alone, some are few or cost points, some come back."""

PRICES: tuple[Rules, ...] = (
    {
        "id": "members_price", "kind": "member_price", "stacks": True,
        "tiers": {"newcomer": {"prices": {"SKU-4": 300}}, "senior": {"prices": {"SKU-4": 200, "SKU-5": 900}}},
    },
    {
        "id": "stationery_tenth", "kind": "percentage", "stacks": False,
        "tiers": {"newcomer": {"percent": 7, "categories": ["stationery"]}, "senior": {"percent": 20}},
    },
    {
        "id": "home_twentieth", "kind": "percentage", "stacks": True,
        "tiers": {"junior": {"percent": 5, "categories": ["home", "stationery"]}},
    },
)  # fmt: skip
"""Prices of tiers, in every other seed."""


@cache
def programme(number: int) -> Programme:
    """Make the programme of a number, which may be larger than there are programmes."""
    if number >= len(POLICIES):
        return programme(number % len(POLICIES))
    rules = yaml.safe_load(PACKAGED.read_text(encoding="utf-8"))
    # In a seed hardly anybody keeps a streak for so long that it grants a card.
    rules["welcome"] |= {"make_up_cards": 2}
    rules["coupons"] = [{"name": of["id"], "terms": of["id"], **of} for of in TEMPLATES]
    if number % 2:
        rules["benefits"] += [{"name": of["id"], **of} for of in PRICES]
        rules["checkout"] |= {"point_value": 2, "points_percent": 40, "points_minimum": 10}
    for part, policies in POLICIES[number].items():
        rules[part] = rules[part] | policies
    return Programme.model_validate(rules)
