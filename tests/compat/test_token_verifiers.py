"""Tokens of the pool before aws-jwt-verify and PyJWT, which know nothing of it but its keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jwt
import pytest

from userpool import TokenError, TokenVerifier

USES = {"access": "AccessToken", "id": "IdToken"}


@pytest.fixture
def tokens(sign_in: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The tokens of somebody who has just signed in."""
    return sign_in()


@pytest.fixture
def issuer(place: Any) -> str:
    """The issuer as AWS writes it, which verifiers derive from the pool's id."""
    return f"https://cognito-idp.us-east-1.amazonaws.com/{place.pool_id}"


@pytest.fixture
def jwks(call: Callable[..., Any], place: Any) -> Any:
    """The keys that the pool publishes."""
    return call(place.endpoint, method="GET", path=f"/{place.pool_id}/.well-known/jwks.json").json


@pytest.fixture
def key_client(place: Any) -> jwt.PyJWKClient:
    """PyJWT's way to the keys."""
    return jwt.PyJWKClient(f"{place.endpoint}/{place.pool_id}/.well-known/jwks.json")


def forgeries(token: str) -> list[str]:
    """Return a token with one character changed, once in each of its parts."""
    parts = token.split(".")
    # In the middle of a part: the last character of one may hold bits that mean nothing.
    return [
        ".".join([*parts[:number], changed(part, len(part) // 2), *parts[number + 1 :]])
        for number, part in enumerate(parts)
    ]


def changed(text: str, place: int) -> str:
    return f"{text[:place]}{'A' if text[place] != 'A' else 'B'}{text[place + 1 :]}"


@pytest.mark.parametrize("use", USES)
def test_aws_jwt_verify_takes_a_token(
    js: Callable[..., Any], place: Any, person: Any, tokens: dict[str, Any], jwks: Any, issuer: str, use: str
) -> None:
    claims = js("tokens/verify", place, token=tokens[USES[use]], tokenUse=use, jwks=jwks)

    assert claims["iss"] == issuer
    assert claims["username" if use == "access" else "cognito:username"] == person.username


@pytest.mark.parametrize("use", USES)
def test_aws_jwt_verify_refuses_a_token_with_one_character_changed(
    js: Callable[..., Any], place: Any, tokens: dict[str, Any], jwks: Any, use: str
) -> None:
    forged = forgeries(tokens[USES[use]])

    refusals = js("tokens/refused", place, tokens=forged, tokenUse=use, jwks=jwks)

    assert len(refusals) == 3
    assert refusals[2] == "JwtInvalidSignatureError"
    # What is no JSON any more is not even looked at.
    assert set(refusals) <= {"JwtInvalidSignatureError", "JwtParseError", "KidNotFoundInJwksError"}


def test_aws_jwt_verify_refuses_an_id_token_for_an_access_token(
    js: Callable[..., Any], place: Any, tokens: dict[str, Any], jwks: Any
) -> None:
    given = {"tokens": [tokens["IdToken"]], "tokenUse": "access", "jwks": jwks}

    assert js("tokens/refused", place, **given) == ["CognitoJwtInvalidTokenUseError"]


def test_aws_jwt_verify_refuses_a_token_of_another_client(
    js: Callable[..., Any], place: Any, tokens: dict[str, Any], jwks: Any
) -> None:
    given = {"tokens": [tokens["AccessToken"]], "tokenUse": "access", "jwks": jwks, "clientId": "another"}

    assert js("tokens/refused", place, **given) == ["CognitoJwtInvalidClientIdError"]


def test_pyjwt_takes_an_id_token(
    place: Any, person: Any, tokens: dict[str, Any], key_client: jwt.PyJWKClient, issuer: str
) -> None:
    key = key_client.get_signing_key_from_jwt(tokens["IdToken"])

    claims = jwt.decode(tokens["IdToken"], key, algorithms=["RS256"], audience=place.client_id, issuer=issuer)

    assert claims["token_use"] == "id"
    assert claims["email"] == person.email
    assert claims["email_verified"] is True


def test_pyjwt_takes_an_access_token_which_has_no_audience(
    place: Any, tokens: dict[str, Any], key_client: jwt.PyJWKClient, issuer: str
) -> None:
    key = key_client.get_signing_key_from_jwt(tokens["AccessToken"])

    claims = jwt.decode(tokens["AccessToken"], key, algorithms=["RS256"], issuer=issuer)

    assert claims["client_id"] == place.client_id
    assert "aud" not in claims


@pytest.mark.parametrize("use", USES)
def test_pyjwt_refuses_a_token_with_one_character_changed(
    tokens: dict[str, Any], key_client: jwt.PyJWKClient, use: str
) -> None:
    key = key_client.get_signing_key_from_jwt(tokens[USES[use]])

    for forged in forgeries(tokens[USES[use]]):
        with pytest.raises(jwt.InvalidTokenError):
            jwt.decode(forged, key, algorithms=["RS256"], options={"verify_aud": False})


def test_our_own_verifier_finds_the_keys_over_http(
    place: Any, person: Any, tokens: dict[str, Any], issuer: str
) -> None:
    with TokenVerifier(
        place.pool_id, client_id=place.client_id, token_use="id", endpoint=place.endpoint, issuer=issuer
    ) as verifier:
        assert verifier.verify(tokens["IdToken"])["email"] == person.email

        for forged in forgeries(tokens["IdToken"]):
            with pytest.raises(TokenError):
                verifier.verify(forged)


def test_a_header_says_which_key_and_nothing_else(tokens: dict[str, Any]) -> None:
    headers = [jwt.get_unverified_header(tokens[name]) for name in USES.values()]

    assert [header.keys() for header in headers] == [{"kid", "alg"}] * 2
    assert headers[0]["kid"] != headers[1]["kid"]
