"""Benefits: what a member is entitled to, using it, and what checkout applies by itself."""

from datetime import timedelta
from typing import Any

import pytest

from tests.app import Answer, App, member_id
from tests.conftest import UseProgramme
from tests.handlers.messages import basket, line, order

ALICE = member_id("alice")
BIRTHDAY_GIFT = {"id": "birthday_gift", "kind": "birthday_gift", "name": "Birthday gift", "left": 1, "period": "year"}
FREE_SHIPPING = {"id": "free_shipping", "kind": "free_shipping", "name": "Free shipping", "left": 2, "period": "month"}
PARCEL = basket(line(unit_price=4000), shipping=500)


@pytest.fixture
def junior(app: App) -> App:
    """Alice, whose birthday is on 6 March, and who became a junior at noon of 2 March 2026."""
    app.enrol(birthday={"month": 3, "day": 6}, time_zone="Europe/London")
    app.send(order("first", line(unit_price=15_000), member_id=ALICE))
    return app


def use(app: App, use_id: str = "U1", benefit_id: str = "free_shipping", **fields: Any) -> Answer:
    return app.post(f"/members/{ALICE}/benefits/{benefit_id}/uses", {"use_id": use_id} | fields, as_="shop")


def release(app: App, use_id: str = "U1", benefit_id: str = "free_shipping") -> Answer:
    return app.post(f"/members/{ALICE}/benefits/{benefit_id}/uses/{use_id}/release", as_="shop")


def shown(app: App, benefit_id: str = "free_shipping") -> Any:
    answer = app.get(f"/members/me/benefits/{benefit_id}")
    assert answer.status == 200
    return answer.json


def left(app: App) -> Any:
    return shown(app)["left"]


def hold(app: App, order_id: str, **wanted: Any) -> Answer:
    answer = app.post(f"/members/{ALICE}/redemptions", {"order_id": order_id, "order": PARCEL} | wanted, as_="shop")
    assert answer.status == 201, answer.text
    return answer


def test_the_card_lists_what_the_tier_gives(junior: App) -> None:
    assert junior.card()["benefits"] == [
        FREE_SHIPPING,
        BIRTHDAY_GIFT,
        {
            "id": "earning_multiplier",
            "kind": "earning_multiplier",
            "name": "Points ×1.05",
            "left": None,
            "period": None,
        },
    ]


def test_the_list_has_what_the_tier_does_not_give_too(junior: App) -> None:
    listed = {benefit["id"]: benefit for benefit in junior.get("/members/me/benefits").json["items"]}
    assert list(listed) == [
        "free_shipping",
        "birthday_gift",
        "priority_service",
        "early_access",
        "earning_multiplier",
    ]
    assert listed["early_access"] == {
        "id": "early_access",
        "kind": "priority",
        "name": "Early access to sales",
        "entitled": False,
        "left": None,
        "period": None,
        "resets_at": None,
        "terms": None,
        "code": "tier_too_low",
        "detail": "From VIP on.",
    }


@pytest.mark.parametrize("caller", ["alice", "shop", "operator"])
def test_a_benefit_is_shown_with_what_is_left_of_it(junior: App, caller: str) -> None:
    answer = junior.get(f"/members/{ALICE}/benefits/free_shipping", as_=caller)
    assert (answer.status, answer.json) == (
        200,
        {
            "id": "free_shipping",
            "kind": "free_shipping",
            "name": "Free shipping",
            "entitled": True,
            "left": 2,
            "period": "month",
            "resets_at": "2026-03-31T23:00:00Z",
            "terms": {"quota": {"uses": 2, "per": "month"}},
        },
    )


def test_the_multiplier_is_a_benefit_of_who_has_one(junior: App) -> None:
    assert shown(junior, "earning_multiplier")["terms"] == {"multiplier_bp": 10500}
    junior.enrol("bob")
    junior.get("/members/me/benefits/earning_multiplier", as_="bob").refused(404, "not_found")


@pytest.mark.parametrize(
    ("benefit", "of_the_tier"),
    [
        ({"kind": "member_price", "stacks": True}, {"prices": {"A": 100}}),
        ({"kind": "percentage", "stacks": False}, {"percent": 10, "categories": [], "brands": [], "skus": []}),
        ({"kind": "priority", "area": "dispatch"}, {"hours": 2}),
        ({"kind": "exclusive", "to": "events"}, {"references": ["E1"]}),
    ],
)
def test_the_terms_have_what_is_the_same_on_every_tier(
    app: App, use_programme: UseProgramme, benefit: dict[str, Any], of_the_tier: dict[str, Any]
) -> None:
    use_programme(benefits=[{"id": "perk", "name": "Perk", "tiers": {"newcomer": of_the_tier}} | benefit])
    app.enrol()
    said = {name: value for name, value in benefit.items() if name != "kind"}
    assert shown(app, "perk")["terms"] == said | of_the_tier
    assert app.get("/members/me/benefits").json["items"] == [shown(app, "perk")]


def test_a_shop_uses_a_benefit_until_the_quota_is_used_up(junior: App) -> None:
    first = use(junior, order_id="O1")
    assert (first.status, first.json) == (
        201,
        {
            "use_id": "U1",
            "benefit_id": "free_shipping",
            "status": "used",
            "used_at": "2026-03-02T12:00:00Z",
            "left": 1,
        },
    )
    assert use(junior, "U2").json["left"] == 0

    refused = use(junior, "U3").refused(409, "quota_used_up")

    assert refused["detail"] == "Used up until 2026-04-01."
    benefit = shown(junior)
    assert (benefit["entitled"], benefit["code"], benefit["detail"]) == (False, "quota_used_up", refused["detail"])
    assert junior.card()["benefits"][0]["left"] == 0


def test_a_new_month_of_the_member_is_a_new_quota(junior: App) -> None:
    use(junior, "U1")
    use(junior, "U2")
    junior.now += timedelta(days=29, hours=10, minutes=59, seconds=59)
    use(junior, "U3").refused(409, "quota_used_up")
    junior.now += timedelta(seconds=1)
    assert use(junior, "U3").json["left"] == 1


def test_the_same_use_gets_the_same_body_at_any_later_time(junior: App) -> None:
    first = use(junior)
    junior.now += timedelta(days=400)

    again = use(junior)

    assert (again.status, again.text) == (200, first.text)
    assert junior.kinds().count("benefit_use") == 1


def test_a_use_that_comes_again_for_another_order_is_refused(junior: App) -> None:
    use(junior, order_id="O1")
    use(junior, order_id="O2").refused(409, "use_id_reused")


def test_a_use_can_be_taken_back(junior: App) -> None:
    use(junior)

    for _ in range(2):
        answer = release(junior)
        assert (answer.status, answer.json) == (200, {"status": "released"})

    assert left(junior) == 2
    use(junior).refused(409, "use_released")
    assert use(junior, "U2").json["left"] == 1
    assert [entry["reason"] for entry in junior.entries()[:3]] == [
        "Free shipping: used",
        "Free shipping: a use was taken back",
        "Free shipping: used",
    ]


def test_a_use_of_a_month_that_is_over_gives_nothing_back(junior: App) -> None:
    use(junior)
    junior.now += timedelta(days=31)
    use(junior, "U2")

    assert release(junior).status == 200

    assert left(junior) == 1


def test_who_has_it_on_no_tier_is_told_from_which_on(junior: App) -> None:
    assert use(junior, benefit_id="early_access").refused(403, "not_entitled")["detail"] == "From VIP on."


def test_who_is_frozen_is_entitled_to_nothing_and_can_have_uses_taken_back(junior: App) -> None:
    first = use(junior)
    junior.change_standing("alice", "frozen")

    assert use(junior, "U2").refused(403, "not_entitled")["detail"] == "The account is frozen."
    assert shown(junior)["code"] == "member_frozen"
    assert junior.card()["benefits"] == []
    assert use(junior).text == first.text
    assert release(junior).status == 200


def test_a_birthday_gift_is_had_once_around_the_birthday(junior: App) -> None:
    assert use(junior, "B1", "birthday_gift").json["left"] == 0
    use(junior, "B2", "birthday_gift").refused(409, "quota_used_up")
    junior.now += timedelta(days=12)
    benefit = shown(junior, "birthday_gift")
    assert (benefit["code"], benefit["detail"]) == ("outside_birthday", "From 2027-02-27 to 2027-03-13.")
    junior.now += timedelta(days=352)
    assert use(junior, "B2", "birthday_gift").status == 201


def test_who_has_told_no_birthday_gets_no_gift(app: App) -> None:
    app.enrol(birthday=None)
    refused = use(app, "B1", "birthday_gift").refused(403, "not_entitled")
    assert refused["detail"] == "The profile has no birthday."


@pytest.mark.parametrize("benefit_id", ["none", "earning_multiplier", "free_shipping:U1", "Ü"])
def test_an_unknown_benefit_is_not_there(junior: App, benefit_id: str) -> None:
    use(junior, benefit_id=benefit_id).refused(404, "not_found")
    release(junior, benefit_id=benefit_id).refused(404, "not_found")


def test_a_use_that_never_was_is_not_there(junior: App) -> None:
    use(junior)
    release(junior, "U2").refused(404, "not_found")


def test_a_use_is_of_its_benefit_alone(junior: App) -> None:
    use(junior, "U1:2")
    release(junior, "2", "free_shipping:U1").refused(404, "not_found")
    assert left(junior) == 1


def test_a_use_is_its_members_alone(junior: App) -> None:
    use(junior)
    bob = junior.enrol("bob")
    path = f"/members/{bob}/benefits/free_shipping/uses/U1/release"
    junior.post(path, as_="shop").refused(404, "not_found")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/use_id"),
        ({"use_id": ""}, "/use_id"),
        ({"use_id": 7}, "/use_id"),
        ({"use_id": "u" * 129}, "/use_id"),
        ({"use_id": "a\nb"}, "/use_id"),
        ({"use_id": "U1", "order_id": ["O1"]}, "/order_id"),
        ({"use_id": "U1", "times": 2}, "/times"),
        ([], ""),
    ],
)
def test_a_use_names_itself(junior: App, body: Any, pointer: str) -> None:
    path = f"/members/{ALICE}/benefits/free_shipping/uses"
    assert junior.post(path, body, as_="shop").pointers() == [pointer]


def test_a_body_must_be_an_object(junior: App) -> None:
    refused = junior.post(f"/members/{ALICE}/benefits/free_shipping/uses", [], as_="shop").refused(422, "invalid")
    assert refused["errors"] == [{"pointer": "", "detail": "must be a JSON object"}]


def test_an_unknown_benefit_is_not_there_whatever_the_content_is(junior: App) -> None:
    for path in (f"/members/{ALICE}/benefits/free_parking/uses", "/members/m_nobody/benefits/free_shipping/uses"):
        for body in ("nonsense", {"use": "U1"}, {"use_id": "U1"}):
            junior.post(path, body, as_="shop").refused(404, "not_found")


def test_a_body_must_be_json(junior: App) -> None:
    junior.post(f"/members/{ALICE}/benefits/free_shipping/uses", "{", as_="shop").refused(400, "not_json")


def test_an_unknown_member_has_no_benefits(app: App) -> None:
    app.post("/members/m_unknown/benefits/free_shipping/uses", {}, as_="shop").refused(404, "not_found")
    app.post("/members/m_unknown/benefits/free_shipping/uses/U1/release", as_="shop").refused(404, "not_found")


def test_a_quote_ships_free_as_long_as_uses_are_left(junior: App) -> None:
    quote = junior.post("/members/me/quotes", {"order": PARCEL}).json
    assert (quote["shipping"], quote["total"]) == (0, 4000)
    assert quote["benefits"] == [{"id": "free_shipping", "amount": 500, "left": 1}]
    use(junior, "U1")
    use(junior, "U2")

    quote = junior.post("/members/me/quotes", {"order": PARCEL}).json

    assert (quote["shipping"], quote["total"], quote["benefits"]) == (500, 4500, [])


def test_a_hold_uses_what_it_applies_until_it_is_let_go(junior: App) -> None:
    redemption_id = hold(junior, "O1").json["redemption_id"]
    assert left(junior) == 1
    assert junior.entries()[0]["reason"] == "Set aside for order O1, with free_shipping"

    junior.post(f"/members/{ALICE}/redemptions/{redemption_id}/release", as_="shop")
    assert left(junior) == 2

    hold(junior, "O2")
    junior.now += timedelta(minutes=15)
    assert left(junior) == 2
    assert junior.get("/members/me/entries/verification").json["verified"]


def test_a_hold_that_is_let_go_in_another_month_gives_nothing_back(junior: App) -> None:
    junior.now += timedelta(days=29, hours=10, minutes=55)
    hold(junior, "O1")
    junior.now += timedelta(minutes=5)
    use(junior)
    junior.now += timedelta(minutes=15)
    assert left(junior) == 1
    assert junior.get("/members/me/entries/verification").json["verified"]


def test_what_is_confirmed_stays_used(junior: App) -> None:
    redemption_id = hold(junior, "O1").json["redemption_id"]
    junior.post(f"/members/{ALICE}/redemptions/{redemption_id}/confirm", as_="shop")
    junior.send(order("O1", line(unit_price=4000), member_id=ALICE, redemption_id=redemption_id))
    assert left(junior) == 1


def test_an_order_after_the_lapse_uses_once_more_what_its_hold_had(junior: App) -> None:
    redemption_id = hold(junior, "O1").json["redemption_id"]
    junior.now += timedelta(hours=1)
    junior.send(order("O1", line(unit_price=4000), member_id=ALICE, redemption_id=redemption_id))
    assert junior.purchase("O1")["reports"] == []
    assert left(junior) == 1
    assert junior.get("/members/me/entries/verification").json["verified"]


def test_an_order_after_the_lapse_is_reported_if_the_benefit_is_used_up(junior: App) -> None:
    redemption_id = hold(junior, "O1").json["redemption_id"]
    junior.now += timedelta(hours=1)
    use(junior, "U1")
    use(junior, "U2")
    junior.send(order("O1", line(unit_price=4000), member_id=ALICE, redemption_id=redemption_id))
    assert junior.purchase("O1")["reports"] == ["redemption_lost"]


def test_the_card_of_a_past_instant_has_what_was_left_then(junior: App) -> None:
    junior.now += timedelta(hours=1)
    use(junior)
    junior.now += timedelta(hours=1)
    past = {at: junior.get("/members/me", as_of=at).json for at in ("2026-03-02T12:59:59Z", "2026-03-02T13:00:00Z")}
    assert [card["benefits"][0]["left"] for card in past.values()] == [2, 1]
