"""The authenticator app of a user: associated, verified and taken away."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pyotp
import pytest
from msgspec.structs import replace

from userpool.effects import FixedEffects
from userpool.server.context import Context
from userpool.server.pending_sign_ins import Pending, expiry_ms, new_spent_id, open_session, seal_session
from userpool.server.records import Client, Pool
from userpool.server.software_tokens import friendly_name, prove
from userpool.wire.faults import (
    EnableSoftwareTokenMFAException,
    InvalidParameterException,
    NotAuthorizedException,
    SoftwareTokenMFANotFoundException,
    UserNotFoundException,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

NO_SESSION = "Invalid session for the user."
MISMATCH = "Code mismatch and fail enable Software Token MFA"
ON = {"Enabled": True, "PreferredMfa": True}


@pytest.fixture
async def pending(context: Context, pool: Pool, client: Client, make_user: Make) -> Pending:
    """The sign-in of Bob, who has to set a second factor up."""
    sub = await make_user(pool, "bob")
    return Pending(
        pool_id=pool.pool_id,
        client_id=client.client_id,
        spent_id=new_spent_id(context),
        sub=sub,
        username="bob",
        state="MFA_SETUP",
        expires_ms=expiry_ms(context, client),
        typed_name="bob",
        version=2,
        choices=["SOFTWARE_TOKEN_MFA"],
    )


@pytest.fixture
def session(context: Context, pending: Pending) -> str:
    """The Session that he holds."""
    return seal_session(context, pending)


@pytest.fixture
def show(effects: FixedEffects) -> Callable[[str], str]:
    """Give a function that shows what an authenticator shows for a seed."""
    return lambda secret: pyotp.TOTP(secret).at(int(effects.now()))


def other_than(code: str) -> str:
    """Return a wrong code."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


# ---- with an access token ----


async def test_a_seed_comes_without_a_session(call: Call, token: str) -> None:
    told = await call("AssociateSoftwareToken", AccessToken=token)

    assert set(told) == {"SecretCode"}
    assert len(told["SecretCode"]) == 52


async def test_a_verified_authenticator_is_not_switched_on(
    call: Call, pool: Pool, token: str, show: Callable[[str], str], described: Call
) -> None:
    secret = (await call("AssociateSoftwareToken", AccessToken=token))["SecretCode"]

    told = await call("VerifySoftwareToken", AccessToken=token, UserCode=show(secret))

    assert told == {"Status": "SUCCESS"}
    assert "UserMFASettingList" not in await described(pool, "ann")


async def test_a_wrong_code_may_be_followed_by_the_right_one(
    call: Call, token: str, show: Callable[[str], str]
) -> None:
    secret = (await call("AssociateSoftwareToken", AccessToken=token))["SecretCode"]

    with pytest.raises(EnableSoftwareTokenMFAException) as caught:
        await call("VerifySoftwareToken", AccessToken=token, UserCode=other_than(show(secret)))

    assert caught.value.message == MISMATCH
    assert await call("VerifySoftwareToken", AccessToken=token, UserCode=show(secret))


async def test_an_authenticator_keeps_its_name(
    call: Call, pool: Pool, token: str, seed: Make, context: Context, described: Call
) -> None:
    await seed(token)

    sub = (await described(pool, "ann"))["attributes"]["sub"]
    assert await friendly_name(context, context.database.reader, sub) == "Phone"


async def test_what_was_not_associated_is_not_verified(call: Call, token: str) -> None:
    with pytest.raises(SoftwareTokenMFANotFoundException) as caught:
        await call("VerifySoftwareToken", AccessToken=token, UserCode="123456")

    assert caught.value.message == "Software Token MFA does not exist for the user."


@pytest.mark.parametrize(
    ("name", "members"), [("AssociateSoftwareToken", {}), ("VerifySoftwareToken", {"UserCode": "123456"})]
)
async def test_a_pool_without_authenticators_has_none(
    call: Call, pool: Pool, token: str, session: str, set_factors: Make, name: str, members: dict[str, str]
) -> None:
    await set_factors(pool, "OPTIONAL", "SmsMfaConfiguration")

    for bearer in ({"AccessToken": token}, {"Session": session}):
        with pytest.raises(SoftwareTokenMFANotFoundException) as caught:
            await call(name, **bearer, **members)
        assert caught.value.message == "Software Token MFA has not been enabled by the userPool"


async def test_either_a_token_or_a_session_is_needed(call: Call) -> None:
    with pytest.raises(InvalidParameterException, match="Either AccessToken or Session"):
        await call("AssociateSoftwareToken")
    with pytest.raises(InvalidParameterException, match="Either AccessToken or Session"):
        await call("VerifySoftwareToken", UserCode="123456")


# ---- with the Session of a sign-in ----


async def test_a_sign_in_sets_an_authenticator_up_and_it_is_switched_on(
    call: Call,
    pool: Pool,
    client: Client,
    session: str,
    context: Context,
    show: Callable[[str], str],
    described: Call,
) -> None:
    associated = await call("AssociateSoftwareToken", Session=session)
    code = show(associated["SecretCode"])

    verified = await call("VerifySoftwareToken", Session=associated["Session"], UserCode=code)

    assert verified["Status"] == "SUCCESS"
    opened = open_session(context, verified["Session"], state="MFA_SETUP", client=client)
    assert opened.software_token_verified
    assert opened.choices == ["SOFTWARE_TOKEN_MFA"]
    user = await described(pool, "bob")
    assert user["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]
    assert "PreferredMfaSetting" not in user


async def test_each_answer_has_a_session_of_its_own(
    call: Call, session: str, context: Context, pending: Pending
) -> None:
    told = await call("AssociateSoftwareToken", Session=session)

    opened = open_session(context, told["Session"], state="MFA_SETUP", client=None)
    assert opened.spent_id != pending.spent_id
    assert not opened.software_token_verified


async def test_a_wrong_code_leaves_the_session_usable(
    call: Call, session: str, show: Callable[[str], str]
) -> None:
    told = await call("AssociateSoftwareToken", Session=session)

    with pytest.raises(EnableSoftwareTokenMFAException, match=f"^{MISMATCH}$"):
        await call(
            "VerifySoftwareToken", Session=told["Session"], UserCode=other_than(show(told["SecretCode"]))
        )

    code = show(told["SecretCode"])
    assert (await call("VerifySoftwareToken", Session=told["Session"], UserCode=code))["Status"] == "SUCCESS"


async def test_asking_for_another_seed_does_not_prolong_a_sign_in(
    call: Call, session: str, effects: FixedEffects, show: Callable[[str], str]
) -> None:
    effects.advance(120)
    told = await call("AssociateSoftwareToken", Session=session)
    effects.advance(60)

    code = show(told["SecretCode"])
    with pytest.raises(NotAuthorizedException, match="session is expired"):
        await call("VerifySoftwareToken", Session=told["Session"], UserCode=code)


async def test_wrong_codes_of_a_sign_in_are_counted_like_those_of_any_factor(
    call: Call, session: str, effects: FixedEffects, show: Callable[[str], str]
) -> None:
    told = await call("AssociateSoftwareToken", Session=session)
    for _ in range(5):
        wrong = other_than(show(told["SecretCode"]))
        with pytest.raises(EnableSoftwareTokenMFAException, match=f"^{MISMATCH}$"):
            await call("VerifySoftwareToken", Session=told["Session"], UserCode=wrong)

    with pytest.raises(NotAuthorizedException, match=r"^Password attempts exceeded$"):
        await call("VerifySoftwareToken", Session=told["Session"], UserCode=show(told["SecretCode"]))

    effects.advance(1)
    assert await call("VerifySoftwareToken", Session=told["Session"], UserCode=show(told["SecretCode"]))


async def test_the_password_alone_does_not_replace_a_verified_authenticator(
    call: Call, session: str, context: Context, pending: Pending, show: Callable[[str], str]
) -> None:
    told = await call("AssociateSoftwareToken", Session=session)
    code = show(told["SecretCode"])
    verified = await call("VerifySoftwareToken", Session=told["Session"], UserCode=code)

    for used in (session, told["Session"], verified["Session"]):
        with pytest.raises(NotAuthorizedException) as caught:
            await call("AssociateSoftwareToken", Session=used)
        assert caught.value.message == NO_SESSION

    reader = context.database.reader
    assert await prove(context, reader, pending.sub, code=code) == "used"


@pytest.mark.parametrize(
    "changes", [{"state": "SMS_MFA"}, {"client_id": "another"}, {"sub": "nobody"}, {"password_salt": b"old"}]
)
async def test_a_session_that_waits_for_something_else_sets_nothing_up(
    call: Call, context: Context, pending: Pending, changes: dict[str, Any]
) -> None:
    session = seal_session(context, replace(pending, **changes))

    with pytest.raises(NotAuthorizedException) as caught:
        await call("AssociateSoftwareToken", Session=session)

    assert caught.value.message == NO_SESSION


async def test_whoever_has_a_factor_meanwhile_sets_none_up(
    call: Call, pool: Pool, session: str, show: Callable[[str], str]
) -> None:
    told = await call("AssociateSoftwareToken", Session=session)
    named = {"UserPoolId": pool.pool_id, "Username": "bob"}
    phone = {"Name": "phone_number", "Value": "+15550001234"}
    await call("AdminUpdateUserAttributes", **named, UserAttributes=[phone])
    await call("AdminSetUserMFAPreference", **named, SMSMfaSettings=ON)

    code = show(told["SecretCode"])
    with pytest.raises(NotAuthorizedException) as caught:
        await call("VerifySoftwareToken", Session=told["Session"], UserCode=code)

    assert caught.value.message == NO_SESSION


async def test_a_session_grows_old(call: Call, session: str, effects: FixedEffects) -> None:
    effects.advance(181)

    with pytest.raises(NotAuthorizedException, match="session is expired"):
        await call("AssociateSoftwareToken", Session=session)


async def test_whoever_is_disabled_sets_nothing_up(call: Call, pool: Pool, session: str) -> None:
    await call("AdminDisableUser", UserPoolId=pool.pool_id, Username="bob")

    with pytest.raises(NotAuthorizedException) as caught:
        await call("AssociateSoftwareToken", Session=session)

    assert caught.value.message == NO_SESSION


# ---- taken away ----


async def test_an_administrator_takes_an_authenticator_away(
    call: Call, pool: Pool, token: str, seed: Make, described: Call, context: Context
) -> None:
    app = await seed(token)
    await call("SetUserMFAPreference", AccessToken=token, SoftwareTokenMfaSettings=ON)

    assert await call("AdminDeleteSoftwareToken", UserPoolId=pool.pool_id, Username="ann") == {}

    user = await described(pool, "ann")
    assert not {"UserMFASettingList", "PreferredMfaSetting"} & set(user)
    assert await prove(context, context.database.reader, user["attributes"]["sub"], code=app()) == "none"


async def test_of_whom_has_none_nothing_is_taken(call: Call, pool: Pool, token: str) -> None:
    assert await call("AdminDeleteSoftwareToken", UserPoolId=pool.pool_id, Username="ann") == {}

    with pytest.raises(UserNotFoundException):
        await call("AdminDeleteSoftwareToken", UserPoolId=pool.pool_id, Username="nobody")


async def test_a_deleted_user_leaves_no_authenticator(
    call: Call, pool: Pool, token: str, seed: Make, context: Context, described: Call
) -> None:
    app = await seed(token)
    sub = (await described(pool, "ann"))["attributes"]["sub"]

    await call("AdminDeleteUser", UserPoolId=pool.pool_id, Username="ann")

    assert await prove(context, context.database.reader, sub, code=app()) == "none"
