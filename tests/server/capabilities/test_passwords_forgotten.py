"""Forgotten passwords: a code that sets a new one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.messages.inbox import Inbox
from userpool.server.records import Client, Pool
from userpool.wire.faults import (
    CodeMismatchException,
    ExpiredCodeException,
    InvalidParameterException,
    InvalidPasswordException,
    LimitExceededException,
    NotAuthorizedException,
    UserNotFoundException,
)
from userpool.wire.user_pools import (
    AccountRecoverySettingTypeInput,
    RecoveryOptionTypeInput,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

OLD = "Correct-horse-1"
NEW = "Battery-staple-2"
HOUR = 60 * 60


# ---- ForgotPassword ----


async def test_a_code_goes_to_the_verified_address(
    call: Call, pool: Pool, client: Client, make_user: Make, inbox: Inbox
) -> None:
    await make_user(pool, "ann", email="ann@example.com")

    reply = await forgot(call, client, "ann")

    assert reply == {
        "CodeDeliveryDetails": {
            "Destination": "a***@e***",
            "DeliveryMedium": "EMAIL",
            "AttributeName": "email",
        }
    }
    (message,) = inbox.messages()
    assert (message.kind, message.destination) == ("ForgotPassword", "ann@example.com")


async def test_asking_changes_neither_the_status_nor_the_password(
    call: Call, pool: Pool, client: Client, make_user: Make, sign_in: Call, described: Call
) -> None:
    await make_user(pool, "ann", email="ann@example.com")

    await forgot(call, client, "ann")

    assert (await described(pool, "ann"))["UserStatus"] == "CONFIRMED"
    assert await sign_in(client, "ann", OLD)


async def test_a_verified_number_comes_before_a_verified_address(
    call: Call, pool: Pool, client: Client, make_user: Make
) -> None:
    await make_user(pool, "ann", email="ann@example.com", phone_number="+15551234567")

    reply = await forgot(call, client, "ann")

    assert reply["CodeDeliveryDetails"]["Destination"] == "+*******4567"


async def test_a_number_that_is_not_verified_is_passed_over(
    call: Call, pool: Pool, client: Client, make_user: Make
) -> None:
    await make_user(
        pool, "ann", email="ann@example.com", phone_number="+15551234567", phone_number_verified="false"
    )

    assert (await forgot(call, client, "ann"))["CodeDeliveryDetails"]["AttributeName"] == "email"


async def test_a_pool_says_where_codes_go_first(
    call: Call, make_pool: Make, make_client: Make, make_user: Make
) -> None:
    pool = await make_pool(account_recovery_setting=recovery("verified_email", "verified_phone_number"))
    client = await make_client(pool)
    await make_user(pool, "ann", email="ann@example.com", phone_number="+15551234567")

    assert (await forgot(call, client, "ann"))["CodeDeliveryDetails"]["AttributeName"] == "email"


async def test_a_pool_may_leave_it_to_its_administrators(
    call: Call, make_pool: Make, make_client: Make, make_user: Make
) -> None:
    pool = await make_pool(account_recovery_setting=recovery("admin_only"))
    client = await make_client(pool)
    await make_user(pool, "ann", email="ann@example.com")

    with pytest.raises(NotAuthorizedException, match=r"^Contact administrator to reset password\.$"):
        await forgot(call, client, "ann")


async def test_a_first_password_is_not_forgotten(call: Call, pool: Pool, client: Client) -> None:
    await call("AdminCreateUser", UserPoolId=pool.pool_id, Username="ann")

    with pytest.raises(
        NotAuthorizedException, match=r"^User password cannot be reset in the current state\.$"
    ):
        await forgot(call, client, "ann")


async def test_who_has_not_confirmed_and_has_no_verified_address_resets_nothing(
    call: Call, client: Client
) -> None:
    await call("SignUp", ClientId=client.client_id, Username="ann", Password=OLD)

    with pytest.raises(
        NotAuthorizedException, match=r"^User password cannot be reset in the current state\.$"
    ):
        await forgot(call, client, "ann")


async def test_without_a_verified_address_or_number_there_is_no_code(
    call: Call, pool: Pool, client: Client, make_user: Make
) -> None:
    await make_user(pool, "ann", email="ann@example.com", email_verified="false")

    with pytest.raises(
        InvalidParameterException,
        match=r"^Cannot reset password for the user as there is no registered/verified email or phone_number$",
    ):
        await forgot(call, client, "ann")


async def test_nobody_is_told_so_by_a_client_of_the_old_kind(call: Call, client: Client) -> None:
    with pytest.raises(UserNotFoundException, match=r"^Username/client id combination not found\.$"):
        await forgot(call, client, "nobody")
    with pytest.raises(UserNotFoundException, match=r"^Username/client id combination not found\.$"):
        await confirm(call, client, "nobody", "123456")


async def test_codes_are_sent_five_times_an_hour(
    call: Call, pool: Pool, client: Client, make_user: Make, effects: FixedEffects
) -> None:
    await make_user(pool, "ann", email="ann@example.com")
    for _ in range(5):
        await forgot(call, client, "ann")

    with pytest.raises(
        LimitExceededException, match=r"^Attempt limit exceeded, please try after some time\.$"
    ):
        await forgot(call, client, "ann")

    effects.advance(HOUR)
    assert await forgot(call, client, "ann")


async def test_a_client_with_a_secret_has_to_prove_it(
    call: Call, pool: Pool, make_client: Make, make_user: Make
) -> None:
    client = await make_client(pool, generate_secret=True)
    await make_user(pool, "ann", email="ann@example.com")

    with pytest.raises(NotAuthorizedException, match=r"SECRET_HASH was not received$"):
        await forgot(call, client, "ann")
    with pytest.raises(NotAuthorizedException, match=r"^Unable to verify secret hash for client "):
        await call("ForgotPassword", ClientId=client.client_id, Username="ann", SecretHash="d3Jvbmc=")


# ---- ConfirmForgotPassword ----


async def test_a_code_sets_a_new_password(
    call: Call, pool: Pool, client: Client, make_user: Make, sign_in: Call, inbox: Inbox
) -> None:
    await make_user(pool, "ann", email="ann@example.com")
    await forgot(call, client, "ann")

    assert await confirm(call, client, "ann", inbox.messages()[0].code) == {}

    assert await sign_in(client, "ann", NEW)
    with pytest.raises(NotAuthorizedException):
        await sign_in(client, "ann", OLD)


async def test_whoever_is_signed_in_stays_so(
    call: Call, pool: Pool, client: Client, make_user: Make, sign_in: Call, inbox: Inbox
) -> None:
    await make_user(pool, "ann", email="ann@example.com")
    tokens = await sign_in(client, "ann")
    await forgot(call, client, "ann")

    await confirm(call, client, "ann", inbox.messages()[0].code)

    assert await call("GetUser", AccessToken=tokens["AccessToken"])
    renewal = {"ClientId": client.client_id, "RefreshToken": tokens["RefreshToken"]}
    assert await call("GetTokensFromRefreshToken", **renewal)


async def test_a_new_password_lifts_the_lock(
    call: Call, pool: Pool, client: Client, make_user: Make, sign_in: Call, inbox: Inbox
) -> None:
    await make_user(pool, "ann", email="ann@example.com")
    for _ in range(5):
        with pytest.raises(NotAuthorizedException):
            await sign_in(client, "ann", "Wrong-password-3")
    await forgot(call, client, "ann")

    await confirm(call, client, "ann", inbox.messages()[0].code)

    assert await sign_in(client, "ann", NEW)


async def test_the_address_that_the_code_went_to_is_verified_by_it(
    call: Call, pool: Pool, client: Client, make_user: Make, described: Call, inbox: Inbox
) -> None:
    await make_user(pool, "ann", email="ann@example.com")
    await forgot(call, client, "ann")
    await update(call, pool, "ann", email_verified="false")

    await confirm(call, client, "ann", inbox.messages()[0].code)

    assert (await described(pool, "ann"))["attributes"]["email_verified"] == "true"


@pytest.mark.parametrize("email", ["new@example.com", ""])
async def test_a_code_at_an_address_that_was_given_up_sets_no_password(
    call: Call, pool: Pool, client: Client, make_user: Make, inbox: Inbox, email: str
) -> None:
    await make_user(pool, "ann", email="ann@example.com")
    await forgot(call, client, "ann")
    code = inbox.messages()[0].code
    await update(call, pool, "ann", email=email)

    with pytest.raises(ExpiredCodeException):
        await confirm(call, client, "ann", code)


async def test_a_password_that_an_administrator_sets_is_not_undone_by_an_older_code(
    call: Call, pool: Pool, client: Client, make_user: Make, sign_in: Call, inbox: Inbox
) -> None:
    await make_user(pool, "ann", email="ann@example.com")
    await forgot(call, client, "ann")
    await call("AdminSetUserPassword", UserPoolId=pool.pool_id, Username="ann", Password=OLD, Permanent=True)

    with pytest.raises(ExpiredCodeException):
        await confirm(call, client, "ann", inbox.messages()[0].code)

    assert await sign_in(client, "ann", OLD)


async def test_a_password_that_its_owner_changes_is_not_undone_by_an_older_code(
    call: Call, pool: Pool, client: Client, make_user: Make, sign_in: Call, inbox: Inbox
) -> None:
    await make_user(pool, "ann", email="ann@example.com")
    await forgot(call, client, "ann")
    token = (await sign_in(client, "ann"))["AccessToken"]
    await call("ChangePassword", AccessToken=token, PreviousPassword=OLD, ProposedPassword=OLD + "x")

    with pytest.raises(ExpiredCodeException):
        await confirm(call, client, "ann", inbox.messages()[0].code)


async def test_a_code_works_once_and_for_an_hour(
    call: Call, pool: Pool, client: Client, make_user: Make, inbox: Inbox, effects: FixedEffects
) -> None:
    await make_user(pool, "ann", email="ann@example.com")
    await forgot(call, client, "ann")
    used = inbox.messages()[0].code
    await confirm(call, client, "ann", used)
    await forgot(call, client, "ann")
    effects.advance(HOUR)

    for code in (used, inbox.messages()[0].code):
        with pytest.raises(
            ExpiredCodeException, match=r"^Invalid code provided, please request a code again\.$"
        ):
            await confirm(call, client, "ann", code)


async def test_a_newer_code_voids_the_older(
    call: Call, pool: Pool, client: Client, make_user: Make, inbox: Inbox
) -> None:
    await make_user(pool, "ann", email="ann@example.com")
    await forgot(call, client, "ann")
    await forgot(call, client, "ann")
    newer, older = inbox.messages()

    with pytest.raises(
        CodeMismatchException, match=r"^Invalid verification code provided, please try again\.$"
    ):
        await confirm(call, client, "ann", older.code)
    assert await confirm(call, client, "ann", newer.code) == {}


async def test_wrong_codes_run_out(
    call: Call, pool: Pool, client: Client, make_user: Make, inbox: Inbox
) -> None:
    await make_user(pool, "ann", email="ann@example.com")
    await forgot(call, client, "ann")
    code = inbox.messages()[0].code
    for _ in range(15):
        with pytest.raises(CodeMismatchException):
            await confirm(call, client, "ann", wrong(code))

    with pytest.raises(LimitExceededException):
        await confirm(call, client, "ann", code)


async def test_a_new_password_obeys_the_policy_and_the_code_is_not_spent_on_a_bad_one(
    call: Call, pool: Pool, client: Client, make_user: Make, inbox: Inbox
) -> None:
    await make_user(pool, "ann", email="ann@example.com")
    await forgot(call, client, "ann")
    code = inbox.messages()[0].code

    with pytest.raises(InvalidPasswordException, match=r"^Password did not conform with policy: "):
        await confirm(call, client, "ann", code, "password")

    assert await confirm(call, client, "ann", code) == {}


async def test_a_user_who_was_given_a_temporary_password_meanwhile_keeps_it(
    call: Call, pool: Pool, client: Client, make_user: Make, inbox: Inbox
) -> None:
    await make_user(pool, "ann", email="ann@example.com")
    await forgot(call, client, "ann")
    await call("AdminSetUserPassword", UserPoolId=pool.pool_id, Username="ann", Password=OLD)

    with pytest.raises(ExpiredCodeException):
        await confirm(call, client, "ann", inbox.messages()[0].code)


def recovery(*names: str) -> AccountRecoverySettingTypeInput:
    """Return these mechanisms, first choice first."""
    return AccountRecoverySettingTypeInput(
        recovery_mechanisms=[
            RecoveryOptionTypeInput(priority=place, name=name) for place, name in enumerate(names, 1)
        ]
    )


async def forgot(call: Call, client: Client, username: str) -> dict[str, Any]:
    """Ask for a code."""
    return await call("ForgotPassword", ClientId=client.client_id, Username=username)


async def confirm(
    call: Call, client: Client, username: str, code: str, password: str = NEW
) -> dict[str, Any]:
    """Set a new password with a code."""
    return await call(
        "ConfirmForgotPassword",
        ClientId=client.client_id,
        Username=username,
        ConfirmationCode=code,
        Password=password,
    )


async def update(call: Call, pool: Pool, username: str, **attributes: str) -> None:
    """Change attributes of a user."""
    await call(
        "AdminUpdateUserAttributes",
        UserPoolId=pool.pool_id,
        Username=username,
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
    )


def wrong(code: str) -> str:
    """Return another code."""
    return f"{(int(code) + 1) % 1_000_000:06}"
