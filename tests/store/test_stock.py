"""A unit of a limited stock is sold once, found again by who reserved it, and comes back if its claim never comes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tessera.claims import Claim
from tessera.stock import MANY_OPEN, SHARDS, Mark, home
from tessera.store import client, stock
from tessera.store.client import StaleError
from tessera.store.stock import Reservation
from tessera.store.template_items import head_key
from tessera.store.templates import read_heads
from tessera.store.transaction import Transaction
from tessera.templates import Head

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOW + timedelta(seconds=61)
T = "limited"

pytestmark = pytest.mark.usefixtures("app")


def mark() -> Mark | None:
    found = read_heads([T]).get(T)
    return found.mark if isinstance(found, Head) else found


def reserve(claim_id: str, of: int, now: datetime = NOW) -> Reservation | None:
    return stock.reserve(T, of, claim_id, now, mark())


def commit(claim_id: str, reservation: Reservation | None) -> None:
    assert reservation
    transaction = Transaction()
    transaction.operation(Claim(claim_id=claim_id, member_id="m_1", shard=reservation.number, stamp=reservation.stamp))
    transaction.commit()


def sell(claim_id: str, of: int, now: datetime = NOW) -> Reservation | None:
    reservation = reserve(claim_id, of, now)
    if reservation:
        commit(claim_id, reservation)
    return reservation


def test_as_many_are_sold_as_there_are() -> None:
    sold = [sell(f"claim {i}", 40) for i in range(50)]
    assert sum(reservation is not None for reservation in sold) == 40
    assert stock.left(T, 40) == 0


def test_a_retry_finds_its_own_reservation() -> None:
    first = reserve("mine", 40)
    again = reserve("mine", 40)
    assert first
    assert again
    assert again == first
    assert stock.left(T, 40) == 39


def test_a_retry_finds_its_own_reservation_on_another_shard_than_its_home() -> None:
    at_home = next(f"other {i}" for i in range(1000) if home(f"other {i}", 2) == home("mine", 2))
    sell(at_home, 2)
    first, again = reserve("mine", 2), reserve("mine", 2)
    assert first
    assert first.number != home("mine", 2)
    assert again
    assert again == first
    assert stock.left(T, 2) == 0


def test_what_was_reserved_and_never_claimed_is_sold_a_minute_later() -> None:
    assert reserve("died", 1)
    assert reserve("early", 1) is None
    assert sell("late", 1, LATER)
    assert sell("too late", 1, LATER) is None


def test_a_claim_that_comes_after_its_unit_was_given_to_another_fails() -> None:
    slow = reserve("slow", 1)
    assert sell("quick", 1, LATER)
    with pytest.raises(StaleError):
        commit("slow", slow)


def test_a_claim_that_is_through_keeps_its_unit_however_late_it_is_looked_at() -> None:
    sell("through", 1)
    assert reserve("late", 1, LATER) is None
    assert stock.left(T, 1) == 0


def test_a_claim_that_comes_through_while_it_is_being_declared_void_keeps_its_unit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow = reserve("slow", 1)
    before(monkeypatch, "put_item", lambda: commit("slow", slow))
    assert reserve("quick", 1, LATER) is None
    assert stock.left(T, 1) == 0


def test_two_who_take_back_the_same_reservation_take_back_one_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reserve("died", 1)
    sold: list[Reservation | None] = []
    before(monkeypatch, "put_item", lambda: sold.append(sell("first", 1, LATER)))
    assert reserve("second", 1, LATER) is None
    assert sold[0]
    assert stock.left(T, 1) == 0


def test_once_sold_out_nobody_asks_the_shards_again(monkeypatch: pytest.MonkeyPatch) -> None:
    sell("all", 1)
    assert reserve("asks", 1) is None
    found = mark()
    assert found == Mark(1, None)
    monkeypatch.setattr(client, "DYNAMODB", None)
    assert stock.reserve(T, 1, "asks later", LATER, found) is None


def test_a_stock_with_a_claim_under_way_is_looked_at_again() -> None:
    assert reserve("under way", 1)
    assert reserve("asks", 1) is None
    found = mark()
    assert found
    assert found.until == int(NOW.timestamp()) + 60


def test_a_unit_that_is_given_back_lifts_the_mark_at_once() -> None:
    mine = reserve("mine", 1)
    assert mine
    assert reserve("asks", 1) is None

    stock.give_back(mine, None)

    assert sell("asks again", 1)
    assert reserve("too late", 1) is None


def test_a_unit_that_is_given_back_before_there_is_a_mark_makes_none() -> None:
    mine = reserve("mine", 1)
    assert mine
    stock.give_back(mine, None)
    assert items("CouponTemplatesTable") == []


def test_a_unit_that_is_given_back_while_the_mark_is_being_set_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = reserve("mine", 1)
    assert mine
    before(monkeypatch, "update_item", lambda: stock.give_back(mine, None), of="CouponTemplatesTable")

    assert sell("asks", 1)
    assert stock.left(T, 1) == 0


def test_what_another_takes_back_lifts_the_mark_whatever_the_clock() -> None:
    for name in ("died", "died too"):
        assert reserve(name, 2)
    assert reserve("asks", 2) is None
    assert sell("late", 2, LATER)
    assert sell("behind", 2)


def test_a_stock_that_is_raised_is_sold_further() -> None:
    sell("first", 1)
    assert reserve("asks", 1) is None
    assert sell("second", 3)
    assert sell("third", 3)
    assert sell("fourth", 3) is None


def test_an_old_mark_that_is_set_after_a_raise_hides_nothing() -> None:
    sell("first", 1)
    assert sell("second", 2)
    assert stock.reserve(T, 1, "thinks there is one", NOW, None) is None
    assert sell("third", 3)


def test_a_shard_with_many_reservations_forgets_those_that_are_through() -> None:
    of = SHARDS * (MANY_OPEN + 1)
    names = [name for i in range(4000) if home(name := f"claim {i}", of) == 0][: MANY_OPEN + 1]
    for name in names:
        last = sell(name, of)
    assert last
    assert len(last.shard.open) == MANY_OPEN + 1
    stock.tidy(last, NOW)
    assert items("StockTable")[0].keys() == {"stock_id", "taken"}


def test_a_repeat_whose_first_reservation_is_forgotten_takes_no_unit_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock, "MANY_OPEN", 1)
    of = SHARDS + 1  # the first shard has two units, the others have one
    name = next(f"claim {i}" for i in range(1000) if home(f"claim {i}", of) == 0)
    first = sell(name, of)
    assert first
    stock.tidy(first, NOW)
    repeated = reserve(name, of)
    with pytest.raises(StaleError):
        commit(name, repeated)

    assert all(sell(f"other {i}", of, LATER) for i in range(of - 1))


def test_the_mark_is_on_the_head_of_the_template() -> None:
    sell("all", 1)
    reserve("asks", 1)
    (head,) = items("CouponTemplatesTable")
    assert {name: content["S"] for name, content in head.items() if "S" in content} == head_key(T)


def items(table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.DYNAMODB.scan(TableName=table)["Items"]
    return found


def before(monkeypatch: pytest.MonkeyPatch, operation: str, act: Callable[[], Any], of: str | None = None) -> None:
    """Let something happen just before the next call of an operation, on a table if one is given."""
    real = getattr(client.DYNAMODB, operation)

    def call(**parameters: Any) -> Any:
        if of in {None, parameters["TableName"]}:
            monkeypatch.setattr(client.DYNAMODB, operation, real)
            act()
        return real(**parameters)

    monkeypatch.setattr(client.DYNAMODB, operation, call)
