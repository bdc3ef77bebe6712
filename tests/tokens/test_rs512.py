"""Tokens of identity pools. The stranger on the other side is joserfc."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt as stranger
from joserfc.jwk import KeySet, RSAKey

from userpool.errors import BadSignatureError, MalformedTokenError, TokenError, UnknownKeyError
from userpool.tokens.jwt import SigningKey, sign
from userpool.tokens.rs512 import rs512_key_set, sign_rs512, verify_rs512

CLAIMS = {"sub": "us-east-1:0b3f1c52", "amr": ["authenticated"], "exp": 1_900_000_000}


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return SigningKey("one", rsa.generate_private_key(public_exponent=65537, key_size=2048))


@pytest.fixture(scope="module")
def foreign(key: SigningKey) -> Callable[..., str]:
    """Give a function that lets joserfc sign claims with the same key."""

    def make(header: dict[str, Any], claims: dict[str, Any] = CLAIMS) -> str:
        return stranger.encode(
            header, claims, RSAKey.import_key(key.private_key), algorithms=["RS512", "RS256"]
        )

    return make


def test_joserfc_takes_our_token_by_our_key_set(key: SigningKey) -> None:
    keys = KeySet.import_key_set(rs512_key_set({"one": key.public_key}))  # type: ignore[arg-type]

    token = stranger.decode(sign_rs512(CLAIMS, key), keys, algorithms=["RS512"])

    assert token.header == {"kid": "one", "typ": "JWS", "alg": "RS512"}
    assert token.claims == CLAIMS


def test_we_take_the_token_of_joserfc(key: SigningKey, foreign: Callable[..., str]) -> None:
    verified = verify_rs512(foreign({"alg": "RS512", "kid": "one"}), {"one": key.public_key})

    assert (verified.kid, verified.claims) == ("one", CLAIMS)


@pytest.mark.parametrize(
    "header",
    [{"alg": "RS256", "kid": "one"}, {"alg": "RS512"}, {"alg": "RS512", "kid": "one", "crit": ["b64"]}],
)
def test_another_header_than_ours_is_refused(
    key: SigningKey, foreign: Callable[..., str], header: dict[str, Any]
) -> None:
    token = sign_rs512(CLAIMS, key) if "crit" in header else foreign(header)
    if "crit" in header:
        from userpool.tokens.segments import encode_segment

        token = ".".join([encode_segment(b'{"alg":"RS512","kid":"one","crit":null}'), *token.split(".")[1:]])

    with pytest.raises(MalformedTokenError):
        verify_rs512(token, {"one": key.public_key})


def test_the_token_of_a_user_pool_is_none_of_an_identity(key: SigningKey) -> None:
    with pytest.raises(MalformedTokenError):
        verify_rs512(sign(CLAIMS, key), {"one": key.public_key})


def test_an_unknown_key_is_refused(key: SigningKey) -> None:
    with pytest.raises(UnknownKeyError):
        verify_rs512(sign_rs512(CLAIMS, key), {"two": key.public_key})


@given(place=st.integers(min_value=0), letter=st.sampled_from("AbZ09-_."))
def test_a_token_with_one_character_changed_is_refused(key: SigningKey, place: int, letter: str) -> None:
    token = sign_rs512(CLAIMS, key)
    place %= len(token)
    changed = token[:place] + letter + token[place + 1 :]
    if changed == token:
        return

    with pytest.raises(TokenError):
        verify_rs512(changed, {"one": key.public_key})


def test_a_short_key_is_refused(key: SigningKey) -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505

    with pytest.raises(BadSignatureError, match="2048"):
        verify_rs512(sign_rs512(CLAIMS, key), {"one": short.public_key()})
