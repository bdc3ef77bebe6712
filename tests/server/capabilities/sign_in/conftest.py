"""Sign-ins step by step, with the client's half of SRP computed by `userpool.crypto.srp`.

Fixtures, besides those of the folder above:

- `begin_srp`: `await begin_srp(client, "ann")` sends USER_SRP_AUTH and returns an `Exchange`: its `parameters` are the
  challenge's, its `responses(password)` the ChallengeResponses that a client makes of them. Keyword arguments
  replace or add AuthParameters.
- `answer`: `await answer(client, "PASSWORD_VERIFIER", responses, Session=...)` sends RespondToAuthChallenge.
- `try_password`: `await try_password(client, "ann", "wrong")` returns the service's words of refusal, or "" for a
  sign-in that succeeded.
- `make_invited`: `await make_invited(pool, "ann", email=...)` makes a user whose temporary password is
  `Temporary-1`.
- `secret_of`: `secret_of(client)` is the secret of an app client.
- `password`: the password that `make_user` gives everybody.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from userpool.crypto.srp import (
    Ephemeral,
    SrpIdentity,
    claim_signature,
    client_ephemeral,
    client_key,
    format_timestamp,
    parse_hex,
)
from userpool.effects import FixedEffects
from userpool.server.context import Context
from userpool.server.finding import client_secret
from userpool.server.records import Client, Pool
from userpool.wire.fault import ServiceException

Call = Callable[..., Awaitable[dict[str, Any]]]

TEMPORARY = "Temporary-1"


@pytest.fixture
def password() -> str:
    """The password of every user that `make_user` makes."""
    return "Correct-horse-1"


@dataclass(frozen=True)
class Exchange:
    """The client's half of an SRP sign-in, after the challenge came."""

    ephemeral: Ephemeral
    parameters: dict[str, str]
    effects: FixedEffects
    pool_id: str

    def responses(self, password: str, *, timestamp: str | None = None, **changes: str) -> dict[str, str]:
        """Prove a password; `changes` replace or add ChallengeResponses after the proof was made."""
        timestamp = timestamp or format_timestamp(self.effects.now())
        identity = SrpIdentity.in_pool(self.pool_id, self.parameters["USER_ID_FOR_SRP"])
        key = client_key(
            self.ephemeral,
            parse_hex(self.parameters["SRP_B"]),
            identity=identity,
            password=password,
            salt=parse_hex(self.parameters["SALT"]),
        )
        block = self.parameters["SECRET_BLOCK"]
        proof = claim_signature(key, identity, secret_block=b64decode(block), timestamp=timestamp)
        return {
            "USERNAME": self.parameters["USER_ID_FOR_SRP"],
            "PASSWORD_CLAIM_SECRET_BLOCK": block,
            "PASSWORD_CLAIM_SIGNATURE": b64encode(proof).decode(),
            "TIMESTAMP": timestamp,
            **changes,
        }


@pytest.fixture
def begin_srp(call: Call, effects: FixedEffects) -> Callable[..., Awaitable[Exchange]]:
    """Give a function that begins a sign-in with SRP."""

    async def begin(
        client: Client, username: str, *, ephemeral: Ephemeral | None = None, **parameters: str
    ) -> Exchange:
        ephemeral = ephemeral or client_ephemeral(effects.random_bytes(32))
        reply = await call(
            "InitiateAuth",
            ClientId=client.client_id,
            AuthFlow="USER_SRP_AUTH",
            AuthParameters={"USERNAME": username, "SRP_A": ephemeral.public_hex, **parameters},
        )
        assert reply["ChallengeName"] == "PASSWORD_VERIFIER"
        return Exchange(ephemeral, reply["ChallengeParameters"], effects, client.pool_id)

    return begin


@pytest.fixture
def answer(call: Call) -> Call:
    """Give a function that answers a challenge."""

    async def send(
        client: Client, challenge: str, responses: dict[str, str], **members: Any
    ) -> dict[str, Any]:
        return await call(
            "RespondToAuthChallenge",
            ClientId=client.client_id,
            ChallengeName=challenge,
            ChallengeResponses=responses,
            **members,
        )

    return send


@pytest.fixture
def try_password(call: Call) -> Callable[..., Awaitable[str]]:
    """Give a function that tries a password in the clear and returns the words of refusal."""

    async def attempt(client: Client, username: str, password: str) -> str:
        try:
            await call(
                "InitiateAuth",
                ClientId=client.client_id,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": username, "PASSWORD": password},
            )
        except ServiceException as refusal:
            return refusal.message
        return ""

    return attempt


@pytest.fixture
def make_invited(call: Call) -> Callable[..., Awaitable[str]]:
    """Give a function that makes a user with a temporary password, and returns the `sub`."""

    async def make(pool: Pool, username: str, **attributes: str) -> str:
        made = await call(
            "AdminCreateUser",
            UserPoolId=pool.pool_id,
            Username=username,
            TemporaryPassword=TEMPORARY,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        )
        sub: str = made["User"]["Attributes"][0]["Value"]
        return sub

    return make


@pytest.fixture
def secret_of(context: Context) -> Callable[[Client], str]:
    """Give a function that returns the secret of a client."""

    def find(client: Client) -> str:
        secret = client_secret(context, client)
        assert secret is not None
        return secret

    return find
