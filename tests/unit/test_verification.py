from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tessera.enrolment import enrol
from tessera.journal import Entry
from tessera.lots import OPEN
from tessera.member import Member, TierHeld
from tessera.purchases import Order
from tessera.sign_ins import sign_in
from tessera.verification import Head, Mismatch, OrderBook, verify
from tests.factories import NOON, buy, later, line, programme, refund, refund_message

RULES = programme(welcome={"points": 100})
Stored = list[tuple[Entry, bytes]]


def ledger() -> tuple[Member, list[Entry], Order]:
    """Live through a welcome, an order, a refund of half of it and two sign-ins: five entries."""
    journal = enrol("m_1", None, RULES, NOON)
    entries = list(journal.entries)
    journal = later(journal, hours=1)
    order = buy(journal, line(quantity=2, unit_price=5_000))
    entries += journal.entries
    journal = later(journal, hours=1)
    order = refund(journal, order, refund_message({"1": 1}))
    entries += journal.entries
    for _ in range(2):
        journal = later(journal, days=1)
        sign_in(journal)
        entries += journal.entries
    return journal.member, entries, order


MEMBER, ENTRIES, ORDER = ledger()
STORED: Stored = [(entry, entry.hash) for entry in ENTRIES]


def rewritten(entries: Sequence[Entry]) -> Stored:
    """Chain entries anew, as one would who knows how hashes are made."""
    before, stored = b"", []
    for number, entry in enumerate(entries, 1):
        chained = replace(entry, sequence=number, previous_hash=before)
        before = chained.hash
        stored.append((chained, before))
    return stored


def changed(number: int, **fields: Any) -> list[Entry]:
    """Change the fields of an entry."""
    return [replace(entry, **fields) if entry.sequence == number else entry for entry in ENTRIES]


def found(stored: Stored, member: Member = MEMBER, earlier: Head | None = None) -> tuple[str, int | None]:
    """Verify, and answer what check failed at which entry."""
    mismatch = verify(member, stored, RULES, earlier)
    assert mismatch is not None
    return mismatch.check, mismatch.sequence


def test_what_was_not_touched_is_as_it_has_to_be() -> None:
    assert verify(MEMBER, STORED, RULES) is None
    assert verify(MEMBER, STORED, RULES, earlier=Head(3, ENTRIES[2].hash)) is None


def test_the_chain_shows_a_change_to_any_field_of_an_entry() -> None:
    changes: dict[str, Any] = {
        "kind": "adjustment",
        "at": NOON + timedelta(seconds=1),
        "recorded_at": NOON + timedelta(seconds=1),
        "points": 999,
        "growth": 999,
        "points_balance": 999,
        "rules": ("other",),
        "programme_version": 9,
        "source": {"order_id": "O9"},
        "detail": {},
        "previous_hash": b"other",
    }
    for name, content in changes.items():
        touched = [(entry, kept) for entry, (_, kept) in zip(changed(3, **{name: content}), STORED, strict=True)]
        assert found(touched) == ("chain", 3), name


def test_the_chain_shows_a_hash_that_was_changed_with_its_entry_at_the_next_one() -> None:
    assert found([(entry, entry.hash) for entry in changed(3, growth=999)]) == ("chain", 4)


@pytest.mark.parametrize("number", [1, 3])
def test_an_entry_that_was_dropped_is_missed(number: int) -> None:
    assert found([kept for kept in STORED if kept[0].sequence != number]) == ("sequence", number)


def test_an_end_that_was_cut_off_is_missed_by_the_member() -> None:
    assert found(STORED[:-1]) == ("member", 4)


def test_entries_that_changed_places_show() -> None:
    swapped = [STORED[0], STORED[2], STORED[1], *STORED[3:]]
    assert found(swapped) == ("sequence", 2)
    contents = [ENTRIES[0], replace(ENTRIES[2], sequence=2), replace(ENTRIES[1], sequence=3), *ENTRIES[3:]]
    assert found([(entry, entry.hash) for entry in contents]) == ("chain", 2)


def test_a_chain_that_was_rewritten_throughout_does_not_end_where_the_members_does() -> None:
    assert found(rewritten(changed(4, rules=("other",)))) == ("member", 5)


def test_a_chain_that_was_rewritten_with_the_member_is_not_the_one_that_was_attested() -> None:
    forged = rewritten(changed(4, rules=("other",)))
    member = replace(MEMBER, chain=forged[-1][1])
    assert verify(member, forged, RULES) is None
    assert found(forged, member, earlier=Head(5, ENTRIES[4].hash)) == ("head", 5)
    assert found(forged, member, earlier=Head(4, ENTRIES[3].hash)) == ("head", 4)


def test_a_chain_that_ends_before_the_entry_that_was_attested_is_cut_off() -> None:
    journal = enrol("m_1", None, RULES, NOON)
    stored = [(entry, entry.hash) for entry in journal.entries]
    assert found(stored, journal.member, earlier=Head(5, ENTRIES[4].hash)) == ("head", 5)


def test_a_balance_that_does_not_follow_from_the_one_before_shows_in_a_chain_that_holds() -> None:
    assert found(rewritten(changed(2, points_balance=999))) == ("balance", 2)


def test_points_that_are_not_in_the_lots_show_in_a_chain_that_holds() -> None:
    more = ENTRIES[1].points + 1
    assert found(rewritten(changed(2, points=more, points_balance=100 + more))) == ("lots", 2)


@pytest.mark.parametrize(
    "change",
    [
        {"points": 999},
        {"lots": {OPEN: 999}},
        {"growth_days": {NOON.date(): 999}},
        {"tier": TierHeld(id="high", since=NOON)},
        {"sequence": 4},
        {"chain": b"other"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_member_who_was_changed_beside_the_ledger_shows(change: dict[str, Any]) -> None:
    assert found(STORED, replace(MEMBER, **change)) == ("member", 5)


def in_the_book(order: Order | None) -> Mismatch | None:
    """Compare what the ledger says of the order with its record."""
    book = OrderBook()
    for entry in ENTRIES:
        book.note(entry)
    assert book.order_ids == ["O1"]
    return book.verify({"O1": order} if order else {})


def test_an_order_is_what_the_ledger_says_of_it() -> None:
    assert in_the_book(ORDER) is None


@pytest.mark.parametrize(
    "touch",
    [
        lambda _: None,
        lambda order: replace(order, lines=tuple(replace(of, points=999) for of in order.lines)),
        lambda order: replace(order, lines=tuple(replace(of, refunded_quantity=2) for of in order.lines)),
        lambda order: replace(order, lines=tuple(replace(of, points_spent=9) for of in order.lines)),
    ],
    ids=["gone", "earned", "taken_back", "given_back"],
)
def test_an_order_whose_record_says_something_else_shows(touch: Callable[[Order], Order | None]) -> None:
    mismatch = in_the_book(touch(ORDER))
    assert mismatch is not None
    assert (mismatch.check, mismatch.sequence) == ("order", 3)
