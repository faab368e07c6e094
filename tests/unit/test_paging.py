import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera.paging import DEFAULT_LIMIT, cursor, limit, position
from tessera.refusals import Unreadable

SEVENTEENTH = base64.urlsafe_b64decode(cursor("entries m_1", "17") + "==")


def forged(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@given(st.text(st.characters(codec="ascii"), min_size=1))
def test_a_list_goes_on_where_its_cursor_was_made(where: str) -> None:
    assert position("entries m_1", cursor("entries m_1", where)) == where


def test_a_list_begins_without_a_cursor() -> None:
    assert position("entries m_1", None) is None


@pytest.mark.parametrize("of", ["entries m_2", "coupons m_1"])
def test_a_cursor_is_good_for_its_own_list_alone(of: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        position("entries m_1", cursor(of, "17"))
    assert refusal.value.code == "bad_cursor"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "17",
        "zq7marker",
        "ü",
        "====",
        forged(b"17"),
        forged(b"12345678"),
        forged(b"1234567817"),
        forged(b"\xff" * 10),
        forged(b"[" * 100_000),
        forged(SEVENTEENTH[:-2]),
        forged(SEVENTEENTH[:-1] + b"8"),
        forged(SEVENTEENTH + b"0"),
        forged(SEVENTEENTH + "ü".encode()),
    ],
)
def test_a_cursor_made_by_hand_is_refused(text: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        position("entries m_1", text)
    assert refusal.value.code == "bad_cursor"
    assert "zq7marker" not in str(refusal.value)


@given(st.text() | st.binary().map(forged))
def test_nothing_made_by_hand_is_taken_for_a_cursor(text: str) -> None:
    with pytest.raises(Unreadable):
        position("entries m_1", text)


def test_a_page_has_twenty_items_unless_the_client_says_otherwise() -> None:
    assert (limit(None), limit("1"), limit("100")) == (DEFAULT_LIMIT, 1, 100) == (20, 1, 100)


@pytest.mark.parametrize("text", ["", "0", "101", "-1", "1.0", "ten", "１０", "0050000", "1" * 5000, " 1"])  # noqa: RUF001
def test_a_page_of_no_such_size_is_refused(text: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        limit(text)
    assert refusal.value.code == "bad_limit"
