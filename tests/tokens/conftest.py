"""What the tests of this room share: two keys, and a token as a pool makes it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, generate_private_key

from userpool.tokens.jwt import SigningKey

KID = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqr="


@pytest.fixture(scope="session")
def key() -> SigningKey:
    return SigningKey(KID, generate_private_key(65537, 2048))


@pytest.fixture(scope="session")
def other_key() -> SigningKey:
    return SigningKey("another key", generate_private_key(65537, 2048))


@pytest.fixture(scope="session")
def keys(key: SigningKey, other_key: SigningKey) -> dict[str, RSAPublicKey]:
    return {key.kid: key.public_key, other_key.kid: other_key.public_key}


@pytest.fixture
def claims() -> dict[str, Any]:
    return {
        "sub": "34c8a4d8-0001-7002-8003-123456789abc",
        "cognito:groups": ["staff", "Größe"],
        "iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI",
        "client_id": "6h89qn2bfglbmvfebq9aaknqk0",
        "origin_jti": "9d3b1ab2-0000-4000-8000-000000000001",
        "token_use": "access",
        "scope": "aws.cognito.signin.user.admin",
        "auth_time": 1_770_000_000,
        "exp": 1_770_003_600,
        "iat": 1_770_000_000,
        "jti": "9d3b1ab2-0000-4000-8000-000000000002",
        "username": "ann",
    }


def _segment(value: object) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture(scope="session")
def segment() -> Callable[[object], str]:
    """Give a function that writes bytes, or a value as JSON, in base64url."""
    return _segment


@pytest.fixture(scope="session")
def forge(key: SigningKey) -> Callable[..., str]:
    """Give a function that signs any header and any payload with the pool's own key."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    def sign(header: object, payload: object) -> str:
        message = f"{_segment(header)}.{_segment(payload)}"
        return f"{message}.{_segment(key.private_key.sign(message.encode(), PKCS1v15(), SHA256()))}"

    return sign
