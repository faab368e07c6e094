"""What a shard may give, and what becomes of a reservation."""

import pytest

from tessera.claims import Claim
from tessera.stock import ABANDONED_AFTER, SHARDS, Mark, becomes, home, made_at, share, stamp

NOW = 1_800_000_000
STAMP = stamp(NOW, 17)


@pytest.mark.parametrize("stock", [1, 2, 31, 32, 33, 1000, 1_000_000_000])
def test_the_shards_give_the_stock_and_no_more(stock: int) -> None:
    assert sum(share(stock, shard) for shard in range(SHARDS)) == stock


@pytest.mark.parametrize("stock", [1, 31, 32, 999])
def test_more_stock_is_no_less_of_any_shard(stock: int) -> None:
    assert all(share(stock + 1, shard) >= share(stock, shard) for shard in range(SHARDS))


@pytest.mark.parametrize("stock", [1, 5, 32, 1000])
def test_a_claim_is_tried_first_where_there_was_something(stock: int) -> None:
    assert all(share(stock, home(f"claim {number}", stock)) for number in range(100))


def test_a_stamp_tells_when_it_was_made() -> None:
    assert made_at(stamp(NOW, 17)) == NOW


def test_stamps_of_one_second_differ_by_what_was_drawn() -> None:
    assert stamp(NOW, 17) != stamp(NOW, 18)


@pytest.mark.parametrize(
    ("claim", "later", "fate"),
    [
        (None, ABANDONED_AFTER - 1, "open"),
        (None, ABANDONED_AFTER, "returned"),
        (Claim(claim_id="c", void=True), 0, "returned"),
        (Claim(claim_id="c", shard=3, stamp=STAMP), 0, "sold"),
        (Claim(claim_id="c", shard=3, stamp=STAMP), ABANDONED_AFTER, "sold"),
        (Claim(claim_id="c", shard=4, stamp=STAMP), 0, "returned"),
        (Claim(claim_id="c", shard=3, stamp=stamp(NOW, 18)), 0, "returned"),
    ],
)
def test_the_record_of_its_claim_tells_what_becomes_of_a_reservation(
    claim: Claim | None, later: int, fate: str
) -> None:
    assert becomes(claim, 3, STAMP, NOW + later) == fate


def test_a_mark_is_of_one_stock_and_may_end() -> None:
    assert Mark(10, None).holds(10, NOW)
    assert not Mark(10, None).holds(11, NOW)
    assert Mark(10, NOW + 1).holds(10, NOW)
    assert not Mark(10, NOW).holds(10, NOW)
