"""The member card."""

from __future__ import annotations

from typing import TYPE_CHECKING, NotRequired

from typing_extensions import TypedDict

from tessera.answers.progress import Keep, Next, needs
from tessera.instants import write_instant

if TYPE_CHECKING:
    from tessera import card as domain
    from tessera.member import Profile


class TierOnCard(TypedDict):
    """The tier that a member is on; the lowest has no `until`, the highest no `next`."""

    id: str
    name: str
    since: str
    until: str | None
    grace: NotRequired[bool]
    next: Next | None
    keep: NotRequired[Keep | None]


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
            "next": {"id": following.tier.id, "needs": needs(following.progress)} if following else None,
            "keep": {"by": write_instant(keeping.by), "needs": needs(keeping.progress)} if keeping else None,
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
