"""Sign-in with a password in the clear."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.crypto.modular import MASK_BYTES
from userpool.effects import FixedEffects
from userpool.server.records import Client, Pool
from userpool.tokens.claims import unverified_claims
from userpool.wire.faults import InvalidParameterException, NotAuthorizedException, UserNotFoundException

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]
Try = Callable[..., Awaitable[str]]


class CountingEffects(FixedEffects):
    """Effects that tell what was drawn: every power of a secret draws a mask of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn: list[int] = []

    def random_bytes(self, size: int) -> bytes:
        self.drawn.append(size)
        return super().random_bytes(size)


@pytest.fixture
def effects() -> CountingEffects:
    """The clock and the entropy of this test."""
    return CountingEffects()


INCORRECT = "Incorrect username or password."
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"]


async def test_the_right_password_signs_in(call: Call, pool: Pool, client: Client, make_user: Make) -> None:
    await make_user(pool, "ann")

    reply = await call(
        "InitiateAuth",
        ClientId=client.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann", "PASSWORD": "Correct-horse-1"},
    )

    assert set(reply) == {"AuthenticationResult", "ChallengeParameters"}
    assert reply["ChallengeParameters"] == {}
    assert reply["AuthenticationResult"]["TokenType"] == "Bearer"
    assert reply["AuthenticationResult"]["ExpiresIn"] == 3600


@pytest.mark.parametrize(
    "wrong", ["correct-horse-1", "Correct-horse-1 ", "Correct-horse-", "x", "p" * 256, "пароль", "\0"]
)
async def test_another_password_is_refused(
    pool: Pool, client: Client, make_user: Make, try_password: Try, wrong: str
) -> None:
    await make_user(pool, "ann")

    assert await try_password(client, "ann", wrong) == INCORRECT


async def test_during_a_lock_no_password_is_worked_on(
    pool: Pool, client: Client, make_user: Make, try_password: Try, effects: CountingEffects
) -> None:
    await make_user(pool, "ann")
    for _ in range(5):
        await try_password(client, "ann", "wrong")
    assert MASK_BYTES in effects.drawn
    effects.drawn.clear()

    answer = await try_password(client, "ann", "Correct-horse-1")

    assert answer == "Password attempts exceeded"
    assert MASK_BYTES not in effects.drawn


async def test_a_password_longer_than_any_is_a_failure_like_any_other(
    pool: Pool, client: Client, make_user: Make, try_password: Try
) -> None:
    await make_user(pool, "ann")

    answers = [await try_password(client, "ann", "p" * 100_000) for _ in range(6)]

    assert answers == [INCORRECT] * 5 + ["Password attempts exceeded"]


@pytest.mark.parametrize("name", ["USERNAME", "PASSWORD"])
@pytest.mark.parametrize("kind", ["missing", "empty"])
async def test_a_sign_in_needs_its_parameters(call: Call, client: Client, name: str, kind: str) -> None:
    parameters = {"USERNAME": "ann", "PASSWORD": "Correct-horse-1"}
    if kind == "missing":
        del parameters[name]
    else:
        parameters[name] = ""

    with pytest.raises(InvalidParameterException) as caught:
        await call(
            "InitiateAuth",
            ClientId=client.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters=parameters,
        )

    assert caught.value.message == f"Missing required parameter {name}"


async def test_a_sign_in_without_parameters_is_told_what_is_missing(call: Call, client: Client) -> None:
    with pytest.raises(InvalidParameterException) as caught:
        await call("InitiateAuth", ClientId=client.client_id, AuthFlow="USER_PASSWORD_AUTH")

    assert caught.value.message == "Missing required parameter USERNAME"


async def test_a_user_may_come_by_the_sub_or_by_a_verified_alias(
    make_pool: Make, make_client: Make, make_user: Make, sign_in: Call
) -> None:
    pool = await make_pool(alias_attributes=["email", "phone_number"])
    client = await make_client(pool, explicit_auth_flows=FLOWS)
    sub = await make_user(pool, "ann", email="ann@example.com", phone_number="+15550100")

    for name in (sub, "ann@example.com", "+15550100"):
        result = await sign_in(client, name)

        assert unverified_claims(result["IdToken"])["cognito:username"] == "ann"


async def test_an_alias_that_is_not_verified_is_nobodys(
    make_pool: Make, make_client: Make, make_user: Make, call: Call
) -> None:
    pool = await make_pool(alias_attributes=["email"])
    client = await make_client(pool, explicit_auth_flows=FLOWS)
    await make_user(pool, "ann", email="ann@example.com", email_verified="false")

    with pytest.raises(UserNotFoundException):
        await call(
            "InitiateAuth",
            ClientId=client.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ann@example.com", "PASSWORD": "Correct-horse-1"},
        )


async def test_a_user_of_another_pool_is_nobody_here(
    make_pool: Make, make_client: Make, make_user: Make, call: Call
) -> None:
    client = await make_client(await make_pool(), explicit_auth_flows=FLOWS)
    sub = await make_user(await make_pool(), "ann")

    for name in ("ann", sub):
        with pytest.raises(UserNotFoundException):
            await call(
                "InitiateAuth",
                ClientId=client.client_id,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": name, "PASSWORD": "Correct-horse-1"},
            )


async def test_nobody_is_refused_like_a_wrong_password(
    pool: Pool, make_client: Make, try_password: Try
) -> None:
    client = await make_client(pool, explicit_auth_flows=FLOWS, prevent_user_existence_errors="ENABLED")

    assert await try_password(client, "nobody", "Correct-horse-1") == INCORRECT


@pytest.mark.parametrize("flow", ["ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"])
async def test_an_administrator_may_send_a_password_under_two_names(
    call: Call, pool: Pool, make_client: Make, make_user: Make, flow: str
) -> None:
    client = await make_client(pool, explicit_auth_flows=FLOWS)
    await make_user(pool, "ann")
    request = {"UserPoolId": pool.pool_id, "ClientId": client.client_id, "AuthFlow": flow}

    reply = await call(
        "AdminInitiateAuth", **request, AuthParameters={"USERNAME": "ann", "PASSWORD": "Correct-horse-1"}
    )

    assert reply["AuthenticationResult"]["RefreshToken"]
    with pytest.raises(NotAuthorizedException, match=INCORRECT):
        await call("AdminInitiateAuth", **request, AuthParameters={"USERNAME": "ann", "PASSWORD": "wrong"})


@pytest.mark.parametrize(
    "name", ["\0", "a\0b", "\U0001d54f" * 500, "' OR 1=1 --", "%", "a" * 100_000, "\r\n"]
)
async def test_a_name_of_any_kind_is_nobodys(
    pool: Pool, make_client: Make, try_password: Try, name: str
) -> None:
    client = await make_client(pool, explicit_auth_flows=FLOWS, prevent_user_existence_errors="ENABLED")

    assert await try_password(client, name, "Correct-horse-1") == INCORRECT
