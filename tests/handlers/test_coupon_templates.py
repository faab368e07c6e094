"""Operators make coupon templates, change, pause and retire them; what was issued stays as it is."""

from datetime import timedelta
from typing import Any

import pytest

from tessera.refusals import Unavailable
from tessera.store.transaction import Transaction
from tests.app import Answer, App, member_id
from tests.handlers.conftest import Listen
from tests.personal import subject

FIFTH: dict[str, Any] = {
    "id": "winter_fifth",
    "kind": "percentage",
    "name": "20% off",
    "terms": "20% off candles.",
    "percent": 20,
    "scope": {"categories": ["candles"]},
    "valid_days": 14,
    "per_member": 3,
}
CLAIM = {"template_id": "winter_fifth"}


def create(app: App, **parts: Any) -> Answer:
    """Create a template, with parts of it replaced."""
    return app.post("/coupon-templates", FIFTH | parts, as_="operator")


def do(app: App, what: str, template_id: str = "winter_fifth") -> Answer:
    """Pause, resume or retire a template."""
    return app.post(f"/coupon-templates/{template_id}/{what}", as_="operator")


def change(app: App, **parts: Any) -> Answer:
    """Change a template."""
    return app.put("/coupon-templates/winter_fifth", FIFTH | parts, as_="operator")


def offered(app: App) -> list[str]:
    """Answer the ids of what Alice may claim."""
    return [item["template_id"] for item in app.get("/coupon-templates").json["items"]]


def test_a_template_is_created_at_version_1(app: App) -> None:
    answer = create(app)
    assert answer.status == 201
    assert answer.json == {
        "template_id": "winter_fifth",
        "version": 1,
        "status": "active",
        "template": FIFTH,
        "changed_at": "2026-03-02T12:00:00Z",
        "changed_by": subject("operator"),
    }
    assert app.get("/coupon-templates/winter_fifth", as_="operator").json == answer.json


def test_creating_it_again_changes_nothing(app: App) -> None:
    first = create(app)
    app.now += timedelta(hours=1)
    again = create(app)
    assert (again.status, again.json) == (200, first.json)
    create(app, percent=30).refused(409, "template_exists")


def test_creating_it_twice_at_once_is_creating_it_once(app: App) -> None:
    assert [create(app).status for _ in range(2)] == [201, 200]


def test_a_kind_that_there_is_not_is_told_without_repeating_it(app: App) -> None:
    refused = create(app, kind="lottery").refused(422, "invalid")
    assert "lottery" not in str(refused)
    assert "percentage" in refused["errors"][0]["detail"]


def test_a_template_of_the_programme_is_there_already(app: App) -> None:
    create(app, id="tenth_off").refused(409, "template_exists")
    shown = app.get("/coupon-templates/tenth_off", as_="operator").json
    assert (shown["version"], shown["status"], shown["changed_at"]) == (0, "active", None)


@pytest.mark.parametrize(
    ("parts", "pointers"),
    [
        ({"percent": 0}, ["/percent"]),
        ({"percent": 200, "name": ""}, ["/name", "/percent"]),
        ({"kind": "lottery"}, ["/kind"]),
        ({"kind": None}, ["/kind"]),
        ({"id": "Winter!"}, ["/id"]),
        ({"scope": {"categories": ["a", 5]}}, ["/scope/categories/1"]),
        ({"valid_until": "tomorrow"}, ["/valid_until"]),
        ({"valid_until": "2027-01-01T00:00:00Z"}, [""]),
        ({"percentage": 5}, ["/percentage"]),
    ],
)
def test_what_is_wrong_with_a_template_is_told_with_its_place(app: App, parts: Any, pointers: list[str]) -> None:
    assert create(app, **parts).pointers() == pointers


@pytest.mark.parametrize("caller", ["alice", "shop"])
def test_templates_are_for_operators_to_make(app: App, caller: str) -> None:
    assert app.post("/coupon-templates", FIFTH, as_=caller).status == 403


def test_what_is_created_can_be_claimed(app: App) -> None:
    app.enrol()
    create(app)
    assert "winter_fifth" in offered(app)
    coupon = app.post("/members/me/coupons", CLAIM)
    assert (coupon.status, coupon.json["kind"]) == (201, "percentage")


def test_what_was_issued_keeps_its_terms(app: App) -> None:
    app.enrol()
    create(app)
    before = app.post("/members/me/coupons", CLAIM).json["coupon_id"]
    assert change(app, percent=50).json["version"] == 2
    after = app.post("/members/me/coupons", CLAIM).json["coupon_id"]

    line = {"line_id": "1", "sku": "C1", "category": "candles", "quantity": 1, "unit_price": 1000}
    order = {"currency": "GBP", "lines": [line], "shipping": 0}
    totals = [
        app.post("/members/me/quotes", {"order": order, "coupons": [coupon]}).json["total"]
        for coupon in (before, after)
    ]
    assert totals == [800, 500]


def test_a_change_to_the_same_is_no_version(app: App) -> None:
    first = create(app)
    assert change(app).json == first.json


def test_every_change_is_a_version_with_who_and_when(app: App) -> None:
    create(app)
    app.now += timedelta(days=1)
    app.put("/coupon-templates/winter_fifth", FIFTH | {"percent": 25}, as_="supervisor")
    do(app, "pause")
    do(app, "pause")

    first = app.get("/coupon-templates/winter_fifth/versions", as_="operator", limit="2").json
    rest = app.get("/coupon-templates/winter_fifth/versions", as_="operator", cursor=first["next_cursor"]).json

    paused, changed = first["items"]
    (created,) = rest["items"]
    assert [(one["version"], one["status"], one["changed_by"]) for one in (paused, changed, created)] == [
        (3, "paused", subject("operator")),
        (2, "active", subject("supervisor")),
        (1, "active", subject("operator")),
    ]
    assert [one["template"]["percent"] for one in (paused, changed, created)] == [25, 25, 20]
    assert (changed["changed_at"], rest["next_cursor"]) == ("2026-03-03T12:00:00Z", None)


def test_paused_means_none_are_issued_and_those_in_hand_stay_good(app: App) -> None:
    app.enrol()
    create(app)
    app.post("/members/me/coupons", CLAIM)
    assert do(app, "pause").json["status"] == "paused"

    app.post("/members/me/coupons", CLAIM).refused(409, "template_paused")
    assert "winter_fifth" not in offered(app)
    assert [coupon["status"] for coupon in app.get("/members/me/coupons").json["items"]] == ["active"]

    assert do(app, "resume").json["status"] == "active"
    assert app.post("/members/me/coupons", CLAIM).status == 201


def test_a_claim_that_was_answered_is_replayed_when_none_are_issued(app: App) -> None:
    app.enrol()
    create(app)
    first = app.post("/members/me/coupons", CLAIM, key="k-1")
    do(app, "retire")
    assert app.post("/members/me/coupons", CLAIM, key="k-1") == first
    app.post("/members/me/coupons", {"template_id": "tenth_off"}, key="k-1").refused(409, "idempotency_key_reused")


def test_retired_is_for_good(app: App) -> None:
    app.enrol()
    create(app)
    assert do(app, "retire").json["status"] == "retired"
    assert do(app, "retire").json["version"] == 2
    for answer in (do(app, "pause"), do(app, "resume"), change(app, percent=30)):
        answer.refused(409, "template_retired")
    app.post("/members/me/coupons", CLAIM).refused(409, "template_retired")
    assert "winter_fifth" not in offered(app)


def test_a_template_of_the_programme_can_be_paused_and_changed(app: App) -> None:
    app.enrol()
    assert do(app, "pause", "tenth_off").json["version"] == 1
    assert offered(app) == ["five_off_thirty"]
    app.post("/members/me/coupons", {"template_id": "tenth_off"}).refused(409, "template_paused")
    do(app, "resume", "tenth_off")
    assert offered(app) == ["five_off_thirty", "tenth_off"]


@pytest.mark.parametrize("limit", ["stock", "redemptions", "budget"])
def test_what_is_limited_may_only_be_raised(app: App, limit: str) -> None:
    create(app, **{limit: 100})
    assert change(app, **{limit: 99}).pointers() == [f"/{limit}"]
    assert change(app, **{limit: 101}).json["template"][limit] == 101
    assert limit not in change(app).json["template"]
    assert change(app, **{limit: 1000}).pointers() == [f"/{limit}"]


def test_a_template_keeps_its_id(app: App) -> None:
    create(app)
    assert change(app, id="other").pointers() == ["/id"]


@pytest.mark.parametrize("what", ["pause", "resume", "retire"])
def test_there_is_nothing_to_change_about_an_unknown_template(app: App, what: str) -> None:
    do(app, what, "none").refused(404, "not_found")
    app.get("/coupon-templates/none", as_="operator").refused(404, "not_found")
    app.get("/coupon-templates/none/versions", as_="operator").refused(404, "not_found")
    app.put("/coupon-templates/none", "{", as_="operator").refused(404, "not_found")


def test_a_public_code_is_one_templates_alone(app: App) -> None:
    create(app, public_code="WINTER")
    assert create(app, id="other", public_code="WINTER").pointers("public_code_taken") == ["/public_code"]
    do(app, "retire")
    assert create(app, id="other", public_code="WINTER").status == 201


@pytest.mark.parametrize("code", ["WINTER", "winter"])
def test_whoever_knows_a_public_code_has_a_coupon(app: App, code: str) -> None:
    app.enrol()
    create(app, public_code="WINTER", claimable=False)
    first = app.post("/members/me/coupons", {"code": code}, key="k-1")
    assert (first.status, first.json["template_id"]) == (201, "winter_fifth")
    assert app.post("/members/me/coupons", {"code": code}, key="k-1") == first


def test_a_public_code_costs_what_a_claim_costs(app: App) -> None:
    app.enrol()
    create(app, public_code="WINTER", price_points=30)
    assert app.post("/members/me/coupons", {"code": "WINTER"}).status == 201
    assert app.entries()[0]["points"] == -30
    app.post("/members/me/coupons", {"code": "WINTER"}).refused(409, "insufficient_points")


def test_a_public_code_is_for_those_who_may_claim(app: App) -> None:
    app.enrol()
    create(app, public_code="WINTER", eligible={"enrolled_within_days": 1}, per_member=1)
    assert app.post("/members/me/coupons", {"code": "WINTER"}).status == 201
    app.post("/members/me/coupons", {"code": "WINTER"}).refused(409, "limit_reached")
    app.enrol("bob")
    app.now += timedelta(days=1)
    app.post("/members/me/coupons", {"code": "WINTER"}, as_="bob").refused(403, "not_eligible")


def test_a_public_code_brings_what_its_template_is_now(app: App) -> None:
    app.enrol()
    create(app, public_code="WINTER")
    do(app, "pause")
    app.post("/members/me/coupons", {"code": "WINTER"}).refused(409, "template_paused")
    do(app, "resume")
    change(app, public_code="SPRING")
    app.post("/members/me/coupons", {"code": "WINTER"}).refused(404, "unknown_code")
    assert app.post("/members/me/coupons", {"code": "SPRING"}).status == 201
    spring = app.post("/members/me/coupons", {"code": "SPRING"}, key="k-1")
    do(app, "retire")
    assert app.post("/members/me/coupons", {"code": "SPRING"}, key="k-1") == spring
    app.post("/members/me/coupons", {"code": "SPRING"}).refused(404, "unknown_code")


def test_a_code_or_a_template_is_claimed_and_not_both(app: App) -> None:
    app.enrol()
    assert app.post("/members/me/coupons", {"code": 5}).pointers() == ["/code"]
    both = {"code": "WINTER", "template_id": "tenth_off"}
    assert app.post("/members/me/coupons", both).pointers() == ["/template_id"]
    app.post("/members/me/coupons", {"code": "WINTER"}, as_="nobody").refused(404, "not_found")


def test_an_operator_grants_a_coupon(app: App) -> None:
    app.enrol()
    create(app, claimable=False, price_points=1000)
    body = {"member_id": member_id("alice")}

    granted = app.post("/coupon-templates/winter_fifth/grants", body, as_="operator", key="g-1")
    again = app.post("/coupon-templates/winter_fifth/grants", body, as_="operator", key="g-1")

    assert (granted.status, again) == (201, granted)
    assert [coupon["template_id"] for coupon in app.get("/members/me/coupons").json["items"]] == ["winter_fifth"]
    entry = app.entries()[0]
    assert (entry["kind"], entry["reason"], entry["points"]) == ("grant", "Given a coupon: 20% off", 0)
    app.post("/members/me/coupons", CLAIM).refused(403, "not_eligible")


def test_a_grant_names_a_member_and_a_template(app: App) -> None:
    create(app)
    path = "/coupon-templates/winter_fifth/grants"
    assert app.post(path, {"member_id": "m_nobody"}, as_="operator").pointers("unknown_member") == ["/member_id"]
    assert app.post(path, {}, as_="operator").pointers() == ["/member_id"]
    app.post("/coupon-templates/none/grants", {}, as_="operator").refused(404, "not_found")


def test_a_coupon_costs_points_in_one_step_with_itself(app: App) -> None:
    app.enrol()
    create(app, price_points=80)
    app.post("/members/me/coupons", CLAIM).refused(409, "insufficient_points")
    body = {"points": 100, "reason": "goodwill", "note": "As the test wants it."}
    assert app.post(f"/members/{member_id('alice')}/adjustments", body, as_="operator").status == 201
    before = app.card()["points"]["available"]

    coupon = app.post("/members/me/coupons", CLAIM, key="k-1").json
    app.post("/members/me/coupons", CLAIM, key="k-1")

    entry = app.entries()[0]
    assert (entry["kind"], entry["points"]) == ("exchange", -80)
    assert entry["source"] == {"coupon_id": coupon["coupon_id"]}
    assert entry["reason"] == "Exchanged for a coupon: 20% off"
    assert app.card()["points"]["available"] == before - 80
    assert app.get("/members/me/entries/verification").json["verified"]


def test_tags_decide_who_may_claim(app: App) -> None:
    app.enrol()
    create(app, eligible={"tags": ["collector"]})
    assert "winter_fifth" not in offered(app)
    app.post("/members/me/coupons", CLAIM).refused(403, "not_eligible")
    path = f"/members/{member_id('alice')}/tags"
    body = {"tags": ["regular", "collector"], "reason": "goodwill", "note": "Collects candles."}

    tagged = app.put(path, body, as_="operator")
    again = app.put(path, body, as_="operator")

    assert (tagged.status, again.json) == (200, {"tags": ["collector", "regular"]})
    assert app.post("/members/me/coupons", CLAIM).status == 201
    assert app.kinds() == ["welcome", "tags"]
    assert app.entries()[0]["reason"].startswith("Marked as collector, regular: ")
    assert app.get("/members/me/entries/verification").json["verified"]


def test_a_closed_account_is_marked_no_more(app: App) -> None:
    app.enrol()
    app.change_standing("alice", "closed")
    body = {"tags": ["regular"], "reason": "goodwill", "note": "Too late."}
    app.put(f"/members/{member_id('alice')}/tags", body, as_="operator").refused(409, "member_closed")


def test_a_stock_of_three_is_three_coupons(app: App) -> None:
    create(app, stock=3)
    names = ["alice", "bob", "carol", "dave"]
    for name in names:
        app.enrol(name)
    lefts = [left(app, "dave")]
    for name in names[:3]:
        assert app.post("/members/me/coupons", CLAIM, as_=name).status == 201
        lefts.append(left(app, "dave"))

    app.post("/members/me/coupons", CLAIM, as_="dave").refused(409, "sold_out")

    assert lefts == [3, 2, 1, None]
    change(app, stock=4)
    assert left(app, "dave") == 1
    assert app.post("/members/me/coupons", CLAIM, as_="dave").status == 201


def test_what_operators_grant_is_taken_of_the_stock_too(app: App) -> None:
    create(app, stock=1)
    grants = [
        app.post("/coupon-templates/winter_fifth/grants", {"member_id": app.enrol(name)}, as_="operator")
        for name in ("alice", "bob")
    ]
    assert grants[0].status == 201
    grants[1].refused(409, "sold_out")


def left(app: App, name: str) -> int | None:
    """Answer how many are left of what somebody may claim; None if it is not there to be claimed."""
    items = {item["template_id"]: item["left"] for item in app.get("/coupon-templates", as_=name).json["items"]}
    number: int | None = items.get("winter_fifth")
    return number


def test_repeats_take_no_second_unit_of_the_stock(app: App) -> None:
    create(app, stock=2)
    app.enrol()
    app.enrol("bob")
    first = app.post("/members/me/coupons", CLAIM, key="k-1")
    assert [app.post("/members/me/coupons", CLAIM, key="k-1") for _ in range(3)] == [first] * 3
    assert left(app, "bob") == 1
    assert app.post("/members/me/coupons", CLAIM, as_="bob").status == 201
    assert app.post("/members/me/coupons", CLAIM, key="k-1") == first


def test_a_claim_that_is_refused_takes_nothing_of_the_stock(app: App) -> None:
    create(app, stock=2, per_member=1)
    app.enrol()
    app.enrol("bob")
    app.post("/members/me/coupons", CLAIM)
    app.post("/members/me/coupons", CLAIM).refused(409, "limit_reached")
    assert left(app, "bob") == 1


def test_a_unit_whose_claim_never_came_is_had_by_who_asks_a_minute_later(
    app: App,
) -> None:
    create(app, stock=1)
    app.enrol()
    app.enrol("bob")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transaction, "commit", _fails)
        app.post("/members/me/coupons", CLAIM, key="k-1").refused(503, "unavailable")
    app.post("/members/me/coupons", CLAIM, as_="bob").refused(409, "sold_out")

    app.now += timedelta(seconds=60)

    assert app.post("/members/me/coupons", CLAIM, as_="bob").status == 201
    app.post("/members/me/coupons", CLAIM, key="k-1").refused(409, "sold_out")


def test_a_unit_that_a_refused_claim_gives_back_is_there_for_who_asks_next(app: App, listen: Listen) -> None:
    create(app, stock=1)
    app.enrol()
    app.enrol("bob")
    meanwhile: list[Answer] = []

    def others_are_faster(**_: object) -> None:
        if not meanwhile:
            meanwhile.append(app.post("/members/me/coupons", CLAIM, as_="bob"))
            app.change_standing("alice", "frozen")

    listen("before-call.dynamodb.TransactWriteItems", others_are_faster)
    app.post("/members/me/coupons", CLAIM).refused(403, "not_eligible")

    meanwhile[0].refused(409, "sold_out")
    assert app.post("/members/me/coupons", CLAIM, as_="bob").status == 201


def test_a_claim_that_conflicts_keeps_its_unit_though_others_find_all_gone_meanwhile(app: App, listen: Listen) -> None:
    create(app, stock=1)
    app.enrol()
    app.enrol("bob")
    meanwhile: list[Answer] = []

    def others_are_faster(**_: object) -> None:
        if not meanwhile:
            meanwhile.append(app.post("/members/me/coupons", CLAIM, as_="bob"))
            app.post("/members/me/sign-ins")

    listen("before-call.dynamodb.TransactWriteItems", others_are_faster)
    assert app.post("/members/me/coupons", CLAIM).status == 201
    meanwhile[0].refused(409, "sold_out")


def test_a_repeat_finds_the_unit_that_its_first_request_has_reserved_though_others_find_all_gone(app: App) -> None:
    create(app, stock=1)
    app.enrol()
    app.enrol("bob")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transaction, "commit", _fails)
        app.post("/members/me/coupons", CLAIM, key="k-1").refused(503, "unavailable")
    app.post("/members/me/coupons", CLAIM, as_="bob", key="k-2").refused(409, "sold_out")
    app.post("/members/me/coupons", CLAIM, as_="bob", key="k-2").refused(409, "sold_out")
    assert app.post("/members/me/coupons", CLAIM, key="k-1").status == 201


def _fails(_: object) -> None:
    what = "as the test wants it"
    raise Unavailable(what)
