"""Choosing a second factor, and setting one up during a sign-in."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.server.messages.inbox import Inbox
from userpool.server.records import Client, Pool
from userpool.wire.faults import (
    AliasExistsException,
    CodeMismatchException,
    EnableSoftwareTokenMFAException,
    InvalidParameterException,
    NotAuthorizedException,
)
from userpool.wire.user_pools import SchemaAttributeTypeInput

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]
Shown = Callable[[str], Callable[[], str]]

NO_SESSION = "Invalid session for the user."


@pytest.fixture
async def pool(make_mfa_pool: Make) -> Pool:
    """A pool that requires a second factor."""
    pool: Pool = await make_mfa_pool("ON", "SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA")
    return pool


# ---- SELECT_MFA_TYPE ----


@pytest.fixture
async def choosing(
    call: Call, make_mfa_pool: Make, make_client: Make, make_user: Make, authenticator: Make
) -> tuple[Client, Callable[[], str]]:
    """A client of Ann, who has all three factors and prefers none, and her authenticator."""
    pool = await make_mfa_pool("OPTIONAL", "SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA")
    await make_user(pool, "ann", phone_number="+15550001234", email="ann@example.com")
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    client = await make_client(pool, explicit_auth_flows=flows)
    shown = await authenticator(client)
    on = {"Enabled": True, "PreferredMfa": False}
    await call(
        "AdminSetUserMFAPreference",
        UserPoolId=pool.pool_id,
        Username="ann",
        SMSMfaSettings=on,
        EmailMfaSettings=on,
    )
    return client, shown


@pytest.mark.parametrize("door", ["public", "admin"])
async def test_a_user_with_several_factors_is_asked_which(
    choosing: tuple[Client, Any], enter: Call, door: str
) -> None:
    challenge = await enter(choosing[0])

    assert challenge["ChallengeName"] == "SELECT_MFA_TYPE"
    assert challenge["ChallengeParameters"]["USER_ID_FOR_SRP"] == "ann"
    offered = json.loads(challenge["ChallengeParameters"]["MFAS_CAN_CHOOSE"])
    assert sorted(offered) == ["EMAIL_OTP", "SMS_MFA", "SOFTWARE_TOKEN_MFA"]


@pytest.mark.parametrize("chosen", ["SMS_MFA", "EMAIL_OTP"])
async def test_a_code_is_sent_to_where_it_was_chosen(
    choosing: tuple[Client, Any], enter: Call, respond: Call, inbox: Inbox, chosen: str
) -> None:
    client = choosing[0]
    session = (await enter(client))["Session"]

    challenge = await respond(client, "SELECT_MFA_TYPE", session, ANSWER=chosen)
    code = inbox.messages()[0].code
    reply = await respond(
        client, chosen, challenge["Session"], **{f"{chosen.split('_', maxsplit=1)[0]}_MFA_CODE": code}
    )

    assert challenge["ChallengeName"] == chosen
    assert reply["AuthenticationResult"]


async def test_an_authenticator_can_be_chosen(
    choosing: tuple[Client, Any], enter: Call, respond: Call, inbox: Inbox
) -> None:
    client, shown = choosing
    session = (await enter(client))["Session"]

    challenge = await respond(client, "SELECT_MFA_TYPE", session, ANSWER="SOFTWARE_TOKEN_MFA")
    code = shown()
    reply = await respond(client, "SOFTWARE_TOKEN_MFA", challenge["Session"], SOFTWARE_TOKEN_MFA_CODE=code)

    assert challenge["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert reply["AuthenticationResult"]
    assert inbox.messages() == []


async def test_what_was_not_offered_cannot_be_chosen_and_what_was_can_still(
    choosing: tuple[Client, Any], enter: Call, respond: Call
) -> None:
    session = (await enter(choosing[0]))["Session"]

    with pytest.raises(InvalidParameterException):
        await respond(choosing[0], "SELECT_MFA_TYPE", session, ANSWER="WEB_AUTHN")

    assert await respond(choosing[0], "SELECT_MFA_TYPE", session, ANSWER="SMS_MFA")


async def test_a_choice_is_made_once(
    choosing: tuple[Client, Any], enter: Call, respond: Call, inbox: Inbox
) -> None:
    session = (await enter(choosing[0]))["Session"]
    await respond(choosing[0], "SELECT_MFA_TYPE", session, ANSWER="SMS_MFA")

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await respond(choosing[0], "SELECT_MFA_TYPE", session, ANSWER="EMAIL_OTP")

    assert len(inbox.messages()) == 1


async def test_a_factor_that_was_switched_off_meanwhile_cannot_be_chosen(
    call: Call, choosing: tuple[Client, Any], enter: Call, respond: Call, inbox: Inbox
) -> None:
    client = choosing[0]
    session = (await enter(client))["Session"]
    off = {"Enabled": False, "PreferredMfa": False}
    named = {"UserPoolId": client.pool_id, "Username": "ann"}
    await call("AdminSetUserMFAPreference", **named, SMSMfaSettings=off)

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await respond(client, "SELECT_MFA_TYPE", session, ANSWER="SMS_MFA")

    assert inbox.messages() == []


# ---- MFA_SETUP with an authenticator ----


@pytest.mark.parametrize("door", ["public", "admin"])
async def test_an_authenticator_is_set_up_on_the_way_in(
    call: Call,
    pool: Pool,
    client: Client,
    make_user: Make,
    enter: Call,
    respond: Call,
    shown_by: Shown,
    described: Call,
    door: str,
) -> None:
    await make_user(pool, "ann")
    challenge = await enter(client)
    made = await call("AssociateSoftwareToken", Session=challenge["Session"])
    code = shown_by(made["SecretCode"])()
    verified = await call("VerifySoftwareToken", Session=made["Session"], UserCode=code)

    reply = await respond(client, "MFA_SETUP", verified["Session"], SOFTWARE_TOKEN_MFA_CODE="ignored")

    assert challenge["ChallengeName"] == "MFA_SETUP"
    can_be_set_up = json.loads(challenge["ChallengeParameters"]["MFAS_CAN_SETUP"])
    assert {"EMAIL_OTP", "SOFTWARE_TOKEN_MFA"} <= set(can_be_set_up)
    assert reply["AuthenticationResult"]
    assert (await described(pool, "ann"))["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]


async def test_the_next_sign_in_asks_for_it_and_takes_no_code_twice(
    call: Call, pool: Pool, client: Client, make_user: Make, enter: Call, respond: Call, shown_by: Shown
) -> None:
    await make_user(pool, "ann")
    made = await call("AssociateSoftwareToken", Session=(await enter(client))["Session"])
    shown = shown_by(made["SecretCode"])
    await call("VerifySoftwareToken", Session=made["Session"], UserCode=shown())

    challenge = await enter(client)
    reply = await respond(client, "SOFTWARE_TOKEN_MFA", challenge["Session"], SOFTWARE_TOKEN_MFA_CODE=shown())

    assert reply["AuthenticationResult"]


async def test_a_wrong_code_may_be_followed_by_a_right_one(
    call: Call, pool: Pool, client: Client, make_user: Make, enter: Call, respond: Call, shown_by: Shown
) -> None:
    await make_user(pool, "ann")
    made = await call("AssociateSoftwareToken", Session=(await enter(client))["Session"])

    with pytest.raises(EnableSoftwareTokenMFAException):
        await call("VerifySoftwareToken", Session=made["Session"], UserCode="000000")
    code = shown_by(made["SecretCode"])()
    verified = await call("VerifySoftwareToken", Session=made["Session"], UserCode=code)

    assert await respond(client, "MFA_SETUP", verified["Session"])


async def test_nobody_signs_in_without_having_set_one_up(
    call: Call, pool: Pool, client: Client, make_user: Make, enter: Call, respond: Call
) -> None:
    await make_user(pool, "ann")
    session = (await enter(client))["Session"]
    made = await call("AssociateSoftwareToken", Session=session)

    for given in (session, made["Session"]):
        with pytest.raises(InvalidParameterException):
            await respond(client, "MFA_SETUP", given)


async def test_the_session_of_a_set_up_factor_signs_in_once(
    call: Call, pool: Pool, client: Client, make_user: Make, enter: Call, respond: Call, shown_by: Shown
) -> None:
    await make_user(pool, "ann")
    made = await call("AssociateSoftwareToken", Session=(await enter(client))["Session"])
    code = shown_by(made["SecretCode"])()
    session = (await call("VerifySoftwareToken", Session=made["Session"], UserCode=code))["Session"]
    await respond(client, "MFA_SETUP", session)

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await respond(client, "MFA_SETUP", session)


async def test_an_authenticator_that_was_taken_away_since_signs_nobody_in(
    call: Call, pool: Pool, client: Client, make_user: Make, enter: Call, respond: Call, shown_by: Shown
) -> None:
    await make_user(pool, "ann")
    made = await call("AssociateSoftwareToken", Session=(await enter(client))["Session"])
    code = shown_by(made["SecretCode"])()
    session = (await call("VerifySoftwareToken", Session=made["Session"], UserCode=code))["Session"]
    await call("AdminDeleteSoftwareToken", UserPoolId=pool.pool_id, Username="ann")

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await respond(client, "MFA_SETUP", session)


async def test_a_new_password_comes_before_a_second_factor(
    pool: Pool, client: Client, make_invited: Make, enter: Call, respond: Call
) -> None:
    await make_invited(pool, "ann")

    first = await enter(client, PASSWORD="Temporary-1")
    second = await respond(client, "NEW_PASSWORD_REQUIRED", first["Session"], NEW_PASSWORD="Another-horse-2")

    assert first["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert second["ChallengeName"] == "MFA_SETUP"


# ---- MFA_SETUP with an e-mail address ----


@pytest.mark.parametrize("key", ["EMAIL", "email"])
async def test_an_address_is_the_users_once_its_code_came_back(
    pool: Pool,
    client: Client,
    make_user: Make,
    enter: Call,
    respond: Call,
    inbox: Inbox,
    described: Call,
    key: str,
) -> None:
    await make_user(pool, "ann")
    session = (await enter(client))["Session"]

    challenge = await respond(client, "MFA_SETUP", session, **{key: "ann@example.com"})
    message = inbox.messages()[0]
    reply = await respond(client, "EMAIL_OTP", challenge["Session"], EMAIL_OTP_CODE=message.code)

    assert challenge["ChallengeName"] == "EMAIL_OTP"
    assert challenge["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"] == "a***@e***"
    assert message.destination == "ann@example.com"
    assert reply["AuthenticationResult"]
    user = await described(pool, "ann")
    assert user["UserMFASettingList"] == ["EMAIL_OTP"]
    assert user["attributes"]["email"] == "ann@example.com"
    assert user["attributes"]["email_verified"] == "true"


async def test_an_address_whose_code_never_came_back_is_not_the_users(
    pool: Pool, client: Client, make_user: Make, enter: Call, respond: Call, described: Call
) -> None:
    await make_user(pool, "ann")
    session = (await enter(client))["Session"]

    challenge = await respond(client, "MFA_SETUP", session, EMAIL="typo@example.com")
    with pytest.raises(CodeMismatchException):
        await respond(client, "EMAIL_OTP", challenge["Session"], EMAIL_OTP_CODE="00000000")

    assert "email" not in (await described(pool, "ann"))["attributes"]


async def test_what_is_no_address_is_refused_and_may_be_given_again(
    pool: Pool, client: Client, make_user: Make, enter: Call, respond: Call
) -> None:
    await make_user(pool, "ann")
    session = (await enter(client))["Session"]

    with pytest.raises(InvalidParameterException, match="Invalid email address format"):
        await respond(client, "MFA_SETUP", session, EMAIL="ann")

    assert await respond(client, "MFA_SETUP", session, EMAIL="ann@example.com")


async def test_an_address_sets_nothing_up_where_email_is_no_factor(
    make_mfa_pool: Make, make_client: Make, make_user: Make, enter: Call, respond: Call, inbox: Inbox
) -> None:
    pool = await make_mfa_pool("ON", "SOFTWARE_TOKEN_MFA")
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await make_user(pool, "ann")
    session = (await enter(client))["Session"]

    with pytest.raises(InvalidParameterException):
        await respond(client, "MFA_SETUP", session, EMAIL="ann@example.com")

    assert inbox.messages() == []


async def test_an_address_that_may_not_be_changed_is_not_set_with_a_factor(
    make_mfa_pool: Make, make_client: Make, make_user: Make, enter: Call, respond: Call
) -> None:
    fixed = SchemaAttributeTypeInput(name="email", attribute_data_type="String", mutable=False)
    pool = await make_mfa_pool("ON", "EMAIL_OTP", schema=[fixed])
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await make_user(pool, "ann")
    session = (await enter(client))["Session"]

    with pytest.raises(InvalidParameterException, match="email: Attribute cannot be updated"):
        await respond(client, "MFA_SETUP", session, EMAIL="ann@example.com")


async def test_an_address_that_is_anothers_username_is_refused(
    make_mfa_pool: Make, make_client: Make, make_user: Make, enter: Call, respond: Call
) -> None:
    pool = await make_mfa_pool(
        "ON", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA", username_attributes=["email", "phone_number"]
    )
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await make_user(pool, "bob@example.com")
    await make_user(pool, "+15550001234")
    challenge = await enter(client, "+15550001234")

    with pytest.raises(AliasExistsException):
        await respond(
            client, "MFA_SETUP", challenge["Session"], USERNAME="+15550001234", EMAIL="bob@example.com"
        )


async def test_the_password_alone_sets_nothing_up_beside_a_factor_that_came_meanwhile(
    call: Call,
    pool: Pool,
    client: Client,
    make_user: Make,
    enter: Call,
    respond: Call,
    inbox: Inbox,
    shown_by: Shown,
) -> None:
    await make_user(pool, "ann")
    early, late = (await enter(client))["Session"], (await enter(client))["Session"]
    sent = await respond(client, "MFA_SETUP", early, EMAIL="eve@example.com")
    made = await call("AssociateSoftwareToken", Session=(await enter(client))["Session"])
    code = shown_by(made["SecretCode"])()
    await call("VerifySoftwareToken", Session=made["Session"], UserCode=code)

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await respond(client, "EMAIL_OTP", sent["Session"], EMAIL_OTP_CODE=inbox.messages()[0].code)
    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await respond(client, "MFA_SETUP", late, EMAIL="eve@example.com")
