"""Every member has a turn in four weeks, and one turn only."""

from collections import Counter
from datetime import timedelta

from tessera.identities import BUCKETS, bucket, short_hash
from tessera.reconciliation import NIGHTS, buckets_of_night
from tests.factories import NOON


def test_every_bucket_has_one_turn_in_four_weeks() -> None:
    turns = Counter(b for night in range(NIGHTS) for b in buckets_of_night(NOON + timedelta(days=night)))
    assert turns == dict.fromkeys(range(BUCKETS), 1)


def test_a_night_that_was_skipped_is_made_up_for_four_weeks_later() -> None:
    assert buckets_of_night(NOON) == buckets_of_night(NOON + timedelta(days=NIGHTS))


def test_nights_are_of_equal_size() -> None:
    assert {len(buckets_of_night(NOON + timedelta(days=night))) for night in range(NIGHTS)} == {146, 147}


def test_a_member_stays_in_a_bucket_for_good() -> None:
    assert (bucket("m_bblcoyj3graeqp2shs27uoo7lf"), bucket("m_1")) == (439, 1264)


def test_buckets_fill_evenly() -> None:
    members = Counter(bucket("m_" + short_hash(str(number))) for number in range(20 * BUCKETS))
    assert len(members) == BUCKETS
    assert max(members.values()) < 3 * 20
