"""The tokens of one signed-in person."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from userpool import Tokens
from userpool.transport.scripted import token_text

ACCESS = token_text(
    {"username": "alice", "sub": "1-2", "exp": 2_000, "iat": 1_000, "origin_jti": "o", "device_key": "k"}
)
IDENTITY = token_text({"cognito:username": "alice", "sub": "1-2", "exp": 1_900, "email": "a@e"})


def test_they_expire_with_the_first_of_the_two() -> None:
    assert Tokens(ACCESS, id_token=IDENTITY).expires_at == datetime.fromtimestamp(1_900, UTC)
    assert Tokens(ACCESS).expires_epoch == 2_000


@pytest.mark.parametrize("text", ["opaque", "a.b.c", token_text({}), token_text({"exp": "soon"})])
def test_what_does_not_tell_its_expiry_has_expired(text: str) -> None:
    assert Tokens(text).expires_epoch == 0
    assert Tokens(ACCESS, id_token=text).expires_epoch == 0
    assert Tokens("").expires_epoch == 0


def test_an_empty_text_is_no_token() -> None:
    # amazon-cognito-identity-js keeps one for a token that it did not get.
    tokens = Tokens(ACCESS, id_token="", refresh_token="")

    assert tokens == Tokens(ACCESS)
    assert tokens.expires_epoch == 2_000


def test_they_tell_whose_they_are() -> None:
    tokens = Tokens(ACCESS, id_token=IDENTITY, refresh_token="r")

    assert (tokens.username, tokens.sub, tokens.device_key) == ("alice", "1-2", "k")
    assert tokens.access_claims["exp"] == 2_000
    assert tokens.id_claims["email"] == "a@e"


def test_the_id_token_tells_it_where_the_access_token_cannot() -> None:
    tokens = Tokens("opaque", id_token=IDENTITY)

    assert (tokens.username, tokens.sub, tokens.device_key) == ("alice", "1-2", None)
    assert dict(tokens.access_claims) == {}


@pytest.mark.parametrize("claims", [{"device_key": 7}, {"device_key": ""}, {}])
def test_a_device_key_that_is_none_is_not_sent(claims: dict[str, object]) -> None:
    assert Tokens(token_text(claims)).device_key is None


def test_only_marked_tokens_can_be_revoked() -> None:
    assert Tokens(ACCESS, refresh_token="r").revocable
    assert Tokens("opaque", refresh_token="r").revocable
    assert not Tokens(ACCESS).revocable
    assert not Tokens(token_text({"sub": "1-2"}), refresh_token="r").revocable


def test_they_are_not_shown() -> None:
    assert repr(Tokens(ACCESS, id_token=IDENTITY, refresh_token="r")) == "Tokens()"
