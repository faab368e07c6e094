"""Bulk codes: that they are drawn alike, read as people type them, and known again."""

from hypothesis import given
from hypothesis import strategies as st

from tessera import codes

SECRET = bytes(range(codes.SECRET_BYTES))

secrets = st.binary(min_size=codes.SECRET_BYTES, max_size=codes.SECRET_BYTES)
parts = st.integers(0, codes.PARTS - 1)


@given(secrets, parts, st.integers(1, 20))
def test_a_part_that_is_made_twice_is_the_same(secret: bytes, part: int, number: int) -> None:
    made = codes.make(secret, part, number)

    assert len(set(made)) == number
    assert made == codes.make(secret, part, number)
    assert made == codes.make(secret, part, number + 1)[:number]


@given(secrets, parts)
def test_a_code_names_its_part_and_is_of_the_alphabet(secret: bytes, part: int) -> None:
    (code,) = codes.make(secret, part, 1)

    assert codes.part_of(code) == part
    assert len(code) == codes.LENGTH
    assert set(code) <= set(codes.ALPHABET)


@given(secrets, parts, st.sampled_from([str.upper, str.lower, str.title]), st.sampled_from(["", "-", " ", " - "]))
def test_a_code_is_read_however_it_is_typed(secret: bytes, part: int, case: object, between: str) -> None:
    (code,) = codes.make(secret, part, 1)
    typed = case(between.join(codes.show(code).split("-")))  # type: ignore[operator]

    assert codes.read(typed) == code
    assert codes.read(typed.replace("0", "o").replace("1", "l")) == code


@given(st.text(max_size=24))
def test_what_is_read_is_a_code_or_nothing(text: str) -> None:
    code = codes.read(text)

    assert code is None or codes.read(codes.show(code)) == code


def test_a_code_is_shown_in_groups_of_four() -> None:
    assert codes.show("0123456789ABCDEF") == "0123-4567-89AB-CDEF"


def test_other_lengths_and_other_letters_are_no_code() -> None:
    assert codes.read("0123-4567-89AB-CDE") is None
    assert codes.read("0123-4567-89AB-CDEFG") is None
    assert codes.read("0123-4567-89AB-CDEU") is None
    assert codes.read("0123-4567-89AB-CDE\u0661") is None


def test_a_code_is_known_by_what_is_kept_and_no_other_is() -> None:
    made = codes.make(SECRET, 7, codes.PART_CODES)
    kept = codes.digests(made)

    assert len(kept) == codes.PART_CODES * codes.DIGEST_BYTES
    assert all(codes.is_among(code, kept) for code in made)
    assert not any(codes.is_among(code, kept) for code in codes.make(SECRET, 8, 50))
    assert not any(code.encode() in kept for code in made)


def test_parts_and_secrets_have_codes_of_their_own() -> None:
    made = [codes.make(SECRET, part, codes.PART_CODES) for part in range(3)]
    made.append(codes.make(SECRET[::-1], 0, codes.PART_CODES))

    assert len({code[4:] for part in made for code in part}) == 4 * codes.PART_CODES


def test_a_part_more_is_taken_for_what_is_left_over() -> None:
    assert [codes.parts_for(number) for number in (1, 1000, 1001, 1_000_000)] == [1, 1, 2, 1000]
