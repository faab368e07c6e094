import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera.paging import DEFAULT_LIMIT, cursor, limit, position
from tessera.refusals import Unreadable


def forged(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@given(st.integers() | st.text())
def test_a_list_goes_on_where_its_cursor_was_made(where: int | str) -> None:
    assert position("entries m_1", cursor("entries m_1", where)) == where


def test_a_list_begins_without_a_cursor() -> None:
    assert position("entries m_1", None) is None


@pytest.mark.parametrize("of", ["entries m_2", "coupons m_1"])
def test_a_cursor_is_good_for_its_own_list_alone(of: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        position("entries m_1", cursor(of, 17))
    assert refusal.value.code == "bad_cursor"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "17",
        "zq7marker",
        "ü",
        "====",
        forged(17),
        forged({}),
        forged(["x"]),
        forged(["x", 17]),
        forged(["x", None]),
        base64.b64encode(b"[" * 100_000).decode(),
    ],
)
def test_a_cursor_made_by_hand_is_refused(text: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        position("entries m_1", text)
    assert refusal.value.code == "bad_cursor"
    assert "zq7marker" not in str(refusal.value)


def test_a_page_has_twenty_items_unless_the_client_says_otherwise() -> None:
    assert (limit(None), limit("1"), limit("100")) == (DEFAULT_LIMIT, 1, 100) == (20, 1, 100)


@pytest.mark.parametrize("text", ["", "0", "101", "-1", "1.0", "ten", "１０", "0050000", "1" * 5000, " 1"])  # noqa: RUF001
def test_a_page_of_no_such_size_is_refused(text: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        limit(text)
    assert refusal.value.code == "bad_limit"
