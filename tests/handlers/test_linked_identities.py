"""A member who has several identities: the app's, a shop's customer number, another issuer's."""

import pytest

from tests.app import ISSUER, App, customer_id, member_id
from tests.handlers.messages import basket, order
from tests.personal import subject


@pytest.fixture
def linked(app: App) -> App:
    """Alice, who is the shop's customer 17850 and signs in as al, too."""
    app.enrol("alice", display_name="Alice")
    path = f"/members/{member_id('alice')}/identities"
    for identity in ({"identity": "17850"}, {"identity": subject("al"), "issuer": ISSUER}):
        assert app.post(path, identity, as_="shop").status == 200
    return app


def test_every_identity_sees_the_same_card(linked: App) -> None:
    card = linked.card("alice")

    assert linked.card("al") == card
    assert linked.get(f"/members/{member_id('alice')}", as_="al").json == card
    assert linked.get(f"/members/{customer_id('17850')}", as_="shop").json == card


def test_enrolling_with_a_linked_identity_answers_the_member_there_is(linked: App) -> None:
    for answer in (linked.post("/members", as_="al"), linked.post("/members", {"identity": "17850"}, as_="shop")):
        assert (answer.status, answer.json) == (200, linked.card("alice"))


def test_a_day_is_signed_in_once_by_whatever_identity(linked: App) -> None:
    assert linked.post("/members/me/sign-ins", as_="alice").status == 201
    assert linked.post("/members/me/sign-ins", as_="al").status == 200
    assert linked.get("/members/me/sign-ins", as_="al").json["days"] == ["2026-03-02"]


def test_orders_by_every_identity_are_the_members(linked: App) -> None:
    linked.send(order("O1", identity="17850"), order("O2", member_id=member_id("al")))

    assert [linked.purchase(id_)["member_id"] for id_ in ("O1", "O2")] == [member_id("alice")] * 2
    assert linked.kinds("alice") == ["welcome", "purchase", "purchase"]
    assert linked.entries("al") == linked.entries("alice")


def test_coupons_and_redemptions_are_the_members(linked: App) -> None:
    coupon = linked.post("/members/me/coupons", {"template_id": "tenth_off"}, as_="al").json
    held = linked.post(
        "/members/me/redemptions",
        {"order_id": "O1", "order": basket(), "coupons": [coupon["code"]], "points": 10},
        as_="alice",
    ).json
    path = f"/members/me/redemptions/{held['redemption_id']}"

    assert linked.get("/members/me/coupons", as_="alice").json == linked.get("/members/me/coupons", as_="al").json
    assert linked.post(path + "/confirm", as_="al").json == {"status": "confirmed"}
    assert linked.post("/members/me/quotes", {"order": basket(), "points": "max"}, as_="al").json["points_spent"] == 40


def test_cursors_are_the_members(linked: App) -> None:
    linked.post("/members/me/sign-ins")
    cursor = linked.get("/members/me/entries", as_="alice", limit="1").json["next_cursor"]
    assert linked.get("/members/me/entries", as_="al", cursor=cursor).json["items"][0]["kind"] == "welcome"


def test_what_a_template_still_offers_counts_the_claims_of_all_identities(linked: App) -> None:
    for _ in range(5):
        assert linked.post("/members/me/coupons", {"template_id": "tenth_off"}, as_="alice").status == 201
    assert [item["template_id"] for item in linked.get("/coupon-templates", as_="al").json["items"]] == [
        "five_off_thirty"
    ]


def test_linking_again_changes_nothing(linked: App) -> None:
    path = f"/members/{member_id('alice')}/identities"
    assert linked.post(path, {"identity": "17850"}, as_="shop").status == 200
    assert linked.post(path, {"identity": subject("alice"), "issuer": ISSUER}, as_="shop").status == 200


def test_an_identity_is_never_moved(linked: App) -> None:
    linked.enrol("bob")
    path = f"/members/{member_id('bob')}/identities"
    linked.post(path, {"identity": "17850"}, as_="shop").refused(409, "identity_taken")
    linked.post(path, {"identity": subject("alice"), "issuer": ISSUER}, as_="shop").refused(409, "identity_taken")


def test_only_shops_and_operators_link(linked: App) -> None:
    assert linked.post(f"/members/{member_id('alice')}/identities", {"identity": "1"}, as_="alice").status == 403


def test_an_unknown_member_gets_no_identity(app: App) -> None:
    app.post("/members/m_unknown/identities", {"identity": "1"}, as_="shop").refused(404, "not_found")


def test_an_identity_must_be_named(linked: App) -> None:
    assert linked.post(f"/members/{member_id('alice')}/identities", {}, as_="shop").pointers() == ["/identity"]
