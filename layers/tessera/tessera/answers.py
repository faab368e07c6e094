"""What clients are answered: the shapes of the contract, and how they are made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NotRequired

from typing_extensions import TypedDict

from tessera import conditions, coupons
from tessera.instants import write_instant
from tessera.statement import reason

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tessera import card as domain
    from tessera.benefits import Entitlement, Use
    from tessera.conditions import Progress
    from tessera.journal import Entry as LedgerEntry
    from tessera.make_ups import MakeUpResult
    from tessera.member import Member, Profile
    from tessera.outlook import Outlook
    from tessera.programme.coupons import CouponTemplate
    from tessera.purchases import Order
    from tessera.quotes import Quote
    from tessera.redemptions import Redemption
    from tessera.shapes import Line
    from tessera.sign_ins import SignInResult
    from tessera.templates import Head
    from tessera.verdicts import Verdict
    from tessera.verification import Mismatch as FoundMismatch


class Needs(TypedDict, total=False):
    """What is missing to a tier, by what it asks for: on the way on which the greatest share is done already."""

    growth: int
    spend: int
    orders: int
    active_days: int
    tenure: int


class Step(TypedDict):
    """How far a member has come with one thing that a tier asks for, within a window of days or the one named."""

    measure: str
    within: int | str | None
    have: int
    need: int
    missing: int
    met: bool


class Steps(TypedDict):
    """How far a member has come with several conditions, of which `all` or `any` are asked for."""

    form: str
    met: bool
    parts: list[Step | Steps]


class Next(TypedDict):
    """The next tier that can be earned."""

    id: str
    needs: Needs


class Keep(TypedDict):
    """What keeps the tier that is earned, counting what will still count at its review, and by when."""

    by: str
    needs: Needs


class TierOnCard(TypedDict):
    """The tier that a member is on; the lowest has no `until`, the highest no `next`."""

    id: str
    name: str
    since: str
    until: str | None
    grace: NotRequired[bool]
    next: Next | None
    keep: NotRequired[Keep | None]


class NextInFull(Next):
    """The next tier, and how far the member has come with each thing that it asks for."""

    name: str
    progress: Step | Steps


class KeepInFull(Keep):
    """What keeps the tier that is earned; no `progress` where nothing has to be done for it."""

    id: str
    progress: Step | Steps | None


class TierEvent(TypedDict):
    """A change of the tier, or what was decided about it, and why.

    `tier` is the one that the member came to, or keeps; of a `placement_ended` it is the one that was left.
    """

    entry_id: str
    at: str
    tier: str
    until: str | None
    code: str
    reason: str


class IfSpent(TypedDict):
    """What an order of so many minor units would bring, at the base rates.

    `growth_counts_from` says until when its growth waits, as if it were ordered now; null if it counts at once. `tier`,
    `until` and `next` are those right after the order.
    """

    spend: int
    points: int
    growth: int
    growth_counts_from: str | None
    tier: str
    until: str | None
    next: NextInFull | None


class TierInFull(TypedDict):
    """Where a member stands on the ladder. `placed` says that an operator has lent the tier."""

    id: str
    name: str
    since: str
    until: str | None
    placed: bool
    grace: bool
    growth: int
    next: NextInFull | None
    keep: KeepInFull | None
    history: list[TierEvent]
    if_spend: NotRequired[IfSpent]


class Expiring(TypedDict):
    """Points that have a date."""

    points: int
    at: str


class PointsOnCard(TypedDict):
    """What a member can spend, and what is on its way in or out."""

    available: int
    pending: int
    expiring: list[Expiring]


class BenefitOnCard(TypedDict):
    """A benefit of the member's tier, and what is left of it: null without a quota."""

    id: str
    kind: str
    name: str
    left: int | None
    period: str | None


class Benefit(TypedDict):
    """A benefit, and what the member may make of it now; `code` and `detail` say why nothing.

    `terms` are those of the member's tier, by the kind of the benefit; null if the tier gives nothing. With them stands
    what is the same on every tier: `stacks` of a price, `area` of a priority, `to` of something exclusive. The quota is
    whole again at `resets_at`.
    """

    id: str
    kind: str
    name: str
    entitled: bool
    left: int | None
    period: str | None
    resets_at: str | None
    terms: dict[str, Any] | None
    code: NotRequired[str]
    detail: NotRequired[str]


class BenefitList(TypedDict):
    """All benefits of the programme."""

    items: list[Benefit]


class BenefitUse(TypedDict):
    """A use of a benefit; `left` is how many there are after it in this period, null without a quota."""

    use_id: str
    benefit_id: str
    status: str
    used_at: str
    left: int | None


class SignInOnCard(TypedDict):
    """Whether the member has signed in today, how many days in a row, and the cards for days that were missed."""

    today: bool
    streak: int
    make_up_cards: int


class Card(TypedDict):
    """The member card."""

    member_id: str
    standing: str
    display_name: str | None
    enrolled_at: str
    tier: TierOnCard
    growth: int
    points: PointsOnCard
    benefits: list[BenefitOnCard]
    sign_in: SignInOnCard


class SignIn(TypedDict):
    """What a sign-in gave."""

    day: str
    streak: int
    points: int
    growth: int


class MadeUp(TypedDict):
    """What making up a day gave, and the cards that are left."""

    day: str
    streak: int
    points: int
    growth: int
    make_up_cards: int


class ToMakeUp(TypedDict):
    """The make-up cards at hand, and the days that one could be used for now, whatever their month."""

    cards: int
    days: list[str]


class SignInMonth(TypedDict):
    """A month of sign-ins; `made_up` are those of its `days` that were made up."""

    month: str
    days: list[str]
    made_up: list[str]
    streak: int
    longest_streak: int
    make_up: ToMakeUp


class Entry(TypedDict):
    """A line of the statement."""

    entry_id: str
    sequence: int
    kind: str
    at: str
    recorded_at: str
    points: int
    growth: int
    points_balance: int
    reason: str
    rules: list[str]
    programme_version: int
    source: dict[str, str]
    note: NotRequired[str]
    by: NotRequired[str]


class EntryPage(TypedDict):
    """Some lines of the statement, newest first."""

    items: list[Entry]
    next_cursor: str | None


class Mismatch(TypedDict):
    """The first thing that does not add up: which check says so, at which entry if it shows at one."""

    check: str
    sequence: int | None
    detail: str


class Verification(TypedDict):
    """What came of recomputing a member's chain, balances and lots. `head` is the hash of the last entry."""

    verified: bool
    entries: int
    points_balance: int
    head: str
    mismatch: Mismatch | None


class Standing(TypedDict):
    """A member's standing."""

    standing: str


class Placed(TypedDict):
    """The tier that a member is on, and until when. `placed` says that an operator has lent it."""

    tier: str
    until: str | None
    placed: bool


class PurchaseLine(TypedDict):
    """A line of a purchase."""

    line_id: str
    points: int
    growth: int
    refunded_quantity: int
    rules: list[str]


class Purchase(TypedDict):
    """A purchase as it was counted. `points` and `growth` are what it earned, refunds not deducted."""

    order_id: str
    member_id: str | None
    status: str
    points: int
    growth: int
    lines: list[PurchaseLine]
    reports: list[str]


class Template(TypedDict):
    """A coupon that can be had. `left` is null where there is no limit in number."""

    template_id: str
    name: str
    kind: str
    terms: str
    price_points: int
    valid_until: str
    left: int | None


class TemplatePage(TypedDict):
    """The coupons that the caller can have."""

    items: list[Template]


class Tags(TypedDict):
    """What operators have marked a member with."""

    tags: list[str]


class TemplateHead(TypedDict):
    """A template as operators see it: as it stands, or as one of its versions was. Version 0 is the programme's own."""

    template_id: str
    version: int
    status: Literal["active", "paused", "retired"]
    template: dict[str, Any]
    changed_at: str | None
    changed_by: str | None


class TemplateVersions(TypedDict):
    """Some versions of a template."""

    items: list[TemplateHead]
    next_cursor: str | None


class Coupon(TypedDict):
    """A coupon of a member."""

    coupon_id: str
    code: str
    template_id: str
    kind: str
    valid_from: str
    valid_until: str
    status: str


class CouponPage(TypedDict):
    """Some coupons of a member."""

    items: list[Coupon]
    next_cursor: str | None


class LineAmount(TypedDict):
    """What falls on one line."""

    line_id: str
    amount: int


class Discount(TypedDict):
    """What a source takes off, by line."""

    source: str
    amount: int
    lines: list[LineAmount]


class CouponVerdict(TypedDict):
    """Whether a coupon applies; if not, why, and what is missing."""

    coupon_id: str
    applies: bool
    code: NotRequired[str]
    detail: NotRequired[str]
    missing: NotRequired[int]
    fix: NotRequired[dict[str, Any]]


class CouponShipping(TypedDict):
    """What a coupon takes off shipping."""

    source: str
    amount: int


class CouponGift(TypedDict):
    """What a coupon adds to the order."""

    source: str
    sku: str
    quantity: int


class PointsOnLine(TypedDict):
    """The points that pay for a line, and what they pay of it."""

    line_id: str
    points: int
    amount: int


class BestOf(TypedDict):
    """Of how many coupons all combinations were tried, of how many that could apply."""

    considered: int
    applicable: int
    exact: bool


class AppliedBenefit(TypedDict):
    """A benefit that applies, and what it takes off; `left` is how many uses there are after this order."""

    id: str
    amount: int
    left: int | None


class QuoteAnswer(TypedDict):
    """A priced basket. `shipping` is what is left to pay of it."""

    subtotal: int
    discounts: list[Discount]
    points_spent: int
    points_value: int
    shipping: int
    total: int
    points_to_earn: int
    growth_to_earn: int
    coupons: list[CouponVerdict]
    benefits: list[AppliedBenefit]
    shipping_discounts: NotRequired[list[CouponShipping]]
    gifts: NotRequired[list[CouponGift]]
    points_lines: NotRequired[list[PointsOnLine]]
    best: NotRequired[BestOf]
    points_too_few: NotRequired[bool]


class Held(TypedDict):
    """A redemption that was held."""

    redemption_id: str
    status: str
    expires_at: str
    quote: QuoteAnswer


class Status(TypedDict):
    """What became of something."""

    status: str


class Accepted(TypedDict):
    """How many messages were taken."""

    accepted: int


def card(seen: domain.Card, profile: Profile | None) -> Card:
    """Write the member card."""
    member, ladder = seen.member, seen.outlook
    following, keeping = ladder.next_tier, ladder.keeping
    return {
        "member_id": member.member_id,
        "standing": member.standing,
        "display_name": profile.display_name if profile else None,
        "enrolled_at": write_instant(member.enrolled_at),
        "tier": {
            "id": ladder.tier.id,
            "name": ladder.tier.name,
            "since": write_instant(ladder.since),
            "until": write_instant(ladder.until) if ladder.until else None,
            "grace": ladder.grace,
            "next": {"id": following.tier.id, "needs": _needs(following.progress)} if following else None,
            "keep": {"by": write_instant(keeping.by), "needs": _needs(keeping.progress)} if keeping else None,
        },
        "growth": ladder.growth,
        "points": {
            "available": seen.available,
            "pending": seen.pending,
            "expiring": [{"points": points, "at": write_instant(end)} for end, points in seen.expiring],
        },
        "benefits": [
            {
                "id": shown.benefit_id,
                "kind": shown.kind,
                "name": shown.name,
                "left": shown.left,
                "period": shown.quota.per if shown.quota else None,
            }
            for shown in seen.benefits
        ],
        "sign_in": {
            "today": seen.signed_in_today,
            "streak": seen.streak,
            "make_up_cards": member.make_up_cards,
        },
    }


def tier(seen: Outlook, entries: Iterable[LedgerEntry], if_spend: IfSpent | None) -> TierInFull:
    """Write where a member stands on the ladder."""
    keeping = seen.keeping
    answer: TierInFull = {
        "id": seen.tier.id,
        "name": seen.tier.name,
        "since": write_instant(seen.since),
        "until": write_instant(seen.until) if seen.until else None,
        "placed": seen.lent,
        "grace": seen.grace,
        "growth": seen.growth,
        "next": _next(seen),
        "keep": {
            "id": keeping.tier.id,
            "by": write_instant(keeping.by),
            "needs": _needs(keeping.progress),
            "progress": _progress(keeping.progress) if keeping.progress else None,
        }
        if keeping
        else None,
        "history": [_tier_event(booked) for booked in entries],
    }
    if if_spend:
        answer["if_spend"] = if_spend
    return answer


def placed(seen: Outlook) -> Placed:
    """Write which tier a member is on."""
    until = write_instant(seen.until) if seen.until else None
    return {"tier": seen.tier.id, "until": until, "placed": seen.lent}


def if_spent(spend: int, order: Order, counts_from: datetime | None, after: Outlook) -> IfSpent:
    """Write what an order would bring."""
    return {
        "spend": spend,
        "points": order.points,
        "growth": order.growth,
        "growth_counts_from": write_instant(counts_from) if counts_from else None,
        "tier": after.tier.id,
        "until": write_instant(after.until) if after.until else None,
        "next": _next(after),
    }


def _next(seen: Outlook) -> NextInFull | None:
    following = seen.next_tier
    if following is None:
        return None
    return {
        "id": following.tier.id,
        "name": following.tier.name,
        "needs": _needs(following.progress),
        "progress": _progress(following.progress),
    }


def _needs(progress: Progress | None) -> Needs:
    needs: Needs = {}
    for measure, missing in (conditions.missing(progress) if progress else {}).items():
        needs[measure] = missing
    return needs


def _progress(progress: Progress) -> Step | Steps:
    if isinstance(progress, conditions.Steps):
        return {"form": progress.form, "met": progress.met, "parts": [_progress(part) for part in progress.parts]}
    within = progress.within
    return {
        "measure": progress.measure,
        "within": within if within is None or isinstance(within, str) else within.days,
        "have": progress.have,
        "need": progress.need,
        "missing": progress.missing,
        "met": progress.met,
    }


def _tier_event(booked: LedgerEntry) -> TierEvent:
    detail: Any = booked.detail
    placed = detail.get("placement")
    changed = detail.get("tier") or {"to": placed["tier"], "until": placed.get("until")}
    code = changed.get("reason") or ("placement_ended" if "ended" in placed else "placed")
    return {
        "entry_id": booked.entry_id,
        "at": write_instant(booked.at),
        "tier": changed["to"],
        "until": changed.get("until"),
        "code": code,
        "reason": reason(booked),
    }


def sign_in(result: SignInResult) -> SignIn:
    """Write what a sign-in gave."""
    return {
        "day": result.day.isoformat(),
        "streak": result.streak,
        "points": result.points,
        "growth": result.growth,
    }


def make_up(result: MakeUpResult) -> MadeUp:
    """Write what making up a day gave."""
    return {
        "day": result.day.isoformat(),
        "streak": result.streak,
        "points": result.points,
        "growth": result.growth,
        "make_up_cards": result.make_up_cards,
    }


def entry(booked: LedgerEntry, *, for_staff: bool = False) -> Entry:
    """Write a line of the statement; for staff with what an operator noted, and who that was."""
    written: Entry = {
        "entry_id": booked.entry_id,
        "sequence": booked.sequence,
        "kind": booked.kind,
        "at": write_instant(booked.at),
        "recorded_at": write_instant(booked.recorded_at),
        "points": booked.points,
        "growth": booked.growth,
        "points_balance": booked.points_balance,
        "reason": reason(booked),
        "rules": list(booked.rules),
        "programme_version": booked.programme_version,
        "source": dict(booked.source),
    }
    if for_staff and "note" in booked.detail:
        written["note"] = str(booked.detail["note"])
        written["by"] = str(booked.detail["by"])
    return written


def verification(member: Member, found: FoundMismatch | None) -> Verification:
    """Write what came of verifying a member's ledger."""
    return {
        "verified": found is None,
        "entries": member.sequence,
        "points_balance": member.points,
        "head": member.chain.hex(),
        "mismatch": {"check": found.check, "sequence": found.sequence, "detail": found.detail} if found else None,
    }


def purchase(order: Order) -> Purchase:
    """Write a purchase as it was counted."""
    return {
        "order_id": order.order_id,
        "member_id": order.member_id,
        "status": order.status,
        "points": order.points,
        "growth": order.growth,
        "lines": [
            {
                "line_id": line.line_id,
                "points": line.points,
                "growth": line.growth,
                "refunded_quantity": line.refunded_quantity,
                "rules": list(line.rules),
            }
            for line in order.lines
        ],
        "reports": list(order.reports),
    }


def template(offered: CouponTemplate, now: datetime, left: int | None) -> Template:
    """Write a coupon that can be had, with the date that one claimed now would have, and how many are left."""
    return {
        "template_id": offered.id,
        "name": offered.name,
        "kind": offered.kind,
        "terms": offered.terms,
        "price_points": offered.price_points,
        "valid_until": write_instant(offered.validity(now)[1]),
        "left": left,
    }


def template_head(head: Head) -> TemplateHead:
    """Write a template for operators; of its rules, those that differ from what goes without saying."""
    return {
        "template_id": head.template.id,
        "version": head.version,
        "status": head.status,
        "template": head.template.model_dump(mode="json", exclude_defaults=True),
        "changed_at": write_instant(head.changed_at) if head.changed_at else None,
        "changed_by": head.changed_by,
    }


def coupon(issued: coupons.Coupon, now: datetime) -> Coupon:
    """Write a coupon of a member."""
    return {
        "coupon_id": issued.coupon_id,
        "code": issued.code,
        "template_id": issued.template.id,
        "kind": issued.template.kind,
        "valid_from": write_instant(issued.valid_from),
        "valid_until": write_instant(issued.valid_until),
        "status": issued.status(now),
    }


def quote(priced: Quote, lines: list[Line]) -> QuoteAnswer:
    """Write a priced basket."""
    answer: QuoteAnswer = {
        "subtotal": priced.subtotal,
        "discounts": [
            {
                "source": discount.source,
                "amount": discount.amount,
                "lines": [
                    {"line_id": line.line_id, "amount": amount}
                    for line, amount in zip(lines, discount.by_line, strict=True)
                    if amount
                ],
            }
            for discount in priced.discounts
        ],
        "points_spent": priced.points_spent,
        "points_value": priced.points_value,
        "shipping": priced.shipping,
        "total": priced.total,
        "points_to_earn": priced.points_to_earn,
        "growth_to_earn": priced.growth_to_earn,
        "coupons": [_verdict(verdict) for verdict in priced.verdicts],
        "benefits": [
            {"id": applied.shown.benefit_id, "amount": applied.amount, "left": applied.left}
            for applied in priced.benefits
        ],
    }
    shipping: list[CouponShipping] = []
    gifts: list[CouponGift] = []
    for coupon_id, off in priced.off.items():
        source = f"coupon:{coupon_id}"
        if off.shipping:
            shipping.append({"source": source, "amount": off.shipping})
        if off.gift:
            gifts.append({"source": source, "sku": off.gift.sku, "quantity": off.gift.quantity})
    if shipping:
        answer["shipping_discounts"] = shipping
    if gifts:
        answer["gifts"] = gifts
    if priced.points_spent:
        by_line = zip(lines, priced.points_by_line, priced.value_by_line, strict=True)
        answer["points_lines"] = [
            {"line_id": line.line_id, "points": points, "amount": amount}
            for line, points, amount in by_line
            if points or amount
        ]
    if searched := priced.searched:
        answer["best"] = {
            "considered": searched.considered,
            "applicable": searched.applicable,
            "exact": searched.exact,
        }
    if priced.points_too_few:
        answer["points_too_few"] = True
    return answer


def benefit(shown: Entitlement) -> Benefit:
    """Write a benefit, and what the member may make of it."""
    terms: dict[str, Any] | None = None
    if shown.terms:
        of_all_tiers = {"stacks": shown.stacks, "area": shown.area, "to": shown.to}
        terms = {name: said for name, said in of_all_tiers.items() if said is not None}
        terms |= shown.terms.model_dump(mode="json", exclude_none=True)
    elif shown.multiplier_bp is not None:
        terms = {"multiplier_bp": shown.multiplier_bp}
    written: Benefit = {
        "id": shown.benefit_id,
        "kind": shown.kind,
        "name": shown.name,
        "entitled": shown.entitled,
        "left": shown.left,
        "period": shown.quota.per if shown.quota else None,
        "resets_at": write_instant(shown.resets_at) if shown.resets_at else None,
        "terms": terms,
    }
    if shown.code is not None and shown.detail is not None:
        written["code"] = shown.code
        written["detail"] = shown.detail
    return written


def benefit_use(used: Use, left: int | None, now: datetime) -> BenefitUse:
    """Write a use of a benefit."""
    return {
        "use_id": used.use_id,
        "benefit_id": used.benefit_id,
        "status": used.status,
        "used_at": write_instant(now),
        "left": left,
    }


def held(redemption: Redemption, priced: Quote, lines: list[Line]) -> Held:
    """Write a redemption that was held."""
    return {
        "redemption_id": redemption.redemption_id,
        "status": "held",
        "expires_at": write_instant(redemption.expires_at),
        "quote": quote(priced, lines),
    }


def write(answer: object) -> str:
    """Write an answer as JSON."""
    return json.dumps(answer, separators=(",", ":"), ensure_ascii=False)


def _verdict(verdict: Verdict) -> CouponVerdict:
    answer: CouponVerdict = {"coupon_id": verdict.coupon_id, "applies": verdict.applies}
    if verdict.code is not None and verdict.detail is not None:
        answer["code"] = verdict.code
        answer["detail"] = verdict.detail
    if verdict.missing is not None:
        answer["missing"] = verdict.missing
    if verdict.fix:
        answer["fix"] = dict(verdict.fix)
    return answer
