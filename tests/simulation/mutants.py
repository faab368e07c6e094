"""Rules broken on purpose, each by a change to the product's code while the simulation runs: it has to notice.

As a program it runs seeds under each of them until a check fails, and prints which check that was and after how many
operations.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tessera import (
    actions,
    benefits,
    coupons,
    discounts,
    history,
    lots,
    make_up_cards,
    purchases,
    redemptions,
    settlement,
    sign_ins,
    stacking,
    streaks,
    tiers,
)
from tessera import operators as by_hand
from tessera.idempotency import Answer
from tessera.journal import Entry, Journal
from tessera.purchases import Order, OrderLine
from tessera.redemptions import Redemption
from tessera.service import allowances, opening, operators
from tessera.service import history as looking_back
from tessera.service import purchases as counting
from tessera.service import tiers as ladders
from tessera.service.keyed import change_once
from tessera.store import allowances as limits
from tessera.store import items, operations, stock
from tessera.store.read import Found, read
from tessera.store.transaction import Transaction
from tests.simulation.run import Result, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime

    from tessera.access import Caller
    from tessera.member import Hold, Member, SignInState
    from tessera.messages import ActionDone
    from tessera.programme.model import Programme

SEEDS = 40
"""Seeds after which a sabotage counts as unnoticed."""


@dataclass(frozen=True)
class Mutant:
    """A rule that is broken."""

    says: str
    applied: Callable[[], AbstractContextManager[Any]]
    scenario: str = "life"
    """In which it has to be noticed."""
    first_seed: int = 0
    """Where to begin, if the seeds before it are known to notice nothing."""


def _without_condition(*tables: str) -> AbstractContextManager[Any]:
    """Let puts into tables go through, whatever is there."""
    put = Transaction._put

    def careless(self: Transaction, table: str, fields: Any, key: str, version: int) -> None:
        put(self, table, fields, key, version)
        if table in tables:
            action = self._puts[-1]["Put"]
            self._puts[-1] = {"Put": {name: action[name] for name in ("TableName", "Item")}}

    return patch.object(Transaction, "_put", careless)


def _entry_without_order() -> AbstractContextManager[Any]:
    operation = Transaction.operation

    def forgetful(self: Transaction, record: operations.Operation) -> None:
        if not (isinstance(record, Order) and record.member_id and not record.version):
            operation(self, record)

    return patch.object(Transaction, "operation", forgetful)


def _refund_without_entry() -> AbstractContextManager[Any]:
    def silent(*_: object, **__: object) -> None:
        """Book nothing."""

    return patch.object(purchases, "refund", silent)


def _parked_is_forgotten() -> AbstractContextManager[Any]:
    return patch.object(counting, "_release_parked", lambda _refund_id, _now: counting.Outcome("duplicate"))


def _hold_stays() -> AbstractContextManager[Any]:
    def give_nothing_up(_journal: Journal, _redemption: Redemption) -> int:
        return 0

    return patch.object(redemptions, "_drop_hold", give_nothing_up)


def _rounded_each_time() -> AbstractContextManager[Any]:
    def each_step(before: Order, after: Order, what: str) -> int:
        total = 0
        for then, now in zip(before.lines, after.lines, strict=True):
            step = replace(
                now,
                refunded_quantity=now.refunded_quantity - then.refunded_quantity,
                refunded_amount=now.refunded_amount - then.refunded_amount,
            )
            total += step.share(getattr(now, what))
        return total

    return patch.object(purchases, "_difference", each_step)


def _same_day_again() -> AbstractContextManager[Any]:
    original = sign_ins.sign_in

    def forget_today(journal: Journal) -> sign_ins.SignInResult:
        journal.change(sign_in=replace(journal.member.sign_in, day=None))
        return original(journal)

    return patch.object(sign_ins, "sign_in", forget_today)


def _day_by_moving() -> AbstractContextManager[Any]:
    original = streaks.is_open

    def wherever(state: SignInState, zone: str, now: datetime) -> bool:
        return original(replace(state, ends_at=None), zone, now)

    return patch.object(sign_ins, "is_open", wherever)


def _card_stays() -> AbstractContextManager[Any]:
    return patch.object(make_up_cards, "use", lambda _journal: {})


def _always_open() -> AbstractContextManager[Any]:
    return patch.object(Redemption, "is_open", lambda _self, _now: True)


def _lapses_for_ever() -> AbstractContextManager[Any]:
    original = settlement.settle

    def keep_them(member: Member, programme: Programme, now: datetime, most: int | None = None) -> Journal:
        journal = original(member, programme, now, most)
        journal.change(holds=member.holds)
        return journal

    return patch.object(opening, "settle", keep_them)


def _counted_again() -> AbstractContextManager[Any]:
    """Count an order again when it comes again, as if it were a new version of it."""
    original = counting._read_order

    def overlook(order_id: str, member_id: str | None, redemption: str | None) -> Any:
        found = original(order_id, member_id, redemption)
        there = found.operations.get(items.order_key(order_id))
        if isinstance(there, Order):
            found.operations[items.order_key(order_id)] = purchases.AwaitedOrder(
                order_id=order_id, parked=there.parked, version=there.version
            )
        return found

    return patch.object(counting, "_read_order", overlook)


def _action_counted_again() -> AbstractContextManager[Any]:
    """Count an action again when it comes again, as if it were a new version of it."""
    count = actions.count
    versions: dict[str, int] = {}

    def overlook(**wanted: Any) -> Found:
        found = read(**wanted)
        for key, there in list(found.operations.items()):
            if isinstance(there, actions.Action):
                versions[there.action_id] = found.operations.pop(key).version
        return found

    def again(journal: Journal, message: ActionDone, fingerprint: str, attributes: str) -> actions.Action:
        return replace(count(journal, message, fingerprint, attributes), version=versions.pop(message.action_id, 0))

    stack = ExitStack()
    stack.enter_context(patch.object(counting, "read", overlook))
    stack.enter_context(patch.object(actions, "count", again))
    return stack


def _no_caps() -> AbstractContextManager[Any]:
    return patch.object(actions, "_rooms", lambda *_: iter(()))


def _adjusted_each_time() -> AbstractContextManager[Any]:
    def forget_key(caller: Caller, member_id: str, action: str, _key: str | None, *rest: Any) -> str:
        return change_once(caller, member_id, action, None, *rest)

    return patch.object(operators, "change_once", forget_key)


def _past_is_present() -> AbstractContextManager[Any]:
    return patch.object(looking_back, "member_as_of", lambda member, _instant: member)


def _rebuilt_with_old_holds() -> AbstractContextManager[Any]:
    rebuild = history._holds

    def keep_all(before: Member, entry: Entry, change: lots.Lots) -> tuple[Hold, ...]:
        return rebuild(before, entry, change) if entry.kind == "hold" else before.holds

    return patch.object(history, "_holds", keep_all)


def _frozen_earn() -> AbstractContextManager[Any]:
    count = actions.count

    def as_if_active(journal: Journal, *rest: Any) -> actions.Action:
        standing = journal.member.standing
        journal.change(standing="active")
        action = count(journal, *rest)
        journal.change(standing=standing)
        return action

    return patch.object(actions, "count", as_if_active)


def _refused_in_silence() -> AbstractContextManager[Any]:
    return patch.object(counting, "dead_letter", lambda _body, _refusal: None)


def _hash_of_less() -> AbstractContextManager[Any]:
    hash_of_all = Entry.hash

    def without_detail(self: Entry) -> bytes:
        whole: bytes = hash_of_all.__get__(replace(self, detail={}))
        return whole

    return patch.object(Entry, "hash", property(without_detail))


def _unfair_rounding() -> AbstractContextManager[Any]:
    def first_takes_it(whole: int, weights: Any) -> list[int]:
        total = sum(weights)
        parts = [whole * weight // total if total else 0 for weight in weights]
        parts[0] += whole - sum(parts)
        return parts

    stack = ExitStack()
    for module in ("tessera.earning.apportion", "tessera.purchases.apportion"):
        stack.enter_context(patch(module, first_takes_it))
    return stack


def _any_amount_comes_back() -> AbstractContextManager[Any]:
    return patch.object(OrderLine, "allows", lambda _self, _refunded: True)


def _claim_without_answer() -> AbstractContextManager[Any]:
    operation = Transaction.operation

    def forgetful(self: Transaction, record: operations.Operation) -> None:
        if not isinstance(record, Answer):
            operation(self, record)

    return patch.object(Transaction, "operation", forgetful)


def _nothing_is_settled() -> AbstractContextManager[Any]:
    """Open journals without booking first what time has done."""
    return patch.object(opening, "settle", lambda member, programme, now, _most=None: Journal(member, programme, now))


def _pending_is_spent() -> AbstractContextManager[Any]:
    def spend(self: Journal, points: int) -> lots.Parts:
        return lots.take(self.member.lots, self.soonest_first(self.member.lots), points)

    stack = ExitStack()
    stack.enter_context(patch.object(Journal, "spend", spend))
    stack.enter_context(patch.object(Journal, "available", property(lambda self: sum(self.member.lots.values()))))
    return stack


def _expired_is_taken_twice() -> AbstractContextManager[Any]:
    return patch.object(purchases, "_of_order", lambda _terms, _order: False)


def _nobody_rises() -> AbstractContextManager[Any]:
    return patch.object(tiers, "promotion", lambda *_: None)


def _no_grace() -> AbstractContextManager[Any]:
    review = tiers.review

    def as_if_over(member: Member, programme: Programme, end: datetime) -> tiers.Change:
        return review(replace(member, tier=replace(member.tier, grace=True)), programme, end)

    return patch.object(tiers, "review", as_if_over)


def _what_is_lent_is_earned() -> AbstractContextManager[Any]:
    place = by_hand.place

    def for_good(journal: Journal, tier_id: str, until: datetime, **why: str) -> None:
        place(journal, tier_id, until, **why)
        journal.change(tier=replace(journal.member.tier, id=tier_id))

    return patch.object(by_hand, "place", for_good)


def _nothing_was_held_before() -> AbstractContextManager[Any]:
    refunded = tiers.refunded

    def forgetful(member: Member, programme: Programme, now: datetime) -> tiers.Change | None:
        return refunded(replace(member, tier=replace(member.tier, before=None)), programme, now)

    return patch.object(tiers, "refunded", forgetful)


def _tallied_at_each_attempt() -> AbstractContextManager[Any]:
    """Count an order's spend once more when its commit has failed and is tried again."""
    tally = Journal._tally
    tried: set[tuple[str, int]] = set()

    def carelessly(self: Journal, kind: str, at: datetime, detail: Any) -> None:
        tally(self, kind, at, detail)
        attempt = (self.member.member_id, self.member.sequence)
        if kind == "purchase":
            if attempt in tried:
                tally(self, kind, at, detail)
            tried.add(attempt)

    return patch.object(Journal, "_tally", carelessly)


def _spend_stays() -> AbstractContextManager[Any]:
    tally = Journal._tally

    def but_refunds(self: Journal, kind: str, at: datetime, detail: Any) -> None:
        if kind != "refund":
            tally(self, kind, at, detail)

    return patch.object(Journal, "_tally", but_refunds)


def _trying_is_buying() -> AbstractContextManager[Any]:
    attempt = ladders._try

    def and_book(journal: Journal, spend: int) -> Any:
        tried = attempt(journal, spend)
        transaction = Transaction()
        transaction.journal(journal)
        transaction.commit()
        return tried

    return patch.object(ladders, "_try", and_book)


def _uses_not_counted() -> AbstractContextManager[Any]:
    return patch.object(benefits, "counted", lambda uses, _periods: uses)


def _quota_ignored() -> AbstractContextManager[Any]:
    return patch.object(benefits, "_left", lambda shown, _used, _zone: shown)


def _uses_not_given_back() -> AbstractContextManager[Any]:
    """Let holds that lapse keep what they have used."""

    def kept(self: Journal, _periods: object) -> None:
        """Change nothing."""

    return patch.object(benefits, "give_back", kept)


def _calls_changed(module: Any, change: Callable[[dict[str, Any]], Any]) -> AbstractContextManager[Any]:
    """Change what a module asks of the store; of what there is nothing left to ask, nothing is asked."""
    call = module.call

    def changed(operation: Any, **parameters: Any) -> Any:
        return call(operation, **parameters) if change(parameters) is not False else {}

    return patch.object(module, "call", changed)


def _shards_never_empty() -> AbstractContextManager[Any]:
    def without_share(asked: dict[str, Any]) -> None:
        if ":share" in asked.get("ExpressionAttributeValues", {}):
            asked["ConditionExpression"] = "attribute_not_exists(#claim)"
            del asked["ExpressionAttributeValues"][":share"]

    return _calls_changed(stock, without_share)


def _reserved_each_time() -> AbstractContextManager[Any]:
    def without_claim(asked: dict[str, Any]) -> None:
        if ":share" in asked.get("ExpressionAttributeValues", {}):
            asked["ConditionExpression"] = "attribute_not_exists(taken) OR taken < :share"

    return _calls_changed(stock, without_claim)


def _no_fence() -> AbstractContextManager[Any]:
    """Give units back without keeping their claims from being committed later."""
    return _calls_changed(stock, lambda asked: "Item" not in asked)


def _sold_out_for_good() -> AbstractContextManager[Any]:
    mark = stock._mark
    return patch.object(stock, "_mark", lambda template_id, found: mark(template_id, replace(found, until=None)))


def _given_back_again() -> AbstractContextManager[Any]:
    """Give a use back each time that a message asks for it."""

    def without_record(asked: dict[str, Any]) -> None:
        if "TransactItems" in asked:
            asked["TransactItems"] = [action for action in asked["TransactItems"] if "Update" in action]

    return _calls_changed(limits, without_record)


def _nothing_taken() -> AbstractContextManager[Any]:
    return patch.object(limits, "take", lambda *_: "taken")


def _never_settled() -> AbstractContextManager[Any]:
    return patch.object(allowances, "_settle_ticket", lambda _taken, _now: "settled")


def _budget_without_end() -> AbstractContextManager[Any]:
    """Take of budgets whatever is left of them."""
    take = limits.take
    return patch.object(limits, "take", lambda of, use, money: take(of.model_copy(update={"budget": None}), use, money))


def _all_stack() -> AbstractContextManager[Any]:
    return patch.object(stacking, "excluded_by", lambda _coupon, _others: [])


def _one_coupon_is_best() -> AbstractContextManager[Any]:
    def of_singles(coupons: Any, gains: Any) -> stacking.Best:
        singles = [(coupon,) for coupon in coupons]
        return stacking.Best(max(singles, key=gains.gain, default=()), exact=True)

    return patch.object(stacking, "best", of_singles)


def _order_ignored() -> AbstractContextManager[Any]:
    return patch.object(stacking, "in_order", lambda coupons: tuple(sorted(coupons, key=lambda one: one.coupon_id)))


def _rounded_line_by_line() -> AbstractContextManager[Any]:
    def each_line(whole: int, weights: Any) -> list[int]:
        total = sum(weights)
        return [(2 * whole * weight + total) // (2 * total) if total else 0 for weight in weights]

    return patch.object(discounts, "apportion", each_line)


def _both_come_back() -> AbstractContextManager[Any]:
    """Reissue a coupon whose order was refunded, and let the old one be used again, too."""
    refunded = coupons.refunded

    def twice(used: coupons.Coupon, now: datetime) -> list[coupons.Coupon]:
        back: list[coupons.Coupon] = refunded(used, now)
        return [replace(each, redeemed=False, returned=False, redemption_id=None) for each in back]

    return patch.object(coupons, "refunded", twice)


def _as_many_as_they_like() -> AbstractContextManager[Any]:
    return patch.object(coupons, "limit_reached", lambda _member, _template, _now: None)


MUTANTS = (
    Mutant("A member is written whatever its version is", lambda: _without_condition("MEMBERS_TABLE")),
    Mutant("Entries are written whatever stands in their place", lambda: _without_condition("LEDGER_TABLE")),
    Mutant("Records of operations are written whatever is there", lambda: _without_condition("OPERATIONS_TABLE")),
    Mutant("A purchase is booked, and its order is not recorded", _entry_without_order),
    Mutant("A refund is recorded, and takes nothing back", _refund_without_entry),
    Mutant("An order that comes again counts again", _counted_again),
    Mutant("A refund that waits is forgotten when its order comes", _parked_is_forgotten),
    Mutant("A release gives back, and the hold stays", _hold_stays),
    Mutant("A hold that has lapsed is given back at every operation", _lapses_for_ever),
    Mutant("What time has done is not booked first", _nothing_is_settled),
    Mutant("Refunds are rounded one by one", _rounded_each_time),
    Mutant("More can be refunded than was bought", _any_amount_comes_back),
    Mutant("A repeated sign-in counts again", _same_day_again),
    Mutant("A move begins the next day at once", _day_by_moving, first_seed=6),
    Mutant("A make-up takes no card", _card_stays),
    Mutant("A repeated action counts again", _action_counted_again),
    Mutant("The caps of actions are ignored", _no_caps),
    Mutant("An adjustment does not remember its key", _adjusted_each_time),
    Mutant("Who is frozen earns by actions", _frozen_earn),
    Mutant("A card of the past is that of today", _past_is_present),
    Mutant("A member is rebuilt with holds that have ended", _rebuilt_with_old_holds),
    Mutant("Whether a redemption was let go is not asked", _always_open),
    Mutant("A message that is refused is dropped", _refused_in_silence),
    Mutant("Nobody reaches a tier", _nobody_rises),
    Mutant("A review knows no grace", _no_grace),
    Mutant("Who is placed on a tier has earned it", _what_is_lent_is_earned),
    Mutant("A refund forgets the tier that was held before", _nothing_was_held_before),
    Mutant("What an order counts for a tier counts at each attempt", _tallied_at_each_attempt),
    Mutant("What a refund takes goes on counting for a tier", _spend_stays),
    Mutant("Trying an order books it", _trying_is_buying),
    Mutant("Uses of benefits are not counted", _uses_not_counted),
    Mutant("Benefits are used beyond their quota", _quota_ignored),
    Mutant("Uses that are given back go on counting", _uses_not_given_back),
    Mutant("The answer to a claim is not kept under its key", _claim_without_answer),
    Mutant("Points that are pending can be spent", _pending_is_spent),
    Mutant("Points that have expired come back with a refund", _expired_is_taken_twice, first_seed=6),
    Mutant("The hash leaves out what explains the entry", _hash_of_less),
    Mutant("What rounding leaves goes to the first line", _unfair_rounding),
    Mutant("A shard gives whatever it has given", _shards_never_empty, "stock"),
    Mutant("A repeated claim reserves once more", _reserved_each_time, "stock"),
    Mutant("A claim may be committed after its unit went back", _no_fence, "stock"),
    Mutant("Sold out is marked for good, whoever is still at it", _sold_out_for_good, "stock"),
    Mutant("A member may have as many coupons as they like", _as_many_as_they_like, first_seed=2),
    Mutant("A hold takes none of what all share", _nothing_taken),
    Mutant("Budgets have no end", _budget_without_end, first_seed=10),
    Mutant("What a lapsed hold took is never settled", _never_settled),
    Mutant("A refund's message gives back each time it comes", _given_back_again),
    Mutant("All coupons apply together", _all_stack),
    Mutant("One coupon is the best combination", _one_coupon_is_best),
    Mutant("Coupons apply in any order", _order_ignored),
    Mutant("A discount is rounded line by line", _rounded_line_by_line, first_seed=3),
    Mutant("A refund returns a coupon, and another in its place", _both_come_back),
)


def caught(mutant: Mutant) -> Result | None:
    """Run seeds under a sabotage until a check fails; None if none does.

    Returns:
        the result of the seed that failed, with the operations of those before it.
    """
    operations = 0
    with mutant.applied():
        for seed in range(mutant.first_seed, mutant.first_seed + SEEDS):
            result = run(seed, mutant.scenario)
            operations += result.operations
            if result.check:
                return replace(result, operations=operations)
    return None


def main() -> None:
    """Print what became of each sabotage, as a table."""
    unnoticed = 0
    print("| Sabotage | Check that caught it | After operations |")
    print("|---|---|---|")
    for mutant in MUTANTS:
        result = caught(mutant)
        unnoticed += result is None
        print(
            f"| {mutant.says} | {result.check} | {result.operations:,} |"
            if result
            else f"| {mutant.says} | **none** | |"
        )
    sys.exit(bool(unnoticed))


if __name__ == "__main__":
    main()
