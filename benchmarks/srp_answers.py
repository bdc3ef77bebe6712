"""A scripted pool for one SRP sign-in: its two answers, and whether what a client sent was right.

The answers are made once, so that during the measurement only the client works. The arithmetic is the
standard library's and owes nothing to the code that is measured; after each measurement one sign-in is
checked, so that a client that skips its work is not taken for a fast one.

Sources: rfc5054 (3072-bit group, rfc3526 §4), api:InitiateAuth, api:RespondToAuthChallenge.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

POOL_ID = "us-east-1_aB12cDe34"
CLIENT_ID = "7ghr5379orhbo88d52vphda6s9"
USER_NAME = "alice"
PASSWORD = "Correct-Horse-7-Staple"

_POOL_NAME = POOL_ID.split("_")[1]
_USER_ID = "0ec6b1a2-4d1f-4e6c-9c52-6b5a3fd3b6a1"
_N = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
_G = 2
_SALT = int("7b1f6d1c9a3e4f50b2c8d7e6a5948372", 16)
_SERVER_SECRET = int("5f" * 32, 16)
_SECRET_BLOCK = base64.b64encode(b"secret block of the benchmark" * 20).decode()


def _signed_bytes(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _hashed(*parts: bytes) -> int:
    return int(hashlib.sha256(b"".join(parts)).hexdigest(), 16)


def _verifier() -> int:
    inner = hashlib.sha256(f"{_POOL_NAME}{_USER_ID}:{PASSWORD}".encode()).digest()
    return pow(_G, _hashed(_signed_bytes(_SALT), inner), _N)


_VERIFIER = _verifier()
_SERVER_PUBLIC = (
    _hashed(_signed_bytes(_N), _signed_bytes(_G)) * _VERIFIER + pow(_G, _SERVER_SECRET, _N)
) % _N


def _token(use: str) -> str:
    now = int(time.time())
    claims = {
        "sub": _USER_ID,
        "iss": f"https://cognito-idp.us-east-1.amazonaws.com/{POOL_ID}",
        "token_use": use,
        "client_id": CLIENT_ID,
        "aud": CLIENT_ID,
        "username": _USER_ID,
        "cognito:username": _USER_ID,
        "email": "alice@example.com",
        "email_verified": True,
        "origin_jti": "5a1f0a3e-2f64-4b4c-8a3c-7a1f0c2b9d11",
        "jti": "0c5e1f0a-9a49-4d0f-8d57-6f2f1b3c7e22",
        "auth_time": now,
        "iat": now,
        "exp": now + 3600,
    }
    parts = (
        json.dumps({"kid": "bench", "alg": "RS256"}).encode(),
        json.dumps(claims).encode(),
        b"\x5a" * 256,
    )
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def answers() -> dict[str, dict[str, Any]]:
    """The answer to each operation of the sign-in, by operation name."""
    parameters = {
        "USERNAME": _USER_ID,
        "USER_ID_FOR_SRP": _USER_ID,
        "SRP_B": f"{_SERVER_PUBLIC:x}",
        "SALT": f"{_SALT:x}",
        "SECRET_BLOCK": _SECRET_BLOCK,
    }
    tokens = {
        "AccessToken": _token("access"),
        "IdToken": _token("id"),
        "RefreshToken": "refresh." * 120,
        "ExpiresIn": 3600,
        "TokenType": "Bearer",
    }
    return {
        "InitiateAuth": {"ChallengeName": "PASSWORD_VERIFIER", "ChallengeParameters": parameters},
        "RespondToAuthChallenge": {"AuthenticationResult": tokens, "ChallengeParameters": {}},
    }


def is_right(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Whether the two bodies a client sent prove that it knew the password."""
    client_public = int(first["AuthParameters"]["SRP_A"], 16)
    responses = second["ChallengeResponses"]
    u = _hashed(_signed_bytes(client_public), _signed_bytes(_SERVER_PUBLIC))
    shared = pow(client_public * pow(_VERIFIER, u, _N), _SERVER_SECRET, _N)
    drawn = hmac.digest(_signed_bytes(u), _signed_bytes(shared), "sha256")
    key = hmac.digest(drawn, b"Caldera Derived Key\x01", "sha256")[:16]
    message = (
        f"{_POOL_NAME}{_USER_ID}".encode() + base64.b64decode(_SECRET_BLOCK) + responses["TIMESTAMP"].encode()
    )
    expected = base64.b64encode(hmac.digest(key, message, "sha256")).decode()
    return hmac.compare_digest(expected, responses["PASSWORD_CLAIM_SIGNATURE"])
