import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera import lots
from tessera.journal import Entry
from tessera.lots import OPEN, Terms
from tests.factories import NOON, member, opened

bookings = st.lists(st.tuples(st.integers(-50, 200), st.integers(0, 50)), max_size=20)


def chained(entries: list[Entry]) -> bool:
    """Recompute the chain, as an auditor would."""
    hashes = [b"", *(entry.hash for entry in entries)]
    return all(entry.previous_hash == before for entry, before in zip(entries, hashes, strict=False))


@given(bookings)
def test_the_balance_is_the_sum_of_all_entries(booked: list[tuple[int, int]]) -> None:
    journal = opened()
    for points, growth in booked:
        journal.book("adjustment", change={OPEN: points}, growth=growth)
    assert journal.member.points == sum(entry.points for entry in journal.entries)
    balances = [sum(entry.points for entry in journal.entries[: i + 1]) for i in range(len(booked))]
    assert [entry.points_balance for entry in journal.entries] == balances


@given(bookings)
def test_entries_are_numbered_without_a_gap_and_chained(booked: list[tuple[int, int]]) -> None:
    journal = opened()
    for points, growth in booked:
        journal.book("adjustment", change={OPEN: points}, growth=growth)
    assert [entry.sequence for entry in journal.entries] == list(range(1, len(booked) + 1))
    assert chained(journal.entries)
    assert journal.member.sequence == len(booked)
    assert journal.member.chain == (journal.entries[-1].hash if booked else b"")


@pytest.mark.parametrize(
    "forged",
    [
        {"member_id": "m_2"},
        {"sequence": 3},
        {"kind": "adjustment"},
        {"at": NOON + timedelta(seconds=1)},
        {"recorded_at": NOON + timedelta(seconds=1)},
        {"points": 6},
        {"growth": 1},
        {"points_balance": 0},
        {"rules": ("another",)},
        {"programme_version": 2},
        {"source": {"order_id": "O2"}},
        {"detail": {"on_tier": "high"}},
        {"previous_hash": b""},
    ],
    ids=lambda forged: next(iter(forged)),
)
def test_no_field_of_a_past_entry_can_change_unnoticed(forged: dict[str, object]) -> None:
    journal = opened()
    for order_id in ("O0", "O1", "O2"):
        journal.book(
            "purchase", change={OPEN: 5}, rules=("base_rate",), source={"order_id": order_id}, detail={"on_tier": "low"}
        )
    first, second, third = journal.entries
    assert chained([first, second, third])
    assert not chained([first, replace(second, **forged), third])  # type: ignore[arg-type]


def test_an_entry_keeps_when_it_happened_apart_from_when_it_was_recorded() -> None:
    journal = opened(NOON)
    journal.book("purchase", at=NOON - timedelta(days=3))
    (entry,) = journal.entries
    assert (entry.at, entry.recorded_at) == (NOON - timedelta(days=3), NOON)


def test_now_never_runs_backwards_for_a_member() -> None:
    journal = opened(now=NOON - timedelta(hours=1), booked_at=NOON)
    journal.book("adjustment", change={OPEN: 1})
    assert journal.entries[0].recorded_at == NOON
    assert journal.member.booked_at == NOON


def test_entry_names_tell_the_member_and_the_number() -> None:
    journal = opened(member_id="m_abc", sequence=6)
    journal.book("adjustment")
    assert journal.entries[0].entry_id == "e_abc_7"


def test_growth_counts_on_the_programmes_local_day() -> None:
    journal = opened(time_zone="Pacific/Auckland")
    journal.book("purchase", at=NOON.replace(month=7, day=1, hour=23, minute=30), growth=5)
    assert [day.isoformat() for day in journal.member.growth_days] == ["2026-07-02"]


def test_booking_changes_no_member_in_place() -> None:
    before = member()
    journal = opened()
    journal.book("adjustment", change={OPEN: 5}, growth=5)
    assert before == member()


def test_a_debt_is_paid_by_points_that_expire_and_the_entry_says_so() -> None:
    lot = Terms(NOON + timedelta(days=1))
    journal = opened(lots={OPEN: -7}, points=-7)
    journal.book("purchase", change={lot: 10})
    (entry,) = journal.entries
    assert (entry.points, entry.points_balance, entry.detail["debt_paid"]) == (10, 3, 7)
    assert lots.read(entry.detail["lots"]) == ((lot, 3), (OPEN, 7))  # type: ignore[arg-type]
    assert journal.member.lots == {lot: 3}


def test_a_debt_of_one_point_is_paid_and_none_by_points_that_are_over() -> None:
    lot = Terms(NOON + timedelta(days=1))
    journal = opened(lots={OPEN: -1}, points=-1)
    journal.book("purchase", change={lot: 1})
    assert journal.member.lots == {}
    journal = opened(lots={OPEN: -1}, points=-1)
    journal.book("refund", change={Terms(NOON): 1})
    assert journal.member.lots == {OPEN: -1, Terms(NOON): 1}


def test_what_changes_no_points_says_nothing_of_lots() -> None:
    journal = opened()
    journal.book("purchase", change={OPEN: 0})
    assert journal.entries[0].detail == {}


def test_the_hash_of_an_entry_that_is_stored_stays_what_it_is() -> None:
    journal = opened()
    journal.book("adjustment", change={OPEN: 5}, source={"b": "2", "a": "1"}, detail={"note": "天, “at once”"})
    (entry,) = journal.entries
    canonical = (
        '["m_1",1,"adjustment","2026-03-02T12:00:00Z","2026-03-02T12:00:00Z",5,0,5,[],1,'
        '{"a":"1","b":"2"},{"lots":[[5]],"note":"天, “at once”"}]'
    )
    assert entry.hash == hashlib.sha256(canonical.encode()).digest()
