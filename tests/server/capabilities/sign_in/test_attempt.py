"""Attempts at a password: what is counted, when a lock falls, and what a proved password leads to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.build import open_server
from userpool.server.records import Client, Pool
from userpool.server.settings import Settings
from userpool.wire.faults import (
    NotAuthorizedException,
    PasswordResetRequiredException,
    UserNotConfirmedException,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]
Try = Callable[..., Awaitable[str]]

INCORRECT = "Incorrect username or password."
EXCEEDED = "Password attempts exceeded"
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]


@pytest.fixture
async def secretive(make_client: Make, pool: Pool) -> Client:
    """A client whose users stay unknown to strangers."""
    client: Client = await make_client(
        pool, explicit_auth_flows=FLOWS, prevent_user_existence_errors="ENABLED"
    )
    return client


@pytest.fixture
def fail(try_password: Try) -> Callable[..., Awaitable[list[str]]]:
    """Give a function that tries a wrong password several times."""

    async def run(client: Client, username: str, *, times: int) -> list[str]:
        return [await try_password(client, username, "wrong") for _ in range(times)]

    return run


# ---- the lock ----


async def test_the_fifth_failure_locks_even_the_right_password_out(
    pool: Pool, client: Client, make_user: Make, fail: Make, try_password: Try, password: str
) -> None:
    await make_user(pool, "ann")

    answers = await fail(client, "ann", times=5)

    assert answers == [INCORRECT] * 5
    assert await try_password(client, "ann", password) == EXCEEDED


async def test_four_failures_lock_nobody_out(
    pool: Pool, client: Client, make_user: Make, fail: Make, try_password: Try, password: str
) -> None:
    await make_user(pool, "ann")

    await fail(client, "ann", times=4)

    assert await try_password(client, "ann", password) == ""


async def test_after_the_lock_the_right_password_is_let_in_and_the_count_begins_anew(
    pool: Pool,
    client: Client,
    make_user: Make,
    fail: Make,
    try_password: Try,
    password: str,
    effects: FixedEffects,
) -> None:
    await make_user(pool, "ann")
    await fail(client, "ann", times=5)

    effects.advance(1)

    assert await try_password(client, "ann", password) == ""
    assert await fail(client, "ann", times=5) == [INCORRECT] * 5
    assert await try_password(client, "ann", password) == EXCEEDED


async def test_each_further_failure_doubles_the_lock(
    pool: Pool,
    client: Client,
    make_user: Make,
    fail: Make,
    try_password: Try,
    password: str,
    effects: FixedEffects,
) -> None:
    await make_user(pool, "ann")
    await fail(client, "ann", times=5)

    for seconds in (1, 2, 4):
        effects.advance(seconds - 0.001)
        assert await try_password(client, "ann", password) == EXCEEDED
        effects.advance(0.001)
        assert await try_password(client, "ann", "wrong") == INCORRECT


async def test_attempts_during_a_lock_do_not_lengthen_it(
    pool: Pool,
    client: Client,
    make_user: Make,
    fail: Make,
    try_password: Try,
    password: str,
    effects: FixedEffects,
) -> None:
    await make_user(pool, "ann")
    await fail(client, "ann", times=5)

    assert await fail(client, "ann", times=20) == [EXCEEDED] * 20
    effects.advance(1)

    assert await try_password(client, "ann", password) == ""


async def test_one_lock_stands_before_every_door(
    call: Call, pool: Pool, client: Client, make_user: Make, begin_srp: Make, answer: Call, password: str
) -> None:
    await make_user(pool, "ann")
    exchanges = [await begin_srp(client, "ann") for _ in range(6)]
    for exchange in exchanges[:5]:
        with pytest.raises(NotAuthorizedException, match=INCORRECT):
            await answer(client, "PASSWORD_VERIFIER", exchange.responses("wrong"))

    with pytest.raises(NotAuthorizedException, match=EXCEEDED):
        await answer(client, "PASSWORD_VERIFIER", exchanges[5].responses(password))
    with pytest.raises(NotAuthorizedException, match=EXCEEDED):
        await begin_srp(client, "ann")


async def test_a_lock_is_one_users_alone(
    pool: Pool, client: Client, make_user: Make, fail: Make, try_password: Try, password: str
) -> None:
    await make_user(pool, "ann")
    await make_user(pool, "bob")

    await fail(client, "ann", times=5)

    assert await try_password(client, "bob", password) == ""


async def test_a_lock_leaves_signed_in_sessions_alone(
    call: Call, pool: Pool, client: Client, make_user: Make, sign_in: Call, fail: Make
) -> None:
    await make_user(pool, "ann")
    tokens = await sign_in(client, "ann")

    await fail(client, "ann", times=5)

    assert await call("GetUser", AccessToken=tokens["AccessToken"])
    assert await call(
        "InitiateAuth",
        ClientId=client.client_id,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
    )


async def test_of_fifty_guesses_at_once_no_more_than_the_budget_are_judged(
    pool: Pool, client: Client, make_user: Make, try_password: Try, password: str
) -> None:
    await make_user(pool, "ann")
    guesses = ["wrong"] * 49 + [password]

    answers = await asyncio.gather(*(try_password(client, "ann", guess) for guess in guesses))

    # A right one that was judged before the lock fell begins the count anew; any other learned nothing.
    assert set(answers) <= {INCORRECT, EXCEEDED, ""}
    assert answers.count(INCORRECT) == 5 if answers[-1] == EXCEEDED else answers.count(INCORRECT) <= 9


async def test_a_right_guess_after_the_lock_fell_is_answered_by_the_lock(
    pool: Pool, client: Client, make_user: Make, begin_srp: Make, answer: Call, password: str
) -> None:
    await make_user(pool, "ann")
    exchanges = [await begin_srp(client, "ann") for _ in range(20)]
    passwords = ["wrong"] * 10 + [password] * 10

    async def guess(number: int) -> str:
        try:
            await answer(client, "PASSWORD_VERIFIER", exchanges[number].responses(passwords[number]))
        except NotAuthorizedException as refusal:
            return refusal.message
        return ""

    for number in range(5):
        assert await guess(number) == INCORRECT
    answers = await asyncio.gather(*(guess(number) for number in range(5, 20)))

    assert answers == [EXCEEDED] * 15


async def test_nobody_is_counted_like_a_user(
    secretive: Client, fail: Make, try_password: Try, effects: FixedEffects
) -> None:
    assert await fail(secretive, "nobody", times=6) == [INCORRECT] * 5 + [EXCEEDED]

    effects.advance(1)

    assert await fail(secretive, "nobody", times=2) == [INCORRECT, EXCEEDED]
    assert await try_password(secretive, "nobody else", "wrong") == INCORRECT


async def test_nobody_is_locked_out_of_srp_too(secretive: Client, fail: Make, begin_srp: Make) -> None:
    await fail(secretive, "nobody", times=5)

    with pytest.raises(NotAuthorizedException, match=EXCEEDED):
        await begin_srp(secretive, "nobody")


async def test_a_lock_is_in_the_database_and_not_in_the_process(
    pool: Pool,
    client: Client,
    make_user: Make,
    fail: Make,
    call: Call,
    database_url: str,
    tmp_path: Any,
    effects: FixedEffects,
    password: str,
) -> None:
    if database_url == "sqlite://":
        pytest.skip("what is in memory ends with the process")
    await make_user(pool, "ann")
    await fail(client, "ann", times=5)

    second = await open_server(
        Settings(database_url=database_url, seal_key_file=str(tmp_path / "seal.key")), effects=effects
    )
    try:
        reply = await second.rpc.answer(
            {"x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth"},
            b'{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":"%s","AuthParameters":{"USERNAME":"ann","PASSWORD":"%s"}}'
            % (client.client_id.encode(), password.encode()),
        )
    finally:
        await second.close()

    assert EXCEEDED.encode() in reply.body


# ---- what a proved password leads to ----


async def test_a_user_who_is_not_confirmed_is_told_so_with_the_right_password_only(
    call: Call, secretive: Client, try_password: Try, password: str
) -> None:
    await call("SignUp", ClientId=secretive.client_id, Username="ann", Password=password)

    assert await try_password(secretive, "ann", "wrong") == INCORRECT
    with pytest.raises(UserNotConfirmedException) as caught:
        await call(
            "InitiateAuth",
            ClientId=secretive.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ann", "PASSWORD": password},
        )
    assert caught.value.message == "User is not confirmed."


@pytest.mark.parametrize("existence_errors", ["LEGACY", "ENABLED"])
async def test_a_password_that_was_reset_by_an_administrator_is_answered_as_the_client_wants(
    call: Call,
    pool: Pool,
    make_client: Make,
    make_user: Make,
    password: str,
    existence_errors: str,
) -> None:
    client = await make_client(
        pool, explicit_auth_flows=FLOWS, prevent_user_existence_errors=existence_errors
    )
    await make_user(pool, "ann", email="ann@example.com")
    await call("AdminResetUserPassword", UserPoolId=pool.pool_id, Username="ann")
    expected = {"LEGACY": PasswordResetRequiredException, "ENABLED": NotAuthorizedException}

    with pytest.raises(expected[existence_errors]):
        await call(
            "InitiateAuth",
            ClientId=client.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ann", "PASSWORD": password},
        )


@pytest.mark.parametrize(
    ("existence_errors", "text"), [("LEGACY", "User is disabled."), ("ENABLED", INCORRECT)]
)
@pytest.mark.parametrize("right", [True, False], ids=["right password", "wrong password"])
async def test_a_disabled_user_is_answered_as_the_client_wants(
    call: Call,
    pool: Pool,
    make_client: Make,
    make_user: Make,
    try_password: Try,
    password: str,
    existence_errors: str,
    text: str,
    *,
    right: bool,
) -> None:
    client = await make_client(
        pool, explicit_auth_flows=FLOWS, prevent_user_existence_errors=existence_errors
    )
    await make_user(pool, "ann")
    await call("AdminDisableUser", UserPoolId=pool.pool_id, Username="ann")

    answer = await try_password(client, "ann", password if right else "wrong")

    assert answer == text


async def test_a_temporary_password_works_until_it_expires(
    call: Call, pool: Pool, client: Client, make_invited: Make, try_password: Try, effects: FixedEffects
) -> None:
    await make_invited(pool, "ann")
    seven_days = 7 * 24 * 60 * 60

    effects.advance(seven_days - 1)
    assert await try_password(client, "ann", "Temporary-1") == ""
    effects.advance(1)

    assert (
        await try_password(client, "ann", "Temporary-1")
        == "Temporary password has expired and must be reset by an administrator."
    )


async def test_two_sign_ins_of_one_user_are_two_sessions(
    call: Call, pool: Pool, client: Client, make_user: Make, sign_in: Call
) -> None:
    await make_user(pool, "ann")
    first, second = await sign_in(client, "ann"), await sign_in(client, "ann")

    await call("RevokeToken", ClientId=client.client_id, Token=first["RefreshToken"])

    with pytest.raises(NotAuthorizedException):
        await call("GetUser", AccessToken=first["AccessToken"])
    assert await call("GetUser", AccessToken=second["AccessToken"])
