"""Whose an import's time is, read from what the interpreter tells of it."""

from __future__ import annotations

from tests.bench.imports import read_trace

TOLD = """\
import time: self [us] | cumulative | imported package
import time:       900 |        900 |   encodings
import time:       100 |       1000 | site
import time:        40 |         40 |     ssl
import time:         3 |          3 |         json.scanner
import time:        30 |         33 |       json
import time:        20 |         53 |     botocore.session
import time:        10 |        103 |   tessera.store.client
import time:         5 |          5 |   tessera.web
import time:         1 |        109 | functions.health.handler
import time:        77 |         77 | atexit
"""


def test_the_standard_library_counts_to_whoever_asks_first_and_the_interpreters_own_to_nobody() -> None:
    assert read_trace(TOLD, "functions.health.handler") == {
        ("functions.health.handler", "product"): 1,
        ("tessera.web", "product"): 5,
        ("tessera.store.client", "client"): 10,
        ("botocore.session", "boto3"): 20,
        ("json", "boto3"): 30,
        ("json.scanner", "boto3"): 3,
        ("ssl", "client"): 40,
    }
