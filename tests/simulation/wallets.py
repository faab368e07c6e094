"""The naive model of coupons: each is in exactly one state, and only an order, or its refund, moves it to another.

It is told of commits, and reads from the records of redemptions and orders what must become of coupons; the coupons as
they are stored have to say the same. A hold that has lapsed counts as none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Literal

from tests.simulation import wire
from tests.simulation.violations import insist

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from tests.simulation.model import Account, Commit

Fields = dict[str, Any]
State = Literal["active", "held", "redeemed", "returned"]

_MANY = 1_000_000


@dataclass(slots=True)
class Coupon:
    """One that was issued, and what became of it."""

    member_id: str
    template: Fields
    valid_until: str
    eligible: bool
    """Whether its template was for the member when it was issued."""
    paid: int
    """The points that it was exchanged for."""
    state: State = "active"
    redemption_id: str | None = None
    until: str = ""
    """When it is held no more, if it is held."""

    def is_free(self, now: str) -> bool:
        """Whether an order may take it."""
        return self.state == "active" or (self.state == "held" and self.until <= now)

    @property
    def stored(self) -> tuple[State, str | None, str]:
        """What the store has to say of it."""
        return self.state, self.redemption_id if self.state in {"held", "redeemed"} else None, self.until


@dataclass(frozen=True, slots=True)
class OwnDay:
    """The day of a member, where they were."""

    begins: datetime
    ends: datetime


@dataclass
class Wallets:
    """Everybody's coupons, by id."""

    coupons: dict[str, Coupon] = field(default_factory=dict)
    issued: dict[str, int] = field(default_factory=dict)
    """By template, without those that came in the place of others."""

    def follow(self, commit: Commit, account: Account | None, paid: dict[str, int]) -> None:
        """Insist that a commit makes of coupons what it must.

        Args:
            commit: what it wrote.
            account: the member's, after the commit's entries.
            paid: by coupon, the points that an entry of the commit takes for it.
        """
        changed: set[str] = set()
        for before, after in commit.records.values():
            if after["kind"] == "redemption":
                changed |= self._redeem(before, after, account)
        for order in commit.wholly_refunded:
            changed |= self._come_back(order, commit)
        for id_, (before, after) in commit.coupons.items():
            if before is None:
                insist(account, "a coupon has its member", id_)
                assert account
                self._issue(id_, after, account, paid, again=id_ in commit.come_back)
                changed.add(id_)
                continue
            for name in ("member_id", "template", "valid_from", "valid_until"):
                insist(before[name] == after[name], "a coupon stays what it is", id_, name)
        insist(changed == commit.coupons.keys(), "every coupon in one state", changed ^ commit.coupons.keys())
        for id_, (_, after) in commit.coupons.items():
            told, coupon = _told(after), self.coupons[id_]
            insist(told == coupon.stored, "every coupon in one state", id_, told, coupon)

    def _redeem(self, before: Fields | None, after: Fields, account: Account | None) -> set[str]:
        """Move the coupons of a redemption that was held, confirmed or released."""
        ids = set(after.get("coupon_ids", []))
        redemption_id, status = after["redemption_id"], after["status"]
        earlier = before["status"] if before and before["redemption_id"] == redemption_id else None
        if status == earlier:
            return set()
        if account is None:
            insist(status == "released", "a redemption has its member", redemption_id)
            return set()
        now = account.booked_at
        for id_ in ids:
            coupon = self.coupons[id_]
            its_own = coupon.redemption_id == redemption_id and coupon.state == "held"
            if status == "held":
                insist(coupon.is_free(now) and coupon.valid_until > now, "a coupon is held once", id_, coupon)
                coupon.state, coupon.redemption_id, coupon.until = "held", redemption_id, after["expires_at"]
            elif status == "confirmed":
                free = coupon.is_free(now) and coupon.valid_until > now
                insist(its_own or free, "a coupon is used once", id_, coupon)
                coupon.state, coupon.redemption_id, coupon.until = "redeemed", redemption_id, ""
            else:
                insist(its_own, "a coupon comes back once", id_, coupon)
                coupon.state, coupon.redemption_id, coupon.until = "active", None, ""
        return ids

    def _come_back(self, order: Fields, commit: Commit) -> set[str]:
        """Give back the coupons of an order that was wholly refunded, as their templates say."""
        changed = set()
        for id_ in order.get("coupon_ids", []):
            coupon = self.coupons[id_]
            policy = coupon.template.get("on_refund", "never")
            if policy == "never":
                continue
            insist(coupon.state == "redeemed", "a coupon comes back once", id_, coupon)
            changed.add(id_)
            commit.come_back.add(id_)
            if policy == "if_wholly_refunded":
                coupon.state, coupon.redemption_id = "active", None
                continue
            coupon.state, coupon.redemption_id = "returned", None
            new = [
                other
                for other, (before, after) in commit.coupons.items()
                if before is None and after["template"] == coupon.template and other not in commit.come_back
            ]
            insist(new, "another coupon comes in its place", id_)
            commit.come_back.add(new[0])
        return changed

    def _issue(self, id_: str, item: Fields, account: Account, paid: dict[str, int], *, again: bool) -> None:
        """Count a coupon that was issued, against every limit that there is."""
        template, now = item["template"], wire.instant(account.booked_at)
        insist(id_ not in self.coupons, "a coupon is issued once", id_)
        valid = _validity(template, now)
        insist((item["valid_from"], item["valid_until"]) == valid, "how long a coupon is good", id_, valid)
        insist(paid.get(id_, 0) in {0, template.get("price_points", 0)}, "what a coupon costs", id_, paid)
        self.coupons[id_] = Coupon(
            item["member_id"], template, item["valid_until"], _is_for(template, account, now), paid.get(id_, 0)
        )
        if again:
            return
        today = _own_day(now, account.zone)
        days = account.claims.setdefault(template["id"], [])
        days.append(today)
        insist(account.standing == "active", "who is frozen is issued nothing", id_)
        insist(len(days) <= template.get("per_member", 1), "no more than one member may have", id_, days)
        most = template.get("per_member_day", _MANY)
        in_one = [day for day in days if day.begins < today.ends and today.begins < day.ends]
        insist(len(in_one) <= most, "no more than one member may have a day", id_, days)
        self.issued[template["id"]] = self.issued.get(template["id"], 0) + 1
        insist(self.issued[template["id"]] <= template.get("stock", _MANY), "no more than the stock", template["id"])


def claims_as_stored(claims: dict[str, list[OwnDay]], limited: set[str]) -> dict[str, Any]:
    """Answer what a member keeps of claims: how many by template, and where a day is limited, how many on the last."""
    return {id_: [len(days), *_last_run(days)] if id_ in limited else len(days) for id_, days in claims.items()}


def _last_run(days: list[OwnDay]) -> tuple[int, int]:
    """Answer when the last day is over, in seconds since 1970, and how many of the days are a part of it."""
    over, run = days[0].ends, 0
    for day in days:
        run = run + 1 if day.begins < over else 1
        over = max(over, day.ends)
    return int(over.timestamp()), run


def _own_day(now: datetime, zone: ZoneInfo) -> OwnDay:
    begins = now.astimezone(zone).replace(hour=0, minute=0, second=0, fold=0)
    ends = (begins + timedelta(days=1)).replace(fold=0)
    return OwnDay(begins.astimezone(UTC), ends.astimezone(UTC))


def _validity(template: Fields, now: datetime) -> tuple[str, str]:
    written = wire.written(int(now.timestamp()))
    if "valid_until" in template:
        return template.get("valid_from", written), template["valid_until"]
    return written, wire.written(int((now + timedelta(days=template["valid_days"])).timestamp()))


def _is_for(template: Fields, account: Account, now: datetime) -> bool:
    eligible = template.get("eligible", {})
    days = eligible.get("enrolled_within_days")
    return (
        account.tier.id in (eligible.get("tiers") or [account.tier.id])
        and (days is None or now < account.climb.enrolled_at + timedelta(days=days))
        and (not eligible.get("tags") or bool(set(eligible["tags"]) & set(account.tags)))
    )


def _told(item: Fields) -> tuple[State, str | None, str]:
    """Answer what a stored coupon says of itself."""
    if item.get("returned"):
        return "returned", None, ""
    if item["redeemed"]:
        return "redeemed", item["redemption_id"], ""
    if "held_until" in item:
        return "held", item["redemption_id"], item["held_until"]
    return "active", item.get("redemption_id"), ""
