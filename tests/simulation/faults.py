"""What can happen to a call of AWS, drawn from the seed: nothing, or one of the faults below.

A fault is drawn for every call of a client. An answer that is lost after the commit, and a crash after it, are what
tells an operation that is safe to repeat from one that is not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.simulation.store import cancelled

if TYPE_CHECKING:
    from random import Random

Operation = Callable[..., Any]


class CrashError(BaseException):
    """The process is gone: no exception that a function could handle."""


def throttle(operation: Operation, _random: Random, parameters: dict[str, Any]) -> Any:
    """Refuse the call: too many."""
    if "TransactItems" in parameters:
        raise cancelled([{"Code": "ThrottlingError"}, *[{"Code": "None"}] * (len(parameters["TransactItems"]) - 1)])
    raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, operation.__name__)


def conflict(operation: Operation, random: Random, parameters: dict[str, Any]) -> Any:
    """Refuse a write because a transaction is at one of its items; what does not write to a table is throttled."""
    if operation.__name__ in {"put_item", "update_item", "delete_item"}:
        error = {"Code": "TransactionConflictException", "Message": "Transaction is ongoing for the item"}
        raise ClientError({"Error": error}, operation.__name__)  # type: ignore[typeddict-item]
    if "TransactItems" not in parameters:
        return throttle(operation, random, parameters)
    reasons = [{"Code": "None"} for _ in parameters["TransactItems"]]
    random.choice(reasons)["Code"] = "TransactionConflict"
    raise cancelled(reasons)


def timeout_before(_operation: Operation, _random: Random, _parameters: dict[str, Any]) -> Any:
    """Lose the request on its way."""
    raise ReadTimeoutError(endpoint_url="https://store.example")


def timeout_after(operation: Operation, _random: Random, parameters: dict[str, Any]) -> Any:
    """Carry the request out, and lose the answer."""
    operation(**parameters)
    raise ReadTimeoutError(endpoint_url="https://store.example")


def resent(operation: Operation, _random: Random, parameters: dict[str, Any]) -> Any:
    """Lose the answer to the client itself, which sends the request once more.

    A transaction carries a token by which it is carried out once all the same.
    """
    if "TransactItems" not in parameters:
        with suppress(ClientError):
            operation(**parameters)
    return operation(**parameters)


def crash_before(_operation: Operation, _random: Random, _parameters: dict[str, Any]) -> Any:
    """End the process before the call."""
    raise CrashError


def crash_after(operation: Operation, _random: Random, parameters: dict[str, Any]) -> Any:
    """End the process after the call."""
    operation(**parameters)
    raise CrashError


def part(operation: Operation, random: Random, parameters: dict[str, Any]) -> Any:
    """Carry out a part of a batch, and say what is left; what is no batch is throttled."""
    if "RequestItems" in parameters:
        requests = parameters["RequestItems"]
        left = random.choice(list(requests))
        done = {name: request for name, request in requests.items() if name != left}
        answer = operation(RequestItems=done) if done else {"Responses": {}}
        return {"Responses": answer["Responses"], "UnprocessedKeys": {left: requests[left]}}
    if "Entries" in parameters:
        entries = parameters["Entries"]
        kept = entries[: random.randrange(len(entries))]
        answer = operation(QueueUrl=parameters["QueueUrl"], Entries=kept) if kept else {"Successful": []}
        return answer | {"Failed": [{"Id": entry["Id"]} for entry in entries[len(kept) :]]}
    return throttle(operation, random, parameters)


def torn(
    operation: Operation, random: Random, parameters: dict[str, Any], meanwhile: Callable[[], None]
) -> dict[str, Any]:
    """Read a batch of items as DynamoDB may: some before somebody else's commit, some after it."""
    keys = [(table, key) for table, request in parameters["RequestItems"].items() for key in request["Keys"]]
    random.shuffle(keys)
    cut = random.randrange(len(keys) + 1)
    early = _read(operation, keys[:cut])
    meanwhile()
    late = _read(operation, keys[cut:])
    tables = dict.fromkeys([*early, *late])
    return {"Responses": {table: early.get(table, []) + late.get(table, []) for table in tables}}


def _read(operation: Operation, keys: list[tuple[str, Any]]) -> dict[str, list[Any]]:
    if not keys:
        return {}
    requests: dict[str, Any] = {}
    for table, key in keys:
        requests.setdefault(table, {"Keys": [], "ConsistentRead": True})["Keys"].append(key)
    found: dict[str, list[Any]] = operation(RequestItems=requests)["Responses"]
    return found


FAULTS: tuple[Callable[[Operation, Random, dict[str, Any]], Any], ...] = (
    throttle,
    conflict,
    timeout_before,
    timeout_after,
    resent,
    crash_before,
    crash_after,
    part,
)


@dataclass
class Weather:
    """How often a call of AWS meets a fault, and how often somebody else acts just before it.

    A calm is no fault: `rate` is the share of calls that are faulted, `company` that of calls before which another
    operation runs from its beginning to its end.
    """

    random: Random
    rate: float
    company: float
    interrupt: Callable[[], None] = lambda: None
    met: Counter[str] = field(default_factory=Counter)
    """How often each fault was met, and company; `calls` counts all calls."""
    faults: int = 0

    def on(self, client: object) -> Any:
        """Answer a client whose calls are exposed to this weather."""
        return _Exposed(client, self)

    def call(self, operation: Operation, parameters: dict[str, Any]) -> Any:
        """Make a call, come what may."""
        self.met["calls"] += 1
        drawn = self.random.random()
        if drawn >= self.rate + self.company:
            return operation(**parameters)
        if drawn >= self.rate:
            self.met["company"] += 1
            if "RequestItems" in parameters:
                return torn(operation, self.random, parameters, self.interrupt)
            self.interrupt()
            return operation(**parameters)
        fault = FAULTS[int(drawn / self.rate * len(FAULTS))]
        self.met[fault.__name__] += 1
        self.faults += 1
        return fault(operation, self.random, parameters)


class _Exposed:
    """A client in the weather."""

    def __init__(self, client: object, weather: Weather) -> None:
        self._client, self._weather = client, weather

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = getattr(self._client, name)

        def call(**parameters: Any) -> Any:
            return self._weather.call(operation, parameters)

        self.__dict__[name] = call
        return call
