"""The sample events are what AWS sends, and together they tell one story: Alice enrols, buys, and is reviewed."""

import json
from typing import Any

import pytest

from tessera.instants import parse_instant
from tessera.reconciliation import buckets_of_night
from tessera.store import digests
from tests import published, resources
from tests.app import App, sample
from tests.handlers.bus import Bus

_BY_NAME = {function.name: logical_id for logical_id, function in resources.functions().items()}


def play(app: App, *names: str) -> Any:
    """Invoke functions on their samples, one after the other, and answer the last answer."""
    return [app.invoke(_BY_NAME[name], sample(name)) for name in names][-1]


def test_every_function_has_a_sample_of_its_name() -> None:
    assert {path.stem for path in (resources.ROOT / "events").iterdir()} == _BY_NAME.keys()


@pytest.mark.parametrize("name", sorted({resources.functions()[route.function].name for route in resources.routes()}))
def test_a_request_is_for_a_route_of_its_function(name: str) -> None:
    event = sample(name)
    routes = {route.key: route for route in resources.routes() if route.function == _BY_NAME[name]}
    route = routes[event["routeKey"]]
    assert route.match(event["requestContext"]["http"]["method"], event["rawPath"]) == event.get("pathParameters", {})


@pytest.mark.parametrize("name", sorted({resources.functions()[route.function].name for route in resources.routes()}))
def test_the_content_of_a_request_is_as_published(name: str) -> None:
    event = sample(name)
    told = published.operation(event["routeKey"]).get("requestBody")
    assert ("body" in event) == (told is not None), "a sample shows the content of its route"
    if told:
        assert not published.mistakes(told["content"]["application/json"]["schema"], json.loads(event["body"]))


def test_the_messages_of_purchases_are_as_published() -> None:
    schema = published.operation("POST /purchases")["requestBody"]["content"]["application/json"]["schema"]
    for record in sample("purchases")["Records"]:
        assert not published.mistakes(schema, json.loads(record["body"]))


@pytest.mark.parametrize("name", sorted(_BY_NAME))
def test_a_sample_runs_its_function(app: App, bus: Bus, name: str) -> None:
    # Alice, and a job of codes, are what the others tell of.
    answer = play(app, "members", "coupon_templates", "coupon_jobs_api", name)
    assert answer.get("statusCode", 200) < 500
    assert answer.get("batchItemFailures", []) == []


def test_health_answers(app: App) -> None:
    assert play(app, "health")["body"] == '{"status": "ok"}'


def test_the_programme_is_shown(app: App) -> None:
    assert json.loads(play(app, "programme")["body"])["currency"] == "GBP"


def test_alice_enrols(app: App) -> None:
    answer = play(app, "members")
    assert (answer["statusCode"], json.loads(answer["body"])["display_name"]) == (201, "Alice")


def test_alice_signs_in(app: App) -> None:
    answer = play(app, "members", "sign_ins")
    assert (answer["statusCode"], json.loads(answer["body"])["day"]) == (201, "2026-11-22")


def test_alice_claims_a_coupon(app: App) -> None:
    answer = play(app, "members", "coupons")
    assert (answer["statusCode"], json.loads(answer["body"])["status"]) == (201, "active")


def test_the_coupon_applies_to_her_basket(app: App) -> None:
    answer = play(app, "members", "coupons", "checkout")
    quote = json.loads(answer["body"])
    assert (answer["statusCode"], quote["discounts"][0]["amount"], quote["points_spent"]) == (200, 500, 50)


def test_the_shop_sends_her_order(app: App) -> None:
    answer = play(app, "purchases_api")
    assert (answer["statusCode"], answer["body"]) == (202, '{"accepted":1}')


def test_her_order_and_a_refund_are_counted(app: App) -> None:
    assert play(app, "members", "purchases") == {"batchItemFailures": []}
    assert app.purchase("536365")["status"] == "partly_refunded"
    assert app.dead_letters() == []


def test_what_was_booked_leaves_as_events(app: App, bus: Bus) -> None:
    assert play(app, "members", "purchases", "entry_events") == {"batchItemFailures": []}
    told = bus.told()
    page = app.get(f"/members/{told[0]['member_id']}/entries", as_="operator").json
    statement = page["items"][::-1][: len(told)]
    assert [{name: event[name] for name in line} for event, line in zip(told, statement, strict=True)] == statement


def test_a_year_later_the_night_finds_her_and_hands_her_out(app: App) -> None:
    assert play(app, "members", "purchases", "nightly") == {"members": 1, "refunds": 0}
    (message,) = app.waiting("SettlementsQueue")
    assert json.loads(message) == json.loads(sample("settlements")["Records"][0]["body"])


def test_she_falls_to_what_she_has_earned(app: App) -> None:
    play(app, "members", "purchases", "settlements")
    (record,) = sample("settlements")["Records"]
    (alice,) = json.loads(record["body"])["ids"]
    card = app.get(f"/members/{alice}", as_="operator").json
    assert (card["tier"]["id"], card["tier"]["since"]) == ("newcomer", "2027-11-22T08:26:01Z")


def test_an_operator_makes_up_for_a_late_parcel(app: App) -> None:
    answer = play(app, "members", "operators")
    assert (answer["statusCode"], json.loads(answer["body"])["points_balance"]) == (201, 100)


def test_an_operator_makes_a_template(app: App) -> None:
    answer = play(app, "coupon_templates")
    assert (answer["statusCode"], json.loads(answer["body"])["template"]["stock"]) == (201, 1000)


def test_a_few_nights_later_it_is_the_turn_of_her_bucket(app: App) -> None:
    answer = play(app, "members", "reconciliation")
    assert answer == {"buckets": 146}
    (message,) = app.waiting("ReconciliationQueue")
    body = json.loads(sample("verifications")["Records"][0]["body"])
    assert json.loads(message) == body | {"bucket": json.loads(message)["bucket"]}
    assert body["bucket"] in buckets_of_night(parse_instant(body["as_of"]))


def test_she_is_verified(app: App) -> None:
    assert play(app, "members", "purchases", "verifications") == {"batchItemFailures": []}
    with app.environment_of("VerificationsFunction"):
        digest = digests.latest(439)
    assert digest
    assert [head.sequence for head in digest.heads.values()] == [3]


def test_an_operator_of_the_pool_gets_the_operators_scope(app: App) -> None:
    change = play(app, "pre_token")["response"]["claimsAndScopeOverrideDetails"]["accessTokenGeneration"]
    assert change == {"scopesToAdd": ["tessera/member", "tessera/operator"]}
