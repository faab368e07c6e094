"""Whom and what the matrix of callers meets on the stack: members with what is theirs, and what staff look at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from local.schedule import run_scheduled
from tests.access import MEMBER, OPERATOR, SHOP
from tests.stack.client import Api
from tests.stack.shop import basket, counted, eventually, new_id, order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.stack import Stack
    from tests.stack.client import Answer

BENEFIT = "free_shipping"
CONFIRM = "POST /members/{member_id}/redemptions/{redemption_id}/confirm"
RELEASE = "POST /members/{member_id}/redemptions/{redemption_id}/release"
SUPERVISOR = f"{OPERATOR} tessera/supervisor"
WHY = {"reason": "goodwill", "note": "As the test wants it."}


@dataclass(frozen=True)
class Inhabitant:
    """A member, and what is theirs."""

    api: Api
    member_id: str
    redemptions: Mapping[str, str]
    """By the route that is to be tried on it: none of them has been confirmed or released yet."""
    use_id: str


class Inhabitants:
    """Who lives on the stack. Each kind of caller acts on a member of its own, so that none is in another's way."""

    def __init__(self, stack: Stack) -> None:
        """Let them enrol, order, and hold; freeze the one who is to be frozen."""
        self.stack = stack
        self.shop, self.operator, self.supervisor = (
            Api(stack.api_url, stack.token(new_id("staff"), *scopes.split())) for scopes in (SHOP, OPERATOR, SUPERVISOR)
        )
        names = ("member", "frozen", "shop", "operator", "supervisor", "another")
        self._members = {name: self._settle_in(name) for name in names}
        frozen = f"/members/{self['frozen'].member_id}/standing"
        _insist(self.operator.post(frozen, {"standing": "frozen", **WHY}))
        self.stranger = Api(stack.api_url, stack.token(new_id("stranger"), MEMBER))

    def __getitem__(self, name: str) -> Inhabitant:
        """Answer the member whom a kind of caller acts on; `another` is nobody's."""
        return self._members[name]

    def ids(self, key: str, of: str) -> dict[str, str]:
        """Answer a member's id, and ids of what there is for the path of a route, as a kind of caller can name them."""
        whose = self[of]
        named = {
            "member_id": whose.member_id,
            "redemption_id": whose.redemptions.get(key, ""),
            "use_id": whose.use_id,
            "benefit_id": BENEFIT,
        }
        for_staff = set(re.findall(r"{(\w+)}", key)) - named.keys()
        if "template_id" in for_staff and of != "another":
            return named | {"template_id": self._new_template()}  # the route may change it for good
        return named | {name: getattr(self, name) for name in for_staff}

    @cached_property
    def order_id(self) -> str:
        """An order that was counted."""
        order_id = new_id("order")
        _insist(self.shop.post("/purchases", order(order_id)))
        eventually(lambda: self.shop.get(f"/purchases/{order_id}"), counted)
        return order_id

    @cached_property
    def template_id(self) -> str:
        """A coupon template."""
        return self._new_template()

    @cached_property
    def job_id(self) -> str:
        """A coupon job that is done."""
        made = _insist(self.operator.post(f"/coupon-templates/{self.template_id}/codes", {"count": 1}))
        path = f"/coupon-jobs/{made['job_id']}"
        eventually(lambda: self.operator.get(path), lambda answer: answer.json()["status"] == "done")
        job_id: str = made["job_id"]
        return job_id

    @cached_property
    def evaluation_id(self) -> str:
        """An evaluation that was stopped."""
        self.stop_evaluations()
        evaluation_id: str = _insist(self.operator.post("/tier-evaluations", {"rate": 1}))["evaluation_id"]
        self.stop_evaluations()
        return evaluation_id

    @cached_property
    def night_id(self) -> str:
        """A night."""
        at = datetime.now(UTC)
        run_scheduled(self.stack, "nightly", at)
        return f"{at:%Y%m%dT%H%M%SZ}"

    def stop_evaluations(self) -> None:
        """Stop the evaluation that runs: there is one at a time."""
        for job in _insist(self.operator.get("/tier-evaluations"))["items"]:
            if job["status"] == "running":
                _insist(self.operator.post(f"/tier-evaluations/{job['evaluation_id']}/stop"))

    def _new_template(self) -> str:
        made = {"kind": "amount_off", "name": "£5 off", "terms": "£5 off.", "amount": 500, "valid_days": 30}
        id_ = new_id("t").replace("-", "_")
        template_id: str = _insist(self.operator.post("/coupon-templates", {"id": id_, **made}))["template_id"]
        return template_id

    def _settle_in(self, name: str) -> Inhabitant:
        api = Api(self.stack.api_url, self.stack.token(new_id(name), MEMBER))
        member_id = _insist(api.post("/members", {}))["member_id"]
        _insist(self.supervisor.post(f"/members/{member_id}/adjustments", {"points": 500, "growth": 2000, **WHY}))
        held = {
            route: _insist(api.post("/members/me/redemptions", {"order_id": new_id("order"), "order": basket()}))
            for route in (CONFIRM, RELEASE)
        }
        use_id = new_id("use")
        _insist(self.shop.post(f"/members/{member_id}/benefits/{BENEFIT}/uses", {"use_id": use_id}))
        return Inhabitant(api, member_id, {route: made["redemption_id"] for route, made in held.items()}, use_id)


def _insist(answer: Answer) -> Any:
    assert answer.status < 300, answer.body
    return answer.json()
