"""What template.yaml says of the HTTP API: who may call what, and how often."""

from typing import Any

import pytest

from tests.template.queries import of_type

MEMBER, SHOP, OPERATOR = "tessera/member", "tessera/shop", "tessera/operator"
EVERYBODY = {MEMBER, SHOP, OPERATOR}
ACCOUNT_LIMIT = 5000
"""Requests at once that API Gateway takes for a whole account unless asked for more; a second's are 10,000."""
CALLERS = {
    "apigateway.amazonaws.com": "${__ApiId__}",
    "events.amazonaws.com": "Nightly",
    "cognito-idp.amazonaws.com": "UserPool",
}
"""Which service may call functions, and what the address of the resource in whose name it does has in it."""
ROUTES = {
    "GET /health": None,
    "GET /programme": EVERYBODY,
    "POST /members": EVERYBODY,
    "GET /members/{member_id}": EVERYBODY,
    "GET /members/{member_id}/tier": EVERYBODY,
    "PATCH /members/{member_id}": EVERYBODY,
    "GET /members/{member_id}/entries": EVERYBODY,
    "POST /members/{member_id}/identities": {SHOP, OPERATOR},
    "POST /members/{member_id}/sign-ins": {MEMBER, OPERATOR},
    "GET /members/{member_id}/sign-ins": {MEMBER, OPERATOR},
    "POST /members/{member_id}/make-ups": {MEMBER, OPERATOR},
    "POST /purchases": {SHOP, OPERATOR},
    "GET /purchases/{order_id}": {SHOP, OPERATOR},
    "GET /coupon-templates": EVERYBODY,
    "POST /coupon-templates": {OPERATOR},
    "GET /coupon-templates/{template_id}": {OPERATOR},
    "PUT /coupon-templates/{template_id}": {OPERATOR},
    "POST /coupon-templates/{template_id}/pause": {OPERATOR},
    "POST /coupon-templates/{template_id}/resume": {OPERATOR},
    "POST /coupon-templates/{template_id}/retire": {OPERATOR},
    "GET /coupon-templates/{template_id}/versions": {OPERATOR},
    "POST /coupon-templates/{template_id}/grants": {OPERATOR},
    "POST /coupon-templates/{template_id}/codes": {OPERATOR},
    "GET /coupon-jobs/{job_id}": {OPERATOR},
    "GET /coupon-jobs/{job_id}/result": {OPERATOR},
    "POST /coupon-jobs/{job_id}/resume": {OPERATOR},
    "PUT /members/{member_id}/tags": {OPERATOR},
    "POST /members/{member_id}/coupons": EVERYBODY,
    "GET /members/{member_id}/coupons": EVERYBODY,
    "GET /members/{member_id}/entries/verification": EVERYBODY,
    "POST /members/{member_id}/adjustments": {"tessera/operator"},
    "POST /members/{member_id}/standing": {"tessera/operator"},
    "POST /members/{member_id}/placements": {"tessera/operator"},
    "POST /members/{member_id}/placements/end": {"tessera/operator"},
    "GET /nights": {"tessera/operator"},
    "GET /nights/{night_id}": {"tessera/operator"},
    "POST /tier-evaluations": {"tessera/operator"},
    "GET /tier-evaluations": {"tessera/operator"},
    "GET /tier-evaluations/{evaluation_id}": {"tessera/operator"},
    "POST /tier-evaluations/{evaluation_id}/stop": {"tessera/operator"},
    "POST /tier-evaluations/{evaluation_id}/resume": {"tessera/operator"},
    "POST /actions": {"tessera/shop", "tessera/operator"},
    "POST /members/{member_id}/quotes": EVERYBODY,
    "POST /members/{member_id}/redemptions": EVERYBODY,
    "POST /members/{member_id}/redemptions/{redemption_id}/confirm": EVERYBODY,
    "POST /members/{member_id}/redemptions/{redemption_id}/release": EVERYBODY,
    "GET /members/{member_id}/benefits": EVERYBODY,
    "GET /members/{member_id}/benefits/{benefit_id}": EVERYBODY,
    "POST /members/{member_id}/benefits/{benefit_id}/uses": {SHOP, OPERATOR},
    "POST /members/{member_id}/benefits/{benefit_id}/uses/{use_id}/release": {SHOP, OPERATOR},
}


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
    assert found == ROUTES


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


def test_pages_of_other_origins_may_not_call_unless_listed(
    document: dict[str, Any], translated: dict[str, Any]
) -> None:
    condition, _, otherwise = document["x-amazon-apigateway-cors"]["Fn::If"]
    assert (condition, otherwise) == ("HasCorsOrigins", {"Ref": "AWS::NoValue"})
    assert translated["Parameters"]["CorsOrigins"]["Default"] == ""


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
