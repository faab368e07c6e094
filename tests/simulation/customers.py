"""What the checks know of somebody at a checkout: all that a price may rest on, as the entries and commits made it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tessera.programme.load import in_force
from tests.simulation import wire
from tests.simulation.model import earned
from tests.simulation.pricing import Customer, Price

if TYPE_CHECKING:
    from tessera.programme.benefits import Benefit
    from tests.simulation.audit import Audit
    from tests.simulation.model import Account

_NO_LIMIT = 1_000_000_000


def customer_at(audit: Audit, member_id: str, millis: int) -> Customer | None:
    """Answer who a member is at a checkout at an instant; None if time has done something that is not booked yet.

    What time does is checked when it is booked: here it would have to be reckoned twice.
    """
    account = audit.model.accounts[member_id]
    now = max(datetime.fromtimestamp(millis // 1000, tz=UTC), wire.instant(account.booked_at))
    written = wire.written(int(now.timestamp()))
    lapsed = [hold for hold in account.holds.values() if hold.expires_at <= now]
    if lapsed or not account.climb.is_settled(now):
        return None
    if any(
        idle or (expires or "9") <= written or (matures or "9") <= written for expires, matures, idle in account.lots
    ):
        return None
    rules, multiplier = in_force().checkout, account.tier.multiplier_bp
    return Customer(
        now=now,
        coupons=audit.coupons_of(member_id),
        had_first_order=account.had_first_order,
        active=account.standing == "active",
        points=max(0, sum(points for (_, matures, _), points in account.lots.items() if matures is None)),
        point_value=rules.point_value,
        points_percent=rules.points_percent,
        points_minimum=rules.points_minimum,
        prices=tuple(_prices(account)),
        free_shipping=_free_shipping(account, now),
        used=audit.uses(),
        earn=lambda lines: earned({"lines": lines}, multiplier),
    )


def _prices(account: Account) -> list[Price]:
    """List the prices of the tier that a member is on: each on the terms of the highest tier that it names."""
    found = []
    for benefit in in_force().benefits:
        if benefit.kind not in {"member_price", "percentage"} or account.standing != "active":
            continue
        terms = _terms(benefit, account)
        if terms is None:
            continue
        if benefit.kind == "member_price":
            found.append(Price(benefit.id, benefit.stacks, unit_prices=terms.prices))
        else:
            found.append(
                Price(benefit.id, benefit.stacks, percent=terms.percent, categories=frozenset(terms.categories))
            )
    return found


def _free_shipping(account: Account, now: datetime) -> int | None:
    """Answer how much of shipping the member's tier takes off; None if it does not, or all uses are used up."""
    (benefit,) = (benefit for benefit in in_force().benefits if benefit.kind == "free_shipping")
    terms = _terms(benefit, account)
    if terms is None or account.standing != "active":
        return None
    if terms.quota:
        today = now.astimezone(account.zone).date().replace(day=1).isoformat()
        month = max([today, *(since for id_, since in account.uses if id_ == benefit.id)])
        if account.uses.get((benefit.id, month), 0) >= terms.quota.uses:
            return None
    return terms.up_to or _NO_LIMIT


def _terms(benefit: Benefit, account: Account) -> Any:
    """Answer the terms of the highest tier up to the member's that a benefit names."""
    named = [tier.id for tier in in_force().tiers.ladder[: account.climb.rank + 1] if tier.id in benefit.tiers]
    return benefit.tiers[named[-1]] if named else None
