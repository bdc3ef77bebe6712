"""Confirming a sign-up: with the code, with one that is sent again, by an administrator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.messages.inbox import Inbox
from userpool.server.records import Client, Pool
from userpool.wire.faults import (
    AliasExistsException,
    CodeMismatchException,
    ExpiredCodeException,
    InvalidParameterException,
    LimitExceededException,
    NotAuthorizedException,
    UserNotConfirmedException,
    UserNotFoundException,
)
from userpool.wire.user_pools import VerificationMessageTemplateTypeInput

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

HOUR = 60 * 60


async def test_a_code_confirms_the_user_and_verifies_the_address(
    call: Call, pool: Pool, client: Client, described: Call, inbox: Inbox
) -> None:
    await sign_up(call, client, "ann", email="ann@example.com")

    assert await confirm(call, client, "ann", inbox.messages()[0].code) == {}

    user = await described(pool, "ann")
    assert user["UserStatus"] == "CONFIRMED"
    assert user["attributes"]["email_verified"] == "true"


async def test_nobody_signs_in_before(call: Call, client: Client, sign_in: Call, inbox: Inbox) -> None:
    await sign_up(call, client, "ann", email="ann@example.com")
    with pytest.raises(UserNotConfirmedException, match=r"^User is not confirmed\.$"):
        await sign_in(client, "ann")

    await confirm(call, client, "ann", inbox.messages()[0].code)

    assert await sign_in(client, "ann")


async def test_a_wrong_code_confirms_nobody(
    call: Call, pool: Pool, client: Client, described: Call, inbox: Inbox
) -> None:
    await sign_up(call, client, "ann", email="ann@example.com")

    with pytest.raises(
        CodeMismatchException, match=r"^Invalid verification code provided, please try again\.$"
    ):
        await confirm(call, client, "ann", wrong(inbox.messages()[0].code))

    assert (await described(pool, "ann"))["UserStatus"] == "UNCONFIRMED"


async def test_codes_are_tried_fifteen_times(call: Call, client: Client, inbox: Inbox) -> None:
    await sign_up(call, client, "ann", email="ann@example.com")
    code = inbox.messages()[0].code
    for _ in range(15):
        with pytest.raises(CodeMismatchException):
            await confirm(call, client, "ann", wrong(code))

    with pytest.raises(
        LimitExceededException, match=r"^Attempt limit exceeded, please try after some time\.$"
    ):
        await confirm(call, client, "ann", code)


async def test_a_code_lives_for_a_day(
    call: Call, client: Client, inbox: Inbox, effects: FixedEffects
) -> None:
    await sign_up(call, client, "ann", email="ann@example.com")

    effects.advance(24 * HOUR)

    with pytest.raises(ExpiredCodeException, match=r"^Invalid code provided, please request a code again\.$"):
        await confirm(call, client, "ann", inbox.messages()[0].code)


async def test_nobody_is_confirmed_twice(call: Call, client: Client, inbox: Inbox) -> None:
    await sign_up(call, client, "ann", email="ann@example.com")
    code = inbox.messages()[0].code
    await confirm(call, client, "ann", code)

    with pytest.raises(
        NotAuthorizedException, match=r"^User cannot be confirmed\. Current status is CONFIRMED$"
    ):
        await confirm(call, client, "ann", code)


async def test_one_of_many_who_confirm_at_once_does_it(
    call: Call, pool: Pool, client: Client, described: Call, inbox: Inbox
) -> None:
    import asyncio

    await sign_up(call, client, "ann", email="ann@example.com")
    code = inbox.messages()[0].code

    outcomes = await asyncio.gather(
        *(confirm(call, client, "ann", code) for _ in range(5)), return_exceptions=True
    )

    assert outcomes.count({}) == 1
    assert (await described(pool, "ann"))["UserStatus"] == "CONFIRMED"


async def test_an_alias_that_is_taken_is_told_of_now(
    call: Call, make_pool: Make, make_client: Make, make_user: Make, described: Call, inbox: Inbox
) -> None:
    pool = await make_pool(alias_attributes=["email"], auto_verified_attributes=["email"])
    client = await make_client(pool)
    await make_user(pool, "ann", email="shared@example.com")
    await sign_up(call, client, "bob", email="shared@example.com")

    with pytest.raises(AliasExistsException, match=r"^An account with the email already exists\.$"):
        await confirm(call, client, "bob", inbox.messages()[0].code)

    assert (await described(pool, "bob"))["UserStatus"] == "UNCONFIRMED"


async def test_an_alias_that_is_taken_can_be_forced(
    call: Call, make_pool: Make, make_client: Make, make_user: Make, described: Call, inbox: Inbox
) -> None:
    pool = await make_pool(alias_attributes=["email"], auto_verified_attributes=["email"])
    client = await make_client(pool)
    await make_user(pool, "ann", email="shared@example.com")
    await sign_up(call, client, "bob", email="shared@example.com")

    await confirm(call, client, "bob", inbox.messages()[0].code, ForceAliasCreation=True)

    assert (await described(pool, "shared@example.com"))["Username"] == "bob"
    assert (await described(pool, "ann"))["attributes"]["email_verified"] == "false"


async def test_a_code_does_not_verify_an_address_that_replaced_its_own(
    call: Call, pool: Pool, client: Client, described: Call, inbox: Inbox
) -> None:
    await sign_up(call, client, "ann", email="ann@example.com")
    code = inbox.messages()[0].code
    await call(
        "AdminUpdateUserAttributes",
        UserPoolId=pool.pool_id,
        Username="ann",
        UserAttributes=[{"Name": "email", "Value": "new@example.com"}],
    )

    await confirm(call, client, "ann", code)

    user = await described(pool, "ann")
    assert (user["UserStatus"], user["attributes"]["email_verified"]) == ("CONFIRMED", "false")


async def test_nobody_is_told_so_by_a_client_of_the_old_kind(call: Call, client: Client) -> None:
    for attempt in (confirm(call, client, "nobody", "123456"), resend(call, client, "nobody")):
        with pytest.raises(UserNotFoundException, match=r"^Username/client id combination not found\.$"):
            await attempt


# ---- ResendConfirmationCode ----


async def test_a_code_is_sent_again_and_the_one_before_is_void(
    call: Call, client: Client, inbox: Inbox
) -> None:
    await sign_up(call, client, "ann", email="ann@example.com")

    reply = await resend(call, client, "ann")

    assert reply["CodeDeliveryDetails"] == {
        "Destination": "a***@e***",
        "DeliveryMedium": "EMAIL",
        "AttributeName": "email",
    }
    newer, older = inbox.messages()
    assert newer.kind == "ResendCode"
    with pytest.raises(CodeMismatchException):
        await confirm(call, client, "ann", older.code)
    assert await confirm(call, client, "ann", newer.code) == {}


async def test_a_confirmed_user_is_sent_no_code(
    call: Call, pool: Pool, client: Client, make_user: Make
) -> None:
    await make_user(pool, "ann", email="ann@example.com")

    with pytest.raises(InvalidParameterException, match=r"^User is already confirmed\.$"):
        await resend(call, client, "ann")


async def test_codes_are_sent_again_five_times_an_hour(
    call: Call, client: Client, effects: FixedEffects
) -> None:
    await sign_up(call, client, "ann", email="ann@example.com")
    for _ in range(5):
        await resend(call, client, "ann")

    with pytest.raises(LimitExceededException):
        await resend(call, client, "ann")

    effects.advance(HOUR)
    assert await resend(call, client, "ann")


async def test_a_stranger_sees_a_code_go_to_nobody(
    call: Call, pool: Pool, make_client: Make, inbox: Inbox
) -> None:
    client = await make_client(pool, prevent_user_existence_errors="ENABLED")

    first, second = await resend(call, client, "nobody"), await resend(call, client, "nobody")

    assert first == second
    assert first["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    assert inbox.messages() == []


async def test_a_stranger_who_tries_a_code_for_nobody_is_told_that_it_is_wrong(
    call: Call, pool: Pool, make_client: Make
) -> None:
    client = await make_client(pool, prevent_user_existence_errors="ENABLED")

    with pytest.raises(
        CodeMismatchException, match=r"^Invalid verification code provided, please try again\.$"
    ):
        await confirm(call, client, "nobody", "123456")


async def test_the_limits_of_an_hour_do_not_tell_a_stranger_who_exists(
    call: Call, pool: Pool, make_client: Make
) -> None:
    client = await make_client(pool, prevent_user_existence_errors="ENABLED")
    await sign_up(call, client, "ann", email="ann@example.com")

    for name in ("ann", "nobody"):
        for _ in range(5):
            await resend(call, client, name)
        with pytest.raises(LimitExceededException):
            await resend(call, client, name)
        for _ in range(15):
            with pytest.raises(CodeMismatchException):
                await confirm(call, client, name, "no-code")
        with pytest.raises(LimitExceededException):
            await confirm(call, client, name, "no-code")


async def test_a_pool_words_its_own_messages(
    call: Call, make_pool: Make, make_client: Make, inbox: Inbox
) -> None:
    template = VerificationMessageTemplateTypeInput(
        email_subject="Welcome", email_message="Type {####} and come in."
    )
    pool = await make_pool(auto_verified_attributes=["email"], verification_message_template=template)

    await sign_up(call, await make_client(pool), "ann", email="ann@example.com")

    (message,) = inbox.messages()
    assert (message.subject, message.text) == ("Welcome", f"Type {message.code} and come in.")


# ---- AdminConfirmSignUp ----


async def test_an_administrator_confirms_without_verifying_anything(
    call: Call, pool: Pool, client: Client, described: Call
) -> None:
    await sign_up(call, client, "ann", email="ann@example.com")

    assert await call("AdminConfirmSignUp", UserPoolId=pool.pool_id, Username="ann") == {}

    user = await described(pool, "ann")
    assert (user["UserStatus"], user["attributes"]["email_verified"]) == ("CONFIRMED", "false")


async def test_an_administrator_confirms_nobody_twice(call: Call, pool: Pool, make_user: Make) -> None:
    await make_user(pool, "ann")

    with pytest.raises(
        NotAuthorizedException, match=r"^User cannot be confirmed\. Current status is CONFIRMED$"
    ):
        await call("AdminConfirmSignUp", UserPoolId=pool.pool_id, Username="ann")


async def test_an_administrator_confirms_nobody_who_does_not_exist(call: Call, pool: Pool) -> None:
    with pytest.raises(UserNotFoundException, match=r"^User does not exist\.$"):
        await call("AdminConfirmSignUp", UserPoolId=pool.pool_id, Username="nobody")


async def sign_up(call: Call, client: Client, username: str, **attributes: str) -> dict[str, Any]:
    """Sign up."""
    return await call(
        "SignUp",
        ClientId=client.client_id,
        Username=username,
        Password="Correct-horse-1",
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
    )


async def confirm(call: Call, client: Client, username: str, code: str, **members: Any) -> dict[str, Any]:
    """Redeem a code."""
    return await call(
        "ConfirmSignUp",
        ClientId=client.client_id,
        Username=username,
        ConfirmationCode=code,
        **members,
    )


async def resend(call: Call, client: Client, username: str) -> dict[str, Any]:
    """Ask for another code."""
    return await call("ResendConfirmationCode", ClientId=client.client_id, Username=username)


def wrong(code: str) -> str:
    """Return another code."""
    return f"{(int(code) + 1) % 1_000_000:06}"
