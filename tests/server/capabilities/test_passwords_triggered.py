"""How often a stranger who asks for codes has the pool's functions called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from trigger_functions import Functions, triggered

from userpool.effects import FixedEffects
from userpool.server.records import Client, Pool
from userpool.wire.faults import (
    LimitExceededException,
    UserLambdaValidationException,
    UserNotFoundException,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

LIMIT = r"^Attempt limit exceeded, please try after some time\.$"
HOUR = 60 * 60


@pytest.fixture
async def pool(make_pool: Make) -> Pool:
    """A pool that asks for words, and for users whom it doesn't know."""
    pool: Pool = await make_pool(
        auto_verified_attributes=["email"], lambda_config=triggered("CustomMessage", "UserMigration")
    )
    return pool


async def test_words_are_asked_for_no_oftener_than_codes_are_sent(
    call: Call, pool: Pool, client: Client, make_user: Make, functions: Functions
) -> None:
    await make_user(pool, "ann", email="ann@example.com")
    for _ in range(5):
        await forgot(call, client, "ann")

    with pytest.raises(LimitExceededException, match=LIMIT):
        await forgot(call, client, "ann")

    assert functions.sources == ["CustomMessage_ForgotPassword"] * 5


async def test_words_that_are_refused_count_too(
    call: Call, pool: Pool, client: Client, make_user: Make, functions: Functions
) -> None:
    functions.refuse("CustomMessage", "not now")
    await make_user(pool, "ann", email="ann@example.com")
    for _ in range(5):
        with pytest.raises(UserLambdaValidationException, match="not now"):
            await forgot(call, client, "ann")

    with pytest.raises(LimitExceededException, match=LIMIT):
        await forgot(call, client, "ann")


@pytest.mark.parametrize("secret", ["LEGACY", "ENABLED"])
async def test_nobody_is_looked_for_five_times_an_hour(
    call: Call, pool: Pool, make_client: Make, functions: Functions, effects: FixedEffects, secret: str
) -> None:
    functions.reply("UserMigration")
    client = await make_client(pool, prevent_user_existence_errors=secret)
    for _ in range(5):
        await ask_for_nobody(call, client)

    with pytest.raises(LimitExceededException, match=LIMIT):
        await ask_for_nobody(call, client)
    assert functions.sources == ["UserMigration_ForgotPassword"] * 5

    effects.advance(HOUR)
    await ask_for_nobody(call, client)
    assert len(functions.sources) == 6


async def test_a_sign_up_code_is_worded_no_oftener_than_it_is_sent(
    call: Call, client: Client, functions: Functions
) -> None:
    person = {"ClientId": client.client_id, "Username": "ann"}
    address = [{"Name": "email", "Value": "ann@example.com"}]
    await call("SignUp", **person, Password="Correct-horse-1", UserAttributes=address)
    for _ in range(5):
        await call("ResendConfirmationCode", **person)

    with pytest.raises(LimitExceededException, match=LIMIT):
        await call("ResendConfirmationCode", **person)

    assert functions.sources == ["CustomMessage_SignUp"] + ["CustomMessage_ResendCode"] * 5


async def test_a_verification_code_is_worded_no_oftener_than_it_is_sent(
    call: Call, pool: Pool, client: Client, make_user: Make, sign_in: Call, functions: Functions
) -> None:
    await make_user(pool, "ann", email="ann@example.com", email_verified="false")
    asked = {"AccessToken": (await sign_in(client, "ann"))["AccessToken"], "AttributeName": "email"}
    for _ in range(5):
        await call("GetUserAttributeVerificationCode", **asked)

    with pytest.raises(LimitExceededException, match=LIMIT):
        await call("GetUserAttributeVerificationCode", **asked)

    assert functions.sources == ["CustomMessage_VerifyUserAttribute"] * 5


async def forgot(call: Call, client: Client, username: str) -> dict[str, Any]:
    """Ask for a code."""
    return await call("ForgotPassword", ClientId=client.client_id, Username=username)


async def ask_for_nobody(call: Call, client: Client) -> None:
    """Ask for a code for nobody, of a client that may say so."""
    try:
        await forgot(call, client, "nobody")
    except UserNotFoundException:
        assert client.description.prevent_user_existence_errors == "LEGACY"
