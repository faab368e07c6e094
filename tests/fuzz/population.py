"""Whom and what the requests meet: so that not all of them are answered that there is nothing.

It is made through the API itself, and grows by what the requests make: every id that an answer tells is known from
then on.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from string import Template
from typing import TYPE_CHECKING, Any

import requests

from tessera.programme.load import in_force
from tests.access import ACCESS, MEMBER, OPERATOR, SCOPES, SHOP
from tests.fuzz.doors import Answer, Caller, Door

if TYPE_CHECKING:
    import random

SUPERVISOR = f"{OPERATOR} tessera/supervisor"
OF_A_MEMBER = frozenset({"redemption_id", "use_id", "coupon_id"})
SHARED = frozenset({"order_id", "template_id", "job_id", "evaluation_id", "night_id"})
BENEFITS = ("free_shipping", "birthday_gift", "priority_service", "early_access", "multiplier")
MEMBERS = 5
STREAK, MISSED = 7, 3
"""Days that bring a make-up card, and days that it can be used for."""
KEPT = 12
"""Ids of a kind that are remembered beside the first, the latest: what was made long ago is done with."""
_OTHERS = {template.id for template in in_force().coupons}
"""The programme's own templates: who else is on the same stack counts on them."""
WHY = {"reason": "goodwill", "note": "As the test wants it."}


class Population:
    """Members and what is theirs, and what staff look at."""

    def __init__(self, door: Door, source: random.Random) -> None:
        """Let them enrol, order and hold."""
        self._door = door
        self.source = source
        self.shop, self.operator, self.supervisor = (
            Caller(_new("staff"), scope) for scope in (SHOP, OPERATOR, SUPERVISOR)
        )
        self.members: dict[str, Caller] = {}
        """By member id: who they are."""
        self._theirs: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._shared: dict[str, list[str]] = defaultdict(list)
        self._shared["night_id"] = []
        for _ in range(MEMBERS):
            self._settle_in()
        frozen = next(iter(self.members))
        self._made("POST /members/{member_id}/standing", self.operator, member_id=frozen)
        self._send(
            "POST /members/{member_id}/standing", self.operator, {"standing": "frozen", **WHY}, {"member_id": frozen}
        )
        template = self._made("POST /coupon-templates", self.operator)["template_id"]
        self._made("POST /coupon-templates/{template_id}/codes", self.operator, template_id=template)
        self._made("POST /tier-evaluations", self.operator)
        door.nightly()
        nights = json.loads(self._send("GET /nights", self.operator, None, {}).content)["items"]
        self._shared["night_id"] = [night["night_id"] for night in nights]
        order_id = _new("order")
        order = {**ACCESS["POST /purchases"].body, "order_id": order_id}
        self._send("POST /purchases", self.shop, order, {})
        door.settle()
        self._shared["order_id"].insert(0, order_id)

    def caller(self, key: str, member_id: str) -> Caller:
        """Draw somebody whom the gateway lets in to a route: mostly the member themselves, or staff."""
        scopes = ACCESS[key].scopes or SCOPES
        choices = {
            MEMBER: [self.members[member_id]] * 3 + [self.source.choice(list(self.members.values()))],
            SHOP: [self.shop] * 2,
            OPERATOR: [self.operator, self.supervisor],
        }
        return self.source.choice([caller for scope in sorted(scopes) for caller in choices[scope]])

    def draw(self, name: str, member_id: str) -> str | None:
        """Draw an id of what there is; None if there is nothing of the kind."""
        if name == "member_id":
            return member_id
        if name == "benefit_id":
            return self.source.choice(BENEFITS)
        known = self._theirs[member_id, name] if name in OF_A_MEMBER else self._shared[name]
        return self.source.choice(known) if known else None

    def right_body(self, key: str, member_id: str, template_id: str | None) -> Any:
        """Answer content that a route takes."""
        body = ACCESS[key].body
        if key == "POST /members":
            body = self.source.choice(({}, body))
        elif key == "POST /members/{member_id}/make-ups":
            body = {"day": missed_day(self.source)}
        named = {"fresh": _new("fresh").replace("-", "_"), "member_id": member_id, "template_id": template_id or ""}
        return json.loads(Template(json.dumps(body)).safe_substitute(named))

    def learn(self, member_id: str, content: Any) -> None:
        """Remember the ids that an answer tells."""
        if isinstance(content, list):
            for item in content:
                self.learn(member_id, item)
        elif isinstance(content, dict):
            for name, told in content.items():
                if name in OF_A_MEMBER and isinstance(told, str):
                    _remember(self._theirs[member_id, name], told)
                elif name in SHARED and isinstance(told, str) and told not in _OTHERS:
                    _remember(self._shared[name], told)
                else:
                    self.learn(member_id, told)

    def _settle_in(self) -> None:
        caller = Caller(_new("member"), MEMBER)
        if self._door.ago is not None:
            self._sign_in_for_a_card(caller)
        card = json.loads(self._send("POST /members", caller, {}, {}).content)
        member_id = card["member_id"]
        self.members[member_id] = caller
        path = {"member_id": member_id}
        self._send(
            "POST /members/{member_id}/adjustments", self.supervisor, {"points": 500, "growth": 2000, **WHY}, path
        )
        self._made("POST /members/{member_id}/redemptions", caller, **path)
        self._made("POST /members/{member_id}/redemptions", caller, **path)
        self._made("POST /members/{member_id}/coupons", caller, **path)
        self._made("POST /members/{member_id}/benefits/{benefit_id}/uses", self.shop, **path, benefit_id=BENEFITS[0])

    def _sign_in_for_a_card(self, caller: Caller) -> None:
        """Sign in for as many days as bring a make-up card, and then miss some."""
        for days in range(MISSED + STREAK, MISSED, -1):
            self._door.ago = timedelta(days=days)
            self._send("POST /members", caller, {}, {})
            self._send("POST /members/{member_id}/sign-ins", caller, None, {"member_id": "me"})
        self._door.ago = timedelta(0)

    def _made(self, key: str, caller: Caller, **ids: str) -> Any:
        """Send what a route takes, and insist that it is taken."""
        member_id = ids.get("member_id", "")
        answer = self._send(key, caller, self.right_body(key, member_id, ids.get("template_id")), ids)
        content = json.loads(answer.content)
        self.learn(member_id, content)
        return content

    def _send(self, key: str, caller: Caller, body: Any, ids: dict[str, str]) -> Answer:
        method, path = key.split()
        request = requests.Request(method, self._door.address + path.format_map(ids), json=body).prepare()
        answer = self._door.send(key, request, caller)
        assert answer.status < 300, (key, answer)
        return answer


def missed_day(source: random.Random) -> str:
    """Draw a day that the members have not signed in on, who have signed in at all."""
    return (datetime.now(UTC) - timedelta(days=source.randint(1, MISSED))).date().isoformat()


def _remember(known: list[str], id_: str) -> None:
    if id_ not in known:
        known.append(id_)
        del known[1:-KEPT]


def _new(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:12]}"
