"""Signing and verifying, against two strangers, and against forgers."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given
from hypothesis import strategies as st
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import RSAKey

from userpool.errors import (
    BadSignatureError,
    ExpiredTokenError,
    MalformedTokenError,
    NotYetValidTokenError,
    SettingsError,
    TokenError,
    UnknownKeyError,
)
from userpool.tokens import jwt
from userpool.tokens.jwk import public_jwk
from userpool.tokens.jwt import SigningKey, check_times, sign, verify

Keys = dict[str, RSAPublicKey]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=6,
)


# ---- with strangers ----


def test_the_header_says_which_key_and_which_algorithm_and_nothing_else(
    key: SigningKey, claims: dict[str, Any]
) -> None:
    header, payload, _ = sign(claims, key).split(".")

    assert urlsafe_b64decode(header + "==").decode() == f'{{"kid":"{key.kid}","alg":"RS256"}}'
    text = urlsafe_b64decode(payload + "==").decode()
    assert text == json.dumps(claims, separators=(",", ":"), ensure_ascii=False)


def test_strangers_accept_what_we_sign(key: SigningKey, claims: dict[str, Any]) -> None:
    token = sign(claims, key)

    by_pyjwt = pyjwt.decode(token, key.public_key, algorithms=["RS256"], options={"verify_exp": False})
    stranger = RSAKey.import_key(dict(public_jwk(key.public_key, key.kid)))
    by_joserfc = joserfc_jwt.decode(token, stranger, algorithms=["RS256"])

    assert by_pyjwt == by_joserfc.claims == claims


def test_we_accept_what_strangers_sign(key: SigningKey, keys: Keys, claims: dict[str, Any]) -> None:
    by_pyjwt = pyjwt.encode(claims, key.private_key, algorithm="RS256", headers={"kid": key.kid})
    theirs = RSAKey.generate_key(2048)
    by_joserfc = joserfc_jwt.encode({"alg": "RS256", "kid": "theirs"}, claims, theirs)

    assert verify(by_pyjwt, keys).claims == claims
    assert verify(by_joserfc, {**keys, "theirs": theirs.public_key}).claims == claims


@given(claims=st.dictionaries(st.text(), JSON.filter(lambda value: not isinstance(value, int)), max_size=5))
def test_any_claims_come_back_here_and_elsewhere(key: SigningKey, keys: Keys, claims: dict[str, Any]) -> None:
    claims = {name: value for name, value in claims.items() if _is_plain(name) and _is_plain(value)}

    token = sign(claims, key)

    assert verify(token, keys).claims == claims
    theirs = pyjwt.PyJWS().decode(token, key.public_key, algorithms=["RS256"])
    assert json.loads(theirs) == claims


def _is_plain(value: object) -> bool:
    # What UTF-8 cannot hold, and integers beyond 64 bits, are not claims that anybody writes.
    text = json.dumps(value, ensure_ascii=False)
    return not any("\ud800" <= c <= "\udfff" for c in text) and not any(
        len(part) > 15 for part in "".join(c if c.isdigit() else " " for c in text).split()
    )


def test_a_token_names_the_key_that_proved_it(other_key: SigningKey, keys: Keys) -> None:
    verified = verify(sign({"a": 1}, other_key), keys)

    assert (verified.kid, verified.claims) == (other_key.kid, {"a": 1})
    assert "claims" not in repr(verified)


def test_nobody_else_holds_the_claims_of_a_verified_token(key: SigningKey, keys: Keys) -> None:
    token = sign({"a": 1}, key)

    verify(token, keys).claims["a"] = 2

    assert verify(token, keys).claims == {"a": 1}


def test_a_short_key_signs_nothing() -> None:
    with pytest.raises(SettingsError, match="2048"):
        SigningKey("short", generate_private_key(65537, 1024))  # noqa: S505 - that is the point


# ---- forgeries ----


def test_every_altered_character_is_noticed(key: SigningKey, keys: Keys) -> None:
    token = sign({"sub": "alice"}, key)

    for place, old in enumerate(token):
        for new in {"A", "B", "-", ".", "=", chr(ord(old) ^ 1)} - {old}:
            with pytest.raises(TokenError):
                verify(token[:place] + new + token[place + 1 :], keys)


@given(st.data())
def test_no_token_with_a_part_exchanged_is_accepted(key: SigningKey, keys: Keys, data: Any) -> None:
    token = sign({"sub": "alice"}, key)
    parts = token.split(".")
    place = data.draw(st.integers(0, 2))
    parts[place] = data.draw(st.text("AZaz09-_", max_size=400) | st.just(""))

    with pytest.raises(TokenError):
        verify(".".join(parts), keys)


def test_a_signature_for_other_claims_is_refused(key: SigningKey, keys: Keys) -> None:
    mine, hers = sign({"sub": "me"}, key), sign({"sub": "her"}, key)
    forged = ".".join([*hers.split(".")[:2], mine.split(".")[2]])

    with pytest.raises(BadSignatureError):
        verify(forged, keys)


def test_a_signature_by_the_wrong_known_key_is_refused(key: SigningKey, other_key: SigningKey) -> None:
    token = sign({"sub": "me"}, key)

    with pytest.raises(BadSignatureError):
        verify(token, {key.kid: other_key.public_key})


def test_an_unknown_key_is_named(key: SigningKey, other_key: SigningKey) -> None:
    with pytest.raises(UnknownKeyError) as caught:
        verify(sign({}, key), {other_key.kid: other_key.public_key})

    assert caught.value.actual == key.kid


def test_a_short_key_proves_nothing(segment: Callable[[object], str]) -> None:
    short = generate_private_key(65537, 1024)  # noqa: S505 - that is the point
    message = f"{segment({'alg': 'RS256', 'kid': 'short'})}.e30"
    signature = short.sign(message.encode(), PKCS1v15(), SHA256())

    with pytest.raises(BadSignatureError, match="2048"):
        verify(f"{message}.{segment(signature)}", {"short": short.public_key()})


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "nOnE", "", "rs256", "RS384", "ES256", "HS256", "PS256"]
)
def test_no_algorithm_but_one_is_accepted(
    forge: Callable[..., str], key: SigningKey, keys: Keys, algorithm: str
) -> None:
    signed = forge({"alg": algorithm, "kid": key.kid}, {"sub": "me"})
    unsigned = signed.rpartition(".")[0] + "."

    for token in (signed, unsigned):
        with pytest.raises(MalformedTokenError) as caught:
            verify(token, keys)
        assert caught.value.claim == "alg"


def test_the_public_key_is_no_password(segment: Callable[[object], str], key: SigningKey, keys: Keys) -> None:
    pem = key.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for algorithm in ("HS256", "RS256"):
        message = f"{segment({'alg': algorithm, 'kid': key.kid})}.{segment({'sub': 'me'})}"
        signature = hmac.digest(pem, message.encode(), hashlib.sha256)

        with pytest.raises(TokenError):
            verify(f"{message}.{segment(signature)}", keys)


def test_another_padding_or_hash_is_not_rs256(
    segment: Callable[[object], str], key: SigningKey, keys: Keys
) -> None:
    message = f"{key.header}.{segment({'sub': 'me'})}"
    signatures = [
        key.private_key.sign(message.encode(), PSS(MGF1(SHA256()), PSS.DIGEST_LENGTH), SHA256()),
        key.private_key.sign(message.encode(), PKCS1v15(), SHA512()),
    ]

    for signature in signatures:
        with pytest.raises(BadSignatureError):
            verify(f"{message}.{segment(signature)}", keys)


@pytest.mark.parametrize("value", [[], ["exp"], ["b64"], None, False, "", 0])
def test_what_a_header_calls_critical_is_refused(
    forge: Callable[..., str], key: SigningKey, keys: Keys, value: object
) -> None:
    with pytest.raises(MalformedTokenError) as caught:
        verify(forge({"alg": "RS256", "kid": key.kid, "crit": value}, {}), keys)

    assert caught.value.claim == "crit"


def test_a_key_that_a_token_brings_along_is_not_looked_at(
    segment: Callable[[object], str], key: SigningKey, other_key: SigningKey
) -> None:
    own = {**public_jwk(key.public_key, key.kid)}
    header = {
        "alg": "RS256",
        "kid": other_key.kid,
        "jwk": own,
        "jku": "https://evil.example",
        "x5u": "x",
        "x5c": [],
    }
    message = f"{segment(header)}.{segment({'sub': 'me'})}"
    token = f"{message}.{segment(key.private_key.sign(message.encode(), PKCS1v15(), SHA256()))}"

    with pytest.raises(BadSignatureError):
        verify(token, {other_key.kid: other_key.public_key})


def test_a_header_that_says_more_without_harm_is_accepted(
    forge: Callable[..., str], key: SigningKey, keys: Keys
) -> None:
    header = {"typ": "JWT", "alg": "RS256", "kid": key.kid, "jku": "https://evil.example", "other": [1, {}]}

    assert verify(forge(header, {"a": 1}), keys).claims == {"a": 1}


@pytest.mark.parametrize(
    "header",
    [
        {},
        [],
        None,
        "RS256",
        5,
        {"alg": "RS256"},
        {"kid": "x"},
        {"alg": None, "kid": "x"},
        {"alg": ["RS256"], "kid": "x"},
        {"alg": "RS256", "kid": 5},
        {"alg": "RS256", "kid": None},
        b"",
        b"{",
        b"\xff\xff",
        b'{"alg":"RS256","kid":"x"}}',
        b'{"a":' * 9000,
    ],
)
def test_a_header_of_another_shape_is_refused(
    segment: Callable[[object], str], keys: Keys, header: object
) -> None:
    with pytest.raises(MalformedTokenError) as caught:
        verify(f"{segment(header)}.e30.c2ln", keys)

    assert caught.value.claim == "header"


@pytest.mark.parametrize("payload", [[], None, 5, "text", b"", b"{", b"\xff"])
def test_signed_text_that_is_no_object_is_refused(
    forge: Callable[..., str], key: SigningKey, keys: Keys, payload: object
) -> None:
    with pytest.raises(MalformedTokenError) as caught:
        verify(forge({"alg": "RS256", "kid": key.kid}, payload), keys)

    assert caught.value.claim == "payload"


def test_a_padded_signature_is_refused(key: SigningKey, keys: Keys) -> None:
    token = sign({}, key)

    for variant in (
        token + "==",
        token + "=",
        token + "\n",
        " " + token,
        token + ".",
        token + ".x",
    ):
        with pytest.raises(MalformedTokenError):
            verify(variant, keys)


@given(st.text() | st.from_regex(r"\A[A-Za-z0-9_=+/-]*(\.[A-Za-z0-9_=+/-]*)*\Z"))
@example("eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30.")
@example("a" * 70_000)
def test_garbage_raises_nothing_but_a_token_error(keys: Keys, token: str) -> None:
    with pytest.raises(TokenError):
        verify(token, keys)


@given(
    header=JSON | st.fixed_dictionaries({"alg": st.just("RS256") | JSON, "kid": JSON, "crit": JSON}),
    payload=JSON,
)
def test_invented_headers_raise_nothing_but_a_token_error(
    segment: Callable[[object], str], keys: Keys, header: object, payload: object
) -> None:
    with pytest.raises(TokenError):
        verify(f"{segment(header)}.{segment(payload)}.{segment(bytes(256))}", keys)


# ---- the store of headers ----


@pytest.fixture
def known_headers(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    known: dict[str, str] = {}
    monkeypatch.setattr(jwt, "_known_headers", known)
    return known


def test_a_header_is_read_once(key: SigningKey, keys: Keys, known_headers: dict[str, str]) -> None:
    for _ in range(3):
        verify(sign({"a": 1}, key), keys)

    assert known_headers == {key.header: key.kid}


def test_a_remembered_header_still_needs_a_known_key(
    key: SigningKey, keys: Keys, known_headers: dict[str, str]
) -> None:
    token = sign({}, key)
    verify(token, keys)

    with pytest.raises(UnknownKeyError):
        verify(token, {})


def test_invented_headers_do_not_fill_the_memory(
    segment: Callable[[object], str], key: SigningKey, keys: Keys, known_headers: dict[str, str]
) -> None:
    for number in range(600):
        header = segment({"alg": "RS256", "kid": key.kid, "n": number})
        with pytest.raises(BadSignatureError):
            verify(f"{header}.e30.{segment(bytes(256))}", keys)
    long = segment({"alg": "RS256", "kid": key.kid, "n": "x" * 2000})
    with pytest.raises(BadSignatureError):
        verify(f"{long}.e30.{segment(bytes(256))}", keys)
    with pytest.raises(UnknownKeyError):
        verify(f"{segment({'alg': 'RS256', 'kid': 'unknown'})}.e30.", keys)

    assert len(known_headers) <= 256
    assert long not in known_headers
    assert set(known_headers.values()) == {key.kid}


# ---- times ----

NOW = 1_770_000_000.0


@pytest.mark.parametrize(
    "times",
    [
        {},
        {"iat": 1_770_000_000},
        {"iat": 1_770_003_000},
        {"nbf": 1_770_000_000},
        {"nbf": 0, "iat": 0},
        {"auth_time": "x"},
    ],
)
def test_a_token_is_valid_until_the_second_of_its_expiry(times: dict[str, Any]) -> None:
    check_times({"exp": 1_770_000_001, **times}, NOW)


@pytest.mark.parametrize("expiry", [0, 1, 1_769_999_999, 1_770_000_000])
def test_a_token_is_expired_from_the_second_of_its_expiry(expiry: int) -> None:
    with pytest.raises(ExpiredTokenError) as caught:
        check_times({"exp": expiry}, NOW)

    assert (caught.value.claim, caught.value.actual) == ("exp", expiry)


def test_a_token_is_not_valid_before_its_time() -> None:
    with pytest.raises(NotYetValidTokenError) as caught:
        check_times({"exp": 1_770_003_600, "nbf": 1_770_000_001}, NOW)

    assert caught.value.claim == "nbf"


def test_leeway_moves_both_ends() -> None:
    check_times({"exp": 1_769_999_970, "nbf": 1_769_990_000}, NOW, leeway_seconds=31)
    check_times({"exp": 1_770_003_600, "nbf": 1_770_000_030}, NOW, leeway_seconds=30)

    with pytest.raises(ExpiredTokenError):
        check_times({"exp": 1_769_999_970}, NOW, leeway_seconds=30)
    with pytest.raises(NotYetValidTokenError):
        check_times({"exp": 1_770_003_600, "nbf": 1_770_000_031}, NOW, leeway_seconds=30)


@pytest.mark.parametrize("leeway", [-1, 60.5, 3600, float("inf"), float("nan")])
def test_a_leeway_beyond_a_minute_is_a_mistake(leeway: float) -> None:
    with pytest.raises(SettingsError):
        check_times({"exp": 1_770_003_600}, NOW, leeway_seconds=leeway)


@pytest.mark.parametrize(
    "value", [-1, 253_402_300_800, 10**30, 1.5, 1_770_003_600.0, "1770003600", True, [], {}, None]
)
@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
def test_what_is_no_time_is_refused(name: str, value: object) -> None:
    with pytest.raises(MalformedTokenError) as caught:
        check_times({"exp": 1_770_003_600, name: value}, NOW)

    assert caught.value.claim == name


def test_a_token_without_expiry_is_refused() -> None:
    with pytest.raises(MalformedTokenError):
        check_times({"iat": 1_770_000_000}, NOW)


def test_a_clock_that_is_no_number_lets_nothing_pass() -> None:
    with pytest.raises(ExpiredTokenError):
        check_times({"exp": 1_770_003_600}, float("nan"))
