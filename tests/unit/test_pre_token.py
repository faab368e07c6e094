"""The pre-token trigger: who gets which scope."""

from typing import Any

import pytest

from functions.pre_token.handler import lambda_handler


def signing_in(groups: list[str] | None) -> dict[str, Any]:
    """What Cognito sends to version 2 of the trigger, as far as it matters."""
    return {
        "version": "2",
        "triggerSource": "TokenGeneration_HostedAuth",
        "userName": "alice",
        "request": {
            "userAttributes": {"sub": "alice"},
            "groupConfiguration": {"groupsToOverride": groups},
            "scopes": ["openid", "email"],
        },
        "response": {"claimsAndScopeOverrideDetails": None},
    }


@pytest.mark.parametrize(
    ("groups", "scopes"),
    [
        (None, ["tessera/member"]),
        ([], ["tessera/member"]),
        (["shops", "operators-abroad"], ["tessera/member"]),
        (["operators"], ["tessera/member", "tessera/operator"]),
        (["supervisors"], ["tessera/member", "tessera/operator", "tessera/supervisor"]),
        (["operators", "supervisors"], ["tessera/member", "tessera/operator", "tessera/supervisor"]),
    ],
)
def test_every_user_is_a_member_and_operators_by_their_group(groups: list[str] | None, scopes: list[str]) -> None:
    answer = lambda_handler(signing_in(groups), None)
    assert answer["response"]["claimsAndScopeOverrideDetails"] == {"accessTokenGeneration": {"scopesToAdd": scopes}}


def test_the_rest_of_the_event_goes_back_as_it_came() -> None:
    event = signing_in(["operators"])
    answer = lambda_handler(signing_in(["operators"]), None)
    assert {**answer, "response": None} == {**event, "response": None}
