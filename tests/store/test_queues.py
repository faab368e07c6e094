"""Sending: in as few calls as SQS allows, and never a message less than asked."""

import pytest

from tessera.refusals import Unavailable
from tessera.store import queues
from tests.app import App

QUEUE = "PURCHASES_DEAD_LETTERS_URL"


class PartlyBusy:
    """An SQS that refuses some messages a number of times."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.taken: list[str] = []
        self.calls = 0

    def send_message_batch(self, *, Entries: list[dict[str, str]], **_: str) -> dict[str, list[dict[str, str]]]:  # noqa: N803
        self.calls += 1
        refused = Entries[:1] if self.refusals > 0 else []
        self.refusals -= 1
        self.taken += [entry["MessageBody"] for entry in Entries if entry not in refused]
        return {"Failed": [{"Id": entry["Id"]} for entry in refused]}


@pytest.fixture
def busy(app: App, monkeypatch: pytest.MonkeyPatch) -> PartlyBusy:
    sqs = PartlyBusy(refusals=0)
    monkeypatch.setattr(queues, "_sqs", lambda: sqs)
    return sqs


def test_what_was_refused_once_is_sent_again(busy: PartlyBusy) -> None:
    busy.refusals = 1
    queues.send_all(QUEUE, ["a", "b", "c"])
    assert sorted(busy.taken) == ["a", "b", "c"]


def test_what_is_refused_twice_is_told(busy: PartlyBusy) -> None:
    busy.refusals = 2
    with pytest.raises(Unavailable):
        queues.send_all(QUEUE, ["a", "b"])


def test_ten_go_into_one_call(busy: PartlyBusy) -> None:
    queues.send_all(QUEUE, [str(number) for number in range(21)])
    assert (len(busy.taken), busy.calls) == (21, 3)


def test_large_ones_go_into_calls_of_their_own(busy: PartlyBusy) -> None:
    queues.send_all(QUEUE, ["x" * 200_000, "y" * 200_000, "z"])
    assert (len(busy.taken), busy.calls) == (3, 2)
