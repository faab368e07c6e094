"""What template.yaml says of the HTTP API: who may call what, and how often."""

import re
from typing import Any

import pytest

from tests.access import ACCESS, OPERATOR, SHOP
from tests.template.queries import of_type

ACCOUNT_LIMIT = 5000
"""Requests at once that API Gateway takes for a whole account unless asked for more; a second's are 10,000."""
CALLERS = {
    "apigateway.amazonaws.com": "${__ApiId__}",
    "events.amazonaws.com": "Nightly",
    "cognito-idp.amazonaws.com": "UserPool",
}
"""Which service may call functions, and what the address of the resource in whose name it does has in it."""


@pytest.fixture
def document(resources: dict[str, Any]) -> dict[str, Any]:
    (api,) = of_type(resources, "AWS::ApiGatewayV2::Api").values()
    body: dict[str, Any] = api["Body"]
    return body


def test_every_route_but_health_wants_a_token_with_one_of_its_scopes(document: dict[str, Any]) -> None:
    found: dict[str, set[str] | None] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            ((authorizer, scopes),) = operation["security"][0].items()
            found[f"{method.upper()} {path}"] = None if authorizer == "NONE" else set(scopes)
            assert authorizer in {"NONE", "Tokens"}
    assert found == {key: row.scopes for key, row in ACCESS.items()}


def test_nobody_calls_a_function_but_the_api_its_schedule_or_the_pool(resources: dict[str, Any]) -> None:
    for name, permission in of_type(resources, "AWS::Lambda::Permission").items():
        assert permission["Action"] == "lambda:InvokeFunction", name
        assert CALLERS[permission["Principal"]] in str(permission["SourceArn"]), name


def test_tokens_are_checked_against_the_pool_or_the_named_issuer(document: dict[str, Any]) -> None:
    authorizer = document["components"]["securitySchemes"]["Tokens"]["x-amazon-apigateway-authorizer"]
    assert authorizer["type"] == "jwt"
    assert authorizer["identitySource"] == "$request.header.Authorization"
    condition, pool, named = authorizer["jwtConfiguration"]["issuer"]["Fn::If"]
    assert condition == "OwnPool"
    assert "${UserPool}" in pool["Fn::Sub"]
    assert named == {"Ref": "TokenIssuer"}


def test_calls_are_throttled_and_logged(resources: dict[str, Any], translated: dict[str, Any]) -> None:
    (stage,) = of_type(resources, "AWS::ApiGatewayV2::Stage").values()
    assert "RouteSettings" not in stage  # no route is excepted
    for limit in ("ThrottlingRate", "ThrottlingBurst"):
        assert 0 < translated["Parameters"][limit]["Default"] <= ACCOUNT_LIMIT
    settings = stage["DefaultRouteSettings"]
    assert settings["ThrottlingRateLimit"] == {"Ref": "ThrottlingRate"}
    assert settings["ThrottlingBurstLimit"] == {"Ref": "ThrottlingBurst"}
    assert stage["AccessLogSettings"]["DestinationArn"] == {"Fn::GetAtt": ["ApiLogs", "Arn"]}


def test_the_access_log_tells_neither_who_called_nor_from_where(resources: dict[str, Any]) -> None:
    (stage,) = of_type(resources, "AWS::ApiGatewayV2::Stage").values()
    told = set(re.findall(r"\$context\.([\w.]+)", stage["AccessLogSettings"]["Format"]))
    assert told == {
        *("requestTime", "requestId", "routeKey", "status", "responseLength", "responseLatency"),
        *("integrationLatency", "error.message", "integrationErrorMessage"),
    }


def test_pages_of_other_origins_may_not_call_unless_listed(
    document: dict[str, Any], translated: dict[str, Any]
) -> None:
    condition, allowed, otherwise = document["x-amazon-apigateway-cors"]["Fn::If"]
    assert (condition, otherwise) == ("HasCorsOrigins", {"Ref": "AWS::NoValue"})
    assert translated["Parameters"]["CorsOrigins"]["Default"] == ""
    assert set(allowed["allowMethods"]) == {route.split()[0] for route in ACCESS}


def test_no_interactive_client_can_ask_for_the_scope_of_a_shop_or_an_operator(resources: dict[str, Any]) -> None:
    clients = of_type(resources, "AWS::Cognito::UserPoolClient")
    for name, client in clients.items():
        interactive = client["AllowedOAuthFlows"] != ["client_credentials"]
        privileged = {SHOP, OPERATOR} & set(client["AllowedOAuthScopes"])
        assert not (interactive and privileged), name
    assert clients["AppClient"]["GenerateSecret"] is False
    assert clients["ShopClient"]["AllowedOAuthScopes"] == [SHOP]


def test_the_pool_gives_scopes_in_access_tokens(resources: dict[str, Any]) -> None:
    (pool,) = of_type(resources, "AWS::Cognito::UserPool").values()
    assert pool["LambdaConfig"]["PreTokenGenerationConfig"]["LambdaVersion"] == "V2_0"
    assert pool["UserPoolTier"] == "ESSENTIALS"


def test_with_another_issuer_there_is_no_pool(resources: dict[str, Any]) -> None:
    identity = {name for name, resource in resources.items() if resource["Type"].startswith("AWS::Cognito::")}
    conditional = {name for name, resource in resources.items() if resource.get("Condition") == "OwnPool"}
    assert identity < conditional
    assert conditional - identity == {"PreTokenFunction", "PreTokenRole", "PreTokenLogs", "PreTokenPermission"}
