"""Looking into a token without verifying it."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import jwt as pyjwt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from userpool.errors import MalformedTokenError
from userpool.tokens.claims import read_claims, unverified_claims
from userpool.tokens.jwt import SigningKey, sign

REFRESH_TOKEN = "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ.c2VhbGVk.aXY.dGV4dA.dGFn"


def test_everything_in_a_token_can_be_read(key: SigningKey, claims: dict[str, Any]) -> None:
    assert unverified_claims(sign(claims, key)) == claims


def test_a_token_of_a_stranger_can_be_read(claims: dict[str, Any]) -> None:
    token = pyjwt.encode(claims, "a secret of thirty-two characters", algorithm="HS256")

    assert unverified_claims(token) == claims


def test_a_client_learns_what_it_acts_on(key: SigningKey, claims: dict[str, Any]) -> None:
    read = read_claims(sign(claims, key))

    assert (read.token_use, read.sub, read.username) == ("access", claims["sub"], "ann")
    assert (read.issued_at, read.expires_at) == (1_770_000_000, 1_770_003_600)
    assert read.origin_jti == claims["origin_jti"]
    assert read.members == claims


def test_an_id_token_names_its_user_in_another_place(key: SigningKey) -> None:
    assert read_claims(sign({"cognito:username": "ann"}, key)).username == "ann"


def test_what_a_token_does_not_say_is_none(key: SigningKey) -> None:
    read = read_claims(sign({}, key))

    assert (read.token_use, read.sub, read.username, read.origin_jti) == (None, None, None, None)
    assert (read.issued_at, read.expires_at, read.members) == (None, None, {})


@pytest.mark.parametrize("name", ["token_use", "sub", "username", "cognito:username", "origin_jti"])
@pytest.mark.parametrize("value", [5, True, ["a"], {}])
def test_a_text_of_another_type_is_refused(key: SigningKey, name: str, value: object) -> None:
    with pytest.raises(MalformedTokenError) as caught:
        read_claims(sign({name: value}, key))

    assert caught.value.claim == name


@pytest.mark.parametrize("name", ["exp", "iat"])
@pytest.mark.parametrize("value", ["1770000000", 1.5, 1e300, True, [], {}])
def test_a_time_of_another_type_is_refused(key: SigningKey, name: str, value: object) -> None:
    with pytest.raises(MalformedTokenError) as caught:
        read_claims(sign({name: value}, key))

    assert caught.value.claim == name


@pytest.mark.parametrize(
    "payload", [[], None, 5, "text", b"{", b"\xff", b"{'a': 1}", b'{"a": NaN}', b"[" * 40_000]
)
def test_a_payload_that_is_no_object_is_refused(segment: Callable[[object], str], payload: object) -> None:
    with pytest.raises(MalformedTokenError) as caught:
        unverified_claims(f"e30.{segment(payload)}.")

    assert caught.value.claim == "payload"


def test_a_refresh_token_has_no_claims() -> None:
    with pytest.raises(MalformedTokenError):
        unverified_claims(REFRESH_TOKEN)


def test_an_error_shows_nothing_of_the_token() -> None:
    payload = urlsafe_b64encode(b'{"email": "ann@example.com", oops').decode().rstrip("=")

    with pytest.raises(MalformedTokenError) as caught:
        unverified_claims(f"e30.{payload}.c2ln")

    assert "ann" not in repr(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_claims_are_not_shown(key: SigningKey) -> None:
    read = read_claims(sign({"email": "ann@example.com"}, key))

    assert "ann@example.com" not in repr(read)


@given(st.text() | st.from_regex(r"\A[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\Z"))
@example(".e30.")
@example("." + "W1tbW1tb" * 8000 + ".")
def test_garbage_raises_nothing_but_a_malformed_token_error(token: str) -> None:
    for read in (unverified_claims, read_claims):
        with suppress(MalformedTokenError):
            read(token)
