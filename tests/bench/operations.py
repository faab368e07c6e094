"""What members, shops and nights do, each once, for a regular: prepared, and then done when it is measured."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tessera.instants import write_instant
from tests.bench.checkout_steps import LIMITED, LINES, UNLIMITED, order, wanted
from tests.budgets.regular import enrol_regular

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.app import App

    Act = Callable[[], object]
    Prepare = Callable[[App, str], Act]

TEMPLATES = (UNLIMITED, LIMITED)

NIGHTLY_MEMBERS = 25
"""So many are one message of the night."""
_UNTIL_DUE = timedelta(days=300)
"""By then the regular's tier has ended."""


def _enrol(app: App, name: str) -> Act:
    return lambda: app.enrol(name)


def _card(app: App, name: str) -> Act:
    enrol_regular(app, name)
    return lambda: app.get("/members/me", as_=name)


def _statement(app: App, name: str) -> Act:
    member_id = enrol_regular(app, name)
    for number in range(3):
        app.send(_plain_order(app, member_id, f"{name}-{number}"))
    return lambda: app.get("/members/me/entries", as_=name)


def _coupons(app: App, name: str) -> Act:
    enrol_regular(app, name)
    _claim(app, name)
    return lambda: app.get("/members/me/coupons", as_=name)


def _sign_in(app: App, name: str) -> Act:
    enrol_regular(app, name)
    return lambda: app.post("/members/me/sign-ins", as_=name)


def _claiming(template_id: str) -> Prepare:
    def prepare(app: App, name: str) -> Act:
        enrol_regular(app, name)
        return lambda: _claim(app, name, template_id)

    return prepare


def _quote(app: App, name: str) -> Act:
    enrol_regular(app, name)
    code = _claim(app, name)
    return lambda: app.post("/members/me/quotes", wanted(code) | {"coupons": "best", "points": "max"}, as_=name)


def _hold(app: App, name: str) -> Act:
    enrol_regular(app, name)
    code = _claim(app, name)
    return lambda: _held(app, name, code)


def _confirm(app: App, name: str) -> Act:
    enrol_regular(app, name)
    held = _held(app, name, _claim(app, name))
    return lambda: app.post(f"/members/me/redemptions/{held['redemption_id']}/confirm", as_=name)


def _release(app: App, name: str) -> Act:
    enrol_regular(app, name)
    held = _held(app, name, _claim(app, name))
    return lambda: app.post(f"/members/me/redemptions/{held['redemption_id']}/release", as_=name)


def _purchase(app: App, name: str) -> Act:
    message = _plain_order(app, enrol_regular(app, name), name)
    return lambda: _post_message(app, message)


def _purchase_with_redemption(app: App, name: str) -> Act:
    member_id = enrol_regular(app, name)
    held = _held(app, name, _claim(app, name))
    message = order(name, member_id, held["redemption_id"], held["quote"], write_instant(app.now))
    return lambda: _post_message(app, message)


def _refund(app: App, name: str) -> Act:
    app.send(_plain_order(app, enrol_regular(app, name), name))
    lines = [{"line_id": "1", "quantity": 1}]
    message = {"type": "order.refunded", "refund_id": f"R-{name}", "order_id": name, "lines": lines}
    return lambda: _post_message(app, message | {"refunded_at": write_instant(app.now)})


def _night(app: App, name: str) -> Act:
    ids = [enrol_regular(app, f"{name}-{number}") for number in range(NIGHTLY_MEMBERS)]
    app.now += _UNTIL_DUE
    task = {"schema_version": 1, "task": "member", "ids": ids, "as_of": write_instant(app.now)}
    return lambda: app.settle(json.dumps(task))


OPERATIONS: dict[str, Prepare] = {
    "enrol": _enrol,
    "card": _card,
    "statement": _statement,
    "list coupons": _coupons,
    "sign in": _sign_in,
    "claim a coupon": _claiming(UNLIMITED["id"]),
    "claim one of limited stock": _claiming(LIMITED["id"]),
    "quote": _quote,
    "hold": _hold,
    "confirm": _confirm,
    "release": _release,
    "purchase": _purchase,
    "purchase with redemption": _purchase_with_redemption,
    "refund": _refund,
    "night": _night,
}
"""By what they are called in the tables. A night is that of `NIGHTLY_MEMBERS` members who are due."""


def _claim(app: App, name: str, template_id: str = UNLIMITED["id"]) -> str:
    claimed = app.post("/members/me/coupons", {"template_id": template_id}, as_=name, key=name)
    assert claimed.status == 201, claimed.text
    return str(claimed.json["code"])


def _held(app: App, name: str, code: str) -> Any:
    held = app.post("/members/me/redemptions", {"order_id": name} | wanted(code) | {"points": 100}, as_=name)
    assert held.status == 201, held.text
    return held.json


def _plain_order(app: App, member_id: str, order_id: str) -> dict[str, Any]:
    message = {"type": "order.completed", "order_id": order_id, "member_id": member_id, "currency": "GBP"}
    return message | {"lines": LINES, "placed_at": write_instant(app.now)}


def _post_message(app: App, message: dict[str, Any]) -> None:
    answer = app.post("/purchases", message, as_="shop")
    assert answer.status == 202, answer.text
    app.work_off()
