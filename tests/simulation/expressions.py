"""Update and condition expressions of DynamoDB, as far as the product writes them: what is unknown is refused aloud.

An expression is parsed once, into functions of an item, the names and the values. Attributes are compared as DynamoDB
compares them: what is not there compares with nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Item = dict[str, Any]

_TOKEN = re.compile(r"\s*(<=|>=|<>|[=<>(),+-]|[#:]?\w+)")
_CLAUSES = ("SET", "ADD", "REMOVE")


class UnknownCallError(BaseException):
    """A call that this store has not been taught: no exception that a function could take for a failure of AWS."""


class OperandError(Exception):
    """An operand that has to be there is not: what DynamoDB refuses as a wrong request."""


def holds(expression: str, item: Item, names: Mapping[str, str], values: Mapping[str, Item]) -> bool:
    """Say whether a condition holds of an item; one that is not there is empty."""
    return bool(_condition(expression)(item, names, values))


def updated(expression: str, item: Item, names: Mapping[str, str], values: Mapping[str, Item]) -> Item:
    """Answer what an update makes of an item.

    Raises:
        OperandError: it reckons with an attribute that is not there.
    """
    after = dict(item)
    for action in _update(expression):
        action(item, after, names, values)
    return after


def placeholders(*expressions: str) -> set[str]:
    """Answer all names and values that expressions use in the place of others."""
    return {token for expression in expressions for token in _tokens(expression) if token[0] in "#:"}


@lru_cache(maxsize=4096)
def _tokens(expression: str) -> tuple[str, ...]:
    tokens, at = [], 0
    while at < len(expression.rstrip()):
        found = _TOKEN.match(expression, at)
        if not found:
            raise UnknownCallError(expression)
        tokens.append(found[1])
        at = found.end()
    return tuple(tokens)


class _Parser:
    """Takes an expression apart, from left to right."""

    def __init__(self, expression: str) -> None:
        self._expression, self._tokens, self._at = expression, _tokens(expression), 0

    def next(self) -> str:
        """Answer the next token, without taking it; nothing at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def take(self, wanted: str | None = None) -> str:
        """Take the next token, which may have to be a certain one."""
        token = self.next()
        if not token or (wanted and token != wanted):
            raise UnknownCallError(self._expression)
        self._at += 1
        return token

    def took(self, wanted: str) -> bool:
        """Take the next token if it is a certain one."""
        if self.next() != wanted:
            return False
        self._at += 1
        return True

    def arguments(self) -> list[str]:
        """Take what stands in brackets: names, and values."""
        self.take("(")
        found = [self.take()]
        while self.took(","):
            found.append(self.take())
        self.take(")")
        return found


@lru_cache(maxsize=4096)
def _condition(expression: str) -> Any:
    parser = _Parser(expression)
    parsed = _either(parser)
    if parser.next():
        raise UnknownCallError(expression)
    return parsed


def _either(parser: _Parser) -> Any:
    parts = [_both(parser)]
    while parser.took("OR"):
        parts.append(_both(parser))
    return lambda *of: any(part(*of) for part in parts)


def _both(parser: _Parser) -> Any:
    parts = [_single(parser)]
    while parser.took("AND"):
        parts.append(_single(parser))
    return lambda *of: all(part(*of) for part in parts)


def _single(parser: _Parser) -> Any:
    if parser.took("NOT"):
        negated = _single(parser)
        return lambda *of: not negated(*of)
    if parser.took("("):
        inner = _either(parser)
        parser.take(")")
        return inner
    first = parser.take()
    if parser.next() == "(":
        return _function(first, parser)
    left, operator, right = _term(first), parser.take(), _term(parser.take())
    if operator not in _COMPARED:
        raise UnknownCallError(operator)
    compare = _COMPARED[operator]

    def comparison(item: Item, names: Mapping[str, str], values: Mapping[str, Item]) -> bool:
        one, other = left(item, names, values), right(item, names, values)
        if one is None or other is None or one.keys() != other.keys():
            return operator == "<>"
        return bool(compare(_content(one), _content(other)))

    return comparison


_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: one == other,
    "<>": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


def _function(name: str, parser: _Parser) -> Any:
    arguments = [_term(token) for token in parser.arguments()]
    match name, arguments:
        case "attribute_exists", [path]:
            return lambda *of: path(*of) is not None
        case "attribute_not_exists", [path]:
            return lambda *of: path(*of) is None
        case "contains", [path, element]:
            return lambda *of: _contains(path(*of), element(*of))
    raise UnknownCallError(name)


def _contains(found: Item | None, element: Item) -> bool:
    ((kind, content),) = element.items()
    return found is not None and content in found.get(kind + "S", [])


def _term(token: str) -> Any:
    """Read an operand: a value, or an attribute, which is None if it is not there."""
    if token.startswith(":"):
        return lambda _item, _names, values: values[token]
    if token.startswith("#"):
        return lambda item, names, _values: item.get(names[token])
    return lambda item, _names, _values: item.get(token)


def _content(attribute: Item) -> Any:
    ((kind, content),) = attribute.items()
    return int(content) if kind == "N" else content


@lru_cache(maxsize=4096)
def _update(expression: str) -> list[Any]:
    parser = _Parser(expression)
    actions: list[Any] = []
    while parser.next():
        clause = parser.take()
        if clause not in _CLAUSES:
            raise UnknownCallError(expression)
        actions.append(_action(clause, parser))
        while parser.took(","):
            actions.append(_action(clause, parser))
    return actions


def _action(clause: str, parser: _Parser) -> Any:
    path = parser.take()
    if clause == "REMOVE":
        return lambda _item, after, names, _values: after.pop(names.get(path, path), None)
    if clause == "ADD":
        return _addition(path, parser.take())
    parser.take("=")
    total = _sum(parser)

    def assign(item: Item, after: Item, names: Mapping[str, str], values: Mapping[str, Item]) -> None:
        after[names.get(path, path)] = total(item, names, values)

    return assign


def _addition(path: str, value: str) -> Any:
    def add(item: Item, after: Item, names: Mapping[str, str], values: Mapping[str, Item]) -> None:
        name = names.get(path, path)
        ((kind, added),) = values[value].items()
        if kind == "N":
            after[name] = {"N": str(int(item.get(name, {"N": "0"})["N"]) + int(added))}
        elif kind == "NS":
            after[name] = {"NS": sorted({*item.get(name, {"NS": []})["NS"], *added}, key=int)}
        else:
            raise UnknownCallError(kind)

    return add


def _sum(parser: _Parser) -> Any:
    first = _operand(parser)
    if parser.next() not in {"+", "-"}:
        return first
    sign, second = 1 if parser.take() == "+" else -1, _operand(parser)
    return lambda *of: {"N": str(int(first(*of)["N"]) + sign * int(second(*of)["N"]))}


def _operand(parser: _Parser) -> Any:
    first = parser.take()
    if first == "if_not_exists":
        path, otherwise = (_term(argument) for argument in parser.arguments())
        return lambda *of: found if (found := path(*of)) is not None else otherwise(*of)
    term = _term(first)

    def there(*of: Any) -> Item:
        found: Item | None = term(*of)
        if found is None:
            raise OperandError(first)
        return found

    return there
