"""What all members together may redeem of a coupon template: taken by holds, and settled exactly once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tessera.coupons import Coupon, Uses
from tessera.programme.coupons import read_template
from tessera.programme.load import in_force
from tessera.service import opening
from tessera.service.purchases import Outcome
from tessera.store import queues
from tessera.store.read import read
from tessera.store.transaction import Transaction
from tests.app import Answer, App, member_id
from tests.handlers.messages import basket, line, order, refund

ALICE, BOB = member_id("alice"), member_id("bob")
BIG = line("1", unit_price=4000), line("2", unit_price=1000)
TEN_OFF = {"id": "ten_off", "kind": "amount_off", "name": "£10 off", "terms": "£10 off.", "amount": 1000}

nothing_counted = pytest.mark.filterwarnings("ignore:No application metrics to publish")

Later = list[tuple[str, int]]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """The messages that the allowances queue would deliver later, with the seconds until then."""
    sent: Later = []
    send = queues.send_later

    def note_and_send(queue: str, body: str, seconds: int) -> None:
        sent.append((body, seconds))
        send(queue, body, seconds)

    monkeypatch.setattr(queues, "send_later", note_and_send)
    return sent


@pytest.fixture
def shopper(app: App) -> App:
    """Alice, who has 50 points, and Bob."""
    app.enrol()
    app.enrol("bob")
    return app


def give(app: App, coupon_id: str = "c_ONE", owner: str = ALICE, **terms: Any) -> str:
    """Give a member a coupon of a template, of which one can be redeemed unless it is told."""
    template = read_template({"valid_days": 30, "redemptions": 1} | TEN_OFF | terms)
    valid_from, valid_until = template.validity(app.now)
    coupon = Coupon(
        member_id=owner, coupon_id=coupon_id, template=template, valid_from=valid_from, valid_until=valid_until
    )
    with app.environment_of("CheckoutFunction"):
        transaction = Transaction()
        transaction.coupon(coupon)
        transaction.commit()
    return coupon_id


def hold(app: App, *coupons: str, order_id: str = "O1", as_: str = "alice", **wanted: Any) -> Answer:
    request = {"order_id": order_id, "order": basket(*BIG), "coupons": list(coupons)} | wanted
    return app.post("/members/me/redemptions", request, as_=as_)


def act(app: App, held: Answer, action: str, as_: str = "alice", body: Any = None) -> Answer:
    return app.post(f"/members/me/redemptions/{held.json['redemption_id']}/{action}", body, as_=as_)


def uses(app: App, template_id: str = "ten_off") -> Uses:
    with app.environment_of("CheckoutFunction"):
        return read(uses=[template_id]).uses.get(template_id, Uses())


def deliver(app: App, later: Later) -> None:
    """Deliver all that the queue was sent until now, each message twice."""
    for body, _ in tuple(later):
        assert app.deliver("AllowancesQueue", body, body) == []


def statuses(app: App) -> list[str]:
    return [item["status"] for item in app.get("/members/me/coupons").json["items"]]


def arrival(held: Answer, order_id: str = "O1") -> dict[str, Any]:
    paid = line("1", unit_price=4000, discount=800), line("2", unit_price=1000, discount=200)
    return order(order_id, *paid, member_id=ALICE, redemption_id=held.json["redemption_id"])


# ---------------------------------------------------------------------------------------------------------------------
# Holding
# ---------------------------------------------------------------------------------------------------------------------


def test_a_hold_takes_a_use_and_its_money_and_has_itself_looked_at_when_it_is_over(shopper: App, later: Later) -> None:
    held = hold(shopper, give(shopper))
    assert (held.status, held.json["quote"]["total"]) == (201, 4000)
    assert uses(shopper) == Uses(1, 1000)
    ((_, seconds),) = later
    assert seconds == 15 * 60


def test_what_is_not_limited_takes_nothing_and_sends_nothing(shopper: App, later: Later) -> None:
    assert hold(shopper, give(shopper, redemptions=None)).status == 201
    assert (later, uses(shopper)) == ([], Uses())


@pytest.mark.parametrize(
    ("limits", "code"),
    [({"redemptions": 1}, "used_up"), ({"redemptions": None, "budget": 1999}, "budget_spent")],
    ids=["redemptions", "budget"],
)
def test_what_others_have_used_is_not_there_for_a_member(
    shopper: App, later: Later, limits: dict[str, Any], code: str
) -> None:
    assert hold(shopper, give(shopper, owner=BOB, **limits), as_="bob").status == 201
    mine = give(shopper, **limits)

    quote = shopper.post("/members/me/quotes", {"order": basket(*BIG), "coupons": [mine]}).json
    hold(shopper, mine).refused(409, f"coupon_{code}")

    assert quote["coupons"][0]["code"] == code
    assert (statuses(shopper), uses(shopper)) == (["active"], Uses(1, 1000))


def test_a_limit_that_was_raised_is_raised_for_coupons_in_hand_too(shopper: App, later: Later) -> None:
    issued = TEN_OFF | {"valid_days": 30, "redemptions": 1}
    shopper.post("/coupon-templates", issued, as_="operator")
    hold(shopper, give(shopper, owner=BOB), as_="bob")
    mine = give(shopper)
    hold(shopper, mine).refused(409, "coupon_used_up")
    assert shopper.put("/coupon-templates/ten_off", issued | {"redemptions": 2}, as_="operator").status == 200
    quote = shopper.post("/members/me/quotes", {"order": basket(*BIG), "coupons": [mine]}).json
    assert quote["coupons"][0]["applies"]
    assert hold(shopper, mine).status == 201


def test_the_best_combination_is_of_what_can_be_redeemed(shopper: App, later: Later) -> None:
    hold(shopper, give(shopper, owner=BOB), as_="bob")
    give(shopper)
    small = give(shopper, "c_TWO", id="small", amount=100, redemptions=None)
    held = hold(shopper, coupons="best")
    assert [discount["source"] for discount in held.json["quote"]["discounts"]] == [f"coupon:{small}"]


def test_of_two_coupons_of_which_one_is_used_up_none_is_held(
    shopper: App, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(shopper, give(shopper, owner=BOB, group="a"), as_="bob")
    both = give(shopper, group="a"), give(shopper, "c_TWO", id="a_other", group="b")
    with monkeypatch.context() as unseen:
        unseen.setattr("tessera.service.checkout.read", lambda **wanted: read(**wanted | {"uses": ()}))
        hold(shopper, *both).refused(409, "coupon_used_up")
    assert (uses(shopper), uses(shopper, "a_other")) == (Uses(1, 1000), Uses(0, 0))
    assert statuses(shopper) == ["active", "active"]


def test_coupons_of_several_groups_are_held_used_and_settled_together(shopper: App, later: Later) -> None:
    both = give(shopper, group="a"), give(shopper, "c_TWO", id="more", group="b", amount=500)
    held = hold(shopper, *both)
    assert (held.json["quote"]["total"], statuses(shopper)) == (3500, ["held", "held"])
    act(shopper, held, "confirm")
    deliver(shopper, later)
    assert statuses(shopper) == ["redeemed", "redeemed"]
    assert (uses(shopper), uses(shopper, "more")) == (Uses(1, 1000), Uses(1, 500))


# ---------------------------------------------------------------------------------------------------------------------
# Letting go, and trying again
# ---------------------------------------------------------------------------------------------------------------------


def test_a_declined_card_leaves_the_member_free_to_try_again_at_once(shopper: App, later: Later) -> None:
    mine = give(shopper)
    first = hold(shopper, mine)
    act(shopper, first, "release")
    act(shopper, first, "release")
    assert uses(shopper) == Uses(0, 0)

    second = hold(shopper, mine)
    deliver(shopper, later)

    assert (second.status, uses(shopper)) == (201, Uses(1, 1000))
    assert act(shopper, second, "confirm").status == 200
    deliver(shopper, later)
    assert uses(shopper) == Uses(1, 1000)


def test_what_lapses_comes_back_when_its_message_comes(shopper: App, later: Later) -> None:
    held = hold(shopper, give(shopper))
    shopper.now += timedelta(minutes=14, seconds=58)
    deliver(shopper, later)
    assert (uses(shopper), later[1:]) == (Uses(1, 1000), [(later[0][0], 2)] * 2)

    shopper.now += timedelta(seconds=2)
    deliver(shopper, later)

    assert (uses(shopper), statuses(shopper)) == (Uses(0, 0), ["active"])
    act(shopper, held, "confirm").refused(409, "redemption_released")
    assert hold(shopper, give(shopper, owner=BOB), as_="bob").status == 201


def test_a_hold_longer_than_a_queue_can_wait_is_looked_at_again(
    shopper: App, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = in_force().checkout.model_copy(update={"hold_minutes": 40})
    rules = in_force().model_copy(update={"checkout": patient})
    monkeypatch.setattr(opening, "in_force", lambda: rules)
    hold(shopper, give(shopper))
    for minutes in (15, 15):
        shopper.now += timedelta(minutes=minutes)
        assert shopper.deliver("AllowancesQueue", later[-1][0]) == []
    assert [seconds for _, seconds in later] == [900, 900, 600]


def test_an_order_whose_hold_lapsed_may_hold_again_before_the_message_comes(shopper: App, later: Later) -> None:
    mine = give(shopper)
    first = hold(shopper, mine)
    shopper.now += timedelta(minutes=15)
    second = hold(shopper, mine)
    assert second.status == 201
    act(shopper, first, "confirm").refused(409, "redemption_released")
    act(shopper, second, "confirm")
    deliver(shopper, later)
    assert uses(shopper) == Uses(1, 1000)


def test_what_was_taken_for_a_hold_that_was_never_committed_comes_back(
    shopper: App, later: Later, refuse: Callable[..., None]
) -> None:
    mine = give(shopper)
    refuse("TransactWriteItems", "InternalServerError")
    hold(shopper, mine).refused(503, "unavailable")
    assert uses(shopper) == Uses(1, 1000)

    shopper.now += timedelta(minutes=15)
    deliver(shopper, later)

    assert (uses(shopper), statuses(shopper)) == (Uses(0, 0), ["active"])


def test_a_hold_whose_answer_was_lost_is_what_its_repeat_answers(
    shopper: App, later: Later, lose_answers: Callable[[str], None]
) -> None:
    mine = give(shopper)
    lose_answers("TransactWriteItems")
    hold(shopper, mine).refused(503, "unavailable")
    assert hold(shopper, mine).status == 200
    shopper.now += timedelta(minutes=15)
    deliver(shopper, [])
    assert uses(shopper) == Uses(1, 1000)


def test_two_callers_who_hold_for_one_order_at_once_take_one_use(
    shopper: App, later: Later, listen: Callable[[str, Callable[..., Any]], None], no_waiting: None
) -> None:
    mine = give(shopper, redemptions=2)
    others: list[Answer] = []

    def come_between(**_: object) -> None:
        if not others:
            others.append(Answer(0, {}, ""))
            others.append(hold(shopper, mine))

    listen("before-call.dynamodb.TransactWriteItems", come_between)
    held = hold(shopper, mine)

    assert (others[1].status, held.status, held.text) == (201, 200, others[1].text)
    deliver(shopper, later)
    assert uses(shopper) == Uses(1, 1000)


# ---------------------------------------------------------------------------------------------------------------------
# Confirming, and the order's arrival
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("message_first", [True, False])
def test_confirming_a_part_keeps_the_money_of_its_lines(shopper: App, later: Later, *, message_first: bool) -> None:
    held = hold(shopper, give(shopper, redemptions=None, budget=5000))
    if message_first:
        deliver(shopper, later)
    assert act(shopper, held, "confirm", body={"lines": ["1"]}).status == 200
    shopper.now += timedelta(minutes=15)
    deliver(shopper, later)
    assert uses(shopper) == Uses(1, 800)


def test_an_order_that_names_its_redemption_uses_what_it_holds(shopper: App, later: Later) -> None:
    held = hold(shopper, give(shopper))
    shopper.send(arrival(held), arrival(held))
    shopper.now += timedelta(days=1)
    deliver(shopper, later)
    assert (uses(shopper), statuses(shopper)) == (Uses(1, 1000), ["redeemed"])


@pytest.mark.parametrize("settled_before", [True, False])
@pytest.mark.parametrize("let_go", ["released", "lapsed"])
def test_an_order_whose_hold_was_let_go_takes_a_use_again(
    shopper: App, later: Later, let_go: str, *, settled_before: bool
) -> None:
    held = hold(shopper, give(shopper))
    if let_go == "released":
        act(shopper, held, "release")
    shopper.now += timedelta(minutes=20)
    if settled_before:
        deliver(shopper, later)
    shopper.send(arrival(held))
    deliver(shopper, later)
    assert shopper.purchase("O1")["reports"] == []
    assert (uses(shopper), statuses(shopper)) == (Uses(1, 1000), ["redeemed"])


@pytest.mark.parametrize("points", [0, 20, 50])
def test_an_order_that_was_sent_in_time_has_what_was_held_though_the_message_was_faster(
    shopper: App, later: Later, points: int
) -> None:
    held = hold(shopper, give(shopper), points=points)
    begun = shopper.now
    shopper.now = begun + timedelta(minutes=16)
    deliver(shopper, later)
    assert uses(shopper) == Uses()

    shopper.now = begun + timedelta(minutes=14)
    shopper.send(arrival(held))
    shopper.now = begun + timedelta(minutes=20)
    deliver(shopper, later)

    assert shopper.purchase("O1")["reports"] == []
    assert (statuses(shopper), uses(shopper)) == (["redeemed"], Uses(1, 1000))
    assert shopper.card()["points"]["available"] == 50 - points + shopper.purchase("O1")["points"]
    assert shopper.get(f"/members/{ALICE}/entries/verification", as_="operator").json["verified"]


def test_an_order_that_was_sent_in_time_and_whose_use_others_have_taken_is_reported(shopper: App, later: Later) -> None:
    held = hold(shopper, give(shopper), points=20)
    theirs = give(shopper, "c_TWO", BOB)
    begun = shopper.now
    shopper.now = begun + timedelta(minutes=16)
    deliver(shopper, later)
    assert hold(shopper, theirs, order_id="O2", as_="bob").status == 201

    shopper.now = begun + timedelta(minutes=14)
    shopper.send(arrival(held))

    assert shopper.purchase("O1")["reports"] == ["redemption_lost"]
    shopper.now = begun + timedelta(minutes=20)
    assert statuses(shopper) == ["active"]
    assert shopper.card()["points"]["available"] == 50 + shopper.purchase("O1")["points"]


def test_an_order_is_reported_whose_use_others_have_taken_meanwhile(shopper: App, later: Later) -> None:
    held = hold(shopper, give(shopper))
    act(shopper, held, "release")
    hold(shopper, give(shopper, owner=BOB), as_="bob")
    shopper.send(arrival(held))
    shopper.now += timedelta(minutes=5)
    deliver(shopper, later)
    assert shopper.purchase("O1")["reports"] == ["redemption_lost"]
    assert (uses(shopper), statuses(shopper)) == (Uses(1, 1000), ["active"])


def test_an_order_that_finds_its_use_but_not_its_points_takes_nothing(shopper: App, later: Later) -> None:
    held = hold(shopper, give(shopper), points=50)
    act(shopper, held, "release")
    hold(shopper, order_id="O2", points=30)
    shopper.send(arrival(held))
    assert shopper.purchase("O1")["reports"] == ["redemption_lost"]
    assert uses(shopper) == Uses(0, 0)


# ---------------------------------------------------------------------------------------------------------------------
# Refunds
# ---------------------------------------------------------------------------------------------------------------------


def bought(app: App, later: Later, **terms: Any) -> None:
    app.send(arrival(hold(app, give(app, **terms))))
    app.now += timedelta(minutes=20)
    deliver(app, later)
    later.clear()


@pytest.mark.parametrize(
    ("on_refund", "coupons_then", "uses_then"),
    [
        ("never", ["redeemed"], Uses(1, 1000)),
        ("if_wholly_refunded", ["active"], Uses(0, 0)),
        ("reissue", ["active", "returned"], Uses(0, 0)),
    ],
)
def test_the_last_unit_refunded_brings_the_coupon_back_as_its_template_says(
    shopper: App, later: Later, on_refund: str, coupons_then: list[str], uses_then: Uses
) -> None:
    bought(shopper, later, on_refund=on_refund)
    shopper.send(refund("R1", "O1", line_1=1))
    deliver(shopper, later)
    assert (statuses(shopper), uses(shopper)) == (["redeemed"], Uses(1, 1000))

    shopper.send(refund("R2", "O1", line_2=1), refund("R2", "O1", line_2=1))
    deliver(shopper, later)
    deliver(shopper, later)

    assert (sorted(statuses(shopper)), uses(shopper)) == (coupons_then, uses_then)


def test_a_refund_that_its_order_left_waiting_is_booked_by_the_night_and_brings_the_coupon_back(
    shopper: App, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = hold(shopper, give(shopper, on_refund="if_wholly_refunded"))
    shopper.send(refund("R1", "O1", line_1=1, line_2=1))
    with monkeypatch.context() as broken_off:
        broken_off.setattr("tessera.service.purchases._release_parked", lambda *_: Outcome("duplicate"))
        shopper.send(arrival(held))
    assert statuses(shopper) == ["redeemed"]

    shopper.now += timedelta(days=31)
    shopper.nightly()
    deliver(shopper, later)

    assert shopper.purchase("O1")["status"] == "refunded"
    assert uses(shopper) == Uses(0, 0)


def test_a_coupon_that_came_back_can_be_used_again(shopper: App, later: Later) -> None:
    bought(shopper, later, on_refund="if_wholly_refunded")
    shopper.send(refund("R1", "O1", line_1=1, line_2=1))
    deliver(shopper, later)
    assert hold(shopper, "c_ONE", order_id="O2").status == 201
    assert uses(shopper) == Uses(1, 1000)


def test_a_coupon_that_is_issued_again_has_its_time_anew(shopper: App, later: Later) -> None:
    bought(shopper, later, on_refund="reissue")
    shopper.now += timedelta(days=40)
    shopper.send(refund("R1", "O1", line_1=1, line_2=1))
    (new,) = shopper.get("/members/me/coupons", status="active").json["items"]
    assert (new["template_id"], new["valid_until"]) == ("ten_off", "2026-05-11T12:20:00Z")
    assert hold(shopper, new["code"], order_id="O2", as_="alice").status == 409  # its use is given back a minute later
    deliver(shopper, later)
    assert hold(shopper, new["code"], order_id="O2").status == 201


@nothing_counted
def test_a_refund_that_was_expected_and_not_booked_gives_nothing_back(
    shopper: App, later: Later, refuse: Callable[..., None]
) -> None:
    bought(shopper, later, on_refund="if_wholly_refunded")
    refuse("TransactWriteItems", "InternalServerError")
    assert shopper.send(refund("R1", "O1", line_1=1, line_2=1)) == [0]
    deliver(shopper, later)
    assert uses(shopper) == Uses(1, 1000)


@nothing_counted
def test_what_is_no_message_of_the_queue_comes_again(app: App) -> None:
    for body in ("", "{}", '{"schema_version": 2, "order_id": "O1", "redemption_id": "r", "coupon_ids": []}'):
        assert app.deliver("AllowancesQueue", body) == [0]


# ---------------------------------------------------------------------------------------------------------------------
# First orders
# ---------------------------------------------------------------------------------------------------------------------


def test_coupons_for_a_first_order_are_good_for_one_order(shopper: App, later: Later) -> None:
    terms: dict[str, Any] = {"first_order": True, "redemptions": None}
    one, two = give(shopper, **terms), give(shopper, "c_TWO", **terms)
    first = hold(shopper, one)
    hold(shopper, two, order_id="O2").refused(409, "coupon_not_first_order")
    act(shopper, first, "confirm")
    hold(shopper, two, order_id="O2").refused(409, "coupon_not_first_order")
    shopper.send(arrival(first))
    hold(shopper, two, order_id="O2").refused(409, "coupon_not_first_order")
    shopper.send(refund("R1", "O1", line_1=1, line_2=1))
    assert hold(shopper, two, order_id="O2").status == 201


@pytest.mark.parametrize("let_go", ["released", "lapsed"])
def test_an_order_that_did_not_come_was_no_first_order(shopper: App, let_go: str) -> None:
    terms: dict[str, Any] = {"first_order": True, "redemptions": None}
    one, two = give(shopper, **terms), give(shopper, "c_TWO", **terms)
    first = hold(shopper, one)
    if let_go == "released":
        act(shopper, first, "release")
    else:
        shopper.now += timedelta(minutes=15)
    assert hold(shopper, two, order_id="O2").status == 201
    # The first order comes late: its coupon is for a first order, and another is at checkout.
    shopper.send(arrival(first))
    assert shopper.purchase("O1")["reports"] == ["redemption_lost"]
