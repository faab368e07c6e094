"""Watches what functions call, and holds it to their roles: moto takes any call from anybody."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.roles import calls, grants

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.roles.grants import Ask, Grant


class Watch:
    """Which function runs, what of its role it has used, and what it called without a right."""

    def __init__(self) -> None:
        self.used: set[Grant] = set()
        self._function: str | None = None
        self._objections: list[str] = []

    def over(self, client: Any) -> None:
        """Hear of every call of a client, the signing of links included."""
        client.meta.events.register("provide-client-params", self._on_call)
        client.meta.events.register("after-call.s3.GetObject", self._on_object)

    @contextmanager
    def running(self, function: str) -> Iterator[None]:
        """Hold what is called as long as the block lasts to the role of a function, by its logical id.

        Raises:
            AssertionError: its role does not allow what it called, or allows it twice.
        """
        self._function, self._objections = function, []
        try:
            yield
        finally:
            self._function = None
            assert not self._objections, f"{function} under its own role: {'; '.join(self._objections)}"

    def _on_call(self, params: Mapping[str, Any], model: Any, context: dict[str, Any], **_: object) -> None:
        if self._function is None:
            return
        context["watched"] = params
        try:
            for ask in calls.asks(model.service_model.service_name, model.name, params):
                self._hold(self._function, ask)
        except calls.ObjectionError as objection:
            self._objections.append(str(objection))

    def _on_object(self, parsed: Mapping[str, Any], context: Mapping[str, Any], **_: object) -> None:
        if self._function and parsed.get("Error", {}).get("Code") == "NoSuchKey":
            self._hold(self._function, calls.asks_of_nothing_there(context["watched"]))

    def _hold(self, function: str, ask: Ask) -> None:
        allowing = [grant for grant in grants.of(function) if grant.allows(ask)]
        if len(allowing) != 1:
            self._objections.append(f"{ask} is allowed {'twice' if allowing else 'nowhere'}")
        self.used.update(allowing)


WATCH = Watch()
"""What all tests of a process watch with."""
