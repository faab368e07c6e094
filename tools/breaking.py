"""Names what would break a client of the API.

`make check` compares docs/openapi.json with what the code would have it be, `make breaking SINCE=v1` with what it was.

Of a request nothing more may be asked and nothing may be refused that was taken; of an answer nothing may be missing
that was promised, and nothing may come that a client was not told of. A shape that is changed beyond what this knows
(a pattern, say) is not noticed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from tools.openapi import DOCUMENT, ROOT, document, text

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

METHODS = ("get", "post", "put", "patch", "delete")
_LEAST = {"minimum", "exclusiveMinimum", "minLength", "minItems"}
_MOST = {"maximum", "exclusiveMaximum", "maxLength", "maxItems"}


def breaking(before: Json, after: Json) -> list[str]:
    """Say in words what of `before` a client may rely on that does not hold in `after`."""
    old, new = _operations(before), _operations(after)
    return [
        f"{key}: {change}"
        for key, operation in old.items()
        for change in (_changes(operation, new[key], before, after) if key in new else ["the route is gone"])
    ]


def _operations(document: Json) -> dict[str, Json]:
    return {
        f"{method.upper()} {path}": item[method]
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    }


def _changes(old: Json, new: Json, before: Json, after: Json) -> Iterator[str]:
    scopes, now = (_scopes(operation) for operation in (old, new))
    if now and not scopes:
        yield "a token is asked for"
    elif now:
        yield from (f"the scope {scope} opens it no longer" for scope in sorted(scopes - now))
    yield from _of_parameters(_parameters(old, before), _parameters(new, after), before, after)
    yield from _of_content(old.get("requestBody"), new.get("requestBody"), before, after)
    for status, answer in old["responses"].items():
        if status not in new["responses"]:
            yield f"the status {status} is gone"
            continue
        there = new["responses"][status]["content"]
        for media_type, content in answer["content"].items():
            where = f"the answer {status}"
            if media_type not in there:
                yield f"{where} comes no longer as {media_type}"
            else:
                yield from _Comparison(before, after, asked=False).of(
                    content["schema"], there[media_type]["schema"], where
                )
    yield from (f"the status {status} is new" for status in new["responses"] if status not in old["responses"])


def _scopes(operation: Json) -> set[str]:
    return {scope for choice in operation["security"] for scope in choice["token"]}


def _parameters(operation: Json, document: Json) -> dict[str, Json]:
    found = (_resolved(parameter, document) for parameter in operation.get("parameters", []))
    return {parameter["name"]: parameter for parameter in found}


def _of_parameters(old: dict[str, Json], new: dict[str, Json], before: Json, after: Json) -> Iterator[str]:
    yield from (f"the parameter {name} is gone" for name in old if name not in new)
    for name, parameter in new.items():
        if parameter.get("required") and not old.get(name, {}).get("required"):
            yield f"the parameter {name} must be given"
        if name in old:
            compare = _Comparison(before, after, asked=True)
            yield from compare.of(old[name]["schema"], parameter["schema"], f"the parameter {name}")


def _of_content(old: Json | None, new: Json | None, before: Json, after: Json) -> Iterator[str]:
    if new and new["required"] and not (old and old["required"]):
        yield "the request's body must be given"
    if old and not new:
        yield "the request's body is gone"
    if old and new:
        was, now = (body["content"]["application/json"]["schema"] for body in (old, new))
        yield from _Comparison(before, after, asked=True).of(was, now, "the request")


class _Comparison:
    """Compares two schemas: of what is `asked` for in requests, or else of what is answered."""

    def __init__(self, before: Json, after: Json, *, asked: bool) -> None:
        self._before, self._after, self._asked = before, after, asked
        self._compared: dict[tuple[int, int], tuple[Json, Json]] = {}
        """By their ids, what was compared already; while it is kept nothing else can have these ids."""

    def of(self, old: Json, new: Json, where: str) -> Iterator[str]:
        """Say in what a client is let down by `new`."""
        was, now = _choices(old, self._before), _choices(new, self._after)
        if len(was) == len(now) == 1:
            yield from self._of_one(next(iter(was.values())), next(iter(now.values())), where)
            return
        for name in was if self._asked else now:
            if name not in (now if self._asked else was):
                yield self._of_kind(name, where)
        for name, choice in was.items():
            if name in now:
                yield from self._of_one(choice, now[name], f"{where}({name})")

    def _of_one(self, old: Json, new: Json, where: str) -> Iterator[str]:
        if (id(old), id(new)) in self._compared:  # a shape may have parts of its own kind
            return
        self._compared[id(old), id(new)] = old, new
        if old.get("type") != new.get("type"):
            yield self._of_kind(str((old if self._asked else new).get("type", "anything")), where)
            return
        yield from self._of_values(_values(old), _values(new), where)
        yield from self._of_bounds(old, new, where)
        yield from self._of_fields(old, new, where)
        if "items" in old and "items" in new:
            yield from self.of(old["items"], new["items"], f"{where}[]")

    def _of_kind(self, name: str, where: str) -> str:
        return f"{where} takes no {name} any longer" if self._asked else f"{where} may be {name} now"

    def _of_values(self, old: list[Any] | None, new: list[Any] | None, where: str) -> Iterator[str]:
        if self._asked and new is not None:
            if old is None:
                yield f"{where} takes {_listed(new)} alone"
            else:
                yield from (f"{where} takes {_said(value)} no longer" for value in old if value not in new)
        if not self._asked and old is not None:
            if new is None:
                yield f"{where} may be more than {_listed(old)}"
            else:
                yield from (f"{where} may be {_said(value)} now" for value in new if value not in old)

    def _of_bounds(self, old: Json, new: Json, where: str) -> Iterator[str]:
        for bound in sorted(_LEAST | _MOST):
            was, now = (old.get(bound), new.get(bound)) if self._asked else (new.get(bound), old.get(bound))
            narrower = now is not None and (was is None or (now > was if bound in _LEAST else now < was))
            if narrower:
                yield f"{where} has another {bound}: {_said(old.get(bound))} before, {_said(new.get(bound))} now"

    def _of_fields(self, old: Json, new: Json, where: str) -> Iterator[str]:
        was, now = (set(schema.get("required", [])) for schema in (old, new))
        had, has = (schema.get("properties", {}) for schema in (old, new))
        if self._asked:
            yield from (f"{where} must have {name}" for name in sorted(now - was))
            if new.get("additionalProperties") is False:
                yield from (f"{where} may not have {name} any longer" for name in had if name not in has)
        else:
            yield from (f"{where} has {name} no longer" for name in had if name not in has)
            yield from (f"{where} may lack {name}" for name in sorted(was - now) if name in has)
        for name in had:
            if name in has:
                yield from self.of(had[name], has[name], f"{where}.{name}")


def _resolved(schema: Json, document: Json) -> Json:
    """Follow a reference; what stands beside it counts as well."""
    if "$ref" not in schema:
        return schema
    found: Any = document
    for part in schema["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    beside = {name: content for name, content in schema.items() if name != "$ref"}
    if not beside:
        return found  # type: ignore[no-any-return]
    return {**found, **beside, "properties": {**found.get("properties", {}), **beside.get("properties", {})}}


def _values(schema: Json) -> list[Any] | None:
    """The only values that there are, None if there are others."""
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")


def _choices(schema: Json, document: Json) -> dict[str, Json]:
    """What a value may be, each by a name that tells it from the others and is the same in both documents."""
    found = _resolved(schema, document)
    if choices := found.get("anyOf") or found.get("oneOf"):
        return {name: one for choice in choices for name, one in _choices(choice, document).items()}
    # A component is named after its module, or after the way that it goes, only if there is another of its name.
    shape = schema.get("$ref", "").rpartition("/")[2].rpartition("__")[2].partition("-")[0]
    return {shape or str(found.get("type", "anything")): found}


def _listed(values: list[Any]) -> str:
    return ", ".join(map(_said, values))


def _said(value: Any) -> str:
    return json.dumps(value)


def main() -> None:
    """Compare the committed document with another; end with what would break a client, or only differs."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--since", help="the commit, tag or branch whose document came before; else the code's comes after"
    )
    since = parser.parse_args().since
    committed = DOCUMENT.read_text(encoding="utf-8")
    if since:
        sys.exit("\n".join(breaking(json.loads(_as_of(since)), json.loads(committed))) or None)
    generated = text(document())
    if generated != committed:
        found = breaking(json.loads(committed), json.loads(generated))
        sys.exit("\n".join([*found, f"{DOCUMENT.name} is not what the code says: make openapi writes it again"]))


def _as_of(commit: str) -> str:
    """Read the document as it was in a commit."""
    command = ["git", "show", f"{commit}:{DOCUMENT.relative_to(ROOT).as_posix()}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S603 - the developer's own word


if __name__ == "__main__":
    main()
