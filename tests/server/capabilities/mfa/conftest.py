"""People in a pool with every second factor, for the tests of how they are set.

Fixtures:

- `pool`: MFA is optional; SMS, authenticators and e-mail are its factors.
- `token`: an access token of Ann, who has a verified address and a phone number.
- `set_factors`: `await set_factors(pool, "ON", "SmsMfaConfiguration", ...)` gives a pool these factors only.
- `seed`: `await seed(token)` associates and verifies an authenticator; it returns what shows its codes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pyotp
import pytest

from userpool.effects import FixedEffects
from userpool.server.records import Client, Pool
from userpool.wire.user_pools import EmailConfigurationTypeInput

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

FACTORS: dict[str, dict[str, Any]] = {
    "SmsMfaConfiguration": {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}},
    "SoftwareTokenMfaConfiguration": {"Enabled": True},
    "EmailMfaConfiguration": {"Subject": "Your code"},
}


@pytest.fixture
def set_factors(call: Call) -> Make:
    """Give a function that gives a pool second factors, by default all of them."""

    async def run(pool: Pool, mode: str = "OPTIONAL", *names: str) -> None:
        chosen = {name: FACTORS[name] for name in names or FACTORS}
        await call("SetUserPoolMfaConfig", UserPoolId=pool.pool_id, MfaConfiguration=mode, **chosen)

    return run


@pytest.fixture
async def pool(make_pool: Make, set_factors: Make) -> Pool:
    """A pool with every second factor."""
    pool: Pool = await make_pool(
        email_configuration=EmailConfigurationTypeInput(email_sending_account="DEVELOPER")
    )
    await set_factors(pool)
    return pool


@pytest.fixture
async def token(pool: Pool, client: Client, make_user: Make, sign_in: Call) -> str:
    """The access token of Ann."""
    await make_user(pool, "ann", email="ann@example.com", phone_number="+15550001234")
    token: str = (await sign_in(client, "ann"))["AccessToken"]
    return token


@pytest.fixture
def seed(call: Call, effects: FixedEffects) -> Callable[[str], Awaitable[Callable[[], str]]]:
    """Give a function that makes an authenticator the bearer's."""

    async def run(token: str) -> Callable[[], str]:
        secret = (await call("AssociateSoftwareToken", AccessToken=token))["SecretCode"]
        app = pyotp.TOTP(secret)
        code = app.at(int(effects.now()))
        await call("VerifySoftwareToken", AccessToken=token, UserCode=code, FriendlyDeviceName="Phone")
        return lambda: app.at(int(effects.now()))

    return run
