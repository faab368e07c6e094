"""The words of the statement: every sentence that explains an entry, made from the entry's own data.

English is the only locale yet; another one is another module like this.
"""

from collections.abc import Callable
from typing import Any

from tessera.journal import Entry

_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
"""The currencies of ISO 4217 whose minor unit is not a hundredth."""

_MATURES = 2
"""Where a written lot says when it matures."""

_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "CNY": "¥"}


def money(amount: int, currency: str) -> str:
    """Write an amount of minor units for a person: `£30.00`."""
    decimals = 0 if currency in _NO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2
    whole, minor = divmod(amount, 10**decimals)
    symbol = _SYMBOLS.get(currency)
    figure = f"{whole:,}.{minor:0{decimals}}" if decimals else f"{whole:,}"
    return f"{symbol}{figure}" if symbol else f"{figure} {currency}"


def times(basis_points: int) -> str:
    """Write a multiplier for a person: `1.05`."""
    whole, part = divmod(basis_points, 10_000)
    return f"{whole}.{part // 1000}" + f"{part % 1000:03}".rstrip("0")


def reason(entry: Entry) -> str:
    """Explain an entry in a sentence."""
    sentence = _SENTENCES[entry.kind](entry)
    if entry.detail.get("debt_paid"):
        sentence += f"; {entry.detail['debt_paid']} points paid what was owed"
    cards: Any = entry.detail.get("make_up_cards", 0)
    if cards > 0:
        sentence += f"; {cards} make-up card{'s' if cards > 1 else ''}"
    tier: Any = entry.detail.get("tier")
    if tier and entry.kind not in ("tier_change", "tier_review"):
        again = f"{tier['to']} is earned again until {tier['until'][:10]}" if tier["from"] == tier["to"] else ""
        sentence += f"; {again or 'now ' + tier['to']}"
    return sentence


def _welcome(_entry: Entry) -> str:
    return "Welcome"


def _sign_in(entry: Entry) -> str:
    days = [rule.removeprefix("streak_") for rule in entry.rules if rule.startswith("streak_")]
    reward = f", {days[0]} days in a row" if days else f", day {entry.detail['streak']} in a row"
    return f"Signed in on {entry.source['day']}{reward}"


def _make_up(entry: Entry) -> str:
    return f"Made up for {entry.source['day']} with a card, {entry.detail['streak']} days in a row"


def _move(entry: Entry) -> str:
    return f"Moved from {entry.detail['from']} to {entry.detail['to']}"


def _purchase(entry: Entry) -> str:
    detail: Any = entry.detail
    reports = detail.get("reports", [])
    if "member_frozen" in reports or "member_closed" in reports:
        return f"Order {entry.source['order_id']}: nothing earned while the account is not active"
    rate = ", ".join(_rule(rule) for rule in entry.rules)
    if "rate" in detail:
        earned, per = detail["rate"]
        points = "point" if earned == 1 else "points"
        rate = f"{earned} {points} per {money(per, detail['currency']).replace('.00', '')}"
    multiplier = times(detail["multiplier_bp"])
    sentence = f"Order {entry.source['order_id']}: {rate}, {detail['on_tier']} ×{multiplier}"
    if detail.get("points_spent"):
        sentence += f"; {detail['points_spent']} points paid"
    pending = [row[_MATURES] for row in detail.get("lots", []) if len(row) > _MATURES and row[_MATURES]]
    if pending:
        sentence += f"; pending until {pending[0][:10]}"
    return sentence + _missed(entry)


def _refund(entry: Entry) -> str:
    detail: Any = entry.detail
    sentence = f"Refund {entry.source['refund_id']} of order {entry.source['order_id']}"
    if entry.detail.get("returned"):
        sentence += f"; {entry.detail['returned']} points that had paid are back"
    if back := len(detail.get("coupons_returned", ())):
        sentence += "; a coupon is back" if back == 1 else f"; {back} coupons are back"
    if entry.detail.get("owed"):
        sentence += f"; {entry.detail['owed']} points are set aside for another order and go when they are back"
    if expired := sum(row[0] for row in detail.get("expired", [])):
        sentence += f"; {expired} points that it earned had expired already"
    return sentence + _missed(entry)


def _missed(entry: Entry) -> str:
    if entry.detail.get("debt"):
        return f"; {entry.detail['debt']} points to be taken back were spent already and are owed"
    if entry.detail.get("shortfall"):
        return f"; {entry.detail['shortfall']} points to be taken back were spent already and are not asked for"
    return ""


def _action(entry: Entry) -> str:
    detail: Any = entry.detail
    sentence = str(detail["name"])
    if detail.get("reports"):
        return f"{sentence}: nothing earned while the account is not active"
    caps = {cap for cap in (detail.get("points_capped"), detail.get("growth_capped")) if cap}
    if "too_late" in caps:
        return f"{sentence}: reported too late to be counted against its caps"
    if caps:
        sentence += f", up to the most {_CAPS[min(caps, key=list(_CAPS).index)]}"
    return sentence


_CAPS = {"day": "a day", "week": "a week", "month": "a month", "lifetime": "in a lifetime"}


def _maturity(entry: Entry) -> str:
    return f"{entry.detail['matured']} points can be spent now" if entry.detail["matured"] else "Growth counts now"


def _expiry(entry: Entry) -> str:
    return f"{-entry.points} points have expired"


def _decay(entry: Entry) -> str:
    return f"Growth lost {entry.detail['percent']}% for a month without activity"


def _by_operator(entry: Entry) -> str:
    what = {"freeze": "Account frozen", "unfreeze": "Account active again", "close": "Account closed"}
    return f"{what.get(entry.kind, 'Adjusted')}: {entry.detail['reason']}"


def _hold(entry: Entry) -> str:
    detail: Any = entry.detail
    benefits = ", ".join(detail.get("benefits_used", ()))
    return f"Set aside for order {entry.source['order_id']}" + (f", with {benefits}" if benefits else "")


def _release(entry: Entry) -> str:
    why = "not paid in time" if entry.detail.get("lapsed") else "released"
    sentence = f"Back from order {entry.source['order_id']}: {why}"
    if entry.detail.get("owed"):
        sentence += f"; {entry.detail['owed']} points went to a refund made meanwhile"
    return sentence


def _confirmation(entry: Entry) -> str:
    sentence = f"Order {entry.source['order_id']}: {entry.detail['points_spent']} points paid"
    if entry.detail["returned"]:
        sentence += f", {entry.detail['returned']} back for what was not sent"
    if "refunded" in entry.detail:
        sentence += f", {entry.detail['refunded']} back for what was refunded"
    return sentence + _missed(entry)


def _benefit_use(entry: Entry) -> str:
    order = f" for order {entry.source['order_id']}" if "order_id" in entry.source else ""
    return f"{entry.detail['name']}: used{order}"


def _benefit_return(entry: Entry) -> str:
    return f"{entry.detail['name']}: a use was taken back"


def _tier_change(entry: Entry) -> str:
    detail: Any = entry.detail
    tier = detail["tier"]
    match tier["reason"]:
        case "fell":
            landing = ", which is one step down" if tier.get("unearned") else ""
            return f"{_term_ended(detail)}: now {tier['to']}{landing}"
        case "refunded":
            return f"What had brought {tier['from']} was refunded: now {tier['to']}"
    return f"Now {tier['to']}: all that it asks for is there"


def _tier_review(entry: Entry) -> str:
    detail: Any = entry.detail
    what = "held on" if detail["tier"]["reason"] == "grace" else "kept"
    return f"{_term_ended(detail)}: {what} until {detail['tier']['until'][:10]}"


def _term_ended(detail: Any) -> str:
    """Say of a review what counted for it: growth if the tier asks for it, and what else was missing."""
    sentence = f"Term of {detail['tier']['from']} ended"
    if "growth" in detail:
        sentence += f" with growth {detail['growth']}"
    parts = [_MISSING[measure](left, detail) for measure, left in detail.get("missing", {}).items()]
    return f"{sentence}, {' and '.join(parts)} missing" if parts else sentence


_MISSING: dict[str, Callable[[int, Any], str]] = {
    "spend": lambda left, detail: money(left, detail["currency"]),
    "orders": lambda left, _: f"{left} {'order' if left == 1 else 'orders'}",
    "active_days": lambda left, _: f"{left} active {'day' if left == 1 else 'days'}",
    "tenure": lambda left, _: f"{left} {'day' if left == 1 else 'days'} of membership",
}


def _placement(entry: Entry) -> str:
    placement: Any = entry.detail["placement"]
    return f"Placed on {placement['tier']} until {placement['until'][:10]}: {entry.detail['reason']}"


def _placement_end(entry: Entry) -> str:
    placement: Any = entry.detail["placement"]
    why = f": {entry.detail['reason']}" if "reason" in entry.detail else ""
    return f"Placement on {placement['tier']} ended{why}"


def _exchange(entry: Entry) -> str:
    return f"Exchanged for a coupon: {entry.detail['name']}"


def _grant(entry: Entry) -> str:
    return f"Given a coupon: {entry.detail['name']}"


def _tags(entry: Entry) -> str:
    tags: Any = entry.detail["tags"]
    return f"{'Marked as ' + ', '.join(tags) if tags else 'No longer marked'}: {entry.detail['reason']}"


def _rule(rule: str) -> str:
    kind, _, name = rule.partition(":")
    return f"rate for {kind} {name}" if name else "base rate"


_SENTENCES: dict[str, Callable[[Entry], str]] = {
    "welcome": _welcome,
    "sign_in": _sign_in,
    "make_up": _make_up,
    "move": _move,
    "purchase": _purchase,
    "refund": _refund,
    "hold": _hold,
    "release": _release,
    "confirmation": _confirmation,
    "benefit_use": _benefit_use,
    "benefit_return": _benefit_return,
    "tier_change": _tier_change,
    "tier_review": _tier_review,
    "placement": _placement,
    "placement_end": _placement_end,
    "action": _action,
    "maturity": _maturity,
    "expiry": _expiry,
    "decay": _decay,
    "adjustment": _by_operator,
    "freeze": _by_operator,
    "unfreeze": _by_operator,
    "close": _by_operator,
    "exchange": _exchange,
    "grant": _grant,
    "tags": _tags,
}
