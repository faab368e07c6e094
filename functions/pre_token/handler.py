"""Cognito's pre-token trigger, version 2: gives the pool's users their scopes in access tokens.

Every user is a member; who is in the group `operators` is an operator too, and who is in `supervisors` both an operator
and a supervisor. No user gets the shop's scope: shops use client credentials, for which Cognito does not call this
version of the trigger.
"""

from __future__ import annotations

from typing import Any

MEMBER = "tessera/member"
OF_GROUPS = {
    "operators": ("tessera/operator",),
    "supervisors": ("tessera/operator", "tessera/supervisor"),
}


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Return the event with the scopes to add, as Cognito wants it."""
    groups = event["request"]["groupConfiguration"].get("groupsToOverride") or []
    scopes = list(dict.fromkeys([MEMBER, *(scope for group in groups for scope in OF_GROUPS.get(group, ()))]))
    event["response"] = {"claimsAndScopeOverrideDetails": {"accessTokenGeneration": {"scopesToAdd": scopes}}}
    return event
