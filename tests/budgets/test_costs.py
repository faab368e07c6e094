"""What each operation may cost, for a member with a year of daily sign-ins and fifty orders."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tessera.instants import write_instant
from tests.app import App
from tests.budgets.conftest import Budget
from tests.budgets.metering import Cost, Meter
from tests.budgets.regular import enrol_regular
from tests.conftest import UseProgramme
from tests.handlers.messages import basket, line, order

SIGN_IN = Cost(2, 6, 1)
MAKE_UP = Cost(2, 8, 2)
MOVE = Cost(2, 6, 2)
PURCHASE = Cost(2, 8, 2)
PURCHASE_WITH_REDEMPTION = Cost(3, 12, 4)
HOLD = Cost(3, 10, 5)
SHARED = Cost(1, 1, 2)
"""What a hold costs beside, of a coupon of which all members together may redeem so many: a look, and the taking."""
SETTLED = Cost(2, 1, 1)
"""And what its release does, to be settled at once."""
RELEASE = Cost(3, 10, 3)
CARD = Cost(1, 0, 2)
QUOTE = Cost(2, 0, 3)
CLAIM = Cost(2, 6, 2)
LIMITED_CLAIM = Cost(3, 12, 2)
SOLD_OUT = Cost(2, 0, 3)
USE = Cost(2, 8, 2)
SETTLEMENT = Cost(2, 8, 1)

FIVE_LINES = [line(str(number), sku=f"8512{number}A", quantity=number, unit_price=1500) for number in range(1, 6)]
KEY = "8e03978e-40d5-43e8-bc93-6894a57f9324"

A_TERM_LATER = timedelta(days=300)
"""By then the regular's tier has ended, and what growth still counts earns a lower one."""


def overdue(budget: Cost) -> Cost:
    """Answer what an operation may cost when something overdue is booked with it."""
    return Cost(budget.round_trips, budget.write_units + 2, budget.read_units)


def both(one: Cost, other: Cost) -> Cost:
    """Answer what two operations may cost together."""
    return Cost(
        one.round_trips + other.round_trips,
        one.write_units + other.write_units,
        one.read_units + other.read_units,
    )


def five_lines(app: App, member_id: str, order_id: str, **fields: Any) -> dict[str, Any]:
    """Write an order of now."""
    return order(order_id, *FIVE_LINES, member_id=member_id, placed_at=write_instant(app.now), **fields)


def nightly_task(member_id: str, now: datetime) -> str:
    """Write what the night hands out for one member."""
    return json.dumps({"schema_version": 1, "task": "member", "ids": [member_id], "as_of": write_instant(now)})


def hold(app: App, name: str, order_id: str, **wanted: Any) -> Any:
    """Hold for an order."""
    request = {"order_id": order_id, "order": basket(*FIVE_LINES)} | wanted
    held = app.post("/members/me/redemptions", request, as_=name)
    assert held.status == 201, held.text
    return held.json["redemption_id"]


def test_a_sign_in(app: App, budget: Budget) -> None:
    enrol_regular(app, "signs in")
    with budget("sign-in", SIGN_IN):
        assert app.post("/members/me/sign-ins", as_="signs in").status == 201


def test_a_sign_in_after_a_hold_lapsed(app: App, budget: Budget) -> None:
    enrol_regular(app, "let a hold lapse")
    hold(app, "let a hold lapse", "lapsed", points=100)
    app.now += timedelta(hours=1)
    with budget("sign-in, a hold has lapsed", overdue(SIGN_IN)):
        assert app.post("/members/me/sign-ins", as_="let a hold lapse").status == 201
    assert app.kinds("let a hold lapse")[-2:] == ["release", "sign_in"]


def test_a_sign_in_after_a_term_ended(app: App, budget: Budget) -> None:
    enrol_regular(app, "was away")
    app.now += A_TERM_LATER
    with budget("sign-in, a tier's term has ended", overdue(SIGN_IN)):
        assert app.post("/members/me/sign-ins", as_="was away").status == 201
    assert app.kinds("was away")[-2:] == ["tier_change", "sign_in"]


def test_a_sign_in_after_a_make_up_and_moves(app: App, budget: Budget) -> None:
    enrol_regular(app, "is often away")
    app.now += timedelta(days=1)
    assert app.post("/members/me/sign-ins", as_="is often away").status == 201
    missed = (app.now - timedelta(days=1)).date().isoformat()
    assert app.post("/members/me/make-ups", {"day": missed}, as_="is often away").status == 201
    for zone in ("Asia/Tokyo", "America/Los_Angeles"):
        assert app.patch("/members/me", {"time_zone": zone}, as_="is often away").status == 200
    app.now += timedelta(days=1)
    with budget("sign-in, after a make-up and moves", SIGN_IN):
        assert app.post("/members/me/sign-ins", as_="is often away").json["streak"] > 365


def test_a_make_up(app: App, budget: Budget) -> None:
    enrol_regular(app, "missed a day")
    app.now += timedelta(days=2)
    missed = (app.now - timedelta(days=1)).date().isoformat()
    with budget("make-up", MAKE_UP):
        assert app.post("/members/me/make-ups", {"day": missed}, as_="missed a day").status == 201


def test_a_move(app: App, budget: Budget) -> None:
    enrol_regular(app, "moves")
    with budget("move", MOVE):
        assert app.patch("/members/me", {"time_zone": "Asia/Tokyo"}, as_="moves").status == 200


def test_a_purchase_of_five_lines(app: App, budget: Budget) -> None:
    member_id = enrol_regular(app, "buys")
    with budget("purchase of five lines", PURCHASE):
        app.send(five_lines(app, member_id, "plain"))
    assert app.purchase("plain")["points"] > 0


def test_a_purchase_that_upgrades(app: App, budget: Budget) -> None:
    member_id = enrol_regular(app, "climbs")
    app.now += timedelta(days=1000)  # all growth has left the window
    app.nightly()
    with budget("purchase of five lines, an upgrade", PURCHASE):
        app.send(five_lines(app, member_id, "upgrading"))
    assert app.card("climbs")["tier"]["id"] == "junior"


def test_a_purchase_that_confirms_a_redemption_with_a_coupon(app: App, budget: Budget) -> None:
    member_id = enrol_regular(app, "redeems")
    claimed = app.post("/members/me/coupons", {"template_id": "five_off_thirty"}, as_="redeems").json
    order_id = "8e03978e-40d5-43e8-bc93-6894a57f9324"  # shops have long ones, too
    redemption_id = hold(app, "redeems", order_id, points=100, coupons=[claimed["code"]])
    with budget("purchase, confirming a redemption with coupon", PURCHASE_WITH_REDEMPTION):
        app.send(five_lines(app, member_id, order_id, redemption_id=redemption_id))
    assert app.purchase(order_id)["reports"] == []


def test_a_hold_with_a_coupon_and_its_release(app: App, budget: Budget) -> None:
    enrol_regular(app, "declined")
    claimed = app.post("/members/me/coupons", {"template_id": "five_off_thirty"}, as_="declined").json
    with budget("hold with coupon and points", HOLD):
        redemption_id = hold(app, "declined", "declined", points=100, coupons=[claimed["code"]])
    with budget("release of it", RELEASE):
        assert app.post(f"/members/me/redemptions/{redemption_id}/release", as_="declined").status == 200


def test_a_hold_with_a_coupon_that_all_share(app: App, budget: Budget) -> None:
    member_id = enrol_regular(app, "shares")
    template = {"id": "shared", "kind": "amount_off", "name": "£5 off", "terms": "£5 off.", "amount": 500}
    app.post("/coupon-templates", template | {"valid_days": 30, "redemptions": 1000, "budget": 100_000}, as_="operator")
    granted = app.post("/coupon-templates/shared/grants", {"member_id": member_id}, as_="operator", key=KEY).json
    with budget("hold with a coupon that all share", both(HOLD, SHARED)):
        redemption_id = hold(app, "shares", "shared", points=100, coupons=[granted["code"]])
    with budget("release of it", both(RELEASE, SETTLED)):
        assert app.post(f"/members/me/redemptions/{redemption_id}/release", as_="shares").status == 200


def test_a_member_card(app: App, budget: Budget) -> None:
    enrol_regular(app, "looks")
    with budget("member card", CARD):
        assert app.get("/members/me", as_="looks").status == 200


def test_a_quote_with_a_coupon_that_all_share(app: App, budget: Budget) -> None:
    member_id = enrol_regular(app, "asks for a share")
    template = {"id": "asked", "kind": "amount_off", "name": "£5 off", "terms": "£5 off.", "amount": 500}
    app.post("/coupon-templates", template | {"valid_days": 30, "redemptions": 1000}, as_="operator")
    code = app.post("/coupon-templates/asked/grants", {"member_id": member_id}, as_="operator", key=KEY).json["code"]
    with budget("quote, a coupon that all share", QUOTE):
        quote = app.post(
            "/members/me/quotes", {"order": basket(*FIVE_LINES), "coupons": [code]}, as_="asks for a share"
        )
    assert quote.json["coupons"] == [{"coupon_id": f"c_{code}", "applies": True}]


@pytest.mark.parametrize("coupons", ["named", "best"])
def test_a_quote(app: App, budget: Budget, coupons: str) -> None:
    name = f"asks for {coupons}"
    enrol_regular(app, name)
    code = app.post("/members/me/coupons", {"template_id": "five_off_thirty"}, as_=name).json["code"]
    wanted = {"order": basket(*FIVE_LINES), "coupons": [code] if coupons == "named" else "best", "points": "max"}
    with budget(f"quote, coupons {coupons}", QUOTE):
        quote = app.post("/members/me/quotes", wanted, as_=name).json
    assert quote["coupons"] == [{"coupon_id": f"c_{code}", "applies": True}]


def test_a_coupon_claim(app: App, budget: Budget) -> None:
    enrol_regular(app, "claims")
    with budget("coupon claim", CLAIM):
        assert app.post("/members/me/coupons", {"template_id": "tenth_off"}, as_="claims", key=KEY).status == 201


def test_a_claim_of_a_limited_coupon_for_points(app: App, budget: Budget) -> None:
    template = {
        "id": "hundred_mugs",
        "kind": "gift",
        "name": "A mug",
        "terms": "A mug with any order, for 100 points.",
        "sku": "MUG1",
        "price_points": 100,
        "valid_days": 30,
        "stock": 1,
    }
    assert app.post("/coupon-templates", template, as_="operator").status == 201
    enrol_regular(app, "is late")
    enrol_regular(app, "is in time")
    claim = {"template_id": "hundred_mugs"}
    with budget("coupon claim, limited, for points", LIMITED_CLAIM):
        assert app.post("/members/me/coupons", claim, as_="is in time", key=KEY).status == 201
    app.post("/members/me/coupons", claim, as_="is late", key=KEY).refused(409, "sold_out")
    with budget("coupon claim, sold out", SOLD_OUT):
        app.post("/members/me/coupons", claim, as_="is late", key=KEY).refused(409, "sold_out")


def test_a_use_of_a_benefit(app: App, budget: Budget, use_programme: UseProgramme) -> None:
    twice = {"newcomer": {"quota": {"uses": 2, "per": "month"}}}
    benefit = {"id": "free_shipping", "name": "Free shipping", "kind": "free_shipping", "tiers": twice}
    use_programme(benefits=[benefit])
    path = f"/members/{enrol_regular(app, 'ships free')}/benefits/free_shipping/uses"
    with budget("use of a benefit", USE):
        assert app.post(path, {"use_id": "parcel-536365", "order_id": "536365"}, as_="shop").json["left"] == 0
    with budget("use of a benefit, taken back", USE):
        assert app.post(f"{path}/parcel-536365/release", as_="shop").status == 200


def test_the_bucket_of_a_member_is_written_to_its_index_once(app: App, meter: Meter) -> None:
    meter.reset()
    app.enrol("has just joined")
    assert meter.by_index["bucket"] == 1
    meter.reset()
    app.post("/members/me/sign-ins", as_="has just joined")
    assert meter.by_index["bucket"] == 0


def test_a_birthday_is_written_to_its_index_once_with_no_round_trip_of_its_own(app: App, meter: Meter) -> None:
    meter.reset()
    app.enrol("tells nothing")
    without = meter.cost.round_trips
    assert meter.by_index["birthday"] == 0
    meter.reset()
    app.enrol("tells a birthday", birthday={"month": 5, "day": 5})
    assert (meter.cost.round_trips, meter.by_index["birthday"]) == (without, 1)
    meter.reset()
    app.post("/members/me/sign-ins", as_="tells a birthday")
    assert meter.by_index["birthday"] == 0


def test_the_nightly_work_for_one_due_member(app: App, budget: Budget) -> None:
    member_id = enrol_regular(app, "is due")
    app.now += A_TERM_LATER
    with budget("nightly work for one due member", SETTLEMENT):
        assert app.settle(nightly_task(member_id, app.now)) == []
    assert app.kinds("is due") == ["tier_change"]
