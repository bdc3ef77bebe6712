"""Our verifier beside joserfc and PyJWT, on tokens that somebody has tampered with in every way we know.

What we believe, both of them believe. What both believe and we do not is stricter on purpose, and marked as such where
it is made: `STRICTER`. It is what no user pool writes: NaN, JSON in UTF-16 or behind a byte order mark, and times that
are no whole numbers between 1970 and what every reader of JSON understands.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import warnings
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry
from publisher import CLIENT, ISSUER, NOON, POOL, jwks, signing_key, token

from userpool.effects import FixedEffects
from userpool.errors import TokenError
from userpool.tokens.jwk import public_jwk
from userpool.verifier import TokenVerifier

# PyJWT asks the machine for the time, so what is over is long over, and what is to come is far away.
PAST, FUTURE, FAR = 1_000_000_000, 4_000_000_000, 5_000_000_000
KIDS = ("one", "two")
CLAIMS = {
    "sub": "34c8",
    "iss": ISSUER,
    "client_id": CLIENT,
    "token_use": "access",
    "iat": PAST,
    "exp": FUTURE,
    "username": "alice",
}
SAME, STRICTER = False, True


def ours(text: str, verifier: TokenVerifier) -> bool:
    try:
        verifier.verify(text)
    except TokenError:
        return False
    return True


def of_pyjwt(text: str) -> bool:
    try:
        key = signing_key(known(pyjwt.get_unverified_header(text)["kid"])).public_key
        options: Any = {"require": ["exp", "iss", "sub"], "verify_aud": False}
        claims = pyjwt.decode(text, key, algorithms=["RS256"], issuer=ISSUER, options=options)
    except Exception:  # noqa: BLE001 - however it refuses
        return False
    return is_for_us(claims)


def of_joserfc(text: str) -> bool:
    try:
        key = signing_key(known(pyjwt.get_unverified_header(text)["kid"]))
        public = RSAKey.import_key(dict(public_jwk(key.public_key, key.kid)))
        # It refuses parameters of a header that it does not know, unless it is told that others may be there.
        registry = JWSRegistry(algorithms=["RS256"], strict_check_header=False)
        claims = joserfc_jwt.decode(text, public, registry=registry).claims
        rules: Any = {"iss": {"essential": True, "value": ISSUER}, "exp": {"essential": True}}
        joserfc_jwt.JWTClaimsRegistry(now=lambda: NOON, **rules, sub={"essential": True}).validate(claims)
    except Exception:  # noqa: BLE001 - however it refuses
        return False
    return is_for_us(claims)


def known(kid: Any) -> str:
    return KIDS[KIDS.index(kid)]


def is_for_us(claims: dict[str, Any]) -> bool:
    # Neither of them knows what a user pool's access token has to say.
    return claims.get("token_use") == "access" and claims.get("client_id") == CLIENT


# ---- tampering ----


def encoded(value: object) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(data).rstrip(b"=").decode()


PEM = signing_key("one").public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
CURVE_KEY = generate_private_key(SECP256R1())
SIGNERS: dict[str, Callable[[bytes], bytes]] = {
    "the key": lambda message: signing_key("one").private_key.sign(message, PKCS1v15(), SHA256()),
    "another known key": lambda message: signing_key("two").private_key.sign(message, PKCS1v15(), SHA256()),
    "a stranger": lambda message: signing_key("three").private_key.sign(message, PKCS1v15(), SHA256()),
    "another hash": lambda message: signing_key("one").private_key.sign(message, PKCS1v15(), SHA512()),
    "another padding": lambda message: signing_key("one").private_key.sign(
        message, PSS(MGF1(SHA256()), 32), SHA256()
    ),
    "a curve": lambda message: CURVE_KEY.sign(message, ECDSA(SHA256())),
    "the public key as a secret": lambda message: hmac.digest(PEM, message, hashlib.sha256),
    "nobody": lambda _: b"",
}

HEADERS: list[tuple[bytes, bool]] = [
    *[
        (json.dumps({"kid": kid, "alg": algorithm}).encode(), SAME)
        for kid in ("one", "two", "three", "", "../one", "one\0")
        for algorithm in ("RS256", "none", "HS256", "ES256", "PS256", "RS512", "rs256")
    ],
    (b'{"alg":"RS256","kid":"one","typ":"JWT","cty":"x","jku":"https://evil.example","x5c":["MIIB"]}', SAME),
    (b'{"alg":"none","kid":"one","alg":"RS256"}', SAME),
    (b'{"alg":"RS256","kid":"one","alg":"none"}', SAME),
    (b'{"alg":"RS256","kid":"two","kid":"one"}', SAME),
    (b' {\n"alg" :\t"RS256" , "kid": "one"}\r\n', SAME),
    ('{"alg":"RS256","kid":"one","ä":"\\u00e4ö😀"}'.encode(), SAME),
    (b'{"alg":"\\u0052S256","kid":"\\u006fne"}', SAME),
    (b'{"alg":"RS256"}', SAME),
    (b'{"kid":"one"}', SAME),
    (b'{"alg":"RS256","kid":1}', SAME),
    (b'{"alg":["RS256"],"kid":"one"}', SAME),
    (b'{"alg":"RS256","kid":"one","crit":["exp"],"exp":1}', SAME),
    (b'{"alg":"RS256","kid":"one","b64":false,"crit":["b64"]}', SAME),
    (b'{"alg":"RS256","kid":"one","crit":[]}', SAME),
    (b'{"alg":"RS256","kid":"one","crit":null}', SAME),
    # Without crit it may be ignored, and is.
    (b'{"alg":"RS256","kid":"one","b64":true}', SAME),
    (b'{"alg":"RS256","kid":"one","a":' + b"[" * 50 + b"]" * 50 + b"}", SAME),
    (b'{"alg":"RS256","kid":"one","a":' + b"[" * 5000 + b"]" * 5000 + b"}", SAME),
    (b'{"alg":"RS256","kid":"one","a":NaN}', STRICTER),
    (b'{"alg":"RS256","kid":"one"} x', SAME),
    (b'\xef\xbb\xbf{"alg":"RS256","kid":"one"}', STRICTER),
    ('{"alg":"RS256","kid":"one"}'.encode("utf-16"), STRICTER),
    (b'[{"alg":"RS256","kid":"one"}]', SAME),
    (b"", SAME),
    (b"\xff\xfe", SAME),
]

CHANGES: list[tuple[dict[str, Any], bool]] = [
    ({}, SAME),
    ({"email": "ä\u2028😀", "nested": {"a": [{"b": [None, True, 1.5]}]}}, SAME),
    ({"exp": PAST}, SAME),
    ({"exp": NOON - 86_400_000}, SAME),
    ({"nbf": PAST}, SAME),
    ({"nbf": FAR}, SAME),
    ({"exp": None}, SAME),
    ({"iss": ISSUER + "/"}, SAME),
    ({"iss": [ISSUER]}, SAME),
    ({"iss": None}, SAME),
    ({"client_id": "another"}, SAME),
    ({"token_use": "id"}, SAME),
    ({"sub": 5}, SAME),
    ({"sub": ""}, SAME),
    ({"sub": None}, SAME),
    # Times are whole numbers of seconds in every token of a user pool.
    ({"exp": float(FUTURE)}, STRICTER),
    ({"exp": str(FUTURE)}, SAME),
    ({"exp": 10**30}, STRICTER),
    ({"exp": True}, SAME),
    ({"iat": "now"}, SAME),
    ({"iat": -1}, STRICTER),
    ({"nbf": 1.5}, STRICTER),
    ({"aud": "https://api.example.com"}, SAME),
    ({"a": "x" * 100_000}, SAME),
]

PAYLOADS: list[tuple[Callable[[bytes], bytes], bool]] = [
    (lambda text: text, SAME),
    (lambda text: b"\n " + text + b" ", SAME),
    (lambda text: text.replace(b'"iss"', b'"iss":"https://evil.example","iss"'), SAME),
    (lambda text: text.replace(b"}", b',"iss":"https://evil.example"}'), SAME),
    (lambda text: text.replace(b"}", b',"exp":1}'), SAME),
    (lambda text: text.replace(b"}", b',"a":NaN}'), STRICTER),
    (lambda text: b"[" + text + b"]", SAME),
    (lambda text: text[:-1], SAME),
    (lambda text: text + b"{}", SAME),
    (lambda text: b"\xef\xbb\xbf" + text, STRICTER),
    (lambda text: text.decode().encode("utf-16"), STRICTER),
]

WRITINGS: list[tuple[Callable[[str, str, str], str], bool]] = [
    (lambda *parts: ".".join(parts), SAME),
    # One of them at least reads over each of these. Base64url is written without padding and in one way only.
    (lambda h, p, s: f"{h}{'=' * (-len(h) % 4)}.{p}.{s}", SAME),
    (lambda h, p, s: f"{h}.{p}.{s}==", SAME),
    (lambda h, p, s: f"{h}.{p}.{s}\n", SAME),
    (lambda h, p, s: f" {h}.{p}.{s}", SAME),
    (lambda h, p, s: f"{h}.{p}.{s[:-1]}{'BCDEFGHIJKLMNOPQRSTUVWXYZ'[len(s) % 20]}", SAME),
    (lambda h, p, s: f"{h}.{p}.{s.replace('-', '+').replace('_', '/')}", SAME),
    (lambda h, p, s: f"{h}.{p[:9]}\n{p[9:]}.{s}", SAME),
    (lambda h, p, _: f"{h}.{p}.", SAME),
    (lambda h, p, _: f"{h}.{p}", SAME),
    (lambda h, p, s: f"{h}.{p}.{s}.{s}", SAME),
    (lambda h, _, s: f"{h}..{s}", SAME),
    (lambda h, p, s: f"{h}.{p}ä.{s}", SAME),
    (lambda h, p, s: f"{h}.{p}.{s[:20]}.{s[20:]}", SAME),
    (lambda h, p, s: f"Bearer {h}.{p}.{s}", SAME),
]


@pytest.fixture(scope="module")
def verifier() -> TokenVerifier:
    return TokenVerifier(
        POOL, client_id=CLIENT, token_use="access", jwks=jwks(*KIDS), effects=FixedEffects(now=NOON)
    )


def compare(text: str, verifier: TokenVerifier, *, stricter: bool) -> bool:
    """See that we agree with both strangers, and return what we say."""
    with warnings.catch_warnings():
        # They have opinions about keys and headers that they take all the same.
        warnings.simplefilter("ignore")
        strangers = [of_pyjwt(text), of_joserfc(text)]
    believed = ours(text, verifier)
    if believed:
        assert strangers == [True, True]
    elif all(strangers):
        assert stricter, "both believe it"
    return believed


def test_an_honest_token_is_believed_by_all(verifier: TokenVerifier) -> None:
    assert compare(token("one", exp=FUTURE), verifier, stricter=False)


def one_of(cases: list[tuple[Any, bool]]) -> st.SearchStrategy[tuple[Any, bool]]:
    # Half of them honest, so that most tokens have one fault and not four.
    return st.just(cases[0]) | st.sampled_from(cases)


@settings(max_examples=400)
@given(
    header=one_of(HEADERS),
    change=one_of(CHANGES),
    payload=one_of(PAYLOADS),
    writing=one_of(WRITINGS),
    signer=st.just("the key") | st.sampled_from(sorted(SIGNERS)),
)
def test_we_believe_what_both_believe_and_nothing_else(
    verifier: TokenVerifier, header: Any, change: Any, payload: Any, writing: Any, signer: str
) -> None:
    told = {name: value for name, value in {**CLAIMS, **change[0]}.items() if value is not None}
    message = f"{encoded(header[0])}.{encoded(payload[0](json.dumps(told).encode()))}"
    parts = *message.split("."), encoded(SIGNERS[signer](message.encode()))

    compare(
        writing[0](*parts), verifier, stricter=any(case[1] for case in (header, change, payload, writing))
    )


@pytest.mark.parametrize("table", ["header", "change", "payload", "writing"])
def test_every_single_fault_is_judged_alike(verifier: TokenVerifier, table: str) -> None:
    tables: dict[str, list[tuple[Any, bool]]] = {
        "header": HEADERS,
        "change": CHANGES,
        "payload": PAYLOADS,
        "writing": WRITINGS,
    }
    for case in tables[table]:
        picked = {name: cases[0] for name, cases in tables.items()} | {table: case}
        told = {name: value for name, value in {**CLAIMS, **picked["change"][0]}.items() if value is not None}
        text = json.dumps(told).encode()
        message = f"{encoded(picked['header'][0])}.{encoded(picked['payload'][0](text))}"
        signature = encoded(SIGNERS["the key"](message.encode()))

        compare(picked["writing"][0](*message.split("."), signature), verifier, stricter=case[1])


@given(text=st.text(max_size=200) | st.binary(max_size=200).map(lambda data: data.decode("latin-1")))
def test_garbage_is_believed_by_nobody(verifier: TokenVerifier, text: str) -> None:
    assert not compare(text, verifier, stricter=False)


@given(data=st.data())
def test_a_character_changed_is_believed_by_nobody(verifier: TokenVerifier, data: st.DataObject) -> None:
    text = token("one", exp=FUTURE)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("ABab01-_.=+/ \n").filter(lambda character: character != text[place]))

    assert not compare(text[:place] + other + text[place + 1 :], verifier, stricter=False)
