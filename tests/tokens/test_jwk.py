"""Public keys as JSON Web Keys."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import RSAKey
from jwt import PyJWK

from userpool.errors import GarbledAnswerError
from userpool.tokens.jwk import key_set, load_jwks, public_jwk
from userpool.tokens.jwt import SigningKey, sign

VECTORS = Path(__file__).parent.parent / "vectors"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def test_a_key_is_published_with_these_members_in_this_order(key: SigningKey) -> None:
    published = public_jwk(key.public_key, key.kid)

    assert list(published) == ["alg", "e", "kid", "kty", "n", "use"]
    assert (published["alg"], published["e"], published["kid"]) == ("RS256", "AQAB", key.kid)
    assert (published["kty"], published["use"]) == ("RSA", "sig")


def test_the_key_of_rfc_7517_is_read_and_the_one_for_another_purpose_passed_over() -> None:
    vector = json.loads((VECTORS / "rfc7517_a1.json").read_text())

    loaded = load_jwks(vector["jwks"])

    assert list(loaded) == ["2011-04-29"]
    # The thumbprint of rfc7638 is over exactly these members.
    members = public_jwk(loaded["2011-04-29"], "")
    canonical = json.dumps({name: members[name] for name in ("e", "kty", "n")}, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).digest()
    assert urlsafe_b64encode(digest).decode().rstrip("=") == vector["thumbprint"]


def test_strangers_read_the_key_that_we_publish(key: SigningKey) -> None:
    published = public_jwk(key.public_key, key.kid)
    numbers = key.public_key.public_numbers()

    assert PyJWK(dict(published)).key.public_numbers() == numbers
    assert RSAKey.import_key(dict(published)).public_key.public_numbers() == numbers


def test_we_read_the_key_that_a_stranger_publishes() -> None:
    theirs = RSAKey.generate_key(2048, {"kid": "theirs", "use": "sig", "alg": "RS256"})

    loaded = load_jwks({"keys": [theirs.as_dict(private=False)]})

    assert loaded["theirs"].public_numbers() == theirs.public_key.public_numbers()


@pytest.mark.parametrize("form", [dict, json.dumps, lambda document: json.dumps(document).encode()])
def test_a_key_set_is_read_back_whatever_its_form(
    key: SigningKey, other_key: SigningKey, form: Callable[[Any], Any]
) -> None:
    document = key_set([(key.kid, key.public_key), (other_key.kid, other_key.public_key)])

    loaded = load_jwks(form(document))

    assert {kid: public.public_numbers() for kid, public in loaded.items()} == {
        key.kid: key.public_key.public_numbers(),
        other_key.kid: other_key.public_key.public_numbers(),
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"kty": "EC"},
        {"kty": "oct"},
        {"kty": None},
        {"use": "enc"},
        {"alg": "RS512"},
        {"alg": "none"},
        {"kid": None},
        {"kid": 5},
        {"n": None},
        {"n": 7},
        {"n": "AQAB"},
        {"n": "not+base64url"},
        {"e": "AA"},
        {"e": "Ag"},
        {"e": "="},
        {"e": ["AQAB"]},
    ],
)
def test_a_key_that_signs_no_tokens_is_passed_over(
    key: SigningKey, other_key: SigningKey, changes: dict[str, Any]
) -> None:
    strange = {**public_jwk(key.public_key, key.kid), **changes}

    loaded = load_jwks({"keys": [strange, public_jwk(other_key.public_key, other_key.kid)]})

    assert list(loaded) == [other_key.kid]


@pytest.mark.parametrize("bits", [1024, 9216])
def test_a_key_of_an_unreasonable_size_is_passed_over(bits: int) -> None:
    n = urlsafe_b64encode(((1 << bits) - 1).to_bytes(bits // 8, "big")).decode().rstrip("=")
    entry = {"kty": "RSA", "kid": "odd size", "n": n, "e": "AQAB"}

    assert load_jwks({"keys": [entry]}) == {}


def test_members_that_say_nothing_wrong_may_be_missing(key: SigningKey) -> None:
    entry = public_jwk(key.public_key, key.kid)
    del entry["alg"], entry["use"]

    assert list(load_jwks({"keys": [entry]})) == [key.kid]


@pytest.mark.parametrize(
    "document",
    [
        "",
        "<html>",
        "[]",
        "null",
        "5",
        "{}",
        '{"keys": {}}',
        '{"keys": null}',
        b"\xff\xfe",
        "[" * 100_000,
        "\ud800",
        [],
        5,
    ],
)
def test_what_is_no_key_set_is_a_garbled_answer(document: Any) -> None:
    with pytest.raises(GarbledAnswerError):
        load_jwks(document)


@given(st.lists(JSON | st.dictionaries(st.sampled_from(["kty", "kid", "n", "e", "use", "alg"]), JSON)))
def test_no_entry_of_a_key_set_does_any_harm(entries: list[Any]) -> None:
    assert load_jwks({"keys": entries}) == {}


def test_the_private_half_is_never_published(key: SigningKey, claims: dict[str, Any]) -> None:
    private = key.private_key.private_numbers()

    text = json.dumps(public_jwk(key.public_key, key.kid)) + sign(claims, key) + repr(key)

    for number in (private.d, private.p, private.q):
        data = number.to_bytes((number.bit_length() + 7) // 8, "big")
        assert urlsafe_b64encode(data).decode().rstrip("=") not in text
        assert str(number) not in text


def test_larger_keys_are_welcome() -> None:
    large = generate_private_key(65537, 3072).public_key()

    assert load_jwks(key_set([("large", large)]))["large"].key_size == 3072
