"""Stock under fire: ten thousand claims on a thousand coupons, by hundreds of people, while everything fails.

Nobody does anything but claim. Now and then a claim stands still between its reservation and its commit, for longer than
reservations are kept for: then somebody else may have its unit, and it must find that out. When all has calmed down,
everybody goes on asking until they are refused: then every unit is issued, and none is left.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

import yaml

from tessera.programme.load import PACKAGED
from tessera.programme.model import Programme
from tests.simulation.functions import SHOP
from tests.simulation.operations import claim, deliver, repeat, taken
from tests.simulation.violations import insist
from tests.simulation.world import Acts, Answer, Person, Plan, Request, World

if TYPE_CHECKING:
    from tests.simulation.programmes import Rules

STOCK, CLAIMS, PEOPLE, EACH = 1_000, 10_000, 400, 6
TEMPLATE = "rush"
ABANDONED_AFTER = 60
CALLS_WHEN_SOLD_OUT = 2

_RUSH: Rules = {
    "id": TEMPLATE, "name": TEMPLATE, "terms": TEMPLATE, "kind": "amount_off", "amount": 500, "valid_days": 365,
    "per_member": EACH, "stock": STOCK,
}  # fmt: skip


@cache
def programme(_number: int) -> Programme:
    """Make a programme of one template."""
    rules = yaml.safe_load(PACKAGED.read_text(encoding="utf-8"))
    return Programme.model_validate(rules | {"coupons": [_RUSH]})


def enrol_who_is_new(world: World, person: Person) -> None:
    """Somebody joins, and claims; who has joined claims."""
    if person.member_id not in world.audit.model.accounts:
        body = json.dumps({"identity": person.name} if person.customer else {})
        caller = SHOP if person.customer else person.caller
        world.ask(Request("POST /members", {}, caller, lambda _world, _answer: None, body))
    claim(world, person, TEMPLATE)


def stall(world: World, _person: Person) -> None:
    """Nothing happens, for so long that what is reserved may be taken for abandoned."""
    world.millis += world.random.randrange(ABANDONED_AFTER * 2_000)


def wait(world: World) -> None:
    """Let hardly any time pass, now and then a minute."""
    world.millis += world.random.randrange(200 if world.random.random() < 0.998 else 120_000)


def ask_on(world: World) -> None:
    """Let everybody ask until they are refused; then all of the stock is issued, and a refusal costs next to nothing."""
    world.millis += 2 * ABANDONED_AFTER * 1000
    refused: list[str] = []

    def check(_world: World, answer: Answer) -> None:
        if answer.status != 201:
            refused.append(answer.json["code"])

    body = json.dumps({"template_id": TEMPLATE})
    for person in world.people:
        request = Request("POST /members/{member_id}/coupons", person.path, person.at_checkout, check, body)
        until = len(refused) + 1
        while len(refused) < until:
            calls = world.weather.met["calls"]
            world.ask(request)
        if refused[-1] == "sold_out" and refused.count("sold_out") > 1:
            calls = world.weather.met["calls"] - calls
            insist(calls <= CALLS_WHEN_SOLD_OUT, "a refusal costs two calls at most", calls)
    issued = world.audit.model.wallets.issued.get(TEMPLATE, 0)
    insist(set(refused) <= {"sold_out", "limit_reached", "not_found"}, "refused for a reason", set(refused))
    insist("sold_out" in refused and issued == STOCK, "all that there is, is issued", issued)


def nothing(_world: World) -> None:
    """Nobody looks at the night here."""


FIRE = Plan(
    acts=Acts((200, enrol_who_is_new), (5, repeat), (1, deliver)),
    company=Acts((30, enrol_who_is_new), (1, stall)),
    taken=taken,
    night=nothing,
    at_the_end=nothing,
    at_rest=ask_on,
    wait=wait,
    people=PEOPLE,
)
