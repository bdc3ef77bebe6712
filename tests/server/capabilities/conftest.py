"""People in a pool, for the tests of what a pool does for them.

Fixtures:

- `pool`: a pool that verifies e-mail addresses.
- `client`: an app client of it that may send passwords.
- `make_user`: `await make_user(pool, "ann", email="ann@example.com")` makes a user with the password
  `Correct-horse-1` and returns the `sub`. An address is verified unless `email_verified` says otherwise.
- `sign_in`: `await sign_in(client, "ann")` signs in with that password and returns the AuthenticationResult.
- `trusting`: the id of an identity pool that lets in guests and users of `pool` by `client`.
- `logins_of`: `await logins_of("ann")` signs in and returns the Logins map of that identity pool.
- `described`: `await described(pool, "ann")` returns what AdminGetUser tells, with the attributes as a dict.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.server.records import Client, Pool

PASSWORD = "Correct-horse-1"
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]

Call = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def pool(make_pool: Callable[..., Awaitable[Pool]]) -> Pool:
    """A pool that verifies e-mail addresses."""
    return await make_pool(auto_verified_attributes=["email"])


@pytest.fixture
async def client(make_client: Callable[..., Awaitable[Client]], pool: Pool) -> Client:
    """A client that may send passwords."""
    return await make_client(pool, explicit_auth_flows=FLOWS)


@pytest.fixture
def make_user(call: Call) -> Callable[..., Awaitable[str]]:
    """Give a function that makes a user with a password of the user's own."""

    async def make(pool: Pool, username: str, **attributes: str) -> str:
        for name in ("email", "phone_number"):
            if name in attributes:
                attributes.setdefault(f"{name}_verified", "true")
        listed = [{"Name": name, "Value": value} for name, value in attributes.items()]
        made = await call(
            "AdminCreateUser",
            UserPoolId=pool.pool_id,
            Username=username,
            UserAttributes=listed,
            MessageAction="SUPPRESS",
        )
        await call(
            "AdminSetUserPassword",
            UserPoolId=pool.pool_id,
            Username=username,
            Password=PASSWORD,
            Permanent=True,
        )
        sub: str = made["User"]["Attributes"][0]["Value"]
        return sub

    return make


@pytest.fixture
def sign_in(call: Call) -> Call:
    """Give a function that signs in with a password."""

    async def run(client: Client, username: str, password: str = PASSWORD) -> dict[str, Any]:
        reply = await call(
            "InitiateAuth",
            ClientId=client.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": password},
        )
        result: dict[str, Any] = reply["AuthenticationResult"]
        return result

    return run


@pytest.fixture
def described(call: Call) -> Call:
    """Give a function that describes a user."""

    async def run(pool: Pool, username: str) -> dict[str, Any]:
        reply = await call("AdminGetUser", UserPoolId=pool.pool_id, Username=username)
        reply["attributes"] = {item["Name"]: item["Value"] for item in reply["UserAttributes"]}
        return reply

    return run


@pytest.fixture
async def trusting(make_identity_pool: Callable[..., Awaitable[str]], client: Client) -> str:
    """An identity pool that trusts `client`."""
    name = f"cognito-idp.us-east-1.amazonaws.com/{client.pool_id}"
    return await make_identity_pool(
        CognitoIdentityProviders=[{"ProviderName": name, "ClientId": client.client_id}]
    )


@pytest.fixture
def logins_of(
    make_user: Call, sign_in: Call, pool: Pool, client: Client
) -> Callable[..., Awaitable[dict[str, str]]]:
    """Give a function that signs somebody in, made if need be, and returns a Logins map."""
    made: set[str] = set()

    async def run(username: str) -> dict[str, str]:
        if username not in made:
            made.add(username)
            await make_user(pool, username, email=f"{username}@example.com")
        tokens = await sign_in(client, username)
        return {f"cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}": tokens["IdToken"]}

    return run
