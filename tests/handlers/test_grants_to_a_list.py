"""Coupons granted to a list of members: each has one, once, and whoever has not is told of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tessera import coupon_jobs
from tests.app import customer_id

if TYPE_CHECKING:
    from tests.app import App

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")  # grants are none of codes'

TEMPLATE = {
    "id": "spring",
    "kind": "amount_off",
    "name": "£5 off",
    "terms": "£5 off any basket, once for each member.",
    "amount": 500,
    "valid_days": 30,
    "claimable": False,
}
PATH = "/coupon-templates/spring/grants"
QUEUE = "CouponJobsQueue"
MEMBERS = [customer_id(str(number)) for number in range(5)]
NOBODY = customer_id("nobody")


@pytest.fixture
def shop(app: App, monkeypatch: pytest.MonkeyPatch) -> App:
    """Five members, and two of them to a message."""
    monkeypatch.setattr(coupon_jobs, "GRANTED_AT_ONCE", 2)
    assert app.post("/coupon-templates", TEMPLATE, as_="operator").status == 201
    for number in range(5):
        app.post("/members", {"identity": str(number)}, as_="shop")
    return app


def start(app: App, members: list[str], key: str | None = None) -> Any:
    """Grant a list, and answer the job."""
    answer = app.post(PATH, {"members": members}, as_="operator", key=key)
    assert answer.status == 202, answer.text
    return answer.json


def result(app: App) -> Any:
    """Answer what came of the first job."""
    return app.get("/coupon-jobs/cj_1/result", as_="operator").json


def in_hand(app: App) -> list[int]:
    """Answer how many coupons each member has."""
    return [len(app.get(f"/members/{id_}/coupons", as_="shop").json["items"]) for id_ in MEMBERS]


def test_each_of_a_list_has_a_coupon(shop: App) -> None:
    job = start(shop, [*MEMBERS, MEMBERS[0]])
    assert (job["kind"], job["status"], job["count"], job["done"]) == ("grants", "running", 5, 0)
    shop.get("/coupon-jobs/cj_1/result", as_="operator").refused(409, "job_running")

    shop.work_off(QUEUE)

    shown = shop.get("/coupon-jobs/cj_1", as_="operator").json
    assert shown == job | {"status": "done", "finished_at": "2026-03-02T12:00:00Z", "done": 5}
    assert result(shop) == {"job_id": "cj_1", "template_id": "spring", "count": 5, "granted": 5, "refused": []}
    assert in_hand(shop) == [1] * 5
    entry = shop.get(f"/members/{MEMBERS[0]}/entries", as_="shop").json["items"][0]
    assert (entry["kind"], entry["reason"]) == ("grant", "Given a coupon: £5 off")


def test_who_was_refused_one_is_told_of_and_why(shop: App) -> None:
    shop.post(PATH, {"member_id": MEMBERS[1]}, as_="operator")
    frozen = {"standing": "frozen", "reason": "abuse", "note": "As the test wants it."}
    shop.post(f"/members/{MEMBERS[2]}/standing", frozen, as_="operator")
    start(shop, [*MEMBERS[:4], NOBODY])

    shop.work_off(QUEUE)

    told = result(shop)
    assert (told["count"], told["granted"]) == (5, 2)
    assert {refusal["member_id"]: refusal["code"] for refusal in told["refused"]} == {
        MEMBERS[1]: "limit_reached",
        MEMBERS[2]: "not_eligible",
        NOBODY: "unknown_member",
    }
    assert in_hand(shop) == [1, 1, 0, 1, 0]


def test_no_more_are_granted_than_there_are(shop: App) -> None:
    shop.post("/coupon-templates", TEMPLATE | {"id": "few", "stock": 3}, as_="operator")
    shop.post("/coupon-templates/few/grants", {"members": MEMBERS}, as_="operator")

    shop.work_off(QUEUE)

    told = result(shop)
    assert (told["granted"], [refusal["code"] for refusal in told["refused"]]) == (3, ["sold_out"] * 2)
    assert sum(in_hand(shop)) == 3


def test_a_batch_that_is_delivered_twice_grants_once(shop: App) -> None:
    shop.put("/coupon-templates/spring", TEMPLATE | {"per_member": 5}, as_="operator")
    start(shop, MEMBERS)
    for message in shop.waiting(QUEUE, 10) * 2:
        assert shop.deliver(QUEUE, message) == []

    assert result(shop)["granted"] == 5
    assert in_hand(shop) == [1] * 5


def test_who_was_refused_stays_so_when_the_batch_is_delivered_once_more(shop: App) -> None:
    start(shop, MEMBERS)
    messages = shop.waiting(QUEUE, 10)
    shop.post("/coupon-templates/spring/pause", as_="operator")
    for message in messages:
        shop.deliver(QUEUE, message)
    shop.post("/coupon-templates/spring/resume", as_="operator")
    for message in messages:
        shop.deliver(QUEUE, message)

    assert (result(shop)["granted"], len(result(shop)["refused"])) == (0, 5)
    assert in_hand(shop) == [0] * 5


def test_what_was_lost_is_sent_again(shop: App) -> None:
    job = start(shop, MEMBERS, key="k")
    first, *_ = shop.waiting(QUEUE, 3)
    shop.deliver(QUEUE, first)

    assert shop.post(PATH, {"members": MEMBERS}, as_="operator", key="k").json == job
    resumed = shop.post("/coupon-jobs/cj_1/resume", as_="operator").json
    assert resumed["done"] == 2
    sent = [json.loads(body)["batch"] for body in shop.waiting(QUEUE, 10)]
    assert sorted(sent) == [0, 1, 1, 1, 2, 2, 2]
    shop.work_off(QUEUE)

    assert (result(shop)["granted"], in_hand(shop)) == (5, [1] * 5)


@pytest.mark.parametrize(
    ("members", "pointers"),
    [([], ["/members"]), ([NOBODY, "me"], ["/members/1"]), ("all", ["/members"]), ([NOBODY] * 10_001, ["/members"])],
)
def test_a_list_of_members_is_wanted(shop: App, members: object, pointers: list[str]) -> None:
    assert shop.post(PATH, {"members": members}, as_="operator").pointers() == pointers


def test_a_template_is_wanted_that_is_issued(shop: App) -> None:
    body = {"members": MEMBERS}
    shop.post("/coupon-templates/none/grants", body, as_="operator").refused(404, "not_found")
    shop.post("/coupon-templates/spring/pause", as_="operator")
    shop.post(PATH, body, as_="operator").refused(409, "template_paused")
