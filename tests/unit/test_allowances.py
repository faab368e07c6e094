from dataclasses import replace

import pytest

from tessera import allowances
from tessera.allowances import Allowance, Refunded, Taken
from tests.unit.test_redemptions import opened_and_held


def test_an_allowance_of_some_lines_costs_what_they_cost_and_what_belongs_to_none() -> None:
    allowance = Allowance("ten_off", "c_ONE", (300, 500, 200), 50)
    assert (allowance.cost, allowance.of_lines([0, 2]).cost) == (1050, 550)


@pytest.mark.parametrize(
    "message",
    [
        Taken(redemption_id="r_1", ticket="t", template_ids=("one", "two")),
        Refunded(order_id="O1", redemption_id="r_1", coupon_ids=("c_ONE",)),
    ],
)
def test_a_message_is_read_as_it_was_written(message: Taken | Refunded) -> None:
    assert allowances.read(allowances.write(message)) == message


def test_a_ticket_counts_while_the_confirmed_redemption_stands_on_it() -> None:
    redemption = replace(opened_and_held()[1], ticket="t")
    confirmed, released = (replace(redemption, status=status) for status in ("confirmed", "released"))
    assert [one.counts("t") for one in (redemption, confirmed, released)] == [False, True, False]
    assert [one.may_count("t") for one in (redemption, confirmed, released)] == [True, False, False]
    assert not confirmed.counts("other")
    assert not redemption.may_count("other")
