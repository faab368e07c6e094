import re
from collections.abc import Iterator, Sequence
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings

from tessera.refusals import Problem, Refusal, Unreadable

# The same examples in every run, so that a red run is red again; no deadline, because a shared machine stutters.
settings.register_profile(
    "unit", derandomize=True, deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unit")


@pytest.fixture(scope="session", autouse=True)
def refusals_explain_themselves() -> Iterator[None]:
    """Whatever is refused has a word for programs and a sentence for people, wherever a test has it refused."""
    made = Refusal.__init__

    def checked(self: Refusal, code: str, detail: str, problems: Sequence[Problem] = ()) -> None:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code), code
        begins = r"[A-Za-z]" if isinstance(self, Unreadable) else r"(?![A-Z]{2})[A-Z\d]"  # or a parameter's name
        assert re.fullmatch(rf"{begins}.*\.", detail), detail
        assert all(re.match(r"(?![A-Z]{2})\S", problem.detail) for problem in problems), problems
        made(self, code, detail, list(problems))

    with patch.object(Refusal, "__init__", checked):
        yield
