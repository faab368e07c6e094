from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera import coupons
from tessera.programme.coupons import CouponTemplate
from tessera.refusals import Conflict, Forbidden, Invalid
from tests.factories import NOON, PROGRAMME, RULES, coupon, later, opened, programme

RANDOM = bytes(range(coupons.CODE_BYTES))


def test_a_claimed_coupon_says_what_it_is_and_until_when() -> None:
    journal = opened()
    claimed = claim(journal, "five_off", RANDOM)
    assert (claimed.member_id, claimed.template) == ("m_1", PROGRAMME.template("five_off"))
    assert (claimed.valid_from, claimed.valid_until) == (NOON, NOON + timedelta(days=30))
    assert claimed.status(NOON) == "active"
    assert journal.member.claims == {"five_off": 1}


def test_the_code_is_made_of_all_the_random_bytes() -> None:
    codes = {claim(opened(), "five_off", RANDOM[:9] + bytes([last])).code for last in range(256)}
    assert len(codes) == 256


def test_a_coupon_is_found_by_its_id_and_by_its_code_in_either_case_of_letters() -> None:
    claimed = claim(opened(), "five_off", RANDOM)
    names = [claimed.coupon_id, claimed.code]
    written = [*names, *map(str.lower, names), *map(str.upper, names)]
    assert {coupons.coupon_id(name) for name in written} == {claimed.coupon_id}


def test_a_member_claims_as_many_as_one_member_may() -> None:
    journal = opened()
    for _ in range(2):
        claim(journal, "five_off", RANDOM)
        journal = later(journal, days=40)
    with pytest.raises(Conflict) as refusal:
        claim(journal, "five_off", RANDOM)
    assert refusal.value.code == "limit_reached"
    assert journal.member.claims == {"five_off": 2}
    claim(journal, "tenth_off", RANDOM)


def test_what_may_still_be_claimed_is_listed() -> None:
    listed = coupons.claimable(PROGRAMME, {"five_off": 1, "tenth_off": 1, "long_gone": 5})
    assert [template.id for template in listed] == ["five_off"]


def test_there_is_no_coupon_without_a_template() -> None:
    with pytest.raises(Invalid) as refusal:
        claim(opened(), "lottery", RANDOM)
    assert [problem.pointer for problem in refusal.value.problems] == ["/template_id"]
    assert "lottery" not in str(refusal.value)


@pytest.mark.parametrize("standing", ["frozen", "closed"])
def test_a_member_who_is_not_active_is_not_eligible(standing: str) -> None:
    with pytest.raises(Forbidden) as refusal:
        coupons.claim(opened(standing=standing), "five_off", RANDOM)
    assert refusal.value.code == "not_eligible"


def test_a_coupon_keeps_its_terms_when_the_programme_changes() -> None:
    claimed = claim(opened(), "five_off", RANDOM)
    poorer = programme(coupons=[RULES["coupons"][0] | {"amount": 1, "valid_days": 1}])
    journal = opened(rules=poorer)
    assert claim(journal, "five_off", RANDOM).template != claimed.template
    assert coupons.discount(claimed.template, 3000) == 500


def test_a_coupon_can_be_used_until_its_date() -> None:
    one = coupon()
    assert one.status(one.valid_until - timedelta(seconds=1)) == "active"
    assert one.status(one.valid_until) == "expired"


def test_a_held_coupon_is_held_until_its_hold_lapses() -> None:
    held = coupon().hold("r_1", NOON + timedelta(minutes=15))
    assert held.status(NOON + timedelta(minutes=14, seconds=59)) == "held"
    assert held.status(NOON + timedelta(minutes=15)) == "active"


def test_a_coupon_that_was_valid_when_held_is_not_expired_before_its_hold_lapses() -> None:
    held = coupon(valid_until=NOON + timedelta(minutes=5)).hold("r_1", NOON + timedelta(minutes=15))
    assert held.status(NOON + timedelta(minutes=10)) == "held"
    assert held.status(NOON + timedelta(minutes=15)) == "expired"
    assert held.release().status(NOON + timedelta(minutes=10)) == "expired"


def test_a_released_coupon_is_as_it_was() -> None:
    assert coupon().hold("r_1", NOON).release() == coupon()


def test_a_redeemed_coupon_stays_redeemed() -> None:
    used = coupon().hold("r_1", NOON + timedelta(minutes=15)).redeem("r_1")
    assert {used.status(NOON + timedelta(days=after)) for after in (0, 1, 400)} == {"redeemed"}


@pytest.mark.parametrize(
    ("template_id", "subtotal", "off"),
    [
        ("five_off", 3000, 500),
        ("five_off", 100_000, 500),
        ("tenth_off", 999, 99),
        ("tenth_off", 19_999, 1999),
        ("tenth_off", 20_000, 2000),
        ("tenth_off", 100_000, 2000),
        ("tenth_off", 0, 0),
    ],
)
def test_a_coupon_takes_off_its_amount_or_its_share_up_to_the_ceiling(
    template_id: str, subtotal: int, off: int
) -> None:
    assert coupons.discount(coupon(template_id).template, subtotal) == off


@given(st.sampled_from(PROGRAMME.coupons), st.integers(0, 10**9))
def test_a_coupon_never_takes_off_more_than_the_basket(template: CouponTemplate, subtotal: int) -> None:
    assert 0 <= coupons.discount(template, subtotal) <= subtotal


def test_what_a_coupon_says_of_itself_does_not_change_with_its_use() -> None:
    used = coupon().redeem("r_1")
    assert replace(used, redeemed=False, redemption_id=None) == coupon()
