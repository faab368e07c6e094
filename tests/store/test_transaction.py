"""What is written is written once, whole, and on what was read."""

from dataclasses import replace

import pytest

from tessera.coupons import Coupon
from tessera.identities import Identity
from tessera.journal import Journal
from tessera.lots import OPEN
from tessera.store import lists
from tessera.store.client import StaleError
from tessera.store.read import read
from tessera.store.transaction import Transaction
from tests.app import App
from tests.factories import coupon, later, opened

MEMBER = "m_1"


def commit(journal: Journal, *coupons: Coupon) -> None:
    transaction = Transaction()
    transaction.journal(journal)
    for changed in coupons:
        transaction.coupon(changed)
    transaction.commit()


def booked(journal: Journal, points: int) -> Journal:
    journal.book("welcome", change={OPEN: points})
    return journal


def test_what_was_written_is_read_again(app: App) -> None:
    journal = booked(opened(), 50)
    commit(journal, coupon())

    found = read(member=MEMBER, coupons=(MEMBER, ["c_ONE", "c_NONE"]))

    assert found.members[MEMBER] == replace(journal.member, version=1)
    assert found.coupons == {"c_ONE": replace(coupon(), version=1)}
    assert lists.entries(MEMBER, 10, None) == journal.entries


def test_a_state_that_has_changed_since_it_was_read_is_not_written(app: App) -> None:
    commit(booked(opened(), 50))
    stored = read(member=MEMBER).members[MEMBER]
    first, second = (booked(opened(), 10) for _ in range(2))
    first.member = replace(first.member, version=stored.version, sequence=2)
    second.member = replace(second.member, version=stored.version, sequence=2)
    first.entries = [replace(first.entries[0], sequence=2)]
    second.entries = [replace(second.entries[0], sequence=3)]
    commit(first)

    with pytest.raises(StaleError):
        commit(second)


def test_an_entry_that_is_there_is_never_written_again(app: App) -> None:
    commit(booked(opened(), 50))
    forged = booked(later(opened(), hours=1), 5000)
    forged.member = replace(forged.member, version=1)

    with pytest.raises(StaleError):
        commit(forged)

    assert [entry.points for entry in lists.entries(MEMBER, 10, None)] == [50]


def test_one_condition_that_fails_leaves_everything_as_it_was(app: App) -> None:
    commit(booked(opened(), 50), coupon())
    changed = booked(later(opened(points=50, sequence=1, version=1), hours=1), 5)

    with pytest.raises(StaleError):
        commit(changed, coupon())  # as if it were new

    assert read(member=MEMBER).members[MEMBER].points == 50


def test_an_alias_never_takes_a_members_place(app: App) -> None:
    commit(booked(opened(), 50))
    transaction = Transaction()
    transaction.alias(MEMBER, Identity("shop", "1").member_id)
    with pytest.raises(StaleError):
        transaction.commit()


def test_an_alias_is_read_as_one(app: App) -> None:
    transaction = Transaction()
    transaction.alias("m_alias", MEMBER)
    transaction.commit()
    found = read(member="m_alias")
    assert (found.members, found.aliases) == ({}, {"m_alias": MEMBER})
