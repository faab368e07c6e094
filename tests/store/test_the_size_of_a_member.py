"""How big a member's item may become: what an operation costs to read and to write rests on it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tessera import actions, programme, sign_ins
from tessera.checkout import MAX_OPEN_HOLDS
from tessera.decay import Decayed
from tessera.enrolment import enrol
from tessera.instants import midnight, months_later
from tessera.lots import Terms
from tessera.member import ActionCount, Claimed, Hold, Member, SignInState, TierHeld
from tessera.messages import ActionDone
from tessera.programme.load import load
from tessera.programme.model import Programme
from tessera.redemptions import id_of, record_of_order
from tessera.settlement import due_at, settle
from tessera.store import member_items
from tessera.store.attributes import fields, item
from tests import resources
from tests.budgets.metering import KILOBYTE, item_size
from tests.factories import buy, line

PROGRAMMES = [
    Path(programme.__file__).with_name("programme.yaml"),
    resources.ROOT / "examples/points_with_dates.yaml",
    resources.ROOT / "examples/ladders.yaml",
]
TEN_YEARS = 3653
ENROLLED = datetime(2025, 3, 1, 8, tzinfo=UTC)
TODAY = date(2035, 3, 1)
ZONE = "America/Argentina/ComodRivadavia"
"""The longest name of a zone."""
LONGEST_ID = "x" * 128
LARGEST = 1_000_000
"""Growth of two days in a row is never the same: days alike would take less."""
"""Points of a lot, growth of a day, what an action has earned: more than anybody will see, and three bytes packed."""


def size(member: Member, due: datetime | None) -> int:
    """Answer the bytes of a member's item."""
    return item_size(item(member_items.from_member(member, due)))


def regular(rules: Programme) -> Member:
    """Live ten years of a sign-in, a purchase of £40 and an action every day."""
    journal = enrol("m_" + "0" * 32, None, rules, ENROLLED)
    for day in range(TEN_YEARS):
        journal = settle(journal.member, rules, ENROLLED + timedelta(days=day))
        sign_ins.sign_in(journal)
        buy(journal, line(unit_price=4000), order_id=str(day))
        if kinds := list(rules.actions):
            kind = kinds[day % len(kinds)]
            done = ActionDone(type="action", action_id=str(day), member_id="m", kind=kind, at=journal.now)
            actions.count(journal, done, "", "{}")
    return settle(journal.member, rules, journal.now + timedelta(days=1)).member


@pytest.mark.parametrize("path", PROGRAMMES, ids=lambda path: path.stem)
def test_ten_years_of_doing_everything_daily_stay_under_two_kilobytes(path: Path) -> None:
    rules = load(path)
    member = regular(rules)
    assert size(member, due_at(member, rules)) < 2 * KILOBYTE


def _day(number: int) -> datetime:
    return midnight(TODAY + timedelta(days=number), ZONE)


def largest() -> Member:
    """Make a member who has as much of everything as the limits of a programme allow.

    Points last for 60 months, are pending for 120 days and come back with 60 days of grace: there is a lot for each
    month to come, for each day of the window and for each day of grace. What has expired is remembered for a year, on
    each day of which a grace may have ended. Each of 20 kinds of actions has earned on each day that is remembered.
    All holds are open, with the longest ids, each with points of every lot that can be spent. A day a week was made up,
    and one a month was lost to a move.
    """
    months, window, grace = 60, 120, 60
    ends = [midnight(months_later(TODAY.replace(day=1), number), ZONE) for number in range(1, months + 2)]
    graces = [_day(number) for number in range(1, grace + 2)]
    spendable = [Terms(end) for end in sorted({*ends, *graces})]
    pending = [Terms(ends[-1 - (number > 31)], _day(number)) for number in range(1, window + 2)]
    gone = [Terms(_day(-number)) for number in range(366)]
    by_day = {TODAY - timedelta(days=number): LARGEST + number % 2 for number in range(actions.KEPT_DAYS + 1)}
    record = record_of_order(LONGEST_ID, LONGEST_ID, by_shop=True)
    return Member(
        member_id="m_" + "0" * 32,
        enrolled_at=ENROLLED,
        time_zone=ZONE,
        tier=TierHeld(id="t" * 40, since=ENROLLED, until=_day(3660)),
        version=10**9,
        sequence=10**9,
        chain=bytes(32),
        points=LARGEST * len(spendable),
        lots=dict.fromkeys([*spendable, *pending], LARGEST),
        gone=dict.fromkeys(gone, LARGEST),
        growth_days={TODAY - timedelta(days=number): LARGEST + number % 2 for number in range(366)},
        growth_waiting={(_day(number), TODAY - timedelta(days=number)): LARGEST for number in range(1, window + 2)},
        active_on=TODAY,
        actions={
            f"{kind:x<40}": ActionCount(points=LARGEST, growth=LARGEST, points_by_day=by_day, growth_by_day=by_day)
            for kind in range(20)
        },
        sign_in=SignInState(
            day=TODAY,
            ends_at=_day(1),
            streak=TEN_YEARS,
            longest_streak=TEN_YEARS,
            answered_streak=1,
            points=LARGEST,
            growth=LARGEST,
            first_day=ENROLLED.date(),
            days=(1 << TEN_YEARS) - 1,
            made_up=frozenset(TODAY - timedelta(days=ago) for ago in range(0, TEN_YEARS, 7)),
            bridged=frozenset(TODAY - timedelta(days=ago) for ago in range(1, TEN_YEARS, 30)),
        ),
        make_up_cards=100,
        holds=tuple(
            Hold(
                redemption_id=id_of(record, 10**6),
                order_id=LONGEST_ID,
                parts=tuple((terms, LARGEST) for terms in spendable),
                expires_at=_day(1),
                owed=LARGEST,
            )
            for _ in range(MAX_OPEN_HOLDS)
        ),
        claims={f"{template:x<40}": Claimed(1000, _day(1), 1000) for template in range(20)},
        booked_at=_day(0),
    )


def test_a_member_stays_under_32_kilobytes_whatever_the_programme_allows() -> None:
    assert size(largest(), _day(1)) < 32 * KILOBYTE


def test_ten_years_of_growth_that_decays_take_no_more_than_a_year_of_its_days() -> None:
    """A share is lost once a month at most, and growth is kept in one bucket between two losses."""
    lost = [months_later(ENROLLED.date(), number) for number in range(120)]
    decaying = replace(
        largest(), growth_days=dict.fromkeys(lost, LARGEST), decays=tuple(Decayed(day, 100) for day in lost)
    )
    assert size(decaying, _day(1)) <= size(largest(), _day(1))


def test_the_largest_member_reads_back_as_it_was_written() -> None:
    member = largest()
    written = item(member_items.from_member(member, None))
    assert member_items.to_member(fields(written)) == replace(member, version=member.version + 1)
