"""People and pools with triggers.

Fixtures, beside those of a server:

- `begin`: `client = await begin("PreSignUp", ...)` makes a pool with these triggers, which verifies e-mail, and
  an app client of it that may send passwords. Members of CreateUserPool may be given by keyword, and `client=` has
  members of CreateUserPoolClient.
- `join`: `await join(client, "ann", email=...)` signs somebody up with the password `Correct-horse-1`.
- `sign_in`: `await sign_in(client, "ann")` signs in with it and returns the AuthenticationResult.
- `described`: `await described(client, "ann")` returns what AdminGetUser tells, with the attributes as a dict.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from trigger_functions import triggered

from userpool.server.messages.inbox import Inbox
from userpool.server.records import Client

PASSWORD = "Correct-horse-1"
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]


@pytest.fixture
def begin(make_pool: Make, make_client: Make) -> Make:
    """Give a function that makes a pool with triggers, and an app client."""

    async def make(
        *names: str,
        config: dict[str, Any] | None = None,
        client: dict[str, Any] | None = None,
        **members: Any,
    ) -> Client:
        asked = {"auto_verified_attributes": ["email"], **members}
        pool = await make_pool(lambda_config=triggered(*names, **(config or {})), **asked)
        made: Client = await make_client(pool, **{"explicit_auth_flows": FLOWS, **(client or {})})
        return made

    return make


@pytest.fixture
def join(call: Call) -> Call:
    """Give a function that signs somebody up."""

    async def run(client: Client, username: str = "ann", **attributes: str) -> dict[str, Any]:
        metadata = attributes.pop("metadata", None)
        return await call(
            "SignUp",
            ClientId=client.client_id,
            Username=username,
            Password=PASSWORD,
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
            **({"ClientMetadata": {"said": metadata}} if metadata else {}),
        )

    return run


@pytest.fixture
def confirm(call: Call, inbox: Inbox) -> Call:
    """Give a function that confirms somebody by the newest code."""

    async def run(client: Client, username: str = "ann", **members: Any) -> dict[str, Any]:
        code = inbox.messages()[0].code
        return await call(
            "ConfirmSignUp",
            ClientId=client.client_id,
            Username=username,
            ConfirmationCode=code,
            **members,
        )

    return run


@pytest.fixture
def sign_in(call: Call) -> Call:
    """Give a function that signs in with a password."""

    async def run(client: Client, username: str = "ann", **members: Any) -> dict[str, Any]:
        password = members.pop("password", PASSWORD)
        reply = await call(
            "InitiateAuth",
            ClientId=client.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": password},
            **members,
        )
        result: dict[str, Any] = reply["AuthenticationResult"]
        return result

    return run


@pytest.fixture
def described(call: Call) -> Call:
    """Give a function that describes a user."""

    async def run(client: Client, username: str = "ann") -> dict[str, Any]:
        reply = await call("AdminGetUser", UserPoolId=client.pool_id, Username=username)
        reply["attributes"] = {item["Name"]: item["Value"] for item in reply["UserAttributes"]}
        return reply

    return run


@pytest.fixture
def admit(call: Call) -> Call:
    """Give a function that makes a confirmed user with the password of these tests."""

    async def run(client: Client, username: str = "ann", **attributes: str) -> None:
        listed = [{"Name": name, "Value": value} for name, value in attributes.items()]
        members = {"UserPoolId": client.pool_id, "Username": username}
        await call("AdminCreateUser", **members, UserAttributes=listed, MessageAction="SUPPRESS")
        await call("AdminSetUserPassword", **members, Password=PASSWORD, Permanent=True)

    return run
