"""Deploys template.yaml to the local AWS as the stack `tessera`."""

from __future__ import annotations

import hashlib
import io
import json
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local import tokens, translate
from local.aws import REGION
from local.stack import NAME

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef
    from mypy_boto3_s3.type_defs import ObjectLockConfigurationTypeDef

    from local.aws import LocalAws

ROOT = Path(__file__).resolve().parent.parent
CODE_BUCKET = "tessera-code"
DEPLOY_SECONDS = 60
EARLIER = "earlier"
"""The folder of a programme's earlier versions, beside it."""
PROGRAMME = ROOT / "layers/tessera/tessera/programme/programme.yaml"
"""The programme that the layer packs."""
QUEUE_CONCURRENCY = 2  # batches of a queue at once: a process each


class DeploymentError(Exception):
    """The local AWS did not take the stack."""


def publish_issuer(aws: LocalAws, issuer: str, directory: Path) -> None:
    """Serve the issuer's public key where the authorizer fetches it: from a bucket that anybody may read."""
    aws.s3.create_bucket(Bucket=tokens.BUCKET)
    aws.s3.delete_public_access_block(Bucket=tokens.BUCKET)
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{tokens.BUCKET}/*",
    }
    aws.s3.put_bucket_policy(
        Bucket=tokens.BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    documents = {
        ".well-known/openid-configuration": {"issuer": issuer, "jwks_uri": f"{issuer}/.well-known/jwks.json"},
        ".well-known/jwks.json": tokens.jwks(tokens.signing_key(directory)),
    }
    for key, document in documents.items():
        aws.s3.put_object(Bucket=tokens.BUCKET, Key=key, Body=json.dumps(document), ContentType="application/json")


@dataclass(frozen=True)
class Package:
    """The stack, ready to be created: a plain CloudFormation template, its parameters, and code by S3 key.

    `object_locks` are those of its buckets, by logical id.
    """

    template: str
    parameters: dict[str, str]
    archives: dict[str, bytes]
    object_locks: dict[str, ObjectLockConfigurationTypeDef]


def package(issuer: str, programme: Path = PROGRAMME) -> Package:
    """Make the package of template.yaml and of the code that it names. Takes a second or two, and no local AWS.

    Args:
        issuer: whose tokens the API takes.
        programme: the file that is packed as the programme.

    Raises:
        AdaptationError: the template lacks what the local AWS needs adapted.
        DeploymentError: it names code that does not exist.
    """
    parameters = {
        "TokenIssuer": issuer,
        "TokenAudience": tokens.AUDIENCE,
        "DeletionProtection": "false",
    }
    template = translate.without_dependencies_layer(translate.read(ROOT / "template.yaml"))
    archives, locations = {}, {}
    for name, folder in translate.code_folders(template).items():
        # A layer's packages are found under python/.
        archive = _zip(ROOT / folder, Path("python") if folder.startswith("layers/") else Path(), programme)
        key = f"{name}-{hashlib.sha256(archive).hexdigest()[:16]}.zip"
        archives[key] = archive
        locations[name] = f"s3://{CODE_BUCKET}/{key}"
    template = translate.translated(translate.with_code_at(template, locations), REGION, parameters)
    template = translate.without_metric_math(template)
    template = translate.with_batched_sends_allowed(template)
    template = translate.with_queue_concurrency(template, QUEUE_CONCURRENCY)
    template = translate.with_http_api_expanded(template)
    template = translate.without_bucket_policies(template)
    return Package(json.dumps(template), parameters, archives, translate.object_locks(template))


def deploy(aws: LocalAws, packaged: Package) -> None:
    """Create the stack and wait until it is complete.

    Raises:
        DeploymentError: with each failed resource's reason.
    """
    aws.s3.create_bucket(Bucket=CODE_BUCKET)
    for key, archive in packaged.archives.items():
        aws.s3.put_object(Bucket=CODE_BUCKET, Key=key, Body=archive)
    _create(aws, packaged.template, packaged.parameters)
    for name, lock in packaged.object_locks.items():
        # The emulator locks objects, but does not read from the template that it should.
        bucket = aws.cloudformation.describe_stack_resource(StackName=NAME, LogicalResourceId=name)
        aws.s3.put_object_lock_configuration(
            Bucket=bucket["StackResourceDetail"]["PhysicalResourceId"], ObjectLockConfiguration=lock
        )


def _zip(folder: Path, prefix: Path, programme: Path) -> bytes:
    if not folder.is_dir():
        raise DeploymentError(f"template.yaml names {folder}, which does not exist")
    contents = {
        path.relative_to(folder): path
        for path in folder.rglob("*")
        if path.is_file() and path.name != "Makefile" and "__pycache__" not in path.parts
    }
    if programme != PROGRAMME and PROGRAMME.is_relative_to(folder):
        here = PROGRAMME.parent.relative_to(folder)
        contents = {packed: path for packed, path in contents.items() if packed.parent != here / EARLIER}
        contents[here / PROGRAMME.name] = programme
        earlier = [path for path in (programme.parent / EARLIER).glob("*") if path.suffix in (".yaml", ".yml")]
        contents |= {here / EARLIER / path.name: path for path in earlier}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for packed, path in sorted(contents.items()):
            entry = zipfile.ZipInfo(str(prefix / packed))  # dated 1980: same content, same bytes
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _create(aws: LocalAws, body: str, parameters: dict[str, str]) -> None:
    values: list[ParameterTypeDef] = [
        {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
    ]
    aws.s3.put_object(Bucket=CODE_BUCKET, Key="template.json", Body=body)
    url = f"{aws.url}/{CODE_BUCKET}/template.json"  # too large to be sent inline
    aws.cloudformation.create_stack(StackName=NAME, TemplateURL=url, Parameters=values, Capabilities=["CAPABILITY_IAM"])
    deadline = time.monotonic() + DEPLOY_SECONDS
    status = "CREATE_IN_PROGRESS"
    while status == "CREATE_IN_PROGRESS" and time.monotonic() < deadline:
        time.sleep(0.1)
        status = aws.cloudformation.describe_stacks(StackName=NAME)["Stacks"][0]["StackStatus"]
    if status != "CREATE_COMPLETE":
        events = aws.cloudformation.describe_stack_events(StackName=NAME)["StackEvents"]
        reasons = [
            f"{event.get('LogicalResourceId')}: {event.get('ResourceStatusReason')}"
            for event in events
            if event.get("ResourceStatus") == "CREATE_FAILED"
        ]
        raise DeploymentError("\n".join([f"The stack is {status}", *reasons]))
