from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from tessera import actions, benefits, checkout, operators, purchases, redemptions
from tessera.benefits import NO_BIRTHDAY
from tessera.card import card
from tessera.enrolment import enrol
from tessera.history import rebuild
from tessera.journal import Entry, Journal
from tessera.member import Member
from tessera.messages import ActionDone
from tessera.sign_ins import sign_in
from tests.factories import (
    NOON,
    RULES,
    buy,
    checkout_request,
    coupon,
    later,
    line,
    order_message,
    programme,
    refund,
    refund_message,
)

POLICIES: list[dict[str, Any]] = [
    {},
    {"points": {"expiry": {"policy": "inactivity", "days": 20}, "refund": "debt"}},
    {
        "points": {"expiry": {"policy": "month_end", "months": 1}, "return_window_days": 14, "growth_waits": True},
        "tiers": RULES["tiers"] | {"growth": {"policy": "decay", "idle_months": 1, "percent": 10}},
    },
]
SHIPPING = {
    "id": "free",
    "name": "Free shipping",
    "kind": "free_shipping",
    "tiers": {"low": {"quota": {"uses": 9, "per": "month"}}},
}
OPERATORS = {"reasons": {"goodwill": "Goodwill"}, "ceilings": {"operator": {"points": 100, "growth": 10}}}


def life(rules: dict[str, Any]) -> list[Journal]:
    """Live a life in which each kind of entry is booked, and answer its journals."""
    review = {"name": "Review", "points": 20, "growth": 2}
    journals = [
        enrol(
            "m_1",
            "Asia/Tokyo",
            programme(
                welcome={"points": 5}, actions={"review": review}, operators=OPERATORS, benefits=[SHIPPING], **rules
            ),
            NOON,
        )
    ]

    def wait(**time: float) -> Journal:
        journals.append(later(journals[-1], **time))
        return journals[-1]

    first = coupon(terms={"first_order": True, "threshold": 0, "on_refund": "if_wholly_refunded"})
    for order_id in ("O-lapsed", "O-first"):
        named, _, _ = checkout.hold(
            wait(minutes=20),
            checkout_request(order_id=order_id, points=2, shipping=500, coupons=["c_ONE"]),
            {"c_ONE": first},
            by_shop=False,
            request_hash="",
            ticket="",
            earlier=None,
        )
    message = order_message(order_id="O-first", redemption_id=named.redemption_id)
    arrival = redemptions.on_arrival(wait(minutes=1), named, [first], message)
    paid = purchases.complete(journals[-1], message, "", arrival.redeemed)
    whole = refund_message({"1": 1}, order_id="O-first", refund_id="R0")
    purchases.refund(wait(minutes=1), paid, purchases.refund_lines(paid, whole), whole, arrival.coupons)
    order = buy(wait(hours=1), line(unit_price=30_000, quantity=2), order_id="O1")
    sign_in(wait(days=1))
    by = {"reason": "goodwill", "note": "Called", "by": "op-1"}
    operators.adjust(wait(hours=1), 90, 2, roles=["operator"], **by)
    actions.count(
        wait(hours=1), ActionDone(type="action", action_id="A1", member_id="m_1", kind="review", at=NOON), "", "{}"
    )
    for order_id in ("O2", "O3"):
        checkout.hold(
            wait(minutes=1),
            checkout_request(order_id=order_id, points=7, shipping=500),
            {},
            by_shop=False,
            request_hash="",
            ticket="",
            earlier=None,
        )
    held, _, _ = checkout.hold(
        wait(days=16),
        checkout_request(order_id="O4", points=3),
        {},
        by_shop=False,
        request_hash="",
        ticket="",
        earlier=None,
    )
    order = refund(wait(minutes=1), order, refund_message({"1": 1}, refund_id="R1", refunded_at=journals[-1].now))
    redemptions.confirm(wait(minutes=1), held, [])
    used, _ = benefits.use(wait(days=1), "free", benefits.NO_BIRTHDAY, "U1", None)
    benefits.use(wait(days=1), "free", benefits.NO_BIRTHDAY, "U2", "O5")
    benefits.take_back(wait(minutes=1), used)
    operators.change_standing(wait(days=40), "frozen", **by)
    operators.change_standing(wait(days=400), "active", **by)
    refund(wait(days=1), order, refund_message({"1": 1}, refund_id="R2", refunded_at=journals[-1].now))
    return journals


def entries_of(journals: list[Journal]) -> list[Entry]:
    """Put the entries of a life in one list."""
    return [entry for journal in journals for entry in journal.entries]


def balances(member: Member) -> Member:
    """Leave out what no entry tells: coupons, caps, and how often the state was stored."""
    return replace(member, claims={}, actions={}, gone={}, growth_days={}, version=0)


@pytest.mark.parametrize("rules", POLICIES)
def test_the_entries_alone_tell_what_the_member_has(rules: dict[str, Any]) -> None:
    journals = life(rules)
    member = journals[-1].member
    rebuilt = rebuild(member, entries_of(journals), journals[-1].programme)
    assert balances(rebuilt) == balances(member)


@pytest.mark.parametrize("rules", POLICIES)
def test_the_card_of_any_past_instant_is_the_one_that_was_shown_then(rules: dict[str, Any]) -> None:
    journals = life(rules)
    entries, rules_in_force = entries_of(journals), journals[-1].programme
    for journal in journals:
        instant = journal.now
        known = [entry for entry in entries if entry.recorded_at <= instant]
        seen = card(rebuild(journals[-1].member, known, rules_in_force), rules_in_force, instant, NO_BIRTHDAY)
        shown = card(journal.member, rules_in_force, instant, NO_BIRTHDAY)
        assert replace(seen, member=shown.member) == shown
        assert balances(seen.member) == balances(shown.member)


def test_a_life_is_remembered_between_two_bookings_too() -> None:
    journals = life(POLICIES[1])
    rules = journals[-1].programme
    for before, after in pairwise(journals):
        instant = before.now + (after.now - before.now) / 2
        instant = instant.replace(microsecond=0)
        known = [entry for entry in entries_of(journals) if entry.recorded_at <= instant]
        seen = card(rebuild(journals[-1].member, known, rules), rules, instant, NO_BIRTHDAY)
        assert replace(seen, member=before.member) == replace(
            card(before.member, rules, instant, NO_BIRTHDAY), member=before.member
        )


def test_before_the_first_entry_there_is_nothing() -> None:
    journals = life({})
    blank = rebuild(journals[-1].member, [], journals[-1].programme)
    assert (blank.points, blank.sequence, blank.lots, blank.tier.id) == (0, 0, {}, "low")


def test_a_tier_that_was_kept_has_its_new_term_without_an_entry() -> None:
    journals = life({})
    bought = journals[1]
    year = later(bought, days=364)
    buy(year, line(unit_price=90_000), order_id="O9")
    kept = later(year, days=30)
    entries = [*entries_of(journals[:2]), *year.entries, *kept.entries]
    rebuilt = rebuild(kept.member, entries, kept.programme)
    assert card(rebuilt, kept.programme, kept.now, NO_BIRTHDAY).member.tier == kept.member.tier
    assert kept.member.tier.until is not None
    assert kept.member.tier.until > kept.now + timedelta(days=300)
