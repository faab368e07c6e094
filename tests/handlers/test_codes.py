"""Using codes: each brings one coupon once, and trying is no way to find one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import boto3
import pytest

from tessera import code_attempts
from tessera.service import codes
from tessera.store import client
from tests.app import member_id

if TYPE_CHECKING:
    from tests.app import Answer, App

TEMPLATE = {
    "id": "spring",
    "kind": "amount_off",
    "name": "£5 off",
    "terms": "£5 off any basket, once for each member.",
    "amount": 500,
    "valid_days": 30,
    "claimable": False,
}
WRONG = "0000-0000-0000-0000"
DYNAMODB = client.DYNAMODB


@pytest.fixture
def made(app: App) -> list[str]:
    """Three codes, and two members who may use them."""
    app.enrol("alice")
    app.enrol("bob")
    assert app.post("/coupon-templates", TEMPLATE, as_="operator").status == 201
    job = app.post("/coupon-templates/spring/codes", {"count": 3}, as_="operator").json
    app.work_off("CouponJobsQueue")
    file = boto3.client("s3").get_object(Bucket=app.addresses["CodesBucket"], Key=f"codes/{job['job_id']}/0001.txt")
    return file["Body"].read().decode().split()


def use(app: App, code: str, as_: str = "alice", key: str | None = None) -> Answer:
    """Use a code."""
    return app.post("/members/me/coupons", {"code": code}, as_=as_, key=key)


def in_hand(app: App, name: str) -> int:
    """Answer how many coupons a member has."""
    return len(app.get("/members/me/coupons", as_=name).json["items"])


@pytest.mark.parametrize("typed", [str.lower, str.upper, lambda code: code.replace("-", "")])
def test_a_code_brings_a_coupon_however_it_is_typed(app: App, made: list[str], typed: object) -> None:
    answer = use(app, typed(made[0]))  # type: ignore[operator]

    assert (answer.status, answer.json["template_id"]) == (201, "spring")
    assert in_hand(app, "alice") == 1


def test_a_code_is_for_whoever_got_it_and_free_of_points(app: App, made: list[str]) -> None:
    app.put(
        "/coupon-templates/spring", TEMPLATE | {"price_points": 5000, "eligible": {"tags": ["press"]}}, as_="operator"
    )
    assert use(app, made[0]).status == 201
    assert app.kinds() == ["welcome"]


@pytest.mark.parametrize("key", [None, "k-1"])
def test_a_repeat_is_answered_with_the_same_coupon(app: App, made: list[str], key: str | None) -> None:
    first = use(app, made[0], key=key)
    app.now += timedelta(days=1)

    assert use(app, made[0], key=key) == first
    assert use(app, made[0].lower()) == first
    assert in_hand(app, "alice") == 1


def test_a_code_that_another_member_used_is_answered_as_a_wrong_one(app: App, made: list[str]) -> None:
    use(app, made[0])

    taken, wrong = use(app, made[0], as_="bob"), use(app, WRONG, as_="bob")

    taken.refused(404, "unknown_code")
    assert taken == wrong
    assert use(app, made[1], as_="bob").status == 201
    assert (in_hand(app, "alice"), in_hand(app, "bob")) == (1, 1)


def test_a_code_that_another_member_used_costs_what_a_wrong_one_costs(
    app: App, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = made
    use(app, first)
    calls: list[str] = []

    class Counting:
        def __getattr__(self, name: str) -> object:
            calls.append(name)
            return getattr(DYNAMODB, name)

    monkeypatch.setattr(client, "DYNAMODB", Counting())
    use(app, first, as_="bob")
    of_anothers, calls[:] = [*calls], []
    use(app, first[:4] + WRONG[4:], as_="bob")
    assert of_anothers == calls != []


def test_a_code_that_was_refused_is_not_used_up(app: App, made: list[str]) -> None:
    use(app, made[0])
    use(app, made[1]).refused(409, "limit_reached")

    assert use(app, made[1], as_="bob").status == 201


def test_a_paused_template_keeps_its_codes(app: App, made: list[str]) -> None:
    app.post("/coupon-templates/spring/pause", as_="operator")
    use(app, made[0]).refused(409, "template_paused")
    app.post("/coupon-templates/spring/resume", as_="operator")
    assert use(app, made[0]).status == 201


def test_a_limited_stock_is_taken_by_codes_too(app: App, made: list[str]) -> None:
    app.post("/coupon-templates", TEMPLATE | {"id": "few", "stock": 1}, as_="operator")
    app.post("/coupon-templates/few/codes", {"count": 2}, as_="operator")
    app.work_off("CouponJobsQueue")
    file = boto3.client("s3").get_object(Bucket=app.addresses["CodesBucket"], Key="codes/cj_2/0001.txt")
    first, second = file["Body"].read().decode().split()

    assert use(app, first).status == 201
    use(app, second, as_="bob").refused(409, "sold_out")
    assert use(app, first).status == 201
    use(app, first, as_="bob").refused(404, "unknown_code")


def test_the_codes_of_a_part_that_was_never_made_are_wrong(app: App, made: list[str]) -> None:
    for code in (WRONG, "ZZZZ" + made[0][4:], made[0][:-1] + ("0" if made[0][-1] != "0" else "1"), "WINTER"):
        use(app, code).refused(404, "unknown_code")


def test_after_ten_wrong_codes_the_right_one_has_to_wait(app: App, made: list[str]) -> None:
    first = use(app, made[0], key="k-1")
    for _ in range(code_attempts.MOST_WRONG):
        use(app, WRONG).refused(404, "unknown_code")
        app.now += timedelta(minutes=1)

    waiting = use(app, made[1])

    waiting.refused(429, "too_many_attempts")
    assert waiting.headers["Retry-After"] == str(50 * 60)
    assert use(app, made[0], key="k-1") == first  # a repeat tries nothing
    assert use(app, made[1], as_="bob").status == 201
    app.now += timedelta(minutes=50)
    use(app, WRONG).refused(404, "unknown_code")
    assert use(app, made[0]) == first


def test_codes_that_another_member_used_count_as_wrong(app: App, made: list[str]) -> None:
    use(app, made[0])
    for _ in range(code_attempts.MOST_WRONG):
        use(app, made[0], as_="bob").refused(404, "unknown_code")
    use(app, made[1], as_="bob").refused(429, "too_many_attempts")


def test_what_one_customer_tries_keeps_no_other_waiting(app: App, made: list[str]) -> None:
    for _ in range(code_attempts.MOST_WRONG):
        app.post(f"/members/{member_id('alice')}/coupons", {"code": WRONG}, as_="shop").refused(404, "unknown_code")

    asked = [
        app.post(f"/members/{member_id(name)}/coupons", {"code": made[0]}, as_="shop").status
        for name in ("alice", "bob")
    ]

    assert asked == [429, 201]


def test_who_tries_a_few_codes_for_each_of_many_members_has_to_wait_too(
    app: App, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "MOST_WRONG_OF_MANY", 6)

    def ask(name: str, code: str, as_: str = "shop") -> Answer:
        return app.post(f"/members/{member_id(name)}/coupons", {"code": code}, as_=as_)

    for name in ("alice", "bob") * 3:
        ask(name, WRONG).refused(404, "unknown_code")

    waiting = ask("alice", made[0])
    waiting.refused(429, "too_many_attempts")
    assert waiting.headers["Retry-After"] == str(code_attempts.WINDOW)
    assert ask("bob", made[0], as_="operator").status == 201
    assert use(app, made[1]).status == 201
    app.now += timedelta(seconds=code_attempts.WINDOW)
    assert ask("bob", made[0]).status == 201


def test_what_one_member_may_try_is_a_small_part_of_what_a_shop_may() -> None:
    assert code_attempts.MOST_WRONG_OF_MANY >= 20 * code_attempts.MOST_WRONG


def test_only_members_have_codes_looked_up(app: App, made: list[str]) -> None:
    use(app, made[0], as_="nobody").refused(404, "not_found")
    use(app, WRONG, as_="nobody").refused(404, "not_found")
