"""What may happen in the simulated world, and what must be true of each answer.

To add an operation: write a function of the world and of somebody in it, that sends a `Request` or a message; say in
its check what the answer promises; and give it a weight in `PLAN`.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tessera.programme.load import in_force
from tests.simulation import pricing, programmes, wire
from tests.simulation.climb import day_of, reckons
from tests.simulation.customers import customer_at
from tests.simulation.functions import OPERATOR, SHOP
from tests.simulation.history import Adjusting, Content, Placing, amount
from tests.simulation.model import BASIS_POINTS
from tests.simulation.shared import LEEWAY, RESERVED_FOR
from tests.simulation.violations import insist
from tests.simulation.world import (
    ALLOWANCES,
    PURCHASES,
    SETTLEMENTS,
    Acts,
    Answer,
    Message,
    Person,
    Plan,
    Request,
    World,
)

if TYPE_CHECKING:
    from random import Random

    from tests.simulation.climb import Climb
    from tests.simulation.model import Account

CATEGORIES = (None, None, "christmas", "stationery", "home")
TEMPLATES = tuple(template["id"] for template in programmes.TEMPLATES)
BRANDS = (None, None, "acorn", "birch")
ACTIONS = ("review", "review", "survey", "completed_profile")
BENEFITS = ("free_shipping", "free_shipping", "free_shipping", "birthday_gift", "priority_service")
ZONES = ("Europe/London", "Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati", "Etc/GMT+12")
CARDS_KEPT = 6


# ---- members -----------------------------------------------------------------------------------------------------


def enrol(world: World, person: Person) -> None:
    """Somebody joins; the second time they get their card."""

    def check(world: World, answer: Answer) -> None:
        insist(answer.status in (200, 201), "enrolling", answer.text)
        insist(answer.json["member_id"] == person.member_id, "who has enrolled", answer.text)
        insist(person.member_id in world.audit.model.accounts, "nothing lost", "a member")
        if answer.status == 201:
            world.once(f"enrolled {person.member_id}")

    body: Content = {"display_name": person.name, "time_zone": ("Europe/London", "Asia/Shanghai")[len(person.name) % 2]}
    if person.customer:
        body["identity"] = person.name
    world.ask(Request("POST /members", {}, SHOP if person.customer else person.caller, check, json.dumps(body)))


def show_card(world: World, person: Person) -> None:
    """Somebody looks at their card: it shows what is booked, and what time has done since."""

    def check(world: World, answer: Answer) -> None:
        account = world.audit.model.accounts.get(person.member_id)
        if _refused(answer, 200, not_found=account is None) or not answer.quiet or account is None:
            return
        now = max(_written(answer.millis // 1000), account.booked_at)
        insist(answer.json["standing"] == account.standing, "the card says what is there", account.standing)
        _remember(world, person, (now, account.sequence, _without_name(answer.json)))
        if any((expires or "9") <= now or idle for expires, _, idle in account.lots):
            return  # what has expired by now is left to the domain's own tests
        lapsed = sum(hold.points - hold.owed for hold in account.holds.values() if hold.expires_at <= wire.instant(now))
        if lapsed and in_force().points.expiry.policy != "never":
            return  # and so is what has expired while it was held
        ripe = sum(points for (_, matures, _), points in account.lots.items() if (matures or "0") <= now)
        available = answer.json["points"]["available"]
        insist(available == ripe + lapsed, "the card says what is there", available, ripe, lapsed)

    world.ask(Request("GET /members/{member_id}", person.path, person.caller, check))


def look_back(world: World, person: Person) -> None:
    """Somebody asks for a card that they have seen before: it is the same, whatever has happened since."""
    past = [seen for seen in person.seen if seen[0] < _lately(world)]
    if not past:
        return
    instant, sequence, shown = world.random.choice(past)

    def check(world: World, answer: Answer) -> None:
        account = world.audit.model.accounts[person.member_id]
        insist(answer.status == 200, "a card of the past", answer.text)
        # No two clocks agree: somebody may have recorded things later, and as of before.
        if answer.quiet and all(recorded > instant for recorded in account.recorded[sequence:]):
            insist(_without_name(answer.json) == shown, "the past stays what it was", instant, answer.text, shown)

    world.ask(Request("GET /members/{member_id}", person.path, person.caller, check, query={"as_of": instant}))


def list_past_entries(world: World, person: Person) -> None:
    """Somebody reads their statement as of a past instant: it ends with what had been recorded by then."""
    account = world.audit.model.accounts.get(person.member_id)
    past = [recorded for recorded in account.recorded if recorded < _lately(world)] if account else []
    if not past:
        return
    instant = world.random.choice(past)

    def check(world: World, answer: Answer) -> None:
        insist(answer.status == 200, "a statement of the past", answer.text)
        if answer.quiet:
            known = bisect_right(world.audit.model.accounts[person.member_id].recorded, instant)
            numbers = [item["sequence"] for item in answer.json["items"]]
            insist(numbers == list(range(known, max(0, known - 5), -1)), "the past stays what it was", instant, numbers)

    query = {"as_of": instant, "limit": "5"}
    world.ask(Request("GET /members/{member_id}/entries", person.path, person.caller, check, query=query))


def show_tier(world: World, person: Person) -> None:
    """Somebody looks where they stand on the ladder, now and then at where an order would bring them."""
    spend = world.random.choice((None, 0, world.random.randrange(5_000), world.random.randrange(200_000)))

    def check(world: World, answer: Answer) -> None:
        account = world.audit.model.accounts.get(person.member_id)
        if _refused(answer, 200, not_found=account is None) or not answer.quiet or account is None or not reckons():
            return
        climb, said = account.climb, answer.json
        now = wire.instant(max(_written(answer.millis // 1000), account.booked_at))
        ripe = any((matures or "9") <= _written(int(now.timestamp())) for _, matures, _ in account.lots)
        if ripe or not climb.is_settled(now):
            return  # what time has done since the last booking is checked when it is booked
        until = climb.lent.until if climb.lent and climb.is_lent else climb.held.until
        grace = climb.held.grace and not climb.is_lent
        expected = [climb.tier.id, until and _written(int(until.timestamp())), climb.is_lent, grace]
        shown = [said[name] for name in ("id", "until", "placed", "grace")]
        insist(shown == expected, "the tier is shown as it is", shown, expected)
        insist(said["growth"] == climb.growth_on(day_of(now)), "the tier is shown as it is", answer.text)
        _insist_on_what_is_missing(said["next"], climb, now)
        if spend is not None:
            _insist_on_what_an_order_would_bring(said["if_spend"], spend, account, now)

    query = {} if spend is None else {"if_spend": str(spend)}
    world.ask(Request("GET /members/{member_id}/tier", person.path, person.caller, check, query=query))


def _insist_on_what_is_missing(said: Content | None, climb: Climb, now: datetime) -> None:
    """Insist that the next tier that can be earned is shown, with how far the member has come with what it asks for."""
    above = [tier for tier in in_force().tiers.ladder[climb.rank + 1 :] if tier.condition]
    insist((said and said["id"]) == (above[0].id if above else None), "the next tier", said)
    if said:
        shown = [step["have"] for step in _steps(said["progress"])]
        expected = [climb.have(criterion, day_of(now)) for criterion in above[0].criteria]
        insist(shown == expected, "how far it is to the next tier", shown, expected)


def _insist_on_what_an_order_would_bring(said: Content, spend: int, account: Account, now: datetime) -> None:
    """Insist that an order which nobody has placed would bring what is said of it."""
    rates, rules = in_force().earning, in_force().points
    active = account.standing == "active"
    multiplier = account.tier.multiplier_bp if active else 0
    points = spend * rates.points.base.earn * multiplier // (rates.points.base.per * BASIS_POINTS)
    growth = spend * rates.growth.base.earn // rates.growth.base.per if active else 0
    insist((said["points"], said["growth"]) == (points, growth), "what an order would bring", said, points, growth)
    waits = rules.growth_waits and rules.return_window_days
    after = account.climb.with_order(spend, 0 if waits else growth, now)
    insist(said["tier"] == after.tier.id, "what an order would bring", said, after.held)


def _steps(progress: Content) -> list[Content]:
    return [step for part in progress["parts"] for step in _steps(part)] if "parts" in progress else [progress]


def verify(world: World, person: Person) -> None:
    """Somebody has their ledger verified: it is what it has to be, at any moment."""

    def check(world: World, answer: Answer) -> None:
        if not _refused(answer, 200, not_found=person.member_id not in world.audit.model.accounts):
            insist(answer.json["verified"], "the ledger is verified", answer.text)

    route = "GET /members/{member_id}/entries/verification"
    world.ask(Request(route, person.path, person.caller, check))


def list_entries(world: World, person: Person) -> None:
    """Somebody reads their statement, page after page."""
    cursor = _list_entries(world, person, {"limit": "7"})
    while cursor and world.random.random() < 0.3:
        cursor = _list_entries(world, person, {"limit": "7", "cursor": cursor})


def _list_entries(world: World, person: Person, query: dict[str, str]) -> str | None:
    """Read a page of a statement, and answer the cursor of the next."""

    def check(world: World, answer: Answer) -> None:
        account = world.audit.model.accounts.get(person.member_id)
        if _refused(answer, 200, not_found=account is None) or account is None:
            return
        numbers = [item["sequence"] for item in answer.json["items"]]
        balances = [item["points_balance"] for item in answer.json["items"]]
        first = max(numbers, default=0)
        insist(numbers == list(range(first, first - len(numbers), -1)), "a statement without gaps", numbers)
        insist(balances == [account.balances[number - 1] for number in numbers], "the statement adds up", numbers)
        if "cursor" in query:
            world.promise(f"page {person.member_id} {query['cursor']}", answer.text)
        elif answer.quiet:
            insist(first == account.sequence, "the statement is complete", first)

    answer = world.ask(Request("GET /members/{member_id}/entries", person.path, person.caller, check, query=query))
    return answer.json["next_cursor"] if answer and answer.status == 200 else None


def sign_in(world: World, person: Person) -> None:
    """Somebody signs in; a repeat on the same day gets the same body."""

    def check(world: World, answer: Answer) -> None:
        account = world.audit.model.accounts.get(person.member_id)
        allowed = _unless_active(account, answer)
        if _refused(answer, 200, 201, not_found=account is None, allowed=allowed) or account is None:
            return
        day = answer.json["day"]
        insist(day in account.days, "nothing lost", "a sign-in", day)
        world.promise(f"sign-in {person.member_id} {day}", answer.text)
        if answer.status == 201:
            world.once(f"signed in {person.member_id} {day}")

    world.ask(Request("POST /members/{member_id}/sign-ins", person.path, person.caller, check))


def make_up(world: World, person: Person) -> None:
    """Somebody makes up a day of the last ones, or tries to; a repeat gets the same body."""
    day = datetime.fromtimestamp(world.millis // 1000 - world.random.randrange(-1, 9) * 86_400, tz=UTC).date()

    def check(world: World, answer: Answer) -> None:
        account = world.audit.model.accounts.get(person.member_id)
        allowed = {"no_make_up_card", "day_not_over", "day_signed_in", "day_not_missed", "day_too_long_ago"}
        allowed |= {"before_enrolment"} | _unless_active(account, answer)
        if _refused(answer, 200, 201, not_found=account is None, allowed=allowed) or account is None:
            return
        insist(day.isoformat() in account.made_up, "nothing lost", "a make-up", day)
        world.promise(f"make-up {person.member_id} {day}", answer.text)
        if answer.status == 201:
            world.once(f"made up {person.member_id} {day}")

    body = json.dumps({"day": day.isoformat()})
    world.ask(Request("POST /members/{member_id}/make-ups", person.path, person.caller, check, body))


def move(world: World, person: Person) -> None:
    """Somebody moves, or is where they say already."""
    zone = world.random.choice(ZONES)

    def check(world: World, answer: Answer) -> None:
        account = world.audit.model.accounts.get(person.member_id)
        if _refused(answer, 200, not_found=account is None, allowed={"member_closed"}) or account is None:
            return
        if answer.quiet:
            insist(account.time_zone == zone, "nothing lost", "a move", zone)

    body = json.dumps({"time_zone": zone})
    world.ask(Request("PATCH /members/{member_id}", person.path, person.caller, check, body))


def show_month(world: World, person: Person) -> None:
    """Somebody looks at the calendar of their sign-ins."""

    def check(world: World, answer: Answer) -> None:
        account = world.audit.model.accounts.get(person.member_id)
        if _refused(answer, 200, not_found=account is None) or not answer.quiet or account is None:
            return
        month = answer.json["month"]
        days = sorted(day for day in account.days if day.startswith(month))
        insist(answer.json["days"] == days, "the calendar says what was", answer.text, days)
        made_up = sorted(day for day in account.made_up if day.startswith(month))
        insist(answer.json["made_up"] == made_up, "the calendar says what was", answer.text, made_up)
        insist(answer.json["make_up"]["cards"] == account.cards, "the calendar says what was", answer.text)

    world.ask(Request("GET /members/{member_id}/sign-ins", person.path, person.caller, check))


# ---- coupons and checkout ----------------------------------------------------------------------------------------


def claim(world: World, person: Person, template: str | None = None) -> None:
    """Somebody claims a coupon, mostly under a key, now and then under one that was used before."""
    key = world.name("key") if world.random.random() < 0.7 else None
    if key and person.keys and world.random.random() < 0.2:
        key = world.random.choice(person.keys)
    template = template or world.random.choice(TEMPLATES)

    def check(world: World, answer: Answer) -> None:
        account = world.audit.model.accounts.get(person.member_id)
        allowed = {"limit_reached", "insufficient_points", "not_eligible", "template_over"}
        allowed |= {"idempotency_key_reused"} if key in person.keys else set()
        allowed |= {"sold_out"} if not answer.alone or _is_sold_out(world, template) else set()
        if _refused(answer, 201, not_found=account is None, allowed=allowed):
            return
        coupon = answer.json["coupon_id"]
        issued = world.audit.model.wallets.coupons[coupon]
        price = issued.template.get("price_points", 0)
        insist(issued.eligible and issued.paid == price, "who may claim, and for what", coupon, issued)
        insist(_stored(world, "CouponsTable", person.member_id, coupon), "nothing lost", "a coupon", coupon)
        if key:
            world.promise(f"key {person.member_id} {key}", answer.text)
            person.keys.append(key)
        else:
            world.once(f"claimed {coupon}")
        if coupon not in person.coupons:
            person.coupons.append(coupon)

    body = json.dumps({"template_id": template})
    world.ask(Request("POST /members/{member_id}/coupons", person.path, person.at_checkout, check, body, key))


def _is_sold_out(world: World, template_id: str) -> bool:
    """Whether nothing is left of a stock but what claims have that may still be committed, or was so until just now."""
    template = in_force().template(template_id)
    if template is None or template.stock is None:
        return False
    now = world.millis // 1000 - LEEWAY
    marked = (_stored(world, "CouponTemplatesTable", template_id, "head") or {}).get("sold_out_until", {"N": "0"})
    young = sum(since + RESERVED_FOR > now for since in world.audit.stock.open(template_id).values())
    issued = world.audit.model.wallets.issued.get(template_id, 0)
    return issued + young >= template.stock or int(marked["N"]) > now


def list_coupons(world: World, person: Person) -> None:
    """Somebody looks through their coupons."""

    def check(world: World, answer: Answer) -> None:
        _refused(answer, 200, not_found=person.member_id not in world.audit.model.accounts)

    world.ask(
        Request("GET /members/{member_id}/coupons", person.path, person.caller, check, query={"status": "active"})
    )


def list_templates(world: World, person: Person) -> None:
    """Somebody looks at what they may claim."""

    def check(_world: World, answer: Answer) -> None:
        insist(answer.status == 200, "templates", answer.text)

    world.ask(Request("GET /coupon-templates", {}, person.at_checkout, check))


def quote(world: World, person: Person) -> None:
    """Somebody prices a basket."""

    def check(world: World, answer: Answer) -> None:
        if _refused(answer, 200, not_found=person.member_id not in world.audit.model.accounts):
            return
        said = answer.json
        off = sum(discount["amount"] for discount in said["discounts"])
        total = said["subtotal"] - off - said["points_value"] + said["shipping"]
        insist(said["total"] == total >= 0, "a quote adds up", answer.text)
        if answer.quiet and (customer := customer_at(world.audit, person.member_id, answer.millis)):
            pricing.check(said, asked, customer)

    asked = _basket(world, person, _lines(world.random))
    body = json.dumps(asked)
    world.ask(Request("POST /members/{member_id}/quotes", person.path, person.at_checkout, check, body))


def hold(world: World, person: Person) -> None:
    """Somebody holds points and coupons for an order, now and then for one that has held before."""
    order_id = world.name("order")
    if person.baskets and world.random.random() < 0.2:
        order_id = world.random.choice(list(person.baskets.values()))[0]
    lines = _lines(world.random)

    def check(world: World, answer: Answer) -> None:
        refusals = {"insufficient_points", "too_many_holds", "order_already_held", "order_already_counted"}
        refusals |= {"points_below_minimum", "points_above_ceiling"}
        refusals |= _refusals_of_coupons(world, person, asked, answer)
        account = world.audit.model.accounts.get(person.member_id)
        refusals |= _unless_active(account, answer)
        if _refused(answer, 200, 201, not_found=account is None, allowed=refusals):
            return
        redemption_id = answer.json["redemption_id"]
        insist(redemption_id in world.audit.model.holds, "nothing lost", "a hold", redemption_id)
        world.promise(f"hold {redemption_id}", answer.text)
        if answer.status == 201:
            world.once(f"held {redemption_id}")
        person.baskets[redemption_id] = (order_id, lines)

    asked = _basket(world, person, lines)
    body = json.dumps({"order_id": order_id} | asked)
    world.ask(Request("POST /members/{member_id}/redemptions", person.path, person.at_checkout, check, body))
    if person.baskets and world.random.random() < 0.5:
        world.random.choice((confirm, release, redeemed_order))(world, person)


def _refusals_of_coupons(world: World, person: Person, asked: Content, answer: Answer) -> set[str]:
    """Answer how a hold may be refused for the coupons that it names: as they would not apply in a quote."""
    code = answer.json.get("code", "")
    if not code.startswith("coupon_") or person.member_id not in world.audit.model.accounts:
        return set()
    customer = customer_at(world.audit, person.member_id, answer.millis) if answer.quiet else None
    return {f"coupon_{reason}" for reason in pricing.reasons(asked, customer)} if customer else {code}


def confirm(world: World, person: Person) -> None:
    """Somebody confirms a redemption, or some lines of it."""
    if not person.baskets:
        return
    redemption_id, (order_id, lines) = _recent(world.random, list(person.baskets.items()))
    part = [line["line_id"] for line in lines if world.random.random() < 0.5]
    body = json.dumps({"lines": part}) if part and world.random.random() < 0.3 else None

    def check(world: World, answer: Answer) -> None:
        bought = world.audit.model.orders.get(order_id)
        refusals = {"order_already_counted"} if bought and bought.came_back else set()
        if _refused(answer, 200, allowed=refusals | {"redemption_released", "redemption_confirmed", "invalid"}):
            return
        insist(world.audit.model.holds[redemption_id].state == "confirmed", "nothing lost", "a confirmation", body)

    route = "POST /members/{member_id}/redemptions/{redemption_id}/confirm"
    world.ask(Request(route, person.path | {"redemption_id": redemption_id}, person.at_checkout, check, body))


def release(world: World, person: Person) -> None:
    """Somebody releases a redemption."""
    if not person.baskets:
        return
    redemption_id, _ = _recent(world.random, list(person.baskets.items()))

    def check(world: World, answer: Answer) -> None:
        if _refused(answer, 200, allowed={"redemption_confirmed"}):
            return
        held = world.audit.model.holds[redemption_id]
        account = world.audit.model.accounts[person.member_id]
        now = max(_second(answer.millis), wire.instant(account.booked_at))
        insist(held.state != "open" or held.expires_at <= now, "nothing lost", "a release", redemption_id)

    route = "POST /members/{member_id}/redemptions/{redemption_id}/release"
    world.ask(Request(route, person.path | {"redemption_id": redemption_id}, person.at_checkout, check))


def use_benefit(world: World, person: Person) -> None:
    """A shop uses a benefit of somebody's, now and then one that was used before or is not for them."""
    random = world.random
    benefit_id = random.choice(BENEFITS)
    use_id = world.name("use")
    if person.uses and random.random() < 0.3:
        benefit_id, use_id = _recent(random, person.uses)
    person.uses.append((benefit_id, use_id))

    def check(world: World, answer: Answer) -> None:
        account = world.audit.model.accounts.get(person.member_id)
        refusals = {"not_entitled", "quota_used_up", "use_released"}
        if _refused(answer, 200, 201, not_found=account is None, allowed=refusals) or account is None:
            return
        insist(use_id in account.used, "nothing lost", "a use", use_id)
        world.promise(f"use {person.member_id} {use_id}", answer.text)
        if answer.status == 201:
            world.once(f"used {person.member_id} {use_id}")

    path = {"member_id": person.member_id, "benefit_id": benefit_id}
    body = json.dumps({"use_id": use_id})
    world.ask(Request("POST /members/{member_id}/benefits/{benefit_id}/uses", path, SHOP, check, body))


def take_use_back(world: World, person: Person) -> None:
    """A shop takes a use back, now and then one that never was."""
    if not person.uses:
        return
    benefit_id, use_id = _recent(world.random, person.uses)

    def check(world: World, answer: Answer) -> None:
        account = world.audit.model.accounts.get(person.member_id)
        _refused(answer, 200, not_found=account is None or use_id not in account.used)

    path = {"member_id": person.member_id, "benefit_id": benefit_id, "use_id": use_id}
    route = "POST /members/{member_id}/benefits/{benefit_id}/uses/{use_id}/release"
    world.ask(Request(route, path, SHOP, check))


# ---- what operators do -------------------------------------------------------------------------------------------


def adjust(world: World, person: Person) -> None:
    """An operator gives or takes points, mostly under a key, now and then under one that was used before."""
    random = world.random
    key = world.name("key") if random.random() < 0.7 else None
    if key and person.adjusted and random.random() < 0.2:
        key = random.choice(person.adjusted)
    note = world.name("adjustment")
    points = random.randrange(-40, 60) or 1
    if random.random() < 0.05:
        points = 501
    asked = Adjusting(person.member_id, points, random.choice((0, 0, 0, 5)), once=key is not None)
    world.history.adjustments[note] = asked

    def check(world: World, answer: Answer) -> None:
        account = world.audit.model.accounts.get(person.member_id)
        allowed = {"idempotency_key_reused"} if key in person.adjusted else set()
        allowed |= {"insufficient_points"} if points < 0 else set()
        allowed |= {"above_ceiling"} if points > 500 else set()
        allowed |= {"member_closed"} if account and account.standing == "closed" else set()
        if _refused(answer, 201, not_found=account is None, allowed=allowed) or account is None:
            return
        insist(note in world.audit.model.adjusted, "nothing lost", "an adjustment", note)
        entry = answer.json
        insist(entry["points"] == points, "an adjustment is what was asked for", answer.text)
        insist(entry["points_balance"] == account.balances[entry["sequence"] - 1], "the statement adds up", answer.text)
        if key:
            world.promise(f"adjustment {person.member_id} {key}", answer.text)
            person.adjusted.append(key)
        else:
            world.once(f"adjusted {entry['entry_id']}")

    body = json.dumps({"points": points, "growth": asked.growth, "reason": "goodwill", "note": note})
    path = {"member_id": person.member_id}
    world.ask(Request("POST /members/{member_id}/adjustments", path, OPERATOR, check, body, key))


def place(world: World, person: Person) -> None:
    """An operator places somebody on a tier for some days, mostly under a key; now and then on one that is too low."""
    tier = world.random.choice(in_force().tiers.ladder[1:]).id
    until = _written(world.millis // 1000 + world.random.choice((3_600, 86_400, world.random.randrange(30 * 86_400))))
    body = {"tier": tier, "until": until}
    _place(world, person, "placements", body, {"tier_not_higher", "member_closed", "invalid"})


def end_placement(world: World, person: Person) -> None:
    """An operator ends a placement before its time, or what is none."""
    _place(world, person, "placements/end", {}, set())


def _place(world: World, person: Person, action: str, body: Content, refusals: set[str]) -> None:
    random, note = world.random, world.name("placing")
    key = world.name("key") if random.random() < 0.7 else None
    if key and person.placed and random.random() < 0.2:
        key = random.choice(person.placed)
    placing = Placing(person.member_id, body.get("tier"), body.get("until", ""), once=key is not None)
    world.history.placings[note] = placing

    def check(world: World, answer: Answer) -> None:
        account = world.audit.model.accounts.get(person.member_id)
        allowed = refusals | ({"idempotency_key_reused"} if key in person.placed else set())
        if _refused(answer, 200, 201, not_found=account is None, allowed=allowed) or account is None:
            return
        insist(placing.tier is None or note in world.audit.model.placed, "nothing lost", "a placement", note)
        if answer.quiet and key is None and placing.tier is None:
            insist(account.climb.lent is None, "nothing lost", "the end of a placement", note)
        if key:
            world.promise(f"{action} {person.member_id} {key}", answer.text)
            person.placed.append(key)

    content = json.dumps({**body, "reason": "goodwill", "note": note})
    path = {"member_id": person.member_id}
    world.ask(Request(f"POST /members/{{member_id}}/{action}", path, OPERATOR, check, content, key))


def change_standing(world: World, person: Person) -> None:
    """An operator freezes somebody, or lifts that, mostly; accounts are hardly ever closed."""
    accounts = world.audit.model.accounts
    frozen = [id_ for id_, account in accounts.items() if account.standing == "frozen"]
    if frozen and world.random.random() < 0.8:
        member_id, standing = world.random.choice(frozen), "active"
    else:
        member_id, standing = person.member_id, "frozen" if world.random.random() < 0.97 else "closed"
    key = world.name("key") if world.random.random() < 0.5 else None

    def check(world: World, answer: Answer) -> None:
        account = world.audit.model.accounts.get(member_id)
        if _refused(answer, 200, not_found=account is None, allowed={"member_closed"}) or account is None:
            return
        insist(answer.json == {"standing": standing}, "a standing is what was asked for", answer.text)
        if key is None and answer.quiet:
            insist(account.standing == standing, "nothing lost", "a standing", standing)

    body = json.dumps({"standing": standing, "reason": "abuse", "note": "as it is"})
    path = {"member_id": member_id}
    world.ask(Request("POST /members/{member_id}/standing", path, OPERATOR, check, body, key))


# ---- what a shop sends -------------------------------------------------------------------------------------------


def act(world: World, person: Person) -> None:
    """A shop vouches for something that somebody has done, now and then days ago, or somebody who is unknown."""
    ago = world.random.randrange(3 * 86_400) if world.random.random() < 0.4 else 0
    whose = {"member_id": "m_nobody"} if world.random.random() < 0.02 else _buyer(person)
    send(
        world,
        {
            "type": "action",
            "action_id": world.name("action"),
            "kind": world.random.choice(ACTIONS),
            "at": _written(world.millis // 1000 - ago),
        }
        | whose,
    )


def order(world: World, person: Person) -> None:
    """A shop completes an order: of a member, of a customer whom nobody knows, or of a guest."""
    send(world, order_content(world, person))


def redeemed_order(world: World, person: Person) -> None:
    """A shop completes an order that was held for, with its lines or others; now and then it names no redemption."""
    if not person.baskets:
        return
    redemption_id, (order_id, lines) = _recent(world.random, list(person.baskets.items()))
    if world.random.random() < 0.1:
        lines = _lines(world.random)
    named = {"redemption_id": redemption_id} if world.random.random() < 0.8 else {}
    send(world, _order(world, order_id, lines) | named | _buyer(person))


def refund(world: World, _person: Person) -> None:
    """A shop refunds a part of an order, by quantity or by amount, now and then more than was bought."""
    if orders := world.history.lately_ordered:
        send(world, refund_content(world, world.random.choice(orders)))


def early_refund(world: World, person: Person) -> None:
    """A shop's refund overtakes its order, which comes later or never."""
    content = order_content(world, person)
    send(world, refund_content(world, content))
    if world.random.random() < 0.8:
        world.later.append(content)


def late_order(world: World, _person: Person) -> None:
    """An order comes whose refund has overtaken it."""
    if world.later:
        send(world, world.later.pop(world.random.randrange(len(world.later))))


def send_again(world: World, _person: Person) -> None:
    """A shop sends a message again, or another one under the same id."""
    if not world.history.lately:
        return
    content = world.random.choice(world.history.lately)
    if world.random.random() < 0.1 and content["type"] == "order.completed":
        content = content | {"lines": _lines(world.random)}
    elif world.random.random() < 0.1 and content["type"] == "action":
        content = content | {"kind": world.random.choice(ACTIONS)}
    send(world, content)


def poison(world: World, person: Person) -> None:
    """A message comes that can never be counted."""
    content = order_content(world, person)
    body = world.random.choice(
        (
            "{", "[]", json.dumps({"type": "order.lost"}), json.dumps(content | {"lines": []}),
            json.dumps(content | {"currency": "CHF"}), json.dumps(content | {"colour": "red"}),
            json.dumps(content | {"placed_at": "2199-01-01T00:00:00Z"}),
            json.dumps({**content, "member_id": "m_nobody", "identity": None}),
        )
    )  # fmt: skip
    world.put_on(PURCHASES, body)


def deliver(world: World, _person: Person) -> None:
    """The purchases queue hands a batch to its function."""
    world.deliver(PURCHASES, 10)


def settle(world: World, _person: Person) -> None:
    """The settlements queue hands a batch to its function."""
    world.deliver(SETTLEMENTS, 10)


def settle_uses(world: World, _person: Person) -> None:
    """The allowances queue hands a batch to its function."""
    world.deliver(ALLOWANCES, 10)


def night(world: World, _person: Person) -> None:
    """The nightly schedule fires."""
    world.tonight()


def show_purchase(world: World, _person: Person) -> None:
    """A shop looks at an order."""
    if not world.history.lately_ordered:
        return
    order_id = world.random.choice(world.history.lately_ordered)["order_id"]

    def check(world: World, answer: Answer) -> None:
        known = world.audit.model.orders.get(order_id)
        if _refused(answer, 200, not_found=known is None) or known is None or not answer.quiet:
            return
        for line in answer.json["lines"]:
            pieces, _ = known.refunded.get(line["line_id"], (0, 0))
            insist(line["refunded_quantity"] == pieces, "an order shows its refunds", order_id)

    world.ask(Request("GET /purchases/{order_id}", {"order_id": order_id}, SHOP, check))


def repeat(world: World, _person: Person) -> None:
    """A client that has had its answer, or none, sends the very same request again."""
    if world.recent:
        world.ask(world.random.choice(world.recent))


# ---- what must be true of messages -------------------------------------------------------------------------------


def taken(world: World, queue: str, message: Message) -> None:
    """Insist that a message that a function is done with is counted, waits in its record, or is a dead letter."""
    if queue == SETTLEMENTS:
        _settled(world, json.loads(message.body))
    elif queue == PURCHASES and message.body not in world.dead_bodies:
        insist(_is_counted(world, json.loads(message.body)), "nothing lost", message.body)


def at_the_end(world: World) -> None:
    """Insist that nothing waits any more, and that all that was accepted is counted or a dead letter."""
    for (key,), item in world.store.tables["OperationsTable"].items.items():
        insist("parked" not in item or not item["parked"]["L"], "nothing waits for ever", key)
        insist(item.get("status") != {"S": "parked"}, "nothing waits for ever", key)
    for letter in world.dead:
        if letter.queue == PURCHASES and '"type": "action"' in letter.message.body:
            _rightly_dead(world, json.loads(letter.message.body), letter.reason)
    dead = {json.dumps(json.loads(body), sort_keys=True) for body in world.dead_bodies if body != "{"}
    for content in world.accepted:
        insist(_is_counted(world, content) or json.dumps(content, sort_keys=True) in dead, "nothing lost", content)


def _is_counted(world: World, content: Content) -> bool:
    if content["type"] == "order.completed":
        item = _stored(world, "OperationsTable", f"order:{content['order_id']}")
        if item is None or item["kind"]["S"] != "order":
            return False
        lines = [(line[0], line[1], line[2]) for line in json.loads(item["lines"]["S"])]
        return lines == [(line["line_id"], line["quantity"], amount(line)) for line in content["lines"]]
    if content["type"] == "action":
        item = _stored(world, "OperationsTable", f"action:{content['action_id']}") or {}
        return all(item.get(name) == {"S": content[said]} for name, said in (("kind_of_action", "kind"), ("at", "at")))
    item = _stored(world, "OperationsTable", f"refund:{content['refund_id']}")
    return item is not None and item["order_id"]["S"] == content["order_id"]


def _rightly_dead(world: World, action: Content, reason: str | None) -> None:
    if reason == "action_id_reused":
        other = _stored(world, "OperationsTable", f"action:{action['action_id']}")
        insist(other and not _is_counted(world, action), "dead letters say why", action)
    else:
        insist(reason == "unknown_member", "dead letters say why", reason, action)


def _settled(world: World, work: Content) -> None:
    for key in work["ids"]:
        table = "MembersTable" if work["task"] == "member" else "OperationsTable"
        item = _stored(world, table, key) or {}
        due = item.get("due_at", {"S": "9999"})["S"]
        insist(due > work["as_of"], "what was due is settled", key, due)


# ---- making things up --------------------------------------------------------------------------------------------


def send(world: World, content: Content) -> None:
    """Send a message as shops do: straight onto the queue, or over HTTP."""
    world.history.tell(content)
    if world.random.random() < 0.7:
        world.accepted.append(content)
        world.put_on(PURCHASES, json.dumps(content))
        return

    def check(world: World, answer: Answer) -> None:
        insist(answer.status == 202, "messages are taken", answer.text)
        world.accepted.append(content)

    route = "POST /actions" if content["type"] == "action" else "POST /purchases"
    world.ask(Request(route, {}, SHOP, check, json.dumps(content)))


def order_content(world: World, person: Person) -> Content:
    """Make up an order."""
    content = _order(world, world.name("order"), _lines(world.random))
    drawn = world.random.random()
    if drawn < 0.1:
        return content
    if drawn < 0.15:
        return content | {"identity": "nobody"}
    return content | _buyer(person) if person.member_id in world.audit.model.accounts else content


def refund_content(world: World, of: Content) -> Content:
    """Make up a refund of some lines of an order."""
    random = world.random
    lines: list[Content] = []
    for line in of["lines"]:
        if lines and random.random() < 0.5:
            continue
        if "quantity" not in line or random.random() < 0.1:
            lines.append({"line_id": line["line_id"], "amount": random.randrange(1, 1500)})
        else:
            most = line["quantity"] + (random.random() < 0.05)
            lines.append({"line_id": line["line_id"], "quantity": random.randrange(1, most + 1)})
    return {
        "type": "order.refunded",
        "refund_id": world.name("refund"),
        "order_id": of["order_id"],
        "refunded_at": _written(world.millis // 1000),
        "lines": lines,
    }


def _order(world: World, order_id: str, lines: list[Content]) -> Content:
    ago = world.random.randrange(200_000) if world.random.random() < 0.2 else 0
    return {
        "type": "order.completed",
        "order_id": order_id,
        "placed_at": _written(world.millis // 1000 - ago),
        "currency": "GBP",
        "lines": lines,
    }


def _buyer(person: Person) -> Content:
    return {"identity": person.name} if person.customer else {"member_id": person.member_id}


def _lines(random: Random) -> list[Content]:
    lines = []
    for n in range(random.choice((1, 1, 2, 3))):
        line: Content = {
            "line_id": str(n + 1),
            "sku": f"SKU-{random.randrange(9)}",
            "quantity": random.randrange(1, 5),
            "unit_price": random.randrange(50, 4000),
        }
        if category := random.choice(CATEGORIES):
            line["category"] = category
        if brand := random.choice(BRANDS):
            line["brand"] = brand
        if random.random() < 0.2:
            line["discount"] = random.randrange(line["unit_price"])
        lines.append(line)
    return lines


def _basket(world: World, person: Person, lines: list[Content]) -> Content:
    coupons: Any = []
    drawn = world.random.random()
    if drawn < 0.3:
        coupons = "best"
    elif drawn < 0.8 and person.coupons:
        coupons = [_recent(world.random, person.coupons) for _ in range(world.random.choice((1, 1, 2, 3, 5)))]
    points = world.random.choice((0, world.random.randrange(60), "max"))
    return {"order": {"currency": "GBP", "lines": lines, "shipping": 500}, "coupons": coupons, "points": points}


def _recent(random: Random, things: list[Any]) -> Any:
    """Choose something, mostly of the latest."""
    return random.choice(things[-2:] if random.random() < 0.8 else things)


def _refused(answer: Answer, *expected: int, not_found: bool = False, allowed: set[str] | None = None) -> bool:
    """Say whether a request was refused, and insist that it was for a reason that there can be."""
    if answer.status in expected:
        return False
    code = answer.json["code"]
    # What is not there when it is looked for may have come before the answer does.
    codes = (allowed or set()) | ({"not_found"} if not_found or not answer.quiet else set())
    insist(code in codes, "refused for a reason", answer.text)
    return True


def _unless_active(account: Account | None, answer: Answer) -> set[str]:
    """Answer how somebody may be refused who is, or during the request was, not active."""
    active = account is not None and account.standing == "active" and answer.quiet
    return set() if active else {"member_frozen", "member_closed"}


def _remember(world: World, person: Person, seen: tuple[str, int, Content]) -> None:
    """Keep a card to be asked for again: a few, of which any may give way."""
    if len(person.seen) >= CARDS_KEPT:
        person.seen.pop(world.random.randrange(CARDS_KEPT))
    person.seen.append(seen)


def _without_name(card: Content) -> Content:
    return {name: content for name, content in card.items() if name != "display_name"}


def _lately(world: World) -> str:
    """Answer an instant that is past by every clock."""
    return _written(world.millis // 1000 - 10)


def _stored(world: World, table: str, *key: Any) -> dict[str, Any] | None:
    return world.store.tables[table].items.get(key)


def _second(millis: int) -> datetime:
    return datetime.fromtimestamp(millis // 1000, tz=UTC)


def _written(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


READING = (
    (4, show_card),
    (3, show_tier),
    (2, look_back),
    (2, list_entries),
    (1, list_past_entries),
    (1, verify),
    (1, show_month),
    (1, list_coupons),
    (1, list_templates),
    (2, show_purchase),
)

CHANGING = (
    (4, enrol),
    (6, sign_in),
    (2, make_up),
    (1, move),
    (12, claim),
    (6, quote),
    (8, hold),
    (4, confirm),
    (4, release),
    (6, use_benefit),
    (3, take_use_back),
    (14, order),
    (5, redeemed_order),
    (14, refund),
    (2, early_refund),
    (2, late_order),
    (6, send_again),
    (6, act),
    (3, adjust),
    (2, place),
    (1, end_placement),
    (1, change_standing),
    (1, poison),
    (10, deliver),
    (1, settle),
    (3, settle_uses),
    (1, night),
    (5, repeat),
)

PLAN = Plan(
    acts=Acts(*READING, *CHANGING),
    company=Acts(*CHANGING[1:-6], (20, deliver), (3, settle_uses)),
    taken=taken,
    night=World.tonight,
    at_the_end=at_the_end,
)
