import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import chain, combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tessera import discounts, stacking
from tessera.coupons import Coupon
from tessera.discounts import Left, Off
from tessera.quotes import Quote, Searched, quote
from tessera.shapes import Line
from tests.factories import NOON, checkout_request, line, of_kind, opened
from tests.unit.strategies import small_baskets, templates


def coupon(number: int, template: Any, days: int = 30) -> Coupon:
    until = NOON + timedelta(days=days)
    return Coupon(member_id="m_1", coupon_id=f"c_{number:02}", template=template, valid_from=NOON, valid_until=until)


def five_off(number: int, **fields: Any) -> Coupon:
    return coupon(number, of_kind(**fields))


def best_of(*hand: Coupon, lines: tuple[Line, ...] = (line(),), shipping: int = 0) -> Quote:
    request = checkout_request(*lines, coupons="best", shipping=shipping)
    return quote(opened(), request, {coupon.coupon_id: coupon for coupon in hand})


def named(*hand: Coupon, order: list[str]) -> Quote:
    return quote(opened(), checkout_request(coupons=order), {coupon.coupon_id: coupon for coupon in hand})


def test_coupons_of_different_groups_apply_together_by_their_priority() -> None:
    late = five_off(1, id="late", group="a", amount=300)
    early = five_off(2, id="early", group="b", kind="percentage", percent=50, amount=None, priority=1)
    priced = named(late, early, order=["c_01", "c_02"])
    assert [(discount.source, discount.amount) for discount in priced.discounts] == [
        ("coupon:c_02", 500),
        ("coupon:c_01", 300),
    ]
    assert (priced.total, all(verdict.applies for verdict in priced.verdicts)) == (200, True)


def test_of_one_group_the_first_that_is_named_applies() -> None:
    one, other = five_off(1, group="a", amount=100), five_off(2, group="a", amount=900)
    priced = named(one, other, order=["c_01", "c_02"])
    refused = priced.verdicts[1]
    assert (list(priced.off), refused.code, refused.fix) == (["c_01"], "not_stackable", {"without": ["c_01"]})


def test_of_one_template_one_applies_though_its_group_was_changed_in_between() -> None:
    one, other = five_off(1, group="a", amount=100), five_off(2, group="b", amount=200)
    assert list(named(one, other, order=["c_01", "c_02"]).off) == ["c_01"]
    assert list(best_of(one, other).off) == ["c_02"]


def test_without_a_group_a_coupon_applies_alone() -> None:
    alone, other = five_off(1), five_off(2, group="a")
    assert list(named(alone, other, order=["c_01", "c_02"]).off) == ["c_01"]
    assert list(named(alone, other, order=["c_02", "c_01"]).off) == ["c_02"]


def test_beside_one_of_a_group_neither_one_of_it_nor_one_without_a_group_applies() -> None:
    one, same = five_off(1, id="one", group="a"), five_off(2, id="same", group="a")
    none, other = five_off(3, id="none"), five_off(4, id="other", group="b")
    assert [out.coupon_id for out in stacking.excluded_by(one, [same, none, other])] == ["c_02", "c_03"]
    assert [out.coupon_id for out in stacking.excluded_by(none, [one, other])] == ["c_01", "c_04"]


def test_the_best_is_several_together_or_one_alone_whichever_leaves_less() -> None:
    together = [five_off(number, id=f"t{number}", group=f"g{number}", amount=100) for number in range(3)]
    assert best_of(*together, five_off(9, amount=299)).total == 700
    assert list(best_of(*together, five_off(9, amount=301)).off) == ["c_09"]


def test_a_coupon_that_adds_nothing_stays_in_hand() -> None:
    whole, more = five_off(1, id="whole", group="a", amount=1000, priority=1), five_off(2, id="more", group="b")
    priced = best_of(whole, more)
    assert (list(priced.off), priced.verdicts[1].code) == (["c_01"], "no_gain")


def test_of_two_that_take_off_the_same_the_one_is_used_that_is_lost_the_sooner() -> None:
    assert list(best_of(five_off(1), coupon(2, of_kind(), days=3)).off) == ["c_02"]


def test_a_gift_is_better_than_nothing_and_worse_than_a_penny() -> None:
    gift = coupon(1, of_kind("gift", sku="PEN", value=500))
    assert best_of(gift).off["c_01"].gift == gift.template
    assert list(best_of(gift, five_off(2, amount=1)).off) == ["c_02"]


def test_shipping_counts_in_what_is_left_to_pay() -> None:
    free = coupon(1, of_kind("free_shipping"))
    priced = best_of(free, five_off(2, amount=499), shipping=500)
    assert (priced.off["c_01"].shipping, priced.shipping, priced.total) == (500, 0, 1000)


def test_beyond_twenty_those_are_tried_that_take_off_the_most_and_it_is_said() -> None:
    hand = [five_off(number, id=f"t{number}", group=f"g{number}", amount=number) for number in range(1, 24)]
    priced = best_of(*hand)
    assert priced.searched is not None
    assert priced.searched == Searched(20, 23, exact=False)
    assert priced.total == 1000 - sum(range(4, 24))


def gain(lines: list[Line], priced: Left, combination: tuple[Coupon, ...]) -> int:
    """Reckon what coupons take off, one after the other, as directly as can be."""
    left, amount = priced, 0
    for each in sorted(
        combination, key=lambda coupon: (coupon.template.priority, coupon.template.id, coupon.coupon_id)
    ):
        off: Off = discounts.off(each.template, lines, priced, left)
        left = left.less(off)
        amount += off.amount
    return amount


def stack(combination: tuple[Coupon, ...]) -> bool:
    groups = [coupon.template.group for coupon in combination]
    ids = {coupon.template.id for coupon in combination}
    return len(groups) < 2 or (None not in groups and len(set(groups)) == len(groups) == len(ids))


@given(st.lists(templates(), min_size=1, max_size=8), small_baskets())
@settings(max_examples=300)
def test_no_combination_whatever_leaves_less_than_the_best(drawn: list[Any], lines: list[Line]) -> None:
    hand = [coupon(number, template) for number, template in enumerate(drawn)]
    priced = Left(tuple(line.amount for line in lines), 500)
    subsets = chain.from_iterable(combinations(hand, size) for size in range(len(hand) + 1))
    usable = {each.coupon_id for each in hand if discounts.shortfall(each.template, lines, priced) is None}
    lowest = max(
        gain(lines, priced, subset)
        for subset in subsets
        if stack(subset) and {each.coupon_id for each in subset} <= usable
    )
    found = best_of(*hand, lines=tuple(lines), shipping=500)
    assert found.total == sum(priced.lines) + priced.shipping - lowest
    assert stack(tuple(each for each in hand if each.coupon_id in found.off))
    assert found.searched is not None
    assert found.searched.exact
    assert {verdict.coupon_id for verdict in found.verdicts} == {each.coupon_id for each in hand}


@given(st.lists(templates(groups=4), min_size=20, max_size=20), small_baskets())
@settings(max_examples=5)
def test_of_twenty_in_hand_all_combinations_are_tried(drawn: list[Any], lines: list[Line]) -> None:
    hand = [coupon(number, template) for number, template in enumerate(drawn)]
    priced = Left(tuple(line.amount for line in lines), 500)
    usable = [each for each in hand if discounts.shortfall(each.template, lines, priced) is None]
    together: list[tuple[Coupon, ...]] = [()]
    for each in usable:
        together += [(*so_far, each) for so_far in together if stack((*so_far, each))]
    found = best_of(*hand, lines=tuple(lines), shipping=500)
    assert found.total == sum(priced.lines) + priced.shipping - max(gain(lines, priced, tried) for tried in together)
    assert found.searched is not None
    assert found.searched.exact


@dataclass
class Counting:
    """Gains one for each coupon, and counts what is asked."""

    rounding: int = 0
    most_parts: int = 10_000
    asked: set[tuple[str, ...]] = field(default_factory=set)

    def gain(self, combination: tuple[Coupon, ...]) -> tuple[int, int]:
        self.asked.add(tuple(sorted(each.coupon_id for each in combination)))
        return len(combination), 0

    def idle(self, combination: tuple[Coupon, ...]) -> set[str]:
        return {each.coupon_id for each in combination if not self.gain((each,))[0]}


def test_twenty_coupons_have_at_most_so_many_combinations_to_which_nothing_can_be_added() -> None:
    groups, gains = [3, 3, 3, 3, 3, 3, 2], Counting()
    hand = [
        five_off(10 * group + number, id=f"t{group}", group=f"g{group}")
        for group, size in enumerate(groups)
        for number in range(size)
    ]
    stacking.best(hand, gains)
    assert len([asked for asked in gains.asked if len(asked) == len(groups)]) == 1458


def test_where_not_all_is_tried_it_is_said() -> None:
    hand = [five_off(number, id=f"t{number}", group=f"g{number}") for number in range(12)]
    assert not stacking.best(hand, Counting(rounding=12, most_parts=100)).exact
    assert stacking.best(hand, Counting(rounding=12)).exact


def test_what_takes_nothing_off_beside_another_is_not_counted_as_used() -> None:
    whole, idle = five_off(1, id="whole", group="a", amount=1000), five_off(2, id="idle", group="b")
    alone = coupon(3, of_kind(id="alone", amount=1000), days=30)
    sooner = replace(whole, valid_until=NOON + timedelta(days=3))
    assert list(best_of(sooner, idle, alone).off) == ["c_01"]
    assert list(best_of(whole, idle, replace(alone, valid_until=NOON + timedelta(days=3))).off) == ["c_03"]


@dataclass
class Rounded:
    """Gains what each coupon is worth, as far as there is something to pay, and up to `rounding` less for several."""

    worth: tuple[int, ...]
    to_pay: int
    gift: int
    rounding: int
    seed: int
    most_parts: int = 10_000

    def gain(self, combination: tuple[Coupon, ...]) -> tuple[int, int]:
        numbers = sorted(int(each.coupon_id[-2:]) for each in combination)
        drawn = random.Random(f"{self.seed} {numbers}")  # noqa: S311 - the same combination gains the same
        less = drawn.randint(0, self.rounding) if len(numbers) > 1 else 0
        off = min(self.to_pay, sum(self.worth[number] for number in numbers))
        return max(0, off - less), sum(self.gift * (number % 2) for number in numbers)

    def idle(self, _: tuple[Coupon, ...]) -> set[str]:
        return set()


@given(
    st.lists(st.sampled_from([None, "a", "b", "c"]), min_size=1, max_size=7),
    st.builds(
        Rounded,
        worth=st.tuples(*[st.integers(0, 9)] * 7),
        to_pay=st.integers(0, 9),
        gift=st.sampled_from([0, 1, 10]),
        rounding=st.integers(0, 3),
        seed=st.integers(),
    ),
)
@settings(max_examples=500)
def test_rounding_hides_no_better_combination(groups: list[str | None], gains: Rounded) -> None:
    def rank(combination: tuple[Coupon, ...]) -> tuple[int, int, int]:
        off, gifts = gains.gain(combination)
        return -off, -gifts, len(combination)

    hand = [five_off(number, id=f"t{number}", group=group) for number, group in enumerate(groups)]
    subsets = chain.from_iterable(combinations(hand, size) for size in range(len(hand) + 1))
    found = stacking.best(hand, gains)
    assert found.exact
    assert rank(found.combination) == min(rank(subset) for subset in subsets if stack(subset))


@pytest.mark.parametrize(("most_parts", "exact"), [(7, False), (8, True)])
def test_as_many_parts_are_looked_at_as_it_says(most_parts: int, *, exact: bool) -> None:
    hand = [five_off(number, id=f"t{number}", group=f"g{number}") for number in range(3)]
    assert stacking.best(hand, Counting(rounding=3, most_parts=most_parts)).exact is exact
