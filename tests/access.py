"""Who may do what: one table, a row for each route of the API. A route that is not in it fails the tests.

`tests/template` holds template.yaml to the scopes, `tests/stack/test_access.py` every answer of the running product to
the rest, for every kind of caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MEMBER, SHOP, OPERATOR = "tessera/member", "tessera/shop", "tessera/operator"
SCOPES = frozenset({MEMBER, SHOP, OPERATOR})
"""The scopes that open routes."""
EVERYBODY = SCOPES
MEMBER_OR_OPERATOR = frozenset({MEMBER, OPERATOR})
STAFF = frozenset({SHOP, OPERATOR})
OPERATORS = frozenset({OPERATOR})

FRESH, MEMBER_ID, TEMPLATE_ID = "$fresh", "$member_id", "$template_id"
"""In a body: an id that nothing has had; the member in question; and the template that the path names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a route answers. An outcome is a status, with the code of its problem; one of several is told by ` or `.

    Attributes:
        scopes: a token needs one of them; where they are None no token is asked for.
        body: content that is right, None if the route takes none.
        mistake: a query that is wrong, for a route without content.
        own: what a member is answered who names themselves, None if members cannot call.
        frozen: what a frozen member is answered who does.
        staff: what a shop or an operator is answered who names what there is.
        absent: what everybody is answered who names what there is not, or, as a member, what is another's; None if the
            route names nothing.
        wrong: what those are answered who name what is there, but whose content or query is wrong; None if nothing can
            be.
    """

    scopes: frozenset[str] | None
    body: Any = None
    mistake: str = ""
    own: str | None = None
    frozen: str | None = None
    staff: str | None = None
    absent: str | None = "404 not_found"
    wrong: str | None = None


_BASKET = {"currency": "GBP", "lines": [{"line_id": "1", "sku": "85123A", "quantity": 1, "unit_price": 4000}]}
_ORDER = {"type": "order.completed", "order_id": FRESH, "placed_at": "2026-03-01T08:26:00Z", **_BASKET}
_ACTION = {
    "type": "action",
    "action_id": FRESH,
    "kind": "review",
    "member_id": MEMBER_ID,
    "at": "2026-03-01T08:26:00Z",
}
_TEMPLATE = {
    "kind": "amount_off",
    "name": "£5 off",
    "terms": "£5 off any basket.",
    "amount": 500,
    "valid_days": 30,
}
_WHY = {"reason": "goodwill", "note": "As the test wants it."}

ACCESS: Mapping[str, Row] = {
    "GET /health": Row(scopes=None, staff="200", absent=None),
    "GET /programme": Row(scopes=EVERYBODY, own="200", frozen="200", staff="200", absent=None),
    # Members
    "POST /members": Row(
        scopes=EVERYBODY,
        body={"identity": FRESH},
        own="422 invalid",  # members enrol themselves, by no other identity
        frozen="422 invalid",
        staff="201",
        absent=None,
        wrong="422 invalid",
    ),
    "GET /members/{member_id}": Row(
        scopes=EVERYBODY, mistake="as_of=once", own="200", frozen="200", staff="200", wrong="400 bad_as_of"
    ),
    "GET /members/{member_id}/tier": Row(
        scopes=EVERYBODY, mistake="if_spend=much", own="200", frozen="200", staff="200", wrong="400 bad_if_spend"
    ),
    "PATCH /members/{member_id}": Row(
        scopes=EVERYBODY,
        body={"time_zone": "Asia/Shanghai"},
        own="200",
        frozen="200",
        staff="200",
        wrong="422 invalid",
    ),
    "GET /members/{member_id}/entries": Row(
        scopes=EVERYBODY, mistake="limit=0", own="200", frozen="200", staff="200", wrong="400 bad_limit"
    ),
    "GET /members/{member_id}/entries/verification": Row(scopes=EVERYBODY, own="200", frozen="200", staff="200"),
    "POST /members/{member_id}/identities": Row(
        scopes=STAFF, body={"identity": FRESH}, staff="200", wrong="422 invalid"
    ),
    # Sign-ins
    "POST /members/{member_id}/sign-ins": Row(
        scopes=MEMBER_OR_OPERATOR, own="201", frozen="403 member_frozen", staff="201"
    ),
    "GET /members/{member_id}/sign-ins": Row(
        scopes=MEMBER_OR_OPERATOR, mistake="month=13", own="200", frozen="200", staff="200", wrong="400 bad_month"
    ),
    "POST /members/{member_id}/make-ups": Row(
        scopes=MEMBER_OR_OPERATOR,
        body={"day": "2026-03-01"},
        own="409 before_enrolment",
        frozen="403 member_frozen",
        staff="409 before_enrolment",
        wrong="422 invalid",
    ),
    # Purchases and actions
    "POST /purchases": Row(scopes=STAFF, body=_ORDER, staff="202", absent=None, wrong="422 invalid"),
    "GET /purchases/{order_id}": Row(scopes=STAFF, staff="200"),
    "POST /actions": Row(scopes=STAFF, body=_ACTION, staff="202", absent=None, wrong="422 invalid"),
    # Coupons
    "GET /coupon-templates": Row(scopes=EVERYBODY, own="200", frozen="200", staff="200", absent=None),
    "POST /coupon-templates": Row(
        scopes=OPERATORS, body={"id": FRESH, **_TEMPLATE}, staff="201", absent=None, wrong="422 invalid"
    ),
    "GET /coupon-templates/{template_id}": Row(scopes=OPERATORS, staff="200"),
    "PUT /coupon-templates/{template_id}": Row(
        scopes=OPERATORS, body={"id": TEMPLATE_ID, **_TEMPLATE}, staff="200", wrong="422 invalid"
    ),
    "POST /coupon-templates/{template_id}/pause": Row(scopes=OPERATORS, staff="200"),
    "POST /coupon-templates/{template_id}/resume": Row(scopes=OPERATORS, staff="200"),
    "POST /coupon-templates/{template_id}/retire": Row(scopes=OPERATORS, staff="200"),
    "GET /coupon-templates/{template_id}/versions": Row(
        scopes=OPERATORS, mistake="limit=0", staff="200", wrong="400 bad_limit"
    ),
    "POST /coupon-templates/{template_id}/grants": Row(
        scopes=OPERATORS, body={"member_id": MEMBER_ID}, staff="201", wrong="422 invalid"
    ),
    "POST /coupon-templates/{template_id}/codes": Row(
        scopes=OPERATORS, body={"count": 1}, staff="202", wrong="422 invalid"
    ),
    "GET /coupon-jobs/{job_id}": Row(scopes=OPERATORS, staff="200"),
    "GET /coupon-jobs/{job_id}/result": Row(scopes=OPERATORS, staff="200"),
    "POST /coupon-jobs/{job_id}/resume": Row(scopes=OPERATORS, staff="200"),
    "POST /members/{member_id}/coupons": Row(
        scopes=EVERYBODY,
        body={"template_id": "five_off_thirty"},
        own="201",
        frozen="403 not_eligible",
        staff="201",
        wrong="422 invalid",
    ),
    "GET /members/{member_id}/coupons": Row(
        scopes=EVERYBODY, mistake="status=lost", own="200", frozen="200", staff="200", wrong="400 bad_status"
    ),
    # Checkout
    "POST /members/{member_id}/quotes": Row(
        scopes=EVERYBODY, body={"order": _BASKET}, own="200", frozen="200", staff="200", wrong="422 invalid"
    ),
    "POST /members/{member_id}/redemptions": Row(
        scopes=EVERYBODY,
        body={"order_id": FRESH, "order": _BASKET},
        own="201",
        frozen="403 member_frozen",
        staff="201",
        wrong="422 invalid",
    ),
    "POST /members/{member_id}/redemptions/{redemption_id}/confirm": Row(
        scopes=EVERYBODY, body={"lines": ["1"]}, own="200", frozen="200", staff="200", wrong="422 invalid"
    ),
    "POST /members/{member_id}/redemptions/{redemption_id}/release": Row(
        scopes=EVERYBODY, own="200", frozen="200", staff="200"
    ),
    # Benefits
    "GET /members/{member_id}/benefits": Row(scopes=EVERYBODY, own="200", frozen="200", staff="200"),
    "GET /members/{member_id}/benefits/{benefit_id}": Row(scopes=EVERYBODY, own="200", frozen="200", staff="200"),
    "POST /members/{member_id}/benefits/{benefit_id}/uses": Row(
        scopes=STAFF, body={"use_id": FRESH}, staff="201", wrong="422 invalid"
    ),
    "POST /members/{member_id}/benefits/{benefit_id}/uses/{use_id}/release": Row(scopes=STAFF, staff="200"),
    # Operators
    "POST /members/{member_id}/adjustments": Row(
        scopes=OPERATORS, body={"points": 100, **_WHY}, staff="201", wrong="422 invalid"
    ),
    "POST /members/{member_id}/standing": Row(
        scopes=OPERATORS, body={"standing": "active", **_WHY}, staff="200", wrong="422 invalid"
    ),
    "POST /members/{member_id}/placements": Row(
        scopes=OPERATORS,
        body={"tier": "vip", "until": "2099-01-01T00:00:00Z", **_WHY},
        staff="201",
        wrong="422 invalid",
    ),
    "POST /members/{member_id}/placements/end": Row(scopes=OPERATORS, body=_WHY, staff="200", wrong="422 invalid"),
    "PUT /members/{member_id}/tags": Row(
        scopes=OPERATORS, body={"tags": ["collector"], **_WHY}, staff="200", wrong="422 invalid"
    ),
    # Recalculation
    "GET /nights": Row(scopes=OPERATORS, mistake="limit=0", staff="200", absent=None, wrong="400 bad_limit"),
    "GET /nights/{night_id}": Row(scopes=OPERATORS, staff="200"),
    # One evaluation runs at a time.
    "POST /tier-evaluations": Row(
        scopes=OPERATORS,
        body={"rate": 1000},
        staff="201 or 409 evaluation_running",
        absent=None,
        wrong="422 invalid",
    ),
    "GET /tier-evaluations": Row(scopes=OPERATORS, mistake="limit=0", staff="200", absent=None, wrong="400 bad_limit"),
    "GET /tier-evaluations/{evaluation_id}": Row(scopes=OPERATORS, staff="200"),
    "POST /tier-evaluations/{evaluation_id}/stop": Row(scopes=OPERATORS, staff="200"),
    "POST /tier-evaluations/{evaluation_id}/resume": Row(
        scopes=OPERATORS, body={"rate": 1000}, staff="200 or 409 evaluation_running", wrong="422 invalid"
    ),
}
