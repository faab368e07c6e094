"""What the failures of AWS mean to a caller, and which of them a caller never sees."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tessera.refusals import Unavailable
from tessera.store import client
from tessera.store.client import StaleError


class Refusing:
    """A call that is refused some times before it is carried out."""

    def __init__(self, code: str, times: int) -> None:
        self._error = ClientError({"Error": {"Code": code, "Message": ""}}, "UpdateItem")
        self.left = times

    def __call__(self, **parameters: Any) -> Any:
        if self.left:
            self.left -= 1
            raise self._error
        return parameters


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr("tessera.store.client.time.sleep", taken.append)
    return taken


def test_a_write_that_meets_a_transaction_is_tried_again_until_that_is_over(pauses: list[float]) -> None:
    assert client.call(Refusing("TransactionConflictException", 4), Key="it") == {"Key": "it"}
    assert 0.1 < sum(pauses) < 1


def test_who_is_met_by_one_transaction_after_the_other_is_told_to_come_back() -> None:
    with pytest.raises(Unavailable):
        client.call(Refusing("TransactionConflictException", 5))


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        ("ConditionalCheckFailedException", StaleError),
        ("ThrottlingException", Unavailable),
        ("ValidationException", ClientError),
    ],
)
def test_what_comes_of_any_other_refusal_is_told_at_once(
    code: str, raised: type[Exception], pauses: list[float]
) -> None:
    refusing = Refusing(code, 2)
    with pytest.raises(raised):
        client.call(refusing)
    assert (refusing.left, pauses) == (1, [])
