"""Benefits: who is entitled to what, and how often."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera import benefits
from tessera.benefits import Entitlement, Use
from tessera.history import rebuild
from tessera.journal import Entry, Journal
from tessera.member import TierHeld, Used
from tessera.programme.model import Programme
from tessera.refusals import Conflict, Forbidden
from tessera.settlement import settle
from tests.factories import NOON, RULES, later, member, opened, programme

BIRTHDAY = {"month": 3, "day": 4}
ZONES = ["Europe/London", "Pacific/Kiritimati", "Pacific/Honolulu"]


def offering(tiers: dict[str, Any], kind: str = "custom", **fields: Any) -> Programme:
    """Make a programme with one benefit, `lounge`."""
    return programme(benefits=[{"id": "lounge", "name": "Lounge", "kind": kind, "tiers": tiers} | fields])


def quota(uses: int, per: str) -> dict[str, Any]:
    return {"quota": {"uses": uses, "per": per}}


def shown(journal: Journal, birthday: dict[str, int] | None = None) -> Entitlement:
    """Show the benefit of the programme."""
    found = benefits.entitlement(journal.member, journal.programme, "lounge", journal.now, birthday or {})
    assert found
    return found


def use(journal: Journal, use_id: str = "U1", birthday: dict[str, int] | None = None) -> Use:
    return benefits.use(journal, "lounge", birthday or {}, use_id, None)[0]


def on(tier_id: str) -> dict[str, Any]:
    """Put a member on a tier."""
    return {"tier": TierHeld(id=tier_id, since=NOON, until=NOON + timedelta(days=365))}


def test_a_tier_has_the_terms_of_the_highest_named_one_at_or_below_it() -> None:
    rules = offering({"middle": quota(1, "day")})
    found = [shown(opened(rules=rules, **on(tier))) for tier in ("low", "middle", "high")]
    assert [(entitlement.entitled, entitlement.left) for entitlement in found] == [(False, None), (True, 1), (True, 1)]
    assert (found[0].code, found[0].detail) == ("tier_too_low", "From Middle on.")


@pytest.mark.parametrize(
    ("per", "since", "resets_at", "until"),
    [
        ("day", date(2026, 3, 2), "2026-03-03T00:00:00", "until 2026-03-03"),
        ("month", date(2026, 3, 1), "2026-03-31T23:00:00", "until 2026-04-01"),
        ("year", date(2026, 1, 1), "2027-01-01T00:00:00", "until 2027-01-01"),
        ("term", date(2026, 3, 2), "2027-03-02T12:00:00", "until 2027-03-02"),
    ],
)
def test_a_quota_is_whole_again_in_the_next_period(per: str, since: date, resets_at: str, until: str) -> None:
    journal = opened(rules=offering({"low": quota(1, per)}), **on("middle"))
    use(journal)

    entitlement = shown(journal)

    whole_again = datetime.fromisoformat(resets_at).replace(tzinfo=UTC)
    assert (entitlement.since, entitlement.left, entitlement.resets_at) == (since, 0, whole_again)
    assert (entitlement.code, entitlement.detail) == ("quota_used_up", f"Used up {until}.")


def test_the_lowest_tier_has_a_term_without_an_end() -> None:
    journal = opened(rules=offering({"low": quota(1, "term")}))
    use(journal)
    assert (shown(journal).resets_at, shown(journal).detail) == (None, "Used up for this term.")


def test_a_higher_tier_counts_on_what_was_used_in_the_period() -> None:
    journal = opened(rules=offering({"low": quota(2, "month"), "high": quota(5, "month")}))
    use(journal)
    use(journal, "U2")
    journal.change(**on("high"))
    assert shown(journal).left == 3


def test_a_new_term_has_a_new_quota() -> None:
    journal = opened(rules=offering({"low": quota(1, "term")}))
    use(journal)
    journal = later(journal, days=1)
    journal.change(tier=TierHeld(id="middle", since=journal.now))
    assert shown(journal).left == 1


def test_without_a_quota_uses_are_booked_and_not_counted() -> None:
    journal = opened(rules=offering({"low": {}}))
    for number in range(3):
        use(journal, f"U{number}")
    assert (shown(journal).left, journal.member.uses, len(journal.entries)) == (None, {}, 3)


@pytest.mark.parametrize(("standing", "code"), [("frozen", "member_frozen"), ("closed", "member_closed")])
def test_who_is_not_active_is_entitled_to_nothing(standing: Any, code: str) -> None:
    journal = opened(rules=offering({"low": quota(1, "day")}), standing=standing)
    assert shown(journal).code == code
    assert benefits.of(journal.member, journal.programme, journal.now, {}) == ()
    with pytest.raises(Forbidden):
        use(journal)


@pytest.mark.parametrize(
    ("now", "span"),
    [
        (datetime(2026, 2, 24, 0, 0, tzinfo=UTC), "From 2026-02-25 to 2026-03-07."),
        (datetime(2026, 2, 25, 0, 0, tzinfo=UTC), None),
        (datetime(2026, 3, 7, 23, 59, tzinfo=UTC), None),
        (datetime(2026, 3, 8, 0, 0, tzinfo=UTC), "From 2027-02-25 to 2027-03-07."),
    ],
)
def test_a_birthday_gift_is_had_around_the_birthday(now: datetime, span: str | None) -> None:
    terms = {"low": {"gift": "Cake", "days_before": 7, "days_after": 3}}
    journal = opened(now, offering(terms, "birthday_gift"), enrolled_at=now, booked_at=now)
    entitlement = shown(journal, BIRTHDAY)
    assert (entitlement.entitled, entitlement.detail) == (span is None, span)


def test_a_birthday_at_the_turn_of_the_year_brings_one_gift() -> None:
    rules = offering({"low": {"gift": "Cake", "days_before": 7, "days_after": 7}}, "birthday_gift")
    on_2_january = {"month": 1, "day": 2}
    journal = opened(datetime(2026, 12, 28, 12, tzinfo=UTC), rules)
    use(journal, "U1", on_2_january)
    journal = later(journal, days=7)
    assert shown(journal, on_2_january).code == "quota_used_up"
    journal = later(journal, days=357)
    assert shown(journal, on_2_january).left == 1


@pytest.mark.parametrize(("year", "day"), [(2027, 28), (2028, 29)])
def test_who_was_born_on_29_february_has_it_on_the_28th_of_other_years(year: int, day: int) -> None:
    now = datetime(year, 2, day, 12, tzinfo=UTC)
    rules = offering({"low": {"gift": "Cake"}}, "birthday_gift")
    born = {"month": 2, "day": 29}
    assert shown(opened(now, rules), born).entitled
    assert not shown(opened(now + timedelta(days=1), rules), born).entitled


def test_without_a_birthday_there_is_no_gift() -> None:
    assert shown(opened(rules=offering({"low": {"gift": "Cake"}}, "birthday_gift"))).code == "birthday_unknown"


def test_a_use_of_another_period_gives_nothing_back() -> None:
    journal = opened(rules=offering({"low": quota(2, "day")}))
    first = use(journal)
    journal = later(journal, days=1)
    use(journal, "U2")
    benefits.take_back(journal, first)
    assert shown(journal).left == 1


def test_who_moves_west_counts_on_in_the_later_period() -> None:
    new_year = datetime(2026, 12, 31, 12, tzinfo=UTC)
    journal = opened(new_year, offering({"low": quota(1, "month")}), time_zone="Pacific/Kiritimati")
    benefits.take_back(journal, use(journal))
    journal.change(time_zone="Pacific/Honolulu")
    assert (shown(journal).since, shown(journal).left) == (date(2027, 1, 1), 1)
    assert shown(journal).resets_at == datetime(2027, 2, 1, 10, tzinfo=UTC)


def test_a_quota_that_gets_another_period_goes_on_with_what_was_used() -> None:
    journal = opened(rules=offering({"low": quota(2, "day")}))
    use(journal)
    monthly = settle(journal.member, offering({"low": quota(3, "month")}), journal.now)
    assert (shown(monthly).left, shown(monthly).resets_at) == (2, datetime(2026, 3, 31, 23, tzinfo=UTC))


@given(
    per=st.sampled_from(["day", "month", "year", "term"]),
    uses=st.integers(1, 3),
    steps=st.lists(
        st.tuples(
            st.sampled_from(["use", "back", "move", "climb"]), st.sampled_from([0, 0, 0, 1, 20, 90]), st.integers(0, 4)
        ),
        max_size=30,
    ),
)
def test_no_period_is_ever_used_more_often_than_its_quota(
    per: str, uses: int, steps: list[tuple[str, int, int]]
) -> None:
    """Beside the naive count: of all uses that stand those in a period; and no calendar goes back behind a use."""
    rules = offering({"low": quota(uses, per)})
    journal = opened(rules=rules)
    entries: list[Entry] = []
    standing: list[tuple[date, Use]] = []
    latest = date.min
    for number, (what, days, choice) in enumerate(steps):
        journal = settle(journal.member, rules, journal.now + timedelta(days=days, hours=7 * choice))
        if what == "use":
            period = max(latest, first_day(per, journal))
            if [used_in for used_in, _ in standing].count(period) < uses:
                standing.append((period, use(journal, f"U{number}")))
                latest = period
            else:
                with pytest.raises(Conflict):
                    use(journal, f"U{number}")
        elif what == "back" and standing:
            benefits.take_back(journal, standing.pop(choice % len(standing))[1])
        elif what == "move":
            journal.change(time_zone=ZONES[choice % len(ZONES)])
        elif what == "climb":
            journal.change(tier=TierHeld(id="middle", since=journal.now))
        entries += journal.entries
    assert rebuild(member(), entries, rules).uses == journal.member.uses


def first_day(per: str, journal: Journal) -> date:
    if per == "term":
        return journal.member.tier.since.astimezone(ZoneInfo(journal.programme.zone)).date()
    today = journal.now.astimezone(ZoneInfo(journal.member.time_zone)).date()
    return today.replace(month=1 if per == "year" else today.month, day=today.day if per == "day" else 1)


def test_what_is_taken_and_given_back_leaves_no_trace_in_the_count() -> None:
    march = {"lounge": date(2026, 3, 1)}
    assert benefits.returned(benefits.counted({}, march), march) == {"lounge": Used(date(2026, 3, 1), 0)}


def test_all_benefits_are_listed_and_those_of_the_tier_shown() -> None:
    rules = programme(
        benefits=[
            {"id": "lounge", "name": "Lounge", "kind": "custom", "tiers": {"high": {}}},
            {"id": "wrap", "name": "Wrapping", "kind": "custom", "tiers": {"low": {}}},
        ]
    )
    journal = opened(rules=rules, **on("middle"))
    told = journal.member, rules, journal.now, benefits.NO_BIRTHDAY
    assert [entitlement.benefit_id for entitlement in benefits.every(*told)] == ["lounge", "wrap", "earning_multiplier"]
    assert [entitlement.name for entitlement in benefits.of(*told)] == ["Wrapping", "Points ×1.5"]
    low = replace(journal.member, tier=TierHeld(id="low", since=NOON))
    assert benefits.multiplier(low, rules) is None


def successor(before: Programme, after: Programme) -> Programme:
    """Let a programme follow another, whose terms still run."""
    return after.model_copy(update={"version": 2}).following({1: before})


@pytest.mark.parametrize(
    ("then", "now", "left"),
    [
        (quota(3, "month"), quota(2, "month"), 3),
        (quota(2, "month"), quota(3, "month"), 3),
        (quota(2, "month"), {}, None),
        ({}, quota(2, "month"), None),
        (quota(2, "month"), quota(9, "year"), 2),
    ],
)
def test_within_a_term_nobody_has_less_than_when_it_began(then: Any, now: Any, left: int | None) -> None:
    rules = successor(offering({"middle": then}), offering({"middle": now}))
    assert shown(opened(rules=rules, **on("middle"))).left == left


def test_a_benefit_that_was_dropped_lasts_to_the_end_of_the_term() -> None:
    rules = successor(offering({"middle": {}}), programme())
    assert shown(opened(rules=rules, **on("middle"))).entitled
    new_term = TierHeld(id="middle", since=NOON, programme_version=2)
    journal = opened(rules=rules, tier=new_term)
    assert benefits.entitlement(journal.member, rules, "lounge", NOON, {}) is None


def test_a_benefit_that_begins_on_a_higher_tier_now_is_kept_to_the_end_of_the_term() -> None:
    rules = successor(offering({"low": quota(1, "day")}), offering({"high": {}}))
    assert shown(opened(rules=rules, **on("middle"))).left == 1
    assert shown(opened(rules=rules, **on("high"))).left is None


def test_the_lowest_tier_has_no_term_and_what_it_gives_is_what_the_programme_says_now() -> None:
    rules = successor(offering({"low": quota(3, "day")}), offering({"low": quota(1, "day")}))
    assert shown(opened(rules=rules)).left == 1


def test_a_benefit_of_another_kind_is_another_benefit() -> None:
    trial = {"low": {"of": "Next-day delivery", "days": 30}}
    rules = successor(offering({"low": {}}), offering(trial, "trial"))
    assert shown(opened(rules=rules, **on("middle"))).kind == "custom"
    assert shown(opened(rules=rules)).kind == "trial"


def test_a_benefit_of_another_ladder_is_for_another_kind_of_account() -> None:
    trade = RULES["tiers"] | {"ladder": [{"id": "trade", "name": "Trade", "growth": 0}]}
    lounge = {"id": "lounge", "name": "Lounge", "kind": "custom", "tiers": {"trade": {}}}
    rules = programme(ladders={"business": trade}, benefits=[lounge])
    assert shown(opened(rules=rules)).code == "other_account"
    assert shown(opened(rules=rules, account="business", tier=TierHeld(id="trade", since=NOON))).entitled
