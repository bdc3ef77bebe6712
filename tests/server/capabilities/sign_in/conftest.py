"""Sign-ins step by step, with the client's half of SRP computed by `userpool.crypto.srp`.

Fixtures, besides those of the folder above:

- `begin_srp`: `await begin_srp(client, "ann")` sends USER_SRP_AUTH and returns an `Exchange`: its `parameters` are the
  challenge's, its `responses(password)` the ChallengeResponses that a client makes of them. Keyword arguments
  replace or add AuthParameters.
- `exchange_of`: the same `Exchange` for the challenge of another flow.
- `answer`: `await answer(client, "PASSWORD_VERIFIER", responses, Session=...)` sends RespondToAuthChallenge.
- `try_password`: `await try_password(client, "ann", "wrong")` returns the service's words of refusal, or "" for a
  sign-in that succeeded.
- `make_invited`: `await make_invited(pool, "ann", email=...)` makes a user whose temporary password is
  `Temporary-1`.
- `secret_of`: `secret_of(client)` is the secret of an app client.
- `password`: the password that `make_user` gives everybody.
- `door`: "public", unless a test names "admin", too. `await enter(client, "ann")` sends a password there and
  returns the reply, `await respond(client, "SMS_MFA", session, SMS_MFA_CODE=...)` an answer; USERNAME is ann
  unless it is given.
- `make_mfa_pool`: `await make_mfa_pool("ON", "SMS_MFA", ...)` makes a pool with these second factors.
- `authenticator`: `await authenticator(client, "ann")` sets one up and gives a function that shows its code; no code is
  shown twice.
- `functions`: the pool's triggers. `functions["PreAuthentication"] = function` sets one, `functions.calls` lists the
  events that came; `make_triggered` makes a pool that has those that are named.
- `remember`: `await remember(reply)` confirms the device that a sign-in was given, and returns a `Remembered`.
- `claims_of`: what a token claims.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from userpool.crypto.device import DEVICE_RANDOM_BYTES, DeviceSecret, new_device_secret
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
from userpool.server.build import Server, open_server
from userpool.server.context import Context
from userpool.server.finding import client_secret
from userpool.server.records import Client, Pool
from userpool.server.settings import Settings
from userpool.server.triggers.configured import FIELDS
from userpool.tokens.claims import unverified_claims
from userpool.wire.fault import ServiceException
from userpool.wire.user_pools import EmailConfigurationTypeInput, LambdaConfigTypeInput

Call = Callable[..., Awaitable[dict[str, Any]]]

TEMPORARY = "Temporary-1"
DOORS = {
    "public": ("InitiateAuth", "RespondToAuthChallenge", "USER_PASSWORD_AUTH"),
    "admin": ("AdminInitiateAuth", "AdminRespondToAuthChallenge", "ADMIN_USER_PASSWORD_AUTH"),
}
ALL_FLOWS = [
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_CUSTOM_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_USER_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
]
FACTORS: dict[str, dict[str, Any]] = {
    "SMS_MFA": {
        "SmsMfaConfiguration": {
            "SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"},
        }
    },
    "SOFTWARE_TOKEN_MFA": {"SoftwareTokenMfaConfiguration": {"Enabled": True}},
    "EMAIL_OTP": {"EmailMfaConfiguration": {}},
}


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
def exchange_of(effects: FixedEffects) -> Callable[[Client, Ephemeral, dict[str, str]], Exchange]:
    """Give a function that makes an exchange of a PASSWORD_VERIFIER challenge, whatever flow it is of."""

    def make(client: Client, ephemeral: Ephemeral, parameters: dict[str, str]) -> Exchange:
        return Exchange(ephemeral, parameters, effects, client.pool_id)

    return make


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
async def client(make_client: Callable[..., Awaitable[Client]], pool: Pool) -> Client:
    """A client that may begin every flow."""
    return await make_client(pool, explicit_auth_flows=ALL_FLOWS)


@pytest.fixture
def door() -> str:
    """The door that `enter` and `respond` use."""
    return "public"


@pytest.fixture
def enter(call: Call, door: str, password: str) -> Call:
    """Give a function that begins a sign-in with a password, or with any flow."""

    async def run(
        client: Client,
        username: str = "ann",
        *,
        flow: str | None = None,
        metadata: dict[str, str] | None = None,
        session: str | None = None,
        **parameters: str,
    ) -> dict[str, Any]:
        given = {"USERNAME": username, **parameters}
        if flow is None:
            given.setdefault("PASSWORD", password)
        return await call(
            DOORS[door][0],
            **({"UserPoolId": client.pool_id} if door == "admin" else {}),
            **({"ClientMetadata": metadata} if metadata is not None else {}),
            **({"Session": session} if session is not None else {}),
            ClientId=client.client_id,
            AuthFlow=flow or DOORS[door][2],
            AuthParameters=given,
        )

    return run


@pytest.fixture
def respond(call: Call, door: str) -> Call:
    """Give a function that answers a challenge at the same door."""

    async def run(
        client: Client,
        challenge: str,
        session: str | None,
        *,
        metadata: dict[str, str] | None = None,
        **responses: str,
    ) -> dict[str, Any]:
        return await call(
            DOORS[door][1],
            **({"UserPoolId": client.pool_id} if door == "admin" else {}),
            **({"ClientMetadata": metadata} if metadata is not None else {}),
            **({"Session": session} if session is not None else {}),
            ClientId=client.client_id,
            ChallengeName=challenge,
            ChallengeResponses={"USERNAME": "ann", **responses},
        )

    return run


@pytest.fixture
def make_mfa_pool(call: Call, make_pool: Callable[..., Awaitable[Pool]], context: Context) -> Any:
    """Give a function that makes a pool with second factors."""

    async def make(mode: str, *factors: str, **members: Any) -> Pool:
        email = EmailConfigurationTypeInput(email_sending_account="DEVELOPER")
        pool = await make_pool(**{"email_configuration": email, **members})
        blocks = {name: block for factor in factors for name, block in FACTORS[factor].items()}
        await call("SetUserPoolMfaConfig", UserPoolId=pool.pool_id, MfaConfiguration=mode, **blocks)
        context.directory.forget(pool_id=pool.pool_id)
        found = await context.directory.pool(pool.pool_id)
        assert found is not None
        return found

    return make


@pytest.fixture
def authenticator(call: Call, sign_in: Call, effects: FixedEffects) -> Any:
    """Give a function that sets up an authenticator by somebody else's code, and switches it on."""

    async def run(client: Client, username: str = "ann", *, name: str = "Phone") -> Callable[[], str]:
        token = (await sign_in(client, username))["AccessToken"]
        secret = (await call("AssociateSoftwareToken", AccessToken=token))["SecretCode"]
        shown = shows(secret, effects)
        await call("VerifySoftwareToken", AccessToken=token, UserCode=shown(), FriendlyDeviceName=name)
        settings = {"Enabled": True, "PreferredMfa": False}
        await call("SetUserMFAPreference", AccessToken=token, SoftwareTokenMfaSettings=settings)
        return shown

    return run


@pytest.fixture
def shown_by(effects: FixedEffects) -> Callable[[str], Callable[[], str]]:
    """Give a function that takes a SecretCode and gives one that shows its codes."""
    return partial(shows, effects=effects)


def shows(secret: str, effects: FixedEffects) -> Callable[[], str]:
    """Return what an authenticator shows; it waits for the next code before it shows one."""

    def show() -> str:
        effects.advance(30)
        return pyotp.TOTP(secret).at(int(effects.now()))

    return show


class Functions(dict[str, Callable[[dict[str, Any]], Any]]):
    """What a pool's triggers do: a function, plain or not, takes the event and returns members of the response."""

    def __init__(self) -> None:
        """Begin with triggers that do nothing."""
        super().__init__()
        self.calls: list[dict[str, Any]] = []

    @property
    def sources(self) -> list[str]:
        """The events that came, by their triggerSource."""
        return [event["triggerSource"] for event in self.calls]

    async def run(self, event: dict[str, Any], *, trigger: str) -> dict[str, Any]:
        """Answer an event."""
        self.calls.append(event)
        reply = self[trigger](event) if trigger in self else None
        if isinstance(reply, Awaitable):
            reply = await reply
        return {**event, "response": {**event["response"], **(reply or {})}}


@pytest.fixture
def functions() -> Functions:
    """What the pool's triggers do."""
    return Functions()


@pytest.fixture
async def server(
    database_url: str,
    effects: FixedEffects,
    make_key: Callable[[], RSAPrivateKey],
    tmp_path: Path,
    functions: Functions,
) -> AsyncIterator[Server]:
    """A server on an empty database, with triggers."""
    key_file = None if database_url == "sqlite://" else str(tmp_path / "seal.key")
    settings = Settings(database_url=database_url, dev=True, seal_key_file=key_file)
    triggers = {name: partial(functions.run, trigger=name) for name in FIELDS}
    server = await open_server(settings, effects=effects, triggers=triggers, make_key=make_key)
    yield server
    await server.close()


@pytest.fixture
def make_triggered(make_pool: Callable[..., Awaitable[Pool]]) -> Callable[..., Awaitable[Pool]]:
    """Give a function that makes a pool with the triggers that are named."""

    async def make(*names: str, **members: Any) -> Pool:
        arns = {FIELDS[name]: f"arn:aws:lambda:us-east-1:123456789012:function:{name}" for name in names}  # type: ignore[index]
        return await make_pool(lambda_config=LambdaConfigTypeInput(**arns), **members)

    return make


class Remembered:
    """The client's half of a device that was confirmed."""

    def __init__(self, key: str, group_key: str, secret: DeviceSecret, effects: FixedEffects) -> None:
        """Take its keys and its secret."""
        self.key = key
        self._identity = SrpIdentity(group_key, key)
        self._secret = secret
        self._effects = effects
        self._ephemeral = client_ephemeral(effects.random_bytes(32))

    def begin(self) -> dict[str, str]:
        """Return the ChallengeResponses of DEVICE_SRP_AUTH."""
        self._ephemeral = client_ephemeral(self._effects.random_bytes(32))
        return {"DEVICE_KEY": self.key, "SRP_A": self._ephemeral.public_hex}

    def prove(self, parameters: dict[str, str], *, password: str | None = None) -> dict[str, str]:
        """Return the ChallengeResponses of DEVICE_PASSWORD_VERIFIER."""
        timestamp = format_timestamp(self._effects.now())
        key = client_key(
            self._ephemeral,
            parse_hex(parameters["SRP_B"]),
            identity=self._identity,
            password=password or self._secret.password,
            salt=parse_hex(parameters["SALT"]),
        )
        block = parameters["SECRET_BLOCK"]
        proof = claim_signature(key, self._identity, secret_block=b64decode(block), timestamp=timestamp)
        return {
            "DEVICE_KEY": self.key,
            "PASSWORD_CLAIM_SECRET_BLOCK": block,
            "PASSWORD_CLAIM_SIGNATURE": b64encode(proof).decode(),
            "TIMESTAMP": timestamp,
        }


@pytest.fixture
def remember(call: Call, effects: FixedEffects) -> Callable[..., Awaitable[Remembered]]:
    """Give a function that confirms the device that a sign-in was given."""

    async def run(reply: dict[str, Any], *, with_secret: bool = True) -> Remembered:
        result = reply["AuthenticationResult"]
        key, group_key = (result["NewDeviceMetadata"][name] for name in ("DeviceKey", "DeviceGroupKey"))
        secret = new_device_secret(group_key, key, random=effects.random_bytes(DEVICE_RANDOM_BYTES))
        config = {"PasswordVerifier": secret.verifier_b64, "Salt": secret.salt_b64}
        more = {"DeviceSecretVerifierConfig": config} if with_secret else {}
        await call("ConfirmDevice", AccessToken=result["AccessToken"], DeviceKey=key, **more)
        return Remembered(key, group_key, secret, effects)

    return run


@pytest.fixture
def claims_of() -> Callable[[str], dict[str, Any]]:
    """Give a function that reads a token."""
    return unverified_claims


@pytest.fixture
def secret_of(context: Context) -> Callable[[Client], str]:
    """Give a function that returns the secret of a client."""

    def find(client: Client) -> str:
        secret = client_secret(context, client)
        assert secret is not None
        return secret

    return find
