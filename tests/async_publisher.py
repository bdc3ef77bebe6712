"""For tests of whoever verifies tokens: pools that sign, and the address where their keys are published."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from userpool.errors import UserPoolError
from userpool.tokens.jwk import key_set
from userpool.tokens.jwt import SigningKey, sign
from userpool.transport import HttpReply, HttpRequest

NOON = 1_767_268_800
CLIENT = "7ghr5379orhbo88d52vphda6s9"
POOL = "us-east-1_aB12cDe34"
ISSUER = f"https://cognito-idp.us-east-1.amazonaws.com/{POOL}"


@cache
def signing_key(kid: str) -> SigningKey:
    """Return the key of this id, the same one in every test."""
    return SigningKey(kid, generate_private_key(65537, 2048))


def jwks(*kids: str) -> dict[str, Any]:
    """Return the key set that holds these keys."""
    return key_set([(kid, signing_key(kid).public_key) for kid in kids])


def token(kid: str = "one", *, use: str = "access", without: str | None = None, **claims: Any) -> str:
    """Return a token as a pool makes it, with these claims changed or added and one left out."""
    mine = {"client_id": CLIENT, "username": "alice", "scope": "orders/read openid"}
    hers = {"aud": CLIENT, "cognito:username": "alice", "email": "alice@example.com"}
    told = {
        "sub": "34c8a4d8-0001-7002-8003-123456789abc",
        "cognito:groups": ["staff", "pilots"],
        "iss": ISSUER,
        "token_use": use,
        "auth_time": NOON - 600,
        "iat": NOON - 600,
        "exp": NOON + 3_000,
        **(mine if use == "access" else hers),
        **claims,
    }
    told.pop(without or "", None)
    return sign(told, signing_key(kid))


class AsyncPublisher:
    """A transport to the address where keys are; it notes what is asked for and plays its answer.

    ``answer`` is a key set, a reply or an error, and may be changed between requests.
    """

    def __init__(self, *kids: str, answer: Any = None) -> None:
        self.answer = jwks(*kids) if answer is None else answer
        self.requests: list[HttpRequest] = []
        self.timeouts: list[float] = []
        self.closed = False

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        """Note the request and give the answer of the moment."""
        self.requests.append(request)
        self.timeouts.append(timeout)
        if isinstance(self.answer, UserPoolError):
            raise type(self.answer)(str(self.answer))
        if isinstance(self.answer, HttpReply):
            return self.answer
        return HttpReply(200, {"content-type": "application/json"}, json.dumps(self.answer).encode())

    async def close(self) -> None:
        """Note that nothing more is to come."""
        self.closed = True
