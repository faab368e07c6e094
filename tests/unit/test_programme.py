from pathlib import Path
from typing import Any

import pytest

from tessera import coupons, discounts
from tessera.enrolment import enrol
from tessera.programme.coupons import AmountOff, Percentage
from tessera.programme.ladders import TermOfDays, Window
from tessera.programme.load import ProgrammeError, in_force, load
from tests.factories import NOON, line, programme

SMALL = """\
version: 1
name: Small
zone: Europe/London
currency: GBP
welcome: {points: 50}
earning:
  points:
    base: {earn: 1, per: 100}
    categories:
      toys: {earn: 2, per: 100}
  growth:
    base: {earn: 1, per: 100}
tiers:
  growth: {policy: window, days: 365}
  term: {policy: days, days: 365}
  ladder:
    - {id: low, name: Low, growth: 0}
    - {id: high, name: High, growth: 100}
sign_ins:
  daily: {points: 1}
  streaks:
    - {days: 3, points: 5}
    - {days: 7, points: 10}
coupons:
  - id: five_off
    kind: amount_off
    name: £5 off
    terms: £5 off £30.
    threshold: 3000
    amount: 500
    valid_days: 30
  - id: tenth_off
    kind: percentage
    name: 10% off
    terms: 10% off.
    percent: 10
    ceiling: 2000
    valid_days: 30
"""
LADDER = "{growth: {policy: lifetime}, term: {policy: calendar_year}, ladder: [{id: low, name: Low}]}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "programme.yaml"


def test_the_programme_to_try_counts_in_pounds() -> None:
    assert in_force().currency == "GBP"
    assert in_force().zone == "Europe/London"


def test_the_programme_to_try_has_five_tiers_that_count_a_year_and_are_held_for_a_year() -> None:
    tiers = in_force().tiers
    assert len(tiers.ladder) == 5
    assert (tiers.growth, tiers.term) == (Window(policy="window", days=365), TermOfDays(policy="days", days=365))


def test_the_programme_to_try_has_rates_by_category() -> None:
    points = in_force().earning.points
    assert points.categories
    assert points.base not in points.categories.values()


def test_the_programme_to_try_rewards_streaks_of_3_7_and_30_days() -> None:
    sign_ins = in_force().sign_ins
    assert sign_ins.daily.points > 0
    assert [streak.days for streak in sign_ins.streaks] == [3, 7, 30]


def test_the_programme_to_try_has_coupons_of_both_kinds() -> None:
    assert {type(template) for template in in_force().coupons} == {AmountOff, Percentage}


def test_any_member_may_claim_any_coupon_of_the_programme_to_try() -> None:
    member = enrol("m_1", None, in_force(), NOON).member
    assert coupons.claimable(in_force().coupons, member, in_force(), NOON) == in_force().coupons


def test_the_first_coupon_of_the_programme_to_try_applies_to_any_basket_over_30_pounds() -> None:
    first = in_force().coupons[0]
    basket = [line(unit_price=3001)]
    left = discounts.Left((3001,), 0)
    assert discounts.shortfall(first, basket, left) is None
    assert discounts.off(first, basket, left, left).amount > 0


def test_what_is_not_said_has_a_default(file: Path) -> None:
    file.write_text(SMALL, encoding="utf-8")
    small = load(file)
    assert small.unknown_identity == "record"
    assert (small.checkout.point_value, small.checkout.hold_minutes) == (1, 15)
    assert small.coupons[0].per_member == 1
    assert small.tiers.ladder[0].multiplier_bp == 10_000


@pytest.mark.parametrize(
    ("right", "wrong", "line", "words"),
    [
        ("currency: GBP", "curency: GBP", 4, "curency: Extra inputs are not permitted"),
        ("    - {days: 3, points: 5}", "    - {days: 3, point: 5}", 22, "point: Extra inputs are not permitted"),
        ("currency: GBP\n", "", 1, "currency: Field required"),
        ("{id: high, name: High, growth: 100}", "{id: high, name: High}", 16, "tier high must say how it is reached"),
        ("version: 1", "version: one", 1, "version: Input should be a valid integer"),
        ("version: 1", "version: '1'", 1, "version: Input should be a valid integer"),
        ("name: Small", "name: 5", 2, "name: Input should be a valid string"),
        ("name: Small", "name: yes", 2, "name: Input should be a valid string"),
        ("window, days: 365", "window, days: 4000", 14, "days: Input should be less than or equal to 1100"),
        ("welcome: {points: 50}", "welcome: 50", 5, "welcome: Input should be a valid dictionary"),
        ("earn: 2, per: 100", "earn: 2.5, per: 100", 10, "toys.earn: Input should be a valid integer"),
        ("earn: 2, per: 100", "earn: 2.0, per: 100", 10, "toys.earn: Input should be a valid integer"),
        ("earn: 2, per: 100", "earn: 2, per: 0", 10, "toys.per: Input should be greater than or equal to 1"),
        ("earn: 2, per: 100", "earn: -2, per: 100", 10, "toys.earn: Input should be greater than or equal to 0"),
        ("threshold: 3000", "threshold: 30.00", 29, "threshold: Input should be a valid integer"),
        ("growth: 100}", "growth: 0}", 16, "tier high must say how it is reached"),
        ("growth: 0}", "growth: 1}", 16, "the lowest tier must ask for nothing"),
        ("id: high", "id: low", 16, "two tiers have the same id"),
        ("id: high", "id: High Tier", 18, "id: String should match pattern"),
        ("days: 7", "days: 3", 21, "two streaks have the same number of days"),
        ("id: tenth_off", "id: five_off", 24, "two coupon templates have the same id"),
        ("zone: Europe/London", "zone: Europe/Camelot", 3, "zone: Value error, must be an IANA time zone"),
        ("currency: GBP", "currency: pounds", 4, "currency: String should match pattern"),
        ("kind: percentage", "kind: lottery", 32, "coupons.1: Input tag 'lottery'"),
        ("amount: 500", "amount: 0", 30, "amount: Input should be greater than or equal to 1"),
        ("percent: 10", "percent: 101", 36, "percent: Input should be less than or equal to 100"),
        ("toys:", "5:", 10, "categories.5.[key]: Input should be a valid string"),
        ("currency: GBP", "5: GBP", 4, "5: Keys should be strings"),
        ("zone: Europe/London", "version: 2", 3, "version: is said twice"),
        ("{days: 3, points: 5}", "{days: 3, days: 4}", 22, "days: is said twice"),
        ("{points: 50}", "{make_up_cards: 1}", 5, "welcome.make_up_cards: there are no make-up cards without"),
        ("{days: 7, points: 10}", "{days: 7, make_up_cards: 1}", 23, "sign_ins.streaks.1.make_up_cards: there are no"),
        (
            "name: Small\n",
            "name: Small\nactions:\n  review: {name: Review, make_up_cards: 2}\n",
            4,
            "actions.review.make_up_cards: there are no make-up cards without sign_ins.make_up",
        ),
        (
            "sign_ins:",
            f"ladders: {{consumer: {LADDER}}}\nsign_ins:",
            19,
            "ladders.consumer: the ladder of consumers is said under tiers",
        ),
        ("name: Small", "name: Small\a", 1, "control characters are not allowed"),
        ("currency: GBP", "currency: [GBP", 5, "did not find expected ',' or ']'"),
        ("  growth: {policy", "\tgrowth: {policy", 14, "found character that cannot start any token"),
        ("name: Small", "name: Small: print", 2, "mapping values are not allowed in this context"),
        ("name: Small", "name: *small", 2, "found undefined alias"),
        ("name: Small", "name: !!python/name:os.system", 2, "could not determine a constructor"),
    ],
)
def test_a_mistake_names_its_file_its_line_and_the_reason(
    file: Path, right: str, wrong: str, line: int, words: str
) -> None:
    assert SMALL.count(right) == 1
    file.write_text(SMALL.replace(right, wrong), encoding="utf-8")
    with pytest.raises(ProgrammeError) as error:
        load(file)
    assert [told for told in str(error.value).splitlines() if told.startswith(f"{file}:{line}: ") and words in told]


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (
            "any: [{measure: spend, at_least: 1, within: a_year}]",
            "any.0.within: must be a number of days, such as {days: 90}, or calendar_year or lifetime",
        ),
        (
            "any: [{measure: spend, at_least: 1, within: 90}]",
            "any.0.within: must be a number of days, such as {days: 90}, or calendar_year or lifetime",
        ),
        (
            "all: [{measure: spend, at_least: 1, within: {days: 0}}]",
            "all.0.within.days: Input should be greater than or equal to 1",
        ),
        ("all: [{any: [{measure: spend}]}]", "all.0.any.0.at_least: Field required"),
    ],
)
def test_a_mistake_names_its_place_as_the_file_has_it_and_once(file: Path, entry: str, problem: str) -> None:
    file.write_text(SMALL.replace("name: High, growth: 100", f"name: High, entry: {{{entry}}}"), encoding="utf-8")
    with pytest.raises(ProgrammeError) as error:
        load(file)
    assert str(error.value) == f"{file}:18: tiers.ladder.1.entry.{problem}"


def test_a_tag_is_not_taken_for_the_field_of_its_name(file: Path) -> None:
    file.write_text(SMALL + "points: {expiry: {policy: dates}}\n", encoding="utf-8")
    with pytest.raises(ProgrammeError) as error:
        load(file)
    assert str(error.value) == f"{file}:39: points.expiry.dates: Field required"


def test_a_file_that_is_not_in_utf_8_is_a_mistake(file: Path) -> None:
    file.write_text(SMALL, encoding="latin-1")
    with pytest.raises(ProgrammeError) as error:
        load(file)
    assert str(error.value).startswith(f"{file}:1: 'utf-8' codec can't decode byte 0xa3")


def test_every_mistake_is_told_not_only_the_first(file: Path) -> None:
    file.write_text(SMALL.replace("currency: GBP", "currency: pounds").replace("percent: 10", "percent: 0"), "utf-8")
    with pytest.raises(ProgrammeError) as error:
        load(file)
    assert [told.split(": ")[0] for told in str(error.value).splitlines()] == [f"{file}:4", f"{file}:36"]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "- a list\n", "just words\n"])
def test_a_file_that_holds_no_programme_is_a_mistake_on_its_first_line(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ProgrammeError) as error:
        load(file)
    assert str(error.value).startswith(f"{file}:1: ")


def test_earlier_versions_are_found_whatever_their_numbers(file: Path) -> None:
    file.write_text(SMALL.replace("version: 1", "version: 20261122"), encoding="utf-8")
    (file.parent / "earlier").mkdir()
    for name, version in (("spring.yml", 20260301), ("winter.yaml", 3), ("notes.txt", 4)):
        earlier = SMALL.replace("version: 1", f"version: {version}")
        (file.parent / "earlier" / name).write_text(earlier, encoding="utf-8")
    assert load(file).earlier_versions == [3, 20260301]


def test_nothing_in_a_programme_can_be_changed_once_it_is_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        programme().version = 2  # type: ignore[misc]


def benefit(kind: str, tiers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"id": "perk", "name": "Perk", "kind": kind, "tiers": tiers} | fields


def monthly(uses: int) -> dict[str, Any]:
    return {"quota": {"uses": uses, "per": "month"}}


LESS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("member_price", {"prices": {"A": 100, "B": 100}}, {"prices": {"A": 101, "B": 90}}),
    ("member_price", {"prices": {"A": 100, "B": 100}}, {"prices": {"A": 100}}),
    ("percentage", {"percent": 10}, {"percent": 9}),
    ("percentage", {"percent": 10, "brands": ["a"]}, {"percent": 9, "brands": ["a", "b"]}),
    ("percentage", {"percent": 10}, {"percent": 10, "categories": ["toys"]}),
    ("free_shipping", {}, {"up_to": 500}),
    ("free_shipping", {"up_to": 500}, {"up_to": 499}),
    ("free_shipping", monthly(2), monthly(1)),
    ("free_shipping", {}, monthly(9)),
    ("birthday_gift", {"gift": "Cake", "days_after": 7}, {"gift": "Cake", "days_after": 6}),
    ("trial", {"of": "Spa", "days": 30}, {"of": "Spa", "days": 29}),
    ("exclusive", {"references": ["A", "B"]}, {"references": ["A", "C"]}),
    ("priority", {"hours": 24}, {"hours": 23}),
    ("priority", {"level": 2, "hours": 1}, {"level": 2}),
    ("custom", monthly(2), monthly(1)),
]
NEEDED: dict[str, dict[str, Any]] = {"priority": {"area": "service"}, "exclusive": {"to": "goods"}}


@pytest.mark.parametrize(("kind", "more", "less"), LESS)
def test_benefits_grow_by_tier(kind: str, more: dict[str, Any], less: dict[str, Any]) -> None:
    fields = NEEDED.get(kind, {})
    programme(benefits=[benefit(kind, {"low": less, "high": less}, **fields)])
    with pytest.raises(ValueError, match="benefit perk gives high less than low: benefits grow by tier"):
        programme(benefits=[benefit(kind, {"low": more, "high": less}, **fields)])


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        ({"percent": 10, "brands": ["a"]}, {"percent": 5, "brands": ["b"]}),
        ({"percent": 10, "brands": ["a"]}, {"percent": 10, "brands": ["a", "b"]}),
        ({"percent": 10} | monthly(2), {"percent": 10, "quota": {"uses": 5, "per": "year"}}),
    ],
)
def test_what_is_more_or_cannot_be_compared_is_not_less(lower: dict[str, Any], upper: dict[str, Any]) -> None:
    programme(benefits=[benefit("percentage", {"low": lower, "high": upper})])


@pytest.mark.parametrize(
    ("benefits", "words"),
    [
        ([benefit("custom", {"top": {}})], "benefit perk names top, which is no tier"),
        ([benefit("custom", {"low": {}}), benefit("trial", {"low": {"of": "A", "days": 1}})], "have the same id"),
        ([benefit("custom", {"low": {}}) | {"id": "earning_multiplier"}], "is the id of the tier's own multiplier"),
        ([benefit("priority", {"low": {}}, area="service")], "hours or level is needed"),
        ([benefit("priority", {"low": {"level": 1} | monthly(1)}, area="service")], "Input should be None"),
        ([benefit("birthday_gift", {"low": {"gift": "Cake"} | monthly(1)})], "Input should be 'year'"),
        ([benefit("custom", {})], "at least 1 item"),
        ([benefit("custom", {"low": monthly(0)})], "greater than or equal to 1"),
        ([benefit("custom", {"low": {}}) | {"id": f"b{i}"} for i in range(51)], "at most 50 items"),
    ],
)
def test_a_benefit_that_cannot_be_given_is_a_mistake(benefits: list[Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        programme(benefits=benefits)
