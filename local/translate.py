"""template.yaml as the local AWS can deploy it: translated from SAM, then adapted where the emulator falls short.

Each adaptation is one function here, and each insists on finding what it adapts: when the template or the emulator
changes under it, it fails instead of quietly deploying something else.
"""

from __future__ import annotations

import copy
import os
import re
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mypy_boto3_s3.type_defs import ObjectLockConfigurationTypeDef

Template = dict[str, Any]

DEPENDENCIES_LAYER = "DependenciesLayer"
METHODS = frozenset({"get", "post", "put", "patch", "delete"})


class AdaptationError(Exception):
    """The template no longer has what an adaptation for the local AWS adapts."""


def read(path: Path) -> Template:
    """Return the SAM template, with short-form intrinsic functions written out."""
    from samtranslator.yaml_helper import yaml_parse  # noqa: PLC0415  half a second, which most commands need not wait for

    template: Template = yaml_parse(path.read_text())
    return template


def code_folders(template: Template) -> dict[str, str]:
    """Return the folder of each function and layer in the SAM template, by logical id."""
    folders = {}
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        folder = properties.get("CodeUri") or properties.get("ContentUri")
        if folder:
            folders[name] = folder
    return folders


def with_code_at(template: Template, locations: Mapping[str, str]) -> Template:
    """Point functions and layers to their code's S3 URIs, as `sam package` would."""
    resources = {}
    for name, resource in template["Resources"].items():
        resources[name] = resource
        if name in locations:
            location = "CodeUri" if resource["Type"] == "AWS::Serverless::Function" else "ContentUri"
            resources[name] = {**resource, "Properties": {**resource["Properties"], location: locations[name]}}
    return {**template, "Resources": resources}


def without_dependencies_layer(template: Template) -> Template:
    """Drop the layer of third-party packages: function processes run on the stack's environment, which has them.

    Both are made from the same lock; the layer itself is built for another processor.
    """
    resources = dict(template["Resources"])
    function_globals = template["Globals"]["Function"]
    try:
        del resources[DEPENDENCIES_LAYER]
        layers = [layer for layer in function_globals["Layers"] if layer != {"Ref": DEPENDENCIES_LAYER}]
    except KeyError as error:
        raise AdaptationError(f"no {DEPENDENCIES_LAYER} to drop") from error
    if len(layers) != len(function_globals["Layers"]) - 1:
        raise AdaptationError(f"functions do not use {DEPENDENCIES_LAYER}")
    return {
        **template,
        "Resources": resources,
        "Globals": {**template["Globals"], "Function": {**function_globals, "Layers": layers}},
    }


def translated(template: Template, region: str, parameters: Mapping[str, str]) -> Template:
    """Return the plain CloudFormation template that SAM makes of `template`."""
    from samtranslator.translator.transform import transform  # noqa: PLC0415  slow to import

    class NoManagedPolicies:
        def load(self) -> dict[str, str]:
            return {}

    with patch.dict(os.environ, {"AWS_DEFAULT_REGION": region}):
        plain: Template = transform(template, dict(parameters), NoManagedPolicies())
    return plain


def without_metric_math(template: Template) -> Template:
    """Drop the alarms that add up several metrics: the emulator refuses them, and evaluates none anyway."""
    kept = {
        name: resource
        for name, resource in template["Resources"].items()
        if not (resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"])
    }
    if len(kept) == len(template["Resources"]):
        raise AdaptationError("no alarm with metric math to drop")
    return {**template, "Resources": kept}


def with_batched_sends_allowed(template: Template) -> Template:
    """Let roles that may send a message send a batch of them: AWS asks for the same right, the emulator for another."""
    resources = dict(template["Resources"])
    allowed = 0
    for name, resource in resources.items():
        if resource["Type"] == "AWS::IAM::Role":
            role = copy.deepcopy(resource)
            for policy in role["Properties"]["Policies"]:
                for statement in policy["PolicyDocument"]["Statement"]:
                    if statement["Action"] == "sqs:SendMessage":
                        statement["Action"] = ["sqs:SendMessage", "sqs:SendMessageBatch"]
                        allowed += 1
            resources[name] = role
    if not allowed:
        raise AdaptationError("no role may send messages")
    return {**template, "Resources": resources}


def with_queue_concurrency(template: Template, value: int) -> Template:
    """Write how many batches are worked on at once as a number: the emulator takes a parameter's value for text."""
    resources = dict(template["Resources"])
    mappings = [name for name, item in resources.items() if "ScalingConfig" in item.get("Properties", {})]
    if not mappings:
        raise AdaptationError("no event source mapping with a concurrency")
    for name in mappings:
        properties = resources[name]["Properties"]
        resources[name] = {
            **resources[name],
            "Properties": {**properties, "ScalingConfig": {"MaximumConcurrency": value}},
        }
    return {**template, "Resources": resources}


def without_bucket_policies(template: Template) -> Template:
    """Drop the policies of buckets: the emulator speaks plain HTTP alone, and takes a role's session for another."""
    kept = {name: item for name, item in template["Resources"].items() if item["Type"] != "AWS::S3::BucketPolicy"}
    if len(kept) == len(template["Resources"]):
        raise AdaptationError("no bucket policy to drop")
    return {**template, "Resources": kept}


def object_locks(template: Template) -> dict[str, ObjectLockConfigurationTypeDef]:
    """Return how long the objects of each locked bucket are kept, parameters at their defaults, by logical id."""
    locks: dict[str, ObjectLockConfigurationTypeDef] = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::S3::Bucket" and "ObjectLockConfiguration" in resource["Properties"]:
            lock = copy.deepcopy(resource["Properties"]["ObjectLockConfiguration"])
            retention = lock["Rule"]["DefaultRetention"]
            retention["Days"] = int(template["Parameters"][retention["Days"]["Ref"]]["Default"])
            locks[name] = lock
    if not locks:
        raise AdaptationError("no bucket is locked")
    return locks


def with_http_api_expanded(template: Template) -> Template:
    """Write the HTTP API's OpenAPI document out as authorizers, integrations and routes: the emulator ignores it."""
    apis = [name for name, item in template["Resources"].items() if item["Type"] == "AWS::ApiGatewayV2::Api"]
    if len(apis) != 1:
        raise AdaptationError(f"expected one HTTP API, found {apis}")
    api = apis[0]
    body = template["Resources"][api]["Properties"]["Body"]
    properties: dict[str, Any] = {"Name": {"Ref": "AWS::StackName"}, "ProtocolType": "HTTP"}
    if "x-amazon-apigateway-cors" in body:
        properties["CorsConfiguration"] = body["x-amazon-apigateway-cors"]
    resources = {**template["Resources"], api: {"Type": "AWS::ApiGatewayV2::Api", "Properties": properties}}
    for name, scheme in body["components"]["securitySchemes"].items():
        resources[f"{name}Authorizer"] = _authorizer(api, name, scheme["x-amazon-apigateway-authorizer"])
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                stem = "".join(re.findall("[A-Za-z0-9]+", f"{method.title()} {path.title()}"))
                resources[f"{stem}Integration"] = _integration(api, operation)
                resources[f"{stem}Route"] = _route(api, f"{method.upper()} {path}", f"{stem}Integration", operation)
    return {**template, "Resources": resources}


def _authorizer(api: str, name: str, authorizer: Mapping[str, Any]) -> Template:
    return {
        "Type": "AWS::ApiGatewayV2::Authorizer",
        "Properties": {
            "ApiId": {"Ref": api},
            "Name": name,
            "AuthorizerType": "JWT",
            "IdentitySource": [authorizer["identitySource"]],
            "JwtConfiguration": {
                "Issuer": authorizer["jwtConfiguration"]["issuer"],
                "Audience": authorizer["jwtConfiguration"]["audience"],
            },
        },
    }


def _integration(api: str, operation: Mapping[str, Any]) -> Template:
    integration = operation["x-amazon-apigateway-integration"]
    return {
        "Type": "AWS::ApiGatewayV2::Integration",
        "Properties": {
            "ApiId": {"Ref": api},
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": integration["uri"],
            "PayloadFormatVersion": integration["payloadFormatVersion"],
        },
    }


def _route(api: str, key: str, integration: str, operation: Mapping[str, Any]) -> Template:
    properties: dict[str, Any] = {
        "ApiId": {"Ref": api},
        "RouteKey": key,
        "Target": {"Fn::Join": ["/", ["integrations", {"Ref": integration}]]},
    }
    ((scheme, scopes),) = operation["security"][0].items()
    if scheme != "NONE":
        properties |= {
            "AuthorizationType": "JWT",
            "AuthorizerId": {"Ref": f"{scheme}Authorizer"},
            "AuthorizationScopes": scopes,
        }
    return {"Type": "AWS::ApiGatewayV2::Route", "Properties": properties}
