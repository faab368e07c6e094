"""Benefits, and their uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NotRequired

from typing_extensions import TypedDict

from tessera.instants import write_instant

if TYPE_CHECKING:
    from datetime import datetime

    from tessera.benefits import Entitlement, Use


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
