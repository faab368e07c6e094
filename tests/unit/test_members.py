from datetime import timedelta

from tessera.benefits import NO_BIRTHDAY
from tessera.card import card
from tessera.conditions import missing
from tessera.enrolment import enrol
from tessera.lots import OPEN
from tessera.member import Hold, SignInState, TierHeld
from tests.factories import NOON, PROGRAMME, member, programme

WELCOMING = programme(welcome={"points": 50, "growth": 100})


def test_enrolment_is_the_first_entry_of_the_ledger() -> None:
    journal = enrol("m_1", None, PROGRAMME, NOON)
    (entry,) = journal.entries
    assert (entry.kind, entry.sequence, entry.points, entry.points_balance, entry.rules) == (
        "welcome",
        1,
        0,
        0,
        ("welcome",),
    )
    assert (journal.member.enrolled_at, journal.member.tier) == (NOON, TierHeld(id="low", since=NOON))


def test_a_welcome_may_lift_a_new_member_at_once() -> None:
    welcomed = enrol("m_1", None, WELCOMING, NOON).member
    assert (welcomed.points, welcomed.tier.id) == (50, "middle")


def test_a_new_member_lives_in_the_programmes_zone_unless_they_say_otherwise() -> None:
    assert enrol("m_1", None, PROGRAMME, NOON).member.time_zone == "Europe/London"
    assert enrol("m_1", "Asia/Shanghai", PROGRAMME, NOON).member.time_zone == "Asia/Shanghai"


def test_the_card_shows_what_time_has_done_before_it_is_booked() -> None:
    hold = Hold(redemption_id="r_1", order_id="O1", parts=((OPEN, 40),), expires_at=NOON + timedelta(minutes=15))
    tier = TierHeld(id="middle", since=NOON - timedelta(days=365), until=NOON + timedelta(minutes=10))
    booked = member(points=60, holds=(hold,), tier=tier)
    before, after = (card(booked, PROGRAMME, NOON + timedelta(minutes=minutes), NO_BIRTHDAY) for minutes in (0, 20))
    assert (before.available, before.member.tier.id) == (60, "middle")
    assert (after.available, after.member.tier.id) == (100, "low")


def test_the_card_shows_the_growth_that_counts_and_what_is_missing() -> None:
    grown = member(growth_days={NOON.date(): 30, (NOON - timedelta(days=365)).date(): 500})
    seen = card(grown, PROGRAMME, NOON, NO_BIRTHDAY)
    ahead = seen.outlook.next_tier
    assert ahead is not None
    assert (seen.outlook.growth, ahead.tier.id, missing(ahead.progress)) == (30, "middle", {"growth": 70})


def test_the_card_shows_todays_sign_in_and_the_streak_that_is_alive() -> None:
    signed_in = member(sign_in=SignInState(day=NOON.date(), streak=6))
    seen = [card(signed_in, PROGRAMME, NOON + timedelta(days=days), NO_BIRTHDAY) for days in (0, 1, 2)]
    assert [(of.signed_in_today, of.streak) for of in seen] == [(True, 6), (False, 6), (False, 0)]


def test_what_an_earlier_look_would_show_is_never_shown_after_a_later_booking() -> None:
    booked = member(booked_at=NOON + timedelta(days=1), sign_in=SignInState(day=NOON.date(), streak=6))
    assert not card(booked, PROGRAMME, NOON, NO_BIRTHDAY).signed_in_today
