"""Questions to a translated template."""

from typing import Any


def of_type(resources: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the properties of the resources of a type, by logical id."""
    return {name: item.get("Properties", {}) for name, item in resources.items() if item["Type"] == kind}


def properties(resources: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a resource's properties."""
    found: dict[str, Any] = resources[name]["Properties"]
    return found


def getatt(value: Any) -> str:
    """Return the logical id that a `Fn::GetAtt` names."""
    name: str = value["Fn::GetAtt"][0]
    return name


def statements(resources: dict[str, Any], role: str) -> list[dict[str, Any]]:
    """Return what a role's inline policies say."""
    return [
        statement
        for policy in properties(resources, role)["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def mappings(resources: dict[str, Any], source: str) -> dict[str, dict[str, Any]]:
    """Return what brings functions something from sources of a type, such as `AWS::SQS::Queue`, by logical id."""
    return {
        name: mapping
        for name, mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").items()
        if resources[getatt(mapping["EventSourceArn"])]["Type"] == source
    }


def actions(statement: dict[str, Any]) -> list[str]:
    """Return a statement's actions."""
    action = statement["Action"]
    return action if isinstance(action, list) else [action]
