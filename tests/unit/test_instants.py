from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera.instants import from_epoch_millis, local_day, parse_instant, write_instant


def test_an_instant_is_read_from_rfc_3339_in_utc() -> None:
    assert parse_instant("2026-11-22T08:26:00Z") == datetime(2026, 11, 22, 8, 26, tzinfo=UTC)


def test_a_fraction_of_a_second_is_cut_off() -> None:
    assert parse_instant("2026-11-22T08:26:59.999999999Z") == datetime(2026, 11, 22, 8, 26, 59, tzinfo=UTC)


@given(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - the zone is added
def test_what_is_written_is_read_as_the_same_second(instant: datetime) -> None:
    assert parse_instant(write_instant(instant)) == instant.replace(microsecond=0)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30T08:26:00Z",
        "2026-11-22T24:00:01Z",
        "2026-11-22T08:26:60Z",
        "2026-13-01T08:26:00Z",
        "2026-11-22T08:26:00+00:00",
        "2026-11-22T08:26:00+01:00",
        "2026-11-22T08:26:00",
        "2026-11-22 08:26:00Z",
        "2026-11-22T08:26Z",
        "2026-11-22",
        "2026-11-22t08:26:00z",
        "2026-11-22T08:26:00.Z",
        "2026-11-22T08:26:00Z\n",
        "２０２６-11-22T08:26:00Z",  # noqa: RUF001 - digits, of another script
        "",
        1795336000,
        1795336000.5,
        True,
        None,
        [],
    ],
)
def test_what_is_no_instant_in_utc_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="must be"):
        parse_instant(text)


@pytest.mark.parametrize("text", ["1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_what_is_before_1970_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must not be before 1970"):
        parse_instant(text)


def test_the_milliseconds_of_a_gateway_are_cut_to_the_second() -> None:
    assert from_epoch_millis(1_795_336_000_999) == datetime.fromtimestamp(1_795_336_000, tz=UTC)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/London", date(2026, 7, 1)),
        ("UTC", date(2026, 6, 30)),
        ("Pacific/Auckland", date(2026, 7, 1)),
        ("America/Los_Angeles", date(2026, 6, 30)),
    ],
)
def test_a_day_is_that_of_its_zone(zone: str, day: date) -> None:
    assert local_day(datetime(2026, 6, 30, 23, 30, tzinfo=UTC), zone) == day
