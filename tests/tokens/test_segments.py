"""The parts of a token, and base64url in one way only."""

from __future__ import annotations

import base64
import binascii
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from userpool.errors import MalformedTokenError
from userpool.tokens.segments import (
    MAX_TOKEN_CHARACTERS,
    decode_segment,
    decode_segments,
    encode_segment,
    token_parts,
)


def by_the_standard_library(text: str) -> bytes | None:
    """Read strict base64url the long way: right alphabet, right length, and the only way to write it."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text):
        return None
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        return None
    return data if base64.urlsafe_b64encode(data).decode().rstrip("=") == text else None


def ours(text: str) -> bytes | None:
    try:
        alone = decode_segment(text, part="payload")
    except MalformedTokenError:
        alone = None
    assert (in_front(text), behind(text)) == (alone, alone)
    return alone


def in_front(text: str) -> bytes | None:
    try:
        payload, signature = decode_segments(text, "QUI")
    except MalformedTokenError:
        return None
    assert signature == b"AB"
    return payload


def behind(text: str) -> bytes | None:
    try:
        payload, signature = decode_segments("QUI", text)
    except MalformedTokenError:
        return None
    assert payload == b"AB"
    return signature


@given(st.binary())
def test_what_is_written_is_read_back(data: bytes) -> None:
    text = encode_segment(data)

    assert text == base64.urlsafe_b64encode(data).decode().rstrip("=")
    assert decode_segment(text, part="payload") == data


@given(st.binary(), st.binary())
def test_two_are_read_as_each_alone(payload: bytes, signature: bytes) -> None:
    both = encode_segment(payload), encode_segment(signature)

    assert decode_segments(*both) == (payload, signature)


@pytest.mark.parametrize(("both", "wrong"), [(("a+b", "QUI"), "payload"), (("QUI", "QR"), "signature")])
def test_of_two_the_wrong_one_is_named(both: tuple[str, str], wrong: str) -> None:
    with pytest.raises(MalformedTokenError) as caught:
        decode_segments(*both)

    assert caught.value.claim == wrong


@pytest.mark.parametrize("length", range(1, 9))
def test_every_character_in_every_place_is_judged_as_by_the_standard_library(length: int) -> None:
    for place in range(length):
        for code in range(256):
            text = "A" * place + chr(code) + "A" * (length - place - 1)

            assert ours(text) == by_the_standard_library(text), text


@given(st.text() | st.text('ABCZaz09-_+/="\\ .\n'))
@example("QQ==")
@example("QR")
@example('"QUFB')
@example("\\u0051")
@example("\ud800AAA")
def test_garbage_is_judged_as_by_the_standard_library(text: str) -> None:
    assert ours(text) == by_the_standard_library(text)


def test_the_error_names_the_part_and_shows_nothing_of_it() -> None:
    with pytest.raises(MalformedTokenError) as caught:
        decode_segment("not+url+safe", part="signature")

    assert caught.value.claim == "signature"
    assert "not" not in str(caught.value)


def test_a_token_has_three_parts() -> None:
    assert token_parts("aa.bb.cc") == ("aa", "bb", "cc")
    assert token_parts("..") == ("", "", "")


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c.d", "a.b.c.d.e", "ä.b.c", "a.b.\ud800"])
def test_anything_else_is_no_token(token: str) -> None:
    with pytest.raises(MalformedTokenError, match="three parts") as caught:
        token_parts(token)

    assert caught.value.__context__ is None


def test_a_token_has_a_greatest_length() -> None:
    longest = "a" * (MAX_TOKEN_CHARACTERS - 2) + ".."

    assert token_parts(longest)[1:] == ("", "")
    with pytest.raises(MalformedTokenError, match="characters"):
        token_parts("a" + longest)
