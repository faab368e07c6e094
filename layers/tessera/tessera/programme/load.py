"""Reading a programme from its YAML file; what is wrong is told with the line it stands on."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

    from tessera.programme.model import Programme

PACKAGED = Path(__file__).with_name("programme.yaml")
"""The programme that is deployed with the code: the one to try, until a brand writes its own over it."""


EARLIER = "earlier"
"""The folder, beside a programme, of the versions that were in force before it, as `.yaml` or `.yml` of any name.

Within a term nobody loses what the version promised under which the term began, as long as that version is kept here.
"""

_OF_A_KEY = "[key]"
"""What pydantic puts at the end of a place if it is the key that is wrong, not what it leads to."""


class ProgrammeError(ValueError):
    """A programme cannot be used. The message names file, line and reason, one a line."""


@functools.cache
def in_force() -> "Programme":
    """Answer the programme in force: read once in the life of a process."""
    return load(PACKAGED)


def load(path: Path) -> "Programme":
    """Read and validate a programme, and the earlier versions of it that are kept beside it.

    Raises:
        ProgrammeError: a file is no YAML in UTF-8, says something twice, or breaks a rule of the model; or an earlier
            version is not earlier, or there twice.
    """
    programme = _read(path)
    earlier: dict[int, Programme] = {}
    for file in sorted(file for file in (path.parent / EARLIER).glob("*") if file.suffix in (".yaml", ".yml")):
        version = _read(file)
        if version.version >= programme.version or version.version in earlier:
            message = f"{file}:1: version: must be below {programme.version}, and that of no other file here"
            raise ProgrammeError(message)
        earlier[version.version] = version
    return programme.following(earlier) if earlier else programme


def _read(path: Path) -> "Programme":
    # Imported here because a process that starts need not yet know the programme, and imports are paid at every start.
    import yaml  # noqa: PLC0415
    from pydantic import ValidationError  # noqa: PLC0415

    from tessera.programme.model import Programme  # noqa: PLC0415

    try:
        text = path.read_text(encoding="utf-8")
        loader = yaml.CSafeLoader(text)
        root = loader.get_single_node()
        said_twice = list(_said_twice(root))
        content = loader.construct_document(root) if root else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        message = f"{path}:{line}: {error.problem}"
        raise ProgrammeError(message) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        message = f"{path}:1: {error}"
        raise ProgrammeError(message) from None
    except RecursionError:
        message = f"{path}:1: is nested too deeply"
        raise ProgrammeError(message) from None
    problems = [f"{path}:{line}: {key}: is said twice" for line, key in said_twice]
    if problems:
        raise ProgrammeError("\n".join(problems))
    try:
        return Programme.model_validate(content)
    except ValidationError as error:
        problems = [_told(path, root, problem) for problem in error.errors(include_url=False)]
        raise ProgrammeError("\n".join(dict.fromkeys(problems))) from None


def _said_twice(node: Any) -> Iterator[tuple[int, str]]:
    """Find keys that stand twice in one mapping, of which YAML silently keeps the last."""
    if node is None or node.id == "scalar":
        return
    children = node.value
    if node.id == "mapping":
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                yield key.start_mark.line + 1, key.value
            seen.add(key.value)
        children = [value for _, value in node.value]
    for child in children:
        yield from _said_twice(child)


def _told(path: Path, root: "yaml.Node | None", problem: Any) -> str:
    """Tell a problem with its line, from 1, and its place, without the names of alternatives that pydantic puts in."""
    node: Any = root
    line = 1
    place = []
    names_nothing = problem["type"] == "missing" or problem["loc"][-1:] == (_OF_A_KEY,)
    for i, step in enumerate(problem["loc"], start=1):
        if found := _step(node, step):
            line, node = found
        elif not names_nothing or i < len(problem["loc"]):
            continue
        place.append(str(step))
    return f"{path}:{line}: " + ": ".join(filter(None, [".".join(place), problem["msg"]]))


def _step(node: Any, step: int | str) -> tuple[int, Any] | None:
    """Find what a step leads to, and the line it stands on; None if there is no such thing in the file."""
    if node is not None and node.id == "sequence" and isinstance(step, int) and step < len(node.value):
        item = node.value[step]
        return item.start_mark.line + 1, item
    if node is not None and node.id == "mapping":
        return next(((key.start_mark.line + 1, value) for key, value in node.value if key.value == str(step)), None)
    return None
