"""Passwords changed by their owners, and set or voided by administrators."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.messages.inbox import Inbox
from userpool.server.records import Client, Pool
from userpool.wire.faults import (
    InvalidParameterException,
    InvalidPasswordException,
    LimitExceededException,
    NotAuthorizedException,
    PasswordResetRequiredException,
    UserNotFoundException,
)
from userpool.wire.user_pools import (
    AccountRecoverySettingTypeInput,
    PasswordPolicyTypeInput,
    RecoveryOptionTypeInput,
    UserPoolPolicyTypeInput,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

OLD = "Correct-horse-1"
NEW = "Battery-staple-2"
HOUR = 60 * 60
DAY = 24 * HOUR


@pytest.fixture
async def token(pool: Pool, client: Client, make_user: Make, sign_in: Call) -> str:
    """The access token of Ann, who has a verified address."""
    await make_user(pool, "ann", email="ann@example.com")
    return (await sign_in(client, "ann"))["AccessToken"]


# ---- ChangePassword ----


async def test_a_password_is_changed_by_whoever_knows_it(
    call: Call, client: Client, token: str, sign_in: Call
) -> None:
    assert await change(call, token, OLD, NEW) == {}

    assert await sign_in(client, "ann", NEW)
    with pytest.raises(NotAuthorizedException, match=r"^Incorrect username or password\.$"):
        await sign_in(client, "ann", OLD)


async def test_whoever_is_signed_in_stays_so_when_the_password_changes(call: Call, token: str) -> None:
    await change(call, token, OLD, NEW)

    assert (await call("GetUser", AccessToken=token))["Username"] == "ann"


async def test_a_changed_password_shows_in_the_date_of_the_last_change(
    call: Call, pool: Pool, token: str, described: Call, effects: FixedEffects
) -> None:
    effects.advance(90)

    await change(call, token, OLD, NEW)

    user = await described(pool, "ann")
    assert user["UserLastModifiedDate"] == user["UserCreateDate"] + 90


async def test_the_wrong_previous_password_changes_nothing(
    call: Call, client: Client, token: str, sign_in: Call
) -> None:
    with pytest.raises(NotAuthorizedException, match=r"^Incorrect username or password\.$"):
        await change(call, token, "Wrong-password-3", NEW)

    assert await sign_in(client, "ann", OLD)


async def test_a_user_with_a_password_has_to_give_it(call: Call, token: str) -> None:
    with pytest.raises(NotAuthorizedException, match=r"^Incorrect username or password\.$"):
        await call("ChangePassword", AccessToken=token, ProposedPassword=NEW)


async def test_a_new_password_obeys_the_policy(call: Call, token: str) -> None:
    with pytest.raises(
        InvalidPasswordException,
        match=r"^Password did not conform with policy: Password must have uppercase characters$",
    ):
        await change(call, token, OLD, "battery-staple-2")


async def test_a_password_is_changed_five_times_an_hour(
    call: Call, client: Client, token: str, sign_in: Call, effects: FixedEffects
) -> None:
    for _ in range(5):
        await change(call, token, OLD, OLD)

    with pytest.raises(
        LimitExceededException, match=r"^Attempt limit exceeded, please try after some time\.$"
    ):
        await change(call, token, OLD, NEW)

    effects.advance(HOUR)
    assert await change(call, (await sign_in(client, "ann"))["AccessToken"], OLD, NEW) == {}


async def test_a_wrong_previous_password_counts_as_a_change(
    call: Call, client: Client, token: str, sign_in: Call, effects: FixedEffects
) -> None:
    for _ in range(5):
        with pytest.raises(NotAuthorizedException, match=r"^Incorrect username or password\.$"):
            await change(call, token, "Wrong-password-3", NEW)

    with pytest.raises(
        LimitExceededException, match=r"^Attempt limit exceeded, please try after some time\.$"
    ):
        await change(call, token, OLD, NEW)

    effects.advance(HOUR)
    assert await change(call, (await sign_in(client, "ann"))["AccessToken"], OLD, NEW) == {}


async def test_whoever_holds_a_token_only_locks_nobody_out(
    call: Call, client: Client, token: str, sign_in: Call
) -> None:
    for _ in range(6):
        with pytest.raises((NotAuthorizedException, LimitExceededException)):
            await change(call, token, "Wrong-password-3", NEW)

    assert await sign_in(client, "ann", OLD)


async def test_a_lock_of_sign_ins_is_no_lock_of_changes_and_is_lifted_by_one(
    call: Call, client: Client, token: str, sign_in: Call
) -> None:
    for _ in range(5):
        with pytest.raises(NotAuthorizedException, match="Incorrect"):
            await sign_in(client, "ann", "Wrong-password-3")

    assert await change(call, token, OLD, NEW) == {}

    assert await sign_in(client, "ann", NEW)


async def test_guesses_sent_together_are_no_more_than_guesses_one_by_one(call: Call, token: str) -> None:
    guesses = [change(call, token, f"Wrong-password-{number}", NEW) for number in range(8)]

    outcomes = await asyncio.gather(*guesses, return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        *["LimitExceededException"] * 3,
        *["NotAuthorizedException"] * 5,
    ]


async def test_a_password_that_was_voided_is_not_changed(call: Call, pool: Pool, token: str) -> None:
    await call("AdminResetUserPassword", UserPoolId=pool.pool_id, Username="ann")

    with pytest.raises(PasswordResetRequiredException, match=r"^Password reset required for the user$"):
        await change(call, token, OLD, NEW)


async def test_a_password_that_an_administrator_sets_meanwhile_stands(
    call: Call, pool: Pool, client: Client, token: str, sign_in: Call
) -> None:
    setting = call(
        "AdminSetUserPassword", UserPoolId=pool.pool_id, Username="ann", Password=NEW, Permanent=True
    )

    outcomes = await asyncio.gather(setting, change(call, token, OLD, OLD), return_exceptions=True)

    assert outcomes[0] == {}
    assert await sign_in(client, "ann", NEW)


# ---- AdminSetUserPassword ----


async def test_a_password_is_temporary_unless_it_is_said_to_be_permanent(
    call: Call, pool: Pool, client: Client, token: str, described: Call
) -> None:
    reply = await call("AdminSetUserPassword", UserPoolId=pool.pool_id, Username="ann", Password=NEW)

    assert reply == {}
    assert (await described(pool, "ann"))["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert await challenge_of(call, client, "ann", NEW) == "NEW_PASSWORD_REQUIRED"


async def test_a_permanent_password_confirms_the_user(
    call: Call, pool: Pool, client: Client, sign_in: Call, described: Call
) -> None:
    await call("AdminCreateUser", UserPoolId=pool.pool_id, Username="ann")

    await call("AdminSetUserPassword", UserPoolId=pool.pool_id, Username="ann", Password=NEW, Permanent=True)

    assert (await described(pool, "ann"))["UserStatus"] == "CONFIRMED"
    assert await sign_in(client, "ann", NEW)


async def test_a_permanent_password_confirms_whoever_signed_up(
    call: Call, pool: Pool, client: Client, sign_in: Call
) -> None:
    await call("SignUp", ClientId=client.client_id, Username="ann", Password=OLD)

    await call("AdminSetUserPassword", UserPoolId=pool.pool_id, Username="ann", Password=NEW, Permanent=True)

    assert await sign_in(client, "ann", NEW)


async def test_a_temporary_password_expires_as_the_pool_has_it(
    call: Call, make_pool: Make, make_client: Make, make_user: Make, effects: FixedEffects
) -> None:
    policy = PasswordPolicyTypeInput(temporary_password_validity_days=3)
    pool = await make_pool(policies=UserPoolPolicyTypeInput(password_policy=policy))
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await make_user(pool, "ann")
    await call("AdminSetUserPassword", UserPoolId=pool.pool_id, Username="ann", Password=NEW)
    effects.advance(3 * DAY - 1)
    assert await challenge_of(call, client, "ann", NEW) == "NEW_PASSWORD_REQUIRED"

    effects.advance(1)

    with pytest.raises(NotAuthorizedException, match=r"^Temporary password has expired and must be reset"):
        await challenge_of(call, client, "ann", NEW)


async def test_a_password_set_by_an_administrator_lifts_the_lock(
    call: Call, pool: Pool, client: Client, token: str, sign_in: Call
) -> None:
    await lock(client, sign_in)

    await call("AdminSetUserPassword", UserPoolId=pool.pool_id, Username="ann", Password=NEW, Permanent=True)

    assert await sign_in(client, "ann", NEW)


async def test_a_password_set_by_an_administrator_obeys_the_policy(
    call: Call, pool: Pool, make_user: Make
) -> None:
    await make_user(pool, "ann")

    with pytest.raises(InvalidPasswordException, match=r"Password must have symbol characters$"):
        await call("AdminSetUserPassword", UserPoolId=pool.pool_id, Username="ann", Password="Password1")


@pytest.mark.parametrize(
    ("operation", "members"), [("AdminSetUserPassword", {"Password": NEW}), ("AdminResetUserPassword", {})]
)
async def test_nobody_has_no_password(
    call: Call, pool: Pool, operation: str, members: dict[str, str]
) -> None:
    with pytest.raises(UserNotFoundException, match=r"^User does not exist\.$"):
        await call(operation, UserPoolId=pool.pool_id, Username="ann", **members)


# ---- AdminResetUserPassword ----


async def test_a_voided_password_is_set_anew_with_a_code(
    call: Call, pool: Pool, client: Client, token: str, sign_in: Call, described: Call, inbox: Inbox
) -> None:
    assert await call("AdminResetUserPassword", UserPoolId=pool.pool_id, Username="ann") == {}

    assert (await described(pool, "ann"))["UserStatus"] == "RESET_REQUIRED"
    with pytest.raises(PasswordResetRequiredException, match=r"^Password reset required for the user$"):
        await sign_in(client, "ann", OLD)
    assert inbox.messages()[0].kind == "ForgotPassword"
    await call(
        "ConfirmForgotPassword",
        ClientId=client.client_id,
        Username="ann",
        ConfirmationCode=inbox.messages()[0].code,
        Password=NEW,
    )
    assert await sign_in(client, "ann", NEW)


async def test_the_password_of_somebody_whom_no_code_reaches_is_not_voided(
    call: Call, pool: Pool, make_user: Make, described: Call
) -> None:
    await make_user(pool, "ann", email="ann@example.com", email_verified="false")

    with pytest.raises(
        InvalidParameterException,
        match=r"^Cannot reset password for the user as there is no registered/verified email or phone_number$",
    ):
        await call("AdminResetUserPassword", UserPoolId=pool.pool_id, Username="ann")

    assert (await described(pool, "ann"))["UserStatus"] == "CONFIRMED"


async def test_a_temporary_password_is_not_voided(call: Call, pool: Pool) -> None:
    await call("AdminCreateUser", UserPoolId=pool.pool_id, Username="ann")

    with pytest.raises(
        NotAuthorizedException, match=r"^User password cannot be reset in the current state\.$"
    ):
        await call("AdminResetUserPassword", UserPoolId=pool.pool_id, Username="ann")


async def test_an_administrator_voids_passwords_where_users_do_not_reset_them(
    call: Call, make_pool: Make, make_user: Make
) -> None:
    mechanisms = [RecoveryOptionTypeInput(priority=1, name="admin_only")]
    pool = await make_pool(
        account_recovery_setting=AccountRecoverySettingTypeInput(recovery_mechanisms=mechanisms)
    )
    await make_user(pool, "ann", email="ann@example.com")

    # No medium is left over which a code could go.
    with pytest.raises(InvalidParameterException, match=r"^Cannot reset password for the user"):
        await call("AdminResetUserPassword", UserPoolId=pool.pool_id, Username="ann")


async def change(call: Call, token: str, previous: str, proposed: str) -> dict[str, Any]:
    """Change the password of the bearer."""
    return await call(
        "ChangePassword", AccessToken=token, PreviousPassword=previous, ProposedPassword=proposed
    )


async def lock(client: Client, sign_in: Call) -> None:
    """Try wrong passwords until nobody may try."""
    for _ in range(5):
        with pytest.raises(NotAuthorizedException, match=r"^Incorrect username or password\.$"):
            await sign_in(client, "ann", "Wrong-password-3")
    with pytest.raises(NotAuthorizedException, match=r"^Password attempts exceeded$"):
        await sign_in(client, "ann")


async def challenge_of(call: Call, client: Client, username: str, password: str) -> str:
    """Return the challenge that a password leads to."""
    reply = await call(
        "InitiateAuth",
        ClientId=client.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": username, "PASSWORD": password},
    )
    name: str = reply["ChallengeName"]
    return name
