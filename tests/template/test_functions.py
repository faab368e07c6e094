"""What template.yaml says of functions: their code, their environment, and no right that they do not need."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from local import translate
from tessera.store.runs import counts_key
from tests.roles import grants
from tests.template.queries import actions, of_type, properties, statements

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = "AWS::Lambda::Function"
API_SECONDS = 30
ADDRESSED = {"AWS::DynamoDB::Table", "AWS::Events::EventBus", "AWS::S3::Bucket", "AWS::SQS::Queue"}
ON_ANY_RESOURCE = {
    "xray:PutTraceSegments": "X-Ray has no resource that segments of a trace could be put on",
    "xray:PutTelemetryRecords": "what Lambda tells X-Ray of the sending belongs to no resource either",
}
"""What roles may do on `*`, and why AWS allows nothing else."""
_ADDRESSES = ("_TABLE", "_URL", "_BUS", "_BUCKET")


def test_every_handler_exists(written: dict[str, Any], resources: dict[str, Any]) -> None:
    folders = translate.code_folders(written)
    for name, function in of_type(resources, FUNCTIONS).items():
        module, handler = function["Handler"].split(".")
        source = (ROOT / folders[name] / f"{module}.py").read_text()
        assert handler in source, name


def test_every_folder_of_a_function_is_deployed(written: dict[str, Any]) -> None:
    deployed = {folder for folder in translate.code_folders(written).values() if folder.startswith("functions/")}
    assert deployed == {f"functions/{path.parent.name}" for path in (ROOT / "functions").glob("*/handler.py")}


def test_functions_that_answer_the_api_end_before_it_gives_up(resources: dict[str, Any]) -> None:
    for permission in of_type(resources, "AWS::Lambda::Permission").values():
        if permission["Principal"] == "apigateway.amazonaws.com":
            assert properties(resources, permission["FunctionName"]["Ref"])["Timeout"] < API_SECONDS


def test_every_function_is_traced_and_runs_where_the_parameters_say(resources: dict[str, Any]) -> None:
    for name, function in of_type(resources, FUNCTIONS).items():
        assert function["TracingConfig"] == {"Mode": "Active"}, name
        assert function["Runtime"] == {"Ref": "Runtime"}, name
        assert function["Architectures"] == [{"Ref": "Architecture"}], name


def test_every_name_that_code_reads_from_the_environment_is_given_to_a_function(resources: dict[str, Any]) -> None:
    given = {
        name
        for function in of_type(resources, FUNCTIONS).values()
        for name in function["Environment"]["Variables"]
        if _is_variable(name)
    }
    read = {
        node.value
        for folder in ("functions", "layers/tessera")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_variable(node.value)
    }
    assert read == given


def test_every_function_has_a_role_of_its_own(resources: dict[str, Any]) -> None:
    functions = of_type(resources, FUNCTIONS)
    roles = [function["Role"]["Fn::GetAtt"][0] for function in functions.values()]
    assert sorted(roles) == sorted(of_type(resources, "AWS::IAM::Role"))
    for role in of_type(resources, "AWS::IAM::Role").values():
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
        assert role["ManagedPolicyArns"] == [{"Ref": "TracesPolicy"}]


def test_roles_allow_single_actions_on_single_resources(resources: dict[str, Any]) -> None:
    for role in of_type(resources, "AWS::IAM::Role"):
        for statement in statements(resources, role):
            assert statement["Effect"] == "Allow"
            assert isinstance(statement["Resource"], dict), role  # one resource of this stack
            assert not any("*" in action for action in actions(statement)), role


def test_updates_of_records_are_of_counts_alone(resources: dict[str, Any]) -> None:
    conditions = [
        statement.get("Condition")
        for role in of_type(resources, "AWS::IAM::Role")
        for statement in statements(resources, role)
        if "dynamodb:UpdateItem" in actions(statement)
        and statement["Resource"] == {"Fn::GetAtt": ["OperationsTable", "Arn"]}
    ]
    assert len(conditions) == 4
    for condition in conditions:
        assert condition == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [counts_key("*")]}}


def test_nothing_is_allowed_on_any_resource_but_where_aws_knows_no_other(resources: dict[str, Any]) -> None:
    found = {
        action: name
        for name, statement in _allowing(resources)
        for action in actions(statement)
        if "*" in grants.listed(statement["Resource"])
    }
    assert set(found) == set(ON_ANY_RESOURCE), found


def test_no_statement_allows_all_but_something(resources: dict[str, Any]) -> None:
    for name, statement in _allowing(resources):
        assert not {"NotAction", "NotResource", "NotPrincipal"} & set(statement), name
        assert statement.get("Principal") != "*", name


def test_entries_can_be_written_and_read_and_nothing_else(resources: dict[str, Any]) -> None:
    of_the_ledger = {grant for grant in grants.grants() if fnmatchcase("LedgerTable", grant.resource)}
    assert {grant.action for grant in of_the_ledger if grant.resource != "*"} == {
        "dynamodb:BatchGetItem",
        "dynamodb:PutItem",  # the store puts only what is not there: tests.roles.calls insists on it
        "dynamodb:Query",
    }


def test_roles_allow_what_lambda_does_in_their_name() -> None:
    assert grants.taken_by_lambda() <= grants.grants()


def test_environments_hold_addresses_and_settings_and_no_secret(
    resources: dict[str, Any], translated: dict[str, Any]
) -> None:
    for name, function in of_type(resources, FUNCTIONS).items():
        for variable, value in function["Environment"]["Variables"].items():
            if variable.startswith("POWERTOOLS_"):
                assert value in ({"Ref": "LogLevel"}, "Tessera", "tessera"), name
            else:
                assert resources[value["Ref"]]["Type"] in ADDRESSED, (name, variable)
    assert not any(parameter.get("NoEcho") for parameter in translated["Parameters"].values())


def test_functions_may_use_only_what_their_environment_names(resources: dict[str, Any]) -> None:
    for name, function in of_type(resources, FUNCTIONS).items():
        named = {value["Ref"] for value in function["Environment"]["Variables"].values() if "Ref" in value}
        for statement in statements(resources, function["Role"]["Fn::GetAtt"][0]):
            resource, attribute = statement["Resource"].get("Fn::GetAtt", ["", ""])
            # A stream has an attribute of its own: Lambda reads it, not the function's code.
            if attribute == "Arn" and resource.endswith(("Table", "Bus", "Bucket")):
                assert resource in named, name


def test_verifications_may_write_digests_and_nothing_else(resources: dict[str, Any]) -> None:
    allowed = {
        (action, str(next(iter(statement["Resource"].values()))))
        for statement in statements(resources, "VerificationsRole")
        for action in actions(statement)
    }
    reading = {"BatchGetItem", "GetObject", "GetQueueAttributes", "ListBucket", "Query", "ReceiveMessage"}
    others = {(action, on) for action, on in allowed if action.split(":")[1] not in reading}
    assert {action for action, _ in others} == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "s3:PutObject",
        "sqs:DeleteMessage",
    }
    assert ("s3:PutObject", "${DigestsBucket.Arn}/heads/*") in others


def _allowing(resources: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every statement that allows something, of whatever kind of policy, with the logical id of where it is."""
    for name, resource in resources.items():
        found = resource.get("Properties", {})
        documents = [found[part] for part in ("PolicyDocument", "ResourcePolicy") if part in found]
        documents += [policy["PolicyDocument"] for policy in found.get("Policies", [])]
        for document in documents:
            for statement in document["Statement"]:
                if statement["Effect"] == "Allow":
                    yield name, statement


def _is_variable(text: str) -> bool:
    return text.endswith(_ADDRESSES) and text.replace("_", "").isalpha() and text.isupper()
