"""Codes of a second factor: by SMS, by e-mail, and of an authenticator."""

from __future__ import annotations

import asyncio
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
    NotAuthorizedException,
    SoftwareTokenMFANotFoundException,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

WRONG = "Invalid code or auth state for the user."
NO_SESSION = "Invalid session for the user."


@pytest.fixture
async def pool(make_mfa_pool: Make) -> Pool:
    """A pool that requires a second factor."""
    pool: Pool = await make_mfa_pool("ON", "SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA")
    return pool


@pytest.fixture
async def ann(pool: Pool, make_user: Make) -> str:
    """The `sub` of Ann, who has a phone number that nobody has verified."""
    sub: str = await make_user(
        pool, "ann", phone_number="+15550001234", phone_number_verified="false", name="Ann"
    )
    return sub


# ---- codes by SMS ----


@pytest.mark.parametrize("door", ["public", "admin"])
async def test_a_code_that_was_sent_signs_in(
    client: Client, ann: str, enter: Call, respond: Call, inbox: Inbox, door: str
) -> None:
    challenge = await enter(client)
    code = code_to(inbox)

    reply = await respond(client, "SMS_MFA", challenge["Session"], SMS_MFA_CODE=code)

    assert challenge["ChallengeName"] == "SMS_MFA"
    assert challenge["ChallengeParameters"] == {
        "CODE_DELIVERY_DELIVERY_MEDIUM": "SMS",
        "CODE_DELIVERY_DESTINATION": "+*******1234",
        "USER_ID_FOR_SRP": "ann",
    }
    assert len(code) == 6
    assert set(reply) == {"AuthenticationResult", "ChallengeParameters"}


async def test_no_session_is_begun_before_the_code(
    call: Call, pool: Pool, client: Client, ann: str, enter: Call
) -> None:
    assert "AuthenticationResult" not in await enter(client)


async def test_a_code_follows_srp_and_a_new_password_too(
    pool: Pool,
    client: Client,
    ann: str,
    begin_srp: Make,
    answer: Call,
    password: str,
    make_invited: Make,
    enter: Call,
    respond: Call,
) -> None:
    await make_invited(pool, "bob", phone_number="+15550005678")

    by_srp = await answer(client, "PASSWORD_VERIFIER", (await begin_srp(client, "ann")).responses(password))
    invited = await enter(client, "bob", PASSWORD="Temporary-1")
    chosen = await respond(
        client, invited["ChallengeName"], invited["Session"], USERNAME="bob", NEW_PASSWORD="Another-horse-2"
    )

    assert invited["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert by_srp["ChallengeName"] == chosen["ChallengeName"] == "SMS_MFA"


async def test_a_code_that_came_back_verifies_the_number(
    client: Client, pool: Pool, ann: str, enter: Call, respond: Call, inbox: Inbox, described: Call
) -> None:
    session = (await enter(client))["Session"]

    await respond(client, "SMS_MFA", session, SMS_MFA_CODE=code_to(inbox))

    assert (await described(pool, "ann"))["attributes"]["phone_number_verified"] == "true"


async def test_a_wrong_code_leaves_the_session_as_it_was(
    client: Client, ann: str, enter: Call, respond: Call, inbox: Inbox
) -> None:
    session = (await enter(client))["Session"]

    for _ in range(4):
        with pytest.raises(CodeMismatchException) as caught:
            await respond(client, "SMS_MFA", session, SMS_MFA_CODE="000000")

    assert caught.value.message == WRONG
    assert await respond(client, "SMS_MFA", session, SMS_MFA_CODE=code_to(inbox))


async def test_a_right_code_is_used_once(
    client: Client, ann: str, enter: Call, respond: Call, inbox: Inbox
) -> None:
    session = (await enter(client))["Session"]
    code = code_to(inbox)

    outcomes = await asyncio.gather(
        *(respond(client, "SMS_MFA", session, SMS_MFA_CODE=code) for _ in range(5)), return_exceptions=True
    )

    assert sum(isinstance(outcome, dict) for outcome in outcomes) == 1
    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await respond(client, "SMS_MFA", session, SMS_MFA_CODE=code)


async def test_a_code_is_of_one_session(
    client: Client, ann: str, enter: Call, respond: Call, inbox: Inbox
) -> None:
    session = (await enter(client))["Session"]
    await enter(client)

    with pytest.raises(CodeMismatchException):
        await respond(client, "SMS_MFA", session, SMS_MFA_CODE=code_to(inbox))


async def test_a_code_ends_with_its_session(
    client: Client, ann: str, enter: Call, respond: Call, inbox: Inbox, effects: FixedEffects
) -> None:
    session = (await enter(client))["Session"]

    effects.advance(180)

    with pytest.raises(NotAuthorizedException, match="session is expired"):
        await respond(client, "SMS_MFA", session, SMS_MFA_CODE=code_to(inbox))


async def test_a_code_to_a_number_that_was_replaced_is_worthless(
    call: Call, pool: Pool, client: Client, ann: str, enter: Call, respond: Call, inbox: Inbox
) -> None:
    session = (await enter(client))["Session"]
    code = code_to(inbox)
    number = [{"Name": "phone_number", "Value": "+15550009999"}]
    await call("AdminUpdateUserAttributes", UserPoolId=pool.pool_id, Username="ann", UserAttributes=number)

    with pytest.raises(CodeMismatchException):
        await respond(client, "SMS_MFA", session, SMS_MFA_CODE=code)


@pytest.mark.parametrize("change", ["AdminDisableUser", "AdminDeleteUser", "AdminSetUserPassword"])
async def test_a_user_who_was_taken_in_hand_meanwhile_is_not_let_in(
    call: Call, pool: Pool, client: Client, ann: str, enter: Call, respond: Call, inbox: Inbox, change: str
) -> None:
    session = (await enter(client))["Session"]
    more = {"Password": "Another-horse-2", "Permanent": True} if change.endswith("Password") else {}
    await call(change, UserPoolId=pool.pool_id, Username="ann", **more)

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await respond(client, "SMS_MFA", session, SMS_MFA_CODE=code_to(inbox))


async def test_a_code_lets_nobody_in_whose_password_has_to_be_reset_since(
    call: Call,
    make_mfa_pool: Make,
    make_client: Make,
    make_user: Make,
    enter: Call,
    respond: Call,
    inbox: Inbox,
) -> None:
    pool = await make_mfa_pool("ON", "SMS_MFA")
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await make_user(pool, "ann", phone_number="+15550001234", email="ann@example.com")
    session = (await enter(client))["Session"]
    code = code_to(inbox)
    await call("AdminResetUserPassword", UserPoolId=pool.pool_id, Username="ann")

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await respond(client, "SMS_MFA", session, SMS_MFA_CODE=code)


async def test_a_chosen_password_that_was_replaced_before_its_code_came_back_lets_nobody_in(
    call: Call, pool: Pool, client: Client, make_invited: Make, enter: Call, respond: Call, inbox: Inbox
) -> None:
    await make_invited(pool, "ann", phone_number="+15550001234")
    invited = (await enter(client, PASSWORD="Temporary-1"))["Session"]
    chosen = await respond(client, "NEW_PASSWORD_REQUIRED", invited, NEW_PASSWORD="Another-horse-2")
    named = {"UserPoolId": pool.pool_id, "Username": "ann"}
    await call("AdminSetUserPassword", **named, Password="Another-horse-3", Permanent=True)

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await respond(client, "SMS_MFA", chosen["Session"], SMS_MFA_CODE=code_to(inbox))


async def test_a_number_that_is_proved_is_no_longer_the_alias_of_another(
    make_mfa_pool: Make,
    make_client: Make,
    make_user: Make,
    enter: Call,
    respond: Call,
    inbox: Inbox,
    described: Call,
) -> None:
    pool = await make_mfa_pool("ON", "SMS_MFA", alias_attributes=["phone_number"])
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await make_user(pool, "bob", phone_number="+15550001234")
    await make_user(pool, "ann", phone_number="+15550001234", phone_number_verified="false")

    session = (await enter(client))["Session"]
    await respond(client, "SMS_MFA", session, SMS_MFA_CODE=code_to(inbox))

    assert (await described(pool, "+15550001234"))["Username"] == "ann"
    assert (await described(pool, "bob"))["attributes"]["phone_number_verified"] == "false"


async def test_an_attribute_that_changed_meanwhile_does_not_matter(
    call: Call, pool: Pool, client: Client, ann: str, enter: Call, respond: Call, inbox: Inbox
) -> None:
    session = (await enter(client))["Session"]
    name = [{"Name": "name", "Value": "Anna"}]
    await call("AdminUpdateUserAttributes", UserPoolId=pool.pool_id, Username="ann", UserAttributes=name)

    assert await respond(client, "SMS_MFA", session, SMS_MFA_CODE=code_to(inbox))


async def test_an_answer_needs_its_code_and_its_name(
    client: Client, ann: str, enter: Call, respond: Call, inbox: Inbox
) -> None:
    session = (await enter(client))["Session"]

    with pytest.raises(InvalidParameterException, match="Missing required parameter SMS_MFA_CODE"):
        await respond(client, "SMS_MFA", session)
    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await respond(client, "SMS_MFA", session, USERNAME="bob", SMS_MFA_CODE=code_to(inbox))


async def test_a_session_of_one_challenge_answers_no_other(
    client: Client, ann: str, enter: Call, respond: Call, inbox: Inbox
) -> None:
    session = (await enter(client))["Session"]

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await respond(client, "EMAIL_OTP", session, EMAIL_OTP_CODE=code_to(inbox))


# ---- the lock ----


async def test_the_fifth_wrong_code_locks_even_the_right_one_out_for_a_second(
    client: Client, ann: str, enter: Call, respond: Call, inbox: Inbox, effects: FixedEffects
) -> None:
    session = (await enter(client))["Session"]
    for _ in range(5):
        with pytest.raises(CodeMismatchException):
            await respond(client, "SMS_MFA", session, SMS_MFA_CODE="000000")

    with pytest.raises(NotAuthorizedException, match=r"^Password attempts exceeded$"):
        await respond(client, "SMS_MFA", session, SMS_MFA_CODE=code_to(inbox))
    effects.advance(1)

    assert await respond(client, "SMS_MFA", session, SMS_MFA_CODE=code_to(inbox))


async def test_the_right_password_does_not_begin_the_count_of_codes_anew(
    client: Client, ann: str, enter: Call, respond: Call
) -> None:
    for _ in range(5):
        session = (await enter(client))["Session"]
        with pytest.raises(CodeMismatchException):
            await respond(client, "SMS_MFA", session, SMS_MFA_CODE="000000")

    session = (await enter(client))["Session"]

    with pytest.raises(NotAuthorizedException, match=r"^Password attempts exceeded$"):
        await respond(client, "SMS_MFA", session, SMS_MFA_CODE="000000")


async def test_of_fifty_guesses_at_once_no_more_than_five_are_judged(
    client: Client, ann: str, enter: Call, respond: Call
) -> None:
    session = (await enter(client))["Session"]

    outcomes = await asyncio.gather(
        *(respond(client, "SMS_MFA", session, SMS_MFA_CODE="000000") for _ in range(50)),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, CodeMismatchException) for outcome in outcomes) == 5


# ---- codes by e-mail ----


@pytest.mark.parametrize("key", ["EMAIL_OTP_CODE", "EMAIL_MFA_CODE"])
async def test_a_code_by_email_has_eight_digits_and_either_name(
    pool: Pool, client: Client, make_user: Make, enter: Call, respond: Call, inbox: Inbox, key: str
) -> None:
    await make_user(pool, "ann", email="ann@example.com")

    challenge = await enter(client)
    code = code_to(inbox)
    reply = await respond(client, "EMAIL_OTP", challenge["Session"], **{key: code})

    assert challenge["ChallengeParameters"] == {
        "CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL",
        "CODE_DELIVERY_DESTINATION": "a***@e***",
    }
    assert len(code) == 8
    assert reply["AuthenticationResult"]


# ---- authenticators ----


@pytest.fixture
async def optional(make_mfa_pool: Make) -> Pool:
    """A pool in which a second factor is everybody's own choice."""
    pool: Pool = await make_mfa_pool("OPTIONAL", "SMS_MFA", "SOFTWARE_TOKEN_MFA")
    return pool


@pytest.fixture
async def bob(optional: Pool, make_client: Make, make_user: Make) -> Client:
    """A client of that pool, in which Bob is called ann."""
    await make_user(optional, "ann")
    client: Client = await make_client(
        optional, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )
    return client


@pytest.mark.parametrize("door", ["public", "admin"])
async def test_the_code_of_an_authenticator_signs_in(
    bob: Client, authenticator: Make, enter: Call, respond: Call, door: str
) -> None:
    shown = await authenticator(bob, name="Pocket")

    challenge = await enter(bob)
    reply = await respond(
        bob, "SOFTWARE_TOKEN_MFA", challenge["Session"], SOFTWARE_TOKEN_MFA_CODE=shown(), SMS_MFA_CODE="1"
    )

    assert challenge["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert challenge["ChallengeParameters"] == {"USER_ID_FOR_SRP": "ann", "FRIENDLY_DEVICE_NAME": "Pocket"}
    assert reply["AuthenticationResult"]


async def test_a_code_of_an_authenticator_counts_once(
    bob: Client, authenticator: Make, enter: Call, respond: Call
) -> None:
    shown = await authenticator(bob)
    code = shown()
    first, second = (await enter(bob))["Session"], (await enter(bob))["Session"]
    await respond(bob, "SOFTWARE_TOKEN_MFA", first, SOFTWARE_TOKEN_MFA_CODE=code)

    with pytest.raises(ExpiredCodeException) as caught:
        await respond(bob, "SOFTWARE_TOKEN_MFA", second, SOFTWARE_TOKEN_MFA_CODE=code)

    assert caught.value.message == "Your software token has already been used once."
    assert await respond(bob, "SOFTWARE_TOKEN_MFA", second, SOFTWARE_TOKEN_MFA_CODE=shown())


async def test_a_session_that_was_used_is_refused_whatever_code_comes_with_it(
    bob: Client, authenticator: Make, enter: Call, respond: Call
) -> None:
    shown = await authenticator(bob)
    session = (await enter(bob))["Session"]
    used = shown()
    await respond(bob, "SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE=used)

    for code in (used, *["000000"] * 6):
        with pytest.raises(NotAuthorizedException, match=NO_SESSION):
            await respond(bob, "SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE=code)

    # None of them was counted.
    later = (await enter(bob))["Session"]
    assert await respond(bob, "SOFTWARE_TOKEN_MFA", later, SOFTWARE_TOKEN_MFA_CODE=shown())


async def test_a_wrong_code_of_an_authenticator_may_be_followed_by_a_right_one(
    bob: Client, authenticator: Make, enter: Call, respond: Call
) -> None:
    shown = await authenticator(bob)
    session = (await enter(bob))["Session"]

    with pytest.raises(CodeMismatchException) as caught:
        await respond(bob, "SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE="000000")

    assert caught.value.message == WRONG
    assert await respond(bob, "SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE=shown())


async def test_the_code_of_a_factor_that_was_switched_off_meanwhile_is_worthless(
    call: Call, bob: Client, authenticator: Make, enter: Call, respond: Call
) -> None:
    shown = await authenticator(bob)
    session = (await enter(bob))["Session"]
    off = {"Enabled": False, "PreferredMfa": False}
    named = {"UserPoolId": bob.pool_id, "Username": "ann"}
    await call("AdminSetUserMFAPreference", **named, SoftwareTokenMfaSettings=off)

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await respond(bob, "SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE=shown())


async def test_an_authenticator_that_was_taken_away_meanwhile_is_told_to_be_missing(
    call: Call, bob: Client, authenticator: Make, enter: Call, respond: Call
) -> None:
    shown = await authenticator(bob)
    session = (await enter(bob))["Session"]
    await call("AdminDeleteSoftwareToken", UserPoolId=bob.pool_id, Username="ann")

    with pytest.raises(SoftwareTokenMFANotFoundException, match="does not exist for the user"):
        await respond(bob, "SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE=shown())


def code_to(inbox: Inbox) -> str:
    """Return the code that was sent last."""
    return inbox.messages()[0].code
