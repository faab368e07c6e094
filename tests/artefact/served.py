"""The functions as built, each with the environment that the template gives it, on a local engine."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3

from tests import resources
from tests.artefact.boot import booted
from tests.bench.engine import ministack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.artefact.boot import Booted
    from tests.artefact.built import Built

_STORY = ("members", "coupon_templates", "coupon_jobs_api", "sign_ins", "coupons", "purchases")
_BY_NAME = {function.name: function for function in resources.functions().values()}

NAMES = (*_STORY, *sorted(_BY_NAME.keys() - set(_STORY)))
"""All functions, those first whose samples make what the samples of others tell of."""


class Served:
    """The tables, queues, bus and buckets of the template at `url`, and the functions that were built beside them."""

    def __init__(self, built: Built, url: str, logs: Path) -> None:
        self._built = built
        self._logs = logs
        self._addresses = (
            resources.parameters()
            | resources.create_tables(boto3.client("dynamodb", endpoint_url=url))
            | resources.create_queues(boto3.client("sqs", endpoint_url=url))
            | resources.create_bus(boto3.client("events", endpoint_url=url))
            | resources.create_buckets(boto3.client("s3", endpoint_url=url))
        )
        self._variables = {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": url,
        }

    @contextmanager
    def booted(self, name: str, layers: Path | None = None) -> Iterator[Booted]:
        """Run a function for as long as the block lasts, with the layers that were built or with others."""
        variables = _BY_NAME[name].environment(self._addresses) | self._variables
        task, log = self._built.functions[name], self._logs / f"{name}.log"
        with booted(task, layers or self._built.layers, variables, log) as running:
            yield running


@contextmanager
def serving(built: Built, logs: Path) -> Iterator[Served]:
    """Run a local engine for as long as the block lasts."""
    with ministack() as url:
        yield Served(built, url, logs)
