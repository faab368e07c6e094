"""A regular: a member with a year of daily sign-ins and fifty orders."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from tessera import enrolment, sign_ins
from tessera.journal import Journal
from tessera.member import Claimed, Used
from tessera.programme import load
from tessera.settlement import settle
from tessera.store.transaction import Transaction
from tests.app import member_id
from tests.factories import buy, line

if TYPE_CHECKING:
    from pathlib import Path

    from tessera.member import Member
    from tests.app import App

DAYS = 365
ORDERS = 50
ENROLLED = datetime(2025, 3, 1, 8, tzinfo=UTC)
AFTER_A_YEAR = ENROLLED + timedelta(days=DAYS)
"""The morning after, before that day's sign-in."""


def enrol_regular(app: App, name: str) -> str:
    """Store the state in which a year leaves a member, let it be the morning after, and answer the member's id.

    The year's entries are left out: no operation that has a budget reads the ledger.
    """
    regular = replace(after_a_year(load.PACKAGED), member_id=member_id(name))
    app.now = AFTER_A_YEAR
    with app.environment_of("MembersFunction"):
        transaction = Transaction()
        transaction.journal(Journal(regular, load.in_force(), regular.booked_at))
        transaction.commit()
    return regular.member_id


@cache
def after_a_year(file: Path) -> Member:
    """Answer the regular as the year has left them, under the programme of a file."""
    programme = load.load(file)
    journal = enrolment.enrol("m_regular", "Europe/London", programme, ENROLLED)
    days_of_orders = {DAYS * number // ORDERS for number in range(ORDERS)}
    for day in range(DAYS):
        journal = settle(journal.member, programme, ENROLLED + timedelta(days=day))
        sign_ins.sign_in(journal)
        if day in days_of_orders:
            lines = [line(str(number), quantity=number, unit_price=95 + 5 * day) for number in range(1, 6)]
            buy(journal, *lines, order_id=str(day))
    used = Used(AFTER_A_YEAR.date().replace(day=1), 1)
    uses = dict.fromkeys(("free_shipping", "birthday_gift"), used)
    journal.change(claims={"five_off_thirty": Claimed(12), "tenth_off": Claimed(3)}, uses=uses)
    return journal.member
