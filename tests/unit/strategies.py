"""What the properties are tried on."""

from typing import Any

from hypothesis import strategies as st

from tessera.programme.coupons import CouponTemplate, read_template
from tessera.programme.model import Programme
from tessera.shapes import Line
from tests.factories import RULES, line, programme


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """Draw a line, from free to £450, with and without a rate and a discount of its own."""
    quantity = draw(st.integers(1, 9))
    unit_price = draw(st.integers(0, 5000))
    return line(
        sku=draw(st.sampled_from(["SKU", "RARE"])),
        brand=draw(st.sampled_from([None, "acme", "other"])),
        category=draw(st.sampled_from([None, "toys", "other"])),
        quantity=quantity,
        unit_price=unit_price,
        discount=draw(st.integers(0, quantity * unit_price)),
    )


def baskets(most: int = 6) -> st.SearchStrategy[list[Line]]:
    """Draw the lines of an order, numbered from 1."""
    return st.lists(lines(), min_size=1, max_size=most).map(
        lambda drawn: [bought.model_copy(update={"line_id": str(i)}) for i, bought in enumerate(drawn, 1)]
    )


@st.composite
def programmes(draw: st.DrawFn) -> Programme:
    """Draw a programme: any policy for points beside any for growth, with actions that are capped in every way."""
    expiry = draw(
        st.sampled_from(
            [
                {"policy": "month_end", "months": 1},
                {"policy": "month_end", "months": 12},
                {"policy": "never"},
                {"policy": "dates", "dates": ["03-28", "10-24", "12-31"], "least_days": 0},
                {"policy": "dates", "dates": ["06-30"], "least_days": 45},
                {"policy": "inactivity", "days": 30},
                {"policy": "inactivity", "days": 365},
            ]
        )
    )
    return programme(
        zone=draw(st.sampled_from(["Europe/London", "America/New_York", "UTC"])),
        welcome={"points": 100, "growth": 3, "make_up_cards": 6},
        sign_ins=RULES["sign_ins"] | {"make_up": {"within_days": 7, "most": 10}},
        points={
            "expiry": expiry,
            "return_window_days": draw(st.sampled_from([14, 0, 60, 1])),
            "growth_waits": draw(st.booleans()),
            "refund": draw(st.sampled_from(["debt", "floor"])),
            "returned_grace_days": draw(st.sampled_from([10, 0, 60])),
        },
        tiers=draw(ladders()),
        actions={
            "review": {
                "name": "Review",
                "points": 20,
                "growth": 3,
                "caps": {
                    "day": {"points": 45, "growth": 7},
                    "week": {"points": 90},
                    "month": {"growth": 20},
                    "lifetime": {"points": 400},
                },
            },
            "survey": {"name": "Survey", "points": 7, "growth": 1},
        },
        operators={
            "reasons": {"goodwill": "Goodwill"},
            "ceilings": {"operator": {"points": 500, "growth": 50}},
        },
    )


GROWTH = st.sampled_from(
    [
        {"policy": "window", "days": 30},
        {"policy": "window", "days": 365},
        {"policy": "calendar_year"},
        {"policy": "lifetime"},
        {"policy": "decay", "idle_months": 1, "percent": 25},
        {"policy": "decay", "idle_months": 6, "percent": 7},
        {"policy": "decay", "idle_months": 2, "percent": 100},
    ]
)
TERMS = st.sampled_from(
    [
        {"policy": "days", "days": 30},
        {"policy": "days", "days": 365},
        {"policy": "calendar_year"},
        {"policy": "anniversary"},
    ]
)
FALLS: list[dict[str, Any]] = [
    {"policy": "to_earned"},
    {"policy": "to_earned", "soft_landing": True},
    {"policy": "one_step"},
]
REVIEWS = st.sampled_from(
    [{"policy": "keep"}, *(fall | {"grace_days": grace_days} for fall in FALLS for grace_days in (0, 14, 45))]
)
WITHIN = st.sampled_from([{"days": 10}, {"days": 90}, "calendar_year", "lifetime"])


@st.composite
def criteria(draw: st.DrawFn, rung: int) -> dict[str, Any]:
    """Draw something that a tier asks for: the more, the higher it stands."""
    measure, least = draw(
        st.sampled_from([("growth", 60), ("spend", 20_000), ("orders", 1), ("active_days", 2), ("tenure", 20)])
    )
    criterion = {"measure": measure, "at_least": least * rung * draw(st.integers(1, 3))}
    if measure in ("growth", "tenure"):
        return criterion
    return criterion | {"within": draw(WITHIN)}


def conditions(rung: int) -> st.SearchStrategy[dict[str, Any]]:
    """Draw what a tier asks for, combined in any way."""
    return st.recursive(
        criteria(rung),
        lambda parts: st.builds(
            lambda form, of: {form: of}, st.sampled_from(["any", "all"]), st.lists(parts, min_size=1, max_size=3)
        ),
        max_leaves=3,
    )


@st.composite
def ladders(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a ladder: any policies, and tiers that ask for anything, or are by invitation only."""
    tiers = [
        draw(st.just({"by_invitation": True}) if draw(st.integers(0, 4)) == 4 else entries(rung))
        for rung in range(1, draw(st.integers(2, 5)))
    ]
    return {
        "growth": draw(GROWTH),
        "term": draw(TERMS),
        "review": draw(REVIEWS),
        "refunds": draw(st.sampled_from(["review", "keep"])),
        "ladder": [
            {"id": f"t{i}", "name": f"T{i}", "multiplier_bp": 10_000 + 2500 * i, **tier}
            for i, tier in enumerate([{}, *tiers])
        ],
    }


def entries(rung: int) -> st.SearchStrategy[dict[str, Any]]:
    """Draw how a tier is reached; that it is by growth alone may be said shortly."""
    return st.one_of(conditions(rung).map(lambda entry: {"entry": entry}), st.just({"growth": 60 * rung}))


@st.composite
def small_baskets(draw: st.DrawFn) -> list[Line]:
    """Draw what is in a basket."""
    goods = [("TEA", "food", "acme"), ("CUP", "home", "acme"), ("PEN", "office", None), ("HAT", None, None)]
    chosen = draw(st.lists(st.sampled_from(goods), min_size=1, max_size=5))
    return [
        Line(
            line_id=str(position),
            sku=sku,
            category=category,
            brand=brand,
            quantity=draw(st.integers(1, 6)),
            unit_price=draw(st.sampled_from([0, 1, 7, 99, 250, 1999])),
        )
        for position, (sku, category, brand) in enumerate(chosen)
    ]


@st.composite
def templates(draw: st.DrawFn, groups: int = 3) -> CouponTemplate:
    """Draw the template of a coupon of any kind."""
    names = {"categories": ["food", "home"], "brands": ["acme"], "skus": ["TEA", "PEN"]}
    goods = st.fixed_dictionaries({}, optional={what: st.lists(st.sampled_from(of)) for what, of in names.items()})
    kinds: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "amount_off": {"amount": st.sampled_from([1, 100, 750, 5000])},
        "percentage": {"percent": st.integers(1, 100), "ceiling": st.sampled_from([None, 1, 333])},
        "stepped": {
            "steps": st.just([{"threshold": 300, "amount": 33}, {"threshold": 500, "amount": 80}]),
        },
        "free_shipping": {"up_to": st.sampled_from([None, 200])},
        "gift": {"sku": st.just("PEN"), "value": st.sampled_from([0, 50])},
        "buy_x_get_y": {
            "buy": st.integers(1, 3),
            "get": st.integers(1, 2),
            "percent": st.sampled_from([33, 50, 100]),
            "times": st.sampled_from([None, 1]),
        },
        "bundle": {
            "goods": st.sampled_from([{"TEA": 1, "CUP": 1}, {"TEA": 3}, {"PEN": 2, "HAT": 1}]),
            "price": st.sampled_from([0, 99, 500]),
        },
    }
    kind = draw(st.sampled_from(sorted(kinds)))
    said = {
        "id": draw(st.sampled_from(["one", "two", "three", "four", "five"])),
        "name": "A coupon",
        "terms": "As it says.",
        "valid_days": 30,
        "kind": kind,
        "group": draw(st.sampled_from([None, *(f"g{number}" for number in range(groups))])),
        "priority": draw(st.sampled_from([1, 2, 3])),
        "threshold": 0 if kind == "stepped" else draw(st.sampled_from([0, 0, 400])),
        "scope": {**draw(goods), "exclude": draw(st.one_of(st.just({}), goods))},
        **{name: draw(values) for name, values in kinds[kind].items()},
    }
    return read_template({name: value for name, value in said.items() if value is not None})
