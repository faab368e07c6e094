"""What a batch of the night's work costs: members are read together, and what comes of them is counted once for all."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tessera.due_work import BATCH
from tessera.instants import write_instant
from tessera.occasions import TOLD_AT_ONCE, Birthdays, write
from tests.app import sample
from tests.budgets.metering import Cost
from tests.budgets.regular import enrol_regular
from tests.budgets.test_costs import A_TERM_LATER, SETTLEMENT

if TYPE_CHECKING:
    from tests.app import App
    from tests.budgets.conftest import Budget

COUNTING = Cost(1, 1, 0)


def test_a_batch_of_members_costs_less_than_one_by_one(app: App, budget: Budget) -> None:
    members = [enrol_regular(app, f"due with others {number}") for number in range(BATCH)]
    app.now += A_TERM_LATER
    work = {"schema_version": 1, "task": "member", "ids": members, "as_of": write_instant(app.now)}
    together = Cost(
        1 + BATCH + COUNTING.round_trips,
        BATCH * SETTLEMENT.write_units + COUNTING.write_units,
        BATCH * SETTLEMENT.read_units,
    )
    with budget("nightly work for a batch of 25", together):
        assert app.settle(json.dumps(work | {"run": "night:of_budgets", "batch": 0})) == []


@pytest.mark.filterwarnings("ignore:No application metrics to publish")
def test_birthdays_that_an_earlier_night_has_brought_are_read_together_and_written_nowhere(
    app: App, budget: Budget
) -> None:
    app.addresses = {**app.addresses, "CodesBucket": "bucket"}  # of the function's environment, and not used here
    template = sample("coupon_templates")["body"]
    cake = json.loads(template) | {"id": "cake", "issue_on": ["birthday"], "stock": None}
    assert app.post("/coupon-templates", cake, as_="operator").status == 201
    members = [app.enrol(f"was born {number}") for number in range(TOLD_AT_ONCE)]
    night = app.now + timedelta(days=1)
    told = Birthdays(day=night.date(), members=members, since=app.now, as_of=night)
    assert app.deliver("CouponJobsQueue", write(told)) == []
    again = replace(told, as_of=night + timedelta(hours=1))
    templates = 10
    with budget("birthdays of 25, told once more", Cost(4, 0, 2 * TOLD_AT_ONCE + templates)):
        assert app.deliver("CouponJobsQueue", write(again)) == []
