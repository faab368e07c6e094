"""Stock under fire: ten thousand claims on a thousand coupons, by hundreds of people, while everything fails.

Nobody does anything but claim. Of other kinds there is one each, so that stocks end often and not once: it is at
its end that what was abandoned is taken back. Now and then a claim stands still between its reservation and its commit,
for longer than reservations are kept for: then somebody else may have its unit, and it must find that out. When all has
calmed down, people go on asking until they are refused: then every unit is issued, and none is left.
"""

from __future__ import annotations

import json
from functools import cache

import yaml

from tessera.programme.load import PACKAGED
from tessera.programme.model import Programme
from tests.simulation.functions import SHOP
from tests.simulation.operations import claim, deliver, repeat, taken
from tests.simulation.violations import insist
from tests.simulation.world import Acts, Answer, Person, Plan, Request, World

STOCK, CLAIMS, PEOPLE, EACH = 1_000, 13_000, 400, 6
RUSH = "rush"
OTHERS = tuple(f"few_{n}" for n in range(60))
STOCKS = {RUSH: STOCK} | dict.fromkeys(OTHERS, 1)
ABANDONED_AFTER = 60
CALLS_WHEN_SOLD_OUT = 2
ENOUGH = 3
"""People who are told at the end that a stock is sold out."""


@cache
def programme(_number: int) -> Programme:
    """Make a programme of templates that have a stock."""
    rules = yaml.safe_load(PACKAGED.read_text(encoding="utf-8"))
    alike = {"kind": "amount_off", "amount": 500, "valid_days": 365, "per_member": EACH}
    templates = [{"id": id_, "name": id_, "terms": id_, "stock": stock} | alike for id_, stock in STOCKS.items()]
    return Programme.model_validate(rules | {"coupons": templates})


def enrol_who_is_new(world: World, person: Person) -> None:
    """Somebody joins, and claims; who has joined claims."""
    if person.member_id not in world.audit.model.accounts:
        body = json.dumps({"identity": person.name} if person.customer else {})
        caller = SHOP if person.customer else person.caller
        world.ask(Request("POST /members", {}, caller, lambda _world, _answer: None, body))
    person.wants = RUSH if world.random.random() < 0.8 else world.random.choice(OTHERS)
    claim(world, person, person.wants)


def stall(world: World, person: Person) -> None:
    """Nothing happens, for so long that what is reserved may be taken for abandoned; then others want it."""
    world.millis += world.random.randrange(ABANDONED_AFTER * 2_000)
    for _ in range(world.random.choice((1, 3))):
        claim(world, world.random.choice(world.people), person.wants or RUSH)


def wait(world: World) -> None:
    """Let hardly any time pass, now and then a minute."""
    world.millis += world.random.randrange(200 if world.random.random() < 0.998 else 120_000)


def ask_on(world: World) -> None:
    """Let people ask until they are refused; then all of each stock is issued, and a refusal costs next to nothing."""
    world.millis += 2 * ABANDONED_AFTER * 1000
    for template_id, stock in STOCKS.items():
        refusals: list[str] = []
        people = iter(world.people)
        while refusals.count("sold_out") < ENOUGH:
            _ask_until_refused(world, next(people), template_id, refusals)
        issued = world.audit.model.wallets.issued.get(template_id, 0)
        insist(issued == stock, "all that there is, is issued", template_id, issued)


def _ask_until_refused(world: World, person: Person, template_id: str, refusals: list[str]) -> None:
    """Let somebody ask until they are refused, and keep why."""

    def check(_world: World, answer: Answer) -> None:
        if answer.status != 201:
            refusals.append(answer.json["code"])

    body = json.dumps({"template_id": template_id})
    request = Request("POST /members/{member_id}/coupons", person.path, person.at_checkout, check, body)
    had = len(refusals)
    while len(refusals) == had:
        calls = world.weather.met["calls"]
        world.ask(request)
    insist(refusals[-1] in {"sold_out", "limit_reached", "not_found"}, "refused for a reason", refusals[-1])
    if refusals.count("sold_out") > 1:
        calls = world.weather.met["calls"] - calls
        insist(calls <= CALLS_WHEN_SOLD_OUT, "a refusal costs two calls at most", calls)


def nothing(_world: World) -> None:
    """Nobody looks at the night here."""


FIRE = Plan(
    acts=Acts((200, enrol_who_is_new), (5, repeat), (1, deliver)),
    company=Acts((1, enrol_who_is_new), (1, stall)),
    taken=taken,
    night=nothing,
    at_the_end=nothing,
    at_rest=ask_on,
    wait=wait,
    people=PEOPLE,
    company_rate=0.15,
)
