from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera import coupons, moves
from tessera.coupons import Coupon
from tessera.instants import local_day, midnight
from tessera.journal import Journal
from tessera.lots import OPEN
from tessera.member import Claimed
from tessera.programme.coupons import CouponTemplate
from tessera.refusals import Conflict, Forbidden
from tests.factories import NOON, PROGRAMME, RULES, coupon, explained, later, of_kind, opened, programme

RANDOM = bytes(range(coupons.CODE_BYTES))
FOR_GOLD = of_kind(id="for_gold", eligible={"tiers": ["middle"]})
OVER = of_kind(id="over", valid_days=None, valid_until=NOON)


def claim(journal: Journal, template_id: str, random: bytes) -> Coupon:
    """Claim a coupon of the programme of the tests, by the template's id."""
    template = journal.programme.template(template_id)
    assert template is not None
    return coupons.claim(journal, template, random)


def test_a_claimed_coupon_says_what_it_is_and_until_when() -> None:
    journal = opened()
    claimed = claim(journal, "five_off", RANDOM)
    assert (claimed.member_id, claimed.template) == ("m_1", PROGRAMME.template("five_off"))
    assert (claimed.valid_from, claimed.valid_until) == (NOON, NOON + timedelta(days=30))
    assert claimed.status(NOON) == "active"
    assert journal.member.claims == {"five_off": Claimed(1)}


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
    assert journal.member.claims == {"five_off": Claimed(2)}
    claim(journal, "tenth_off", RANDOM)


def test_what_may_still_be_claimed_is_listed() -> None:
    had = opened(claims={"five_off": Claimed(1), "tenth_off": Claimed(1), "long_gone": Claimed(5)}).member
    listed = coupons.claimable(PROGRAMME.coupons, had, PROGRAMME, NOON)
    assert [template.id for template in listed] == ["five_off"]


def test_whoever_asks_for_nobody_sees_what_somebody_may_claim() -> None:
    listed = coupons.claimable([*PROGRAMME.coupons, FOR_GOLD, of_kind(claimable=False), OVER], None, PROGRAMME, NOON)
    assert listed == [*PROGRAMME.coupons, FOR_GOLD]


@pytest.mark.parametrize(
    ("eligible", "fields", "may"),
    [
        ({"tiers": ["middle"]}, {}, False),
        ({"tiers": ["low", "middle"]}, {}, True),
        ({"tags": ["press"]}, {}, False),
        ({"tags": ["press"]}, {"tags": ("family", "press")}, True),
        ({"enrolled_within_days": 3}, {"enrolled_at": NOON - timedelta(days=2, hours=23)}, True),
        ({"enrolled_within_days": 3}, {"enrolled_at": NOON - timedelta(days=3)}, False),
    ],
)
def test_a_coupon_may_be_for_some_members_only(eligible: Any, fields: Any, may: bool) -> None:
    template, journal = of_kind(eligible=eligible), opened(**fields)
    assert (coupons.claimable([template], journal.member, PROGRAMME, NOON) == [template]) is may
    assert coupons.grant(opened(**fields), template, RANDOM).status(NOON) == "active"
    if may:
        coupons.claim(journal, template, RANDOM)
    else:
        with pytest.raises(Forbidden) as refusal:
            coupons.claim(journal, template, RANDOM)
        assert refusal.value.code == "not_eligible"


@pytest.mark.parametrize(
    ("eligible", "told"),
    [
        ({"tiers": ["middle"]}, "This coupon is for members of other tiers."),
        ({"tags": ["vip"]}, "This coupon is for a group of members."),
        ({"enrolled_within_days": 1}, "This coupon is for members of the last 1 days."),
    ],
)
def test_whoever_may_not_have_a_coupon_is_told_why(eligible: dict[str, Any], told: str) -> None:
    with pytest.raises(Forbidden) as refusal:
        coupons.claim(opened(NOON + timedelta(days=2)), of_kind(eligible=eligible), RANDOM)
    assert refusal.value.detail == told


def test_some_coupons_are_never_claimed() -> None:
    with pytest.raises(Forbidden) as refusal:
        coupons.claim(opened(), of_kind(claimable=False), RANDOM)
    assert refusal.value.code == "not_eligible"
    coupons.grant(opened(), of_kind(claimable=False), RANDOM)


def test_a_member_claims_so_many_a_day_of_their_own() -> None:
    template = of_kind(per_member=5, per_member_day=2)
    journal = opened(time_zone="Asia/Tokyo")
    for _ in range(2):
        coupons.claim(journal, template, RANDOM)
    with pytest.raises(Conflict) as refusal:
        coupons.claim(journal, template, RANDOM)
    assert refusal.value.code == "limit_reached"
    tomorrow = later(journal, hours=3)  # noon in London is nine in the evening in Tokyo
    coupons.claim(tomorrow, template, RANDOM)
    assert tomorrow.member.claims["of_kind"] == Claimed(3, datetime(2026, 3, 3, 15, tzinfo=UTC), 1)


def claimed_in(journal: Journal, zone: str, template: CouponTemplate) -> bool:
    """Answer whether a member who moves somewhere gets a coupon there."""
    moves.move(journal, zone)
    try:
        coupons.claim(journal, template, RANDOM)
    except Conflict:
        return False
    return True


@pytest.mark.parametrize("first", ["Pacific/Kiritimati", "Europe/London", "Pacific/Pago_Pago"])
def test_moves_bring_no_second_day_in_one(first: str) -> None:
    template, journal = of_kind(per_member=50, per_member_day=1), opened()
    zones = [first, *(["Pacific/Kiritimati", "Pacific/Pago_Pago"] * 3)]
    assert [claimed_in(journal, zone, template) for zone in zones] == [True] + [False] * 6


def test_after_a_move_the_first_day_that_begins_when_the_last_one_is_over_is_another() -> None:
    template, journal = of_kind(per_member=50, per_member_day=1), opened()
    claimed_in(journal, "Europe/London", template)
    # Here it is nine in the evening, and after midnight the day in London goes on until nine in the morning.
    assert not claimed_in(later(journal, hours=13), "Asia/Tokyo", template)
    assert claimed_in(later(journal, days=1, hours=3), "Asia/Tokyo", template)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Pacific/Kiritimati", "Asia/Tokyo", "Europe/London", "Pacific/Apia", "Pacific/Pago_Pago"]),
            st.integers(0, 40),
        ),
        max_size=20,
    ),
    st.integers(1, 3),
)
def test_who_has_had_all_of_a_day_gets_the_next_on_a_day_that_begins_when_it_is_over(
    steps: list[tuple[str, int]], most: int
) -> None:
    template, journal = of_kind(per_member=100, per_member_day=most), opened()
    had = []
    for zone, hours in steps:
        journal = later(journal, hours=hours)
        if claimed_in(journal, zone, template):
            today = local_day(journal.now, zone)
            had.append((midnight(today, zone), midnight(today + timedelta(days=1), zone)))
    for first, (_, ends) in enumerate(had[:-most]):
        assert any(begins >= ends for begins, _ in had[first + 1 : first + most + 1])


def test_a_day_that_a_move_has_begun_to_count_goes_on_until_the_later_of_its_ends() -> None:
    template, journal = of_kind(per_member=50, per_member_day=2), opened()
    assert claimed_in(journal, "Pacific/Pago_Pago", template)  # where the day ends tomorrow at eleven
    assert claimed_in(journal, "Asia/Tokyo", template)  # where it ends today at fifteen
    assert not claimed_in(later(journal, hours=4), "Asia/Tokyo", template)


def test_one_point_buys_nothing_for_who_has_none() -> None:
    for poor in (opened(), opened(lots={OPEN: -5})):
        with pytest.raises(Conflict) as refusal:
            coupons.claim(poor, of_kind(price_points=1), RANDOM)
        assert refusal.value.detail == "It costs 1 points; 0 are available."


def test_a_price_in_points_is_paid_with_the_coupon_or_there_is_neither() -> None:
    dear = of_kind(price_points=30)
    poor = opened(points=29, lots={OPEN: 29})
    with pytest.raises(Conflict) as refusal:
        coupons.claim(poor, dear, RANDOM)
    assert (refusal.value.code, poor.entries, poor.member.claims) == ("insufficient_points", [], {})
    journal = opened(points=30, lots={OPEN: 30})
    bought = coupons.claim(journal, dear, RANDOM)
    (entry,) = journal.entries
    assert (entry.kind, entry.points, entry.source) == ("exchange", -30, {"coupon_id": bought.coupon_id})
    assert (journal.available, explained(entry)) == (0, {"template_id": "of_kind", "name": "A coupon"})
    assert coupons.grant(opened(), dear, RANDOM)


def test_the_time_of_a_coupon_may_be_fixed() -> None:
    start, end = NOON + timedelta(days=1), NOON + timedelta(days=9)
    fixed = of_kind(valid_days=None, valid_from=start, valid_until=end)
    issued = coupons.claim(opened(), fixed, RANDOM)
    assert (issued.valid_from, issued.valid_until) == (start, end)
    assert (issued.is_early(NOON), issued.is_early(start)) == (True, False)


def test_nothing_is_issued_of_what_is_over() -> None:
    with pytest.raises(Conflict) as refusal:
        coupons.grant(opened(), OVER, RANDOM)
    assert refusal.value.code == "template_over"


@pytest.mark.parametrize("standing", ["frozen", "closed"])
def test_a_member_who_is_not_active_is_not_eligible(standing: str) -> None:
    with pytest.raises(Forbidden) as refusal:
        claim(opened(standing=standing), "five_off", RANDOM)
    assert refusal.value.code == "not_eligible"


def test_a_coupon_keeps_its_terms_when_the_programme_changes() -> None:
    claimed = claim(opened(), "five_off", RANDOM)
    poorer = programme(coupons=[RULES["coupons"][0] | {"amount": 1, "valid_days": 1}])
    journal = opened(rules=poorer)
    assert claim(journal, "five_off", RANDOM).template != claimed.template
    assert claimed.template == PROGRAMME.template("five_off")


def test_limits_for_all_together_are_those_of_today_and_all_else_is_as_issued() -> None:
    issued = of_kind(redemptions=10, budget=1000, amount=500)
    held = coupons.grant(opened(), issued, RANDOM)
    present = issued.model_copy(update={"redemptions": 20, "budget": None, "amount": 900})
    assert held.under(present) == replace(held, template=issued.model_copy(update={"redemptions": 20, "budget": None}))
    unlimited = coupons.grant(opened(), of_kind(), RANDOM)
    assert unlimited.under(of_kind(redemptions=1)) == unlimited


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
    assert (used.redemption_id, used.held_until) == ("r_1", None)


def test_a_code_is_the_id_without_what_says_that_it_is_a_coupon() -> None:
    assert coupon().code == "ONE"


def test_what_a_coupon_says_of_itself_does_not_change_with_its_use() -> None:
    used = coupon().redeem("r_1")
    assert used.redemption_id == "r_1"
    assert replace(used, redeemed=False, redemption_id=None) == coupon()
