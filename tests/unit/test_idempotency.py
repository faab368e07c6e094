import pytest

from tessera.idempotency import Request, request
from tessera.refusals import Conflict, Unreadable

BODY = {"template_id": "five_off", "n": 1}


def made(**fields: str) -> Request:
    given = {"caller": "https://issuer.example alice", "method": "POST", "path": "/members/me/coupons", "header": "k1"}
    keyed = request(**given | fields, body=BODY)
    assert keyed is not None
    return keyed


def test_a_request_without_a_key_is_not_remembered() -> None:
    assert request("alice", "POST", "/members/me/coupons", None, BODY) is None


def test_a_repeat_gets_the_first_answer() -> None:
    answer = made().answered('{"coupon_id":"c_ONE"}')
    assert made().replay(answer) is answer


def test_a_body_is_the_same_whatever_the_order_of_its_fields() -> None:
    swapped = request("alice", "POST", "/", "k1", dict(reversed(BODY.items())))
    assert swapped == request("alice", "POST", "/", "k1", BODY)


def test_a_key_that_came_with_another_body_is_refused() -> None:
    answer = made().answered("{}")
    other = request("https://issuer.example alice", "POST", "/members/me/coupons", "k1", {"template_id": "tenth_off"})
    assert other is not None
    with pytest.raises(Conflict) as refusal:
        other.replay(answer)
    assert refusal.value.code == "idempotency_key_reused"


@pytest.mark.parametrize(
    "other",
    [
        {"caller": "https://issuer.example bob"},
        {"method": "PUT"},
        {"path": "/members/me/adjustments"},
        {"header": "k2"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_keys_of_two_callers_or_two_requests_never_meet(other: dict[str, str]) -> None:
    assert made().key != made(**other).key


@pytest.mark.parametrize("header", ["", " ", "a b", "ü", "k\n", "k" * 256, "\x7f"])
def test_a_key_is_1_to_255_visible_ascii_characters(header: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        made(header=header)
    assert refusal.value.code == "bad_idempotency_key"


def test_a_key_may_be_as_long_as_255_characters() -> None:
    assert made(header="~" * 255)
