"""Cookies as texts: js-cookie's encoding, attributes, parts."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userpool.errors import SettingsError, StorageError
from userpool.storage.cookie_text import (
    CookieAttributes,
    decoded,
    encoded_name,
    encoded_value,
    joined,
    pairs,
    split,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def attributes(**changes: Any) -> CookieAttributes:
    usual: dict[str, Any] = {
        "domain": None,
        "path": "/",
        "expires_days": 365,
        "secure": True,
        "same_site": "lax",
        "http_only": True,
    }
    return CookieAttributes(**{**usual, **changes})


# Written by js-cookie 3.0.8; tests/compat asks the library itself for every character of ASCII.
@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("P.7ghr.alice@example.com.idToken", "P.7ghr.alice%40example.com.idToken"),
        ("P.7ghr.a (b)+c#$&^`|.x", "P.7ghr.a%20%28b%29+c#$&^`|.x"),
        ("P.ü/=;,", "P.%C3%BC%2F%3D%3B%2C"),
    ],
)
def test_names_are_encoded_as_js_cookie_does(key: str, name: str) -> None:
    assert encoded_name(key) == name
    assert decoded(name) == key


def test_values_are_encoded_as_js_cookie_does() -> None:
    assert encoded_value('{"a": [1, 2]}; ü%') == "{%22a%22:%20[1%2C%202]}%3B%20%C3%BC%25"


@given(TEXTS)
def test_what_is_encoded_can_be_decoded_and_is_harmless_in_a_header(text: str) -> None:
    for encoded in (encoded_name(text), encoded_value(text)):
        assert decoded(encoded) == text
        assert encoded.isascii()
        assert not set(encoded) & set(' ;,"\\\r\n\0')


@pytest.mark.parametrize(("text", "meaning"), [('"a%20b"', "a b"), ("100%", "100%"), ("%ff", None), ("", "")])
def test_strange_texts_are_understood_or_refused(text: str, meaning: str | None) -> None:
    assert decoded(text) == meaning


def test_a_header_is_read_pair_by_pair() -> None:
    assert list(pairs('a=1; b="x=y";c=; d; =e; a=2')) == [("a", "1"), ("b", '"x=y"'), ("c", ""), ("a", "2")]


@given(st.text())
def test_no_header_is_a_surprise(header: str) -> None:
    for name, value in pairs(header):
        decoded(name)
        decoded(value)


# ---- attributes ----


def test_a_cookie_is_written_with_its_attributes() -> None:
    told = attributes(domain="example.com", path="/app", expires_days=0.5, same_site="strict")

    assert told.after("a", "1") == (
        "a=1; Path=/app; Max-Age=43200; Domain=example.com; Secure; HttpOnly; SameSite=Strict"
    )


def test_a_cookie_for_as_long_as_the_browser_runs_has_no_lifetime() -> None:
    told = attributes(expires_days=None, secure=False, same_site=None, http_only=False)

    assert told.after("a", "1") == "a=1; Path=/"


def test_another_implementation_reads_what_is_written() -> None:
    read = SimpleCookie(attributes(domain="example.com").after("a%40b", "1.eyJ-_~"))

    cookie = read["a%40b"]
    assert (cookie.value, cookie["path"], cookie["domain"], cookie["max-age"]) == (
        "1.eyJ-_~",
        "/",
        "example.com",
        "31536000",
    )
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")


def test_a_cookie_is_removed_at_the_same_place() -> None:
    assert attributes(domain="example.com", path="/app").removing("a") == (
        "a=; Path=/app; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Domain=example.com; Secure; HttpOnly; "
        "SameSite=Lax"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"same_site": "Lax"},
        {"same_site": ""},
        {"same_site": "none", "secure": False},
        {"expires_days": 0},
        {"expires_days": -1},
        {"domain": "example.com; HttpOnly"},
        {"path": "/\r\nSet-Cookie: a=b"},
        {"path": "/ü"},
    ],
)
def test_attributes_that_no_browser_would_take_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        attributes(**changes)


# ---- parts ----


@given(st.integers(0, 12_000))
def test_what_is_too_large_is_split_and_joined_again(length: int) -> None:
    value = "".join(chr(97 + number % 26) for number in range(length))

    parts = split("name", value, attributes=attributes())

    assert all(len(attributes().after(name, part)) <= 4096 for name, part in parts.items())
    if set(parts) == {"name"}:
        assert parts["name"] == value
    else:
        numbered = {int(name.removeprefix("name.")): part for name, part in parts.items()}
        assert joined(numbered) == (len(parts), value)


def test_a_cookie_of_the_largest_size_is_not_split() -> None:
    room = 4096 - len(attributes().after("name", ""))

    assert set(split("name", "x" * room, attributes=attributes())) == {"name"}
    assert set(split("name", "x" * (room + 1), attributes=attributes())) == {"name.0", "name.1"}


@pytest.mark.parametrize(
    "parts",
    [{}, {0: "2.a"}, {1: "a"}, {0: "a"}, {0: "x.a"}, {0: "0.a"}, {0: "².a"}, {0: "999.a"}, {0: "-1.a"}],
)
def test_parts_that_do_not_make_a_whole_are_nothing(parts: dict[int, str]) -> None:
    assert joined(parts) is None


def test_a_part_too_many_is_not_taken() -> None:
    assert joined({0: "2.a", 1: "b", 2: "old"}) == (2, "ab")


def test_a_name_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(StorageError):
        split("n" * 5000, "value", attributes=attributes())
