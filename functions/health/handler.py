"""GET /health: says that the API and Lambda answer, and touches nothing else."""

from __future__ import annotations

import json
from typing import Any


def lambda_handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer 200 to whoever asks."""
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"status": "ok"}),
    }
