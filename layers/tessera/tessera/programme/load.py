"""Reading a programme from its YAML file; what is wrong is told with the line it stands on."""

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from tessera.programme.model import Programme

if TYPE_CHECKING:
    import yaml

PACKAGED = Path(__file__).with_name("programme.yaml")
"""The programme that is deployed with the code: the one to try, until a brand writes its own over it."""


class ProgrammeError(ValueError):
    """A programme cannot be used. The message names file, line and reason, one a line."""


@functools.cache
def in_force() -> Programme:
    """Answer the programme in force: read once in the life of a process."""
    return load(PACKAGED)


def load(path: Path) -> Programme:
    """Read and validate a programme.

    Raises:
        ProgrammeError: the file is no YAML, or breaks a rule of the model.
    """
    # Imported here because only a process's first use of the programme needs it, and imports are paid at every start.
    import yaml  # noqa: PLC0415

    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        message = f"{path}:{line}: {error.problem}"
        raise ProgrammeError(message) from None
    try:
        return Programme.model_validate(content)
    except ValidationError as error:
        problems = [
            f"{path}:{_line_of(root, problem['loc'])}: {'.'.join(map(str, problem['loc']))}: {problem['msg']}"
            for problem in error.errors(include_url=False)
        ]
        raise ProgrammeError("\n".join(problems)) from None


def _line_of(root: "yaml.Node | None", location: tuple[int | str, ...]) -> int:
    """Find the line, from 1, of the deepest node on the way to `location`."""
    node: Any = root
    line = 1
    for step in location:
        found = None
        if isinstance(node and node.value, list):
            if isinstance(step, int):
                found = (node.value[step].start_mark, node.value[step]) if step < len(node.value) else None
            else:
                found = next(
                    ((key.start_mark, value) for key, value in node.value if key.value == step),
                    None,
                )
        if found:
            line = found[0].line + 1
            node = found[1]
    return line
