"""For the flows: playing the service by hand, and an SRP server that shares no line with ours.

Sources: js-sdk:AuthenticationHelper (the formulas); rfc5054 appendix A (the group).
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from userpool.conversation import Call, Flow, Reply, run
from userpool.flows.app_client import AppClient
from userpool.wire.sign_in import (
    InitiateAuthRequest,
    InitiateAuthResponse,
    RespondToAuthChallengeRequest,
    RespondToAuthChallengeResponse,
)

# Tue Jan 1 06:06:09 UTC 2019, the moment of the published vectors.
NOW = 1_546_322_769.0

N = int(
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


def padded(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def hashed(*parts: bytes) -> int:
    return int(hashlib.sha256(b"".join(parts)).hexdigest(), 16)


@dataclass
class SrpServer:
    """The service's side of one sign-in; `proven` is whether the password has been."""

    pool_name: str = "aB12cDe34"
    user_id: str = "the canonical name"
    password: str = "correct horse 7 Staple"
    salt_hex: str = "00ab12cd34ef56789000000000000000"
    secret: int = int("7" * 64, 16)
    session: str | None = None
    client_public: int = 0
    timestamp: str | None = None
    proven: bool | None = None
    secret_block: bytes = b"sealed by the service"
    more: dict[str, str] = field(default_factory=dict)

    @property
    def verifier(self) -> int:
        inner = hashlib.sha256(f"{self.pool_name}{self.user_id}:{self.password}".encode()).digest()
        return pow(2, hashed(padded(int(self.salt_hex, 16)), inner), N)

    @property
    def public(self) -> int:
        k = int("538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6", 16)
        return (k * self.verifier + pow(2, self.secret, N)) % N

    def challenge(self, call: Call) -> InitiateAuthResponse:
        assert isinstance(call.request, InitiateAuthRequest)
        self.client_public = int((call.request.auth_parameters or {})["SRP_A"], 16)
        return InitiateAuthResponse(
            challenge_name="PASSWORD_VERIFIER", session=self.session, challenge_parameters=self.parameters
        )

    def verifier_challenge(
        self, *, session: str, name: str = "PASSWORD_VERIFIER"
    ) -> RespondToAuthChallengeResponse:
        """Ask for the proof at a later step, when the client's public number is known already."""
        return RespondToAuthChallengeResponse(
            challenge_name=name, session=session, challenge_parameters=self.parameters
        )

    @property
    def parameters(self) -> dict[str, str]:
        return {
            "SALT": self.salt_hex,
            "SRP_B": f"{self.public:x}",
            "SECRET_BLOCK": b64encode(self.secret_block).decode(),
            "USERNAME": self.user_id,
            "USER_ID_FOR_SRP": self.user_id,
            **self.more,
        }

    def judge(self, call: Call) -> None:
        """Check the proof in a PASSWORD_VERIFIER answer."""
        assert isinstance(call.request, RespondToAuthChallengeRequest)
        answered = call.request.challenge_responses or {}
        self.timestamp = answered["TIMESTAMP"]
        u = hashed(padded(self.client_public), padded(self.public))
        shared = pow(self.client_public * pow(self.verifier, u, N), self.secret, N)
        extracted = hmac.digest(padded(u), padded(shared), "sha256")
        key = hmac.digest(extracted, b"Caldera Derived Key\x01", "sha256")[:16]
        told = f"{self.pool_name}{self.user_id}".encode() + self.secret_block + self.timestamp.encode()
        signature = b64decode(answered["PASSWORD_CLAIM_SIGNATURE"])
        self.proven = signature == hmac.digest(key, told, "sha256")


@pytest.fixture
def srp_server() -> Callable[..., SrpServer]:
    """Give a function that makes an SRP server."""
    return SrpServer


@pytest.fixture
def play() -> Callable[..., tuple[Any, list[Any]]]:
    """Give a function that holds a flow with these replies, and returns its result and the requests it made.

    A reply is a response, an error, or a function that is given the call and returns either.
    """

    def hold(flow: Flow[Any], *replies: Any, now: float = NOW) -> tuple[Any, list[Any]]:
        requests: list[Any] = []
        rest = list(replies)

        def send(call: Call) -> Reply:
            requests.append(call.request)
            reply = rest.pop(0)
            reply = reply(call) if callable(reply) else reply
            if isinstance(reply, Exception):
                raise reply
            return Reply(reply, now)

        result = run(flow, send)
        assert rest == []
        return result, requests

    return hold


@pytest.fixture
def app() -> AppClient:
    """An app client without a secret."""
    return AppClient("aB12cDe34", "the client")


@pytest.fixture
def secret_app() -> AppClient:
    """An app client with a secret."""
    return AppClient("aB12cDe34", "the client", "the secret of the client")


@pytest.fixture
def hash_for() -> Callable[[str], str]:
    """Give the secret hash of that client for a user name, computed as the guide says."""

    def compute(username: str) -> str:
        digest = hmac.digest(b"the secret of the client", f"{username}the client".encode(), "sha256")
        return b64encode(digest).decode()

    return compute
