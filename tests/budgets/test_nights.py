"""What a batch of the night's work costs: members are read together, and what comes of them is counted once for all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tessera.due_work import BATCH
from tessera.instants import write_instant
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
