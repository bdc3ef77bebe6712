"""One life, and the functions of the pool's owner who are asked about each of its steps, in the service's order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from stories import EACH_WAY_ONCE, PASSWORD, time_of

from userpool import NotAuthorizedException, SignedIn
from userpool.testing import LocalPool
from userpool.wire.mfa import SetUserPoolMfaConfigRequest, SoftwareTokenMfaConfigType
from userpool.wire.passwords import AdminResetUserPassword, AdminResetUserPasswordRequest
from userpool.wire.shapes import AttributeType
from userpool.wire.users import AdminCreateUser, AdminCreateUserRequest

pytestmark = [pytest.mark.anyio, EACH_WAY_ONCE]

OTHER, EMAIL = "Another-Horse-8-Staple", "alice@example.com"
VERIFIED = AttributeType(name="email_verified", value="true")
SIGNED_IN = ["PostAuthentication_Authentication", "TokenGeneration_Authentication"]
TRIGGERS = [
    "PreSignUp",
    "PostConfirmation",
    "PreAuthentication",
    "PostAuthentication",
    "PreTokenGeneration",
    "CustomMessage",
    "UserMigration",
]


@pytest.fixture
def events() -> list[dict[str, Any]]:
    """What the functions were asked."""
    return []


@pytest.fixture
def asked(events: list[dict[str, Any]]) -> Callable[[], list[str]]:
    """Give a function that tells what the functions were asked since it was called before."""

    def sources() -> list[str]:
        found = [event["triggerSource"] for event in events]
        events.clear()
        return found

    return sources


@pytest.fixture
def options(events: list[dict[str, Any]]) -> dict[str, Any]:
    """A pool whose every trigger looks at its event and changes nothing."""

    def look(event: dict[str, Any]) -> dict[str, Any]:
        events.append(event)
        return event

    mfa = SetUserPoolMfaConfigRequest(
        user_pool_id="",
        mfa_configuration="OPTIONAL",
        software_token_mfa_configuration=SoftwareTokenMfaConfigType(enabled=True),
    )
    return {"triggers": dict.fromkeys(TRIGGERS, look), "mfa": mfa}


async def joined(local: LocalPool, pool: Any, now: Any) -> Any:
    """Let Alice join and sign in."""
    await now(pool.sign_up("alice", PASSWORD, {"email": EMAIL}))
    await now(pool.confirm_sign_up("alice", local.inbox.latest("alice").code))
    return (await now(pool.sign_in("alice", PASSWORD))).user


async def test_joining(asked: Any, local: LocalPool, pool: Any, now: Any) -> None:
    await now(pool.sign_up("alice", PASSWORD, {"email": EMAIL}))
    assert asked() == ["PreSignUp_SignUp", "CustomMessage_SignUp"]

    await now(pool.resend_confirmation_code("alice"))
    assert asked() == ["CustomMessage_ResendCode"]

    await now(pool.confirm_sign_up("alice", local.inbox.latest("alice").code))
    assert asked() == ["PostConfirmation_ConfirmSignUp"]


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
async def test_signing_in_and_being_renewed(
    asked: Any, local: LocalPool, pool: Any, now: Any, flow: str
) -> None:
    await joined(local, pool, now)
    asked()

    user = (await now(pool.sign_in("alice", PASSWORD, flow=flow))).user
    assert asked() == ["PreAuthentication_Authentication", *SIGNED_IN]

    await now(user.refresh())
    assert asked() == ["TokenGeneration_RefreshTokens"]


async def test_a_second_factor_comes_before_the_end_is_told(
    asked: Any, local: LocalPool, pool: Any, now: Any
) -> None:
    alice = await joined(local, pool, now)
    app = pyotp.TOTP((await now(alice.begin_totp_setup())).secret)
    await now(alice.verify_totp(app.at(time_of(local))))
    await now(alice.set_mfa_preference(totp="preferred"))
    local.advance(minutes=1)
    asked()

    step = await now(pool.sign_in("alice", PASSWORD))
    assert asked() == ["PreAuthentication_Authentication"]
    assert isinstance(await now(pool.answer(step.code(app.at(time_of(local))))), SignedIn)
    assert asked() == SIGNED_IN


async def test_a_changed_address_and_a_forgotten_password(
    asked: Any, local: LocalPool, pool: Any, now: Any
) -> None:
    alice = await joined(local, pool, now)
    asked()

    await now(alice.update_attributes({"email": "al@example.com"}))
    assert asked() == ["CustomMessage_UpdateUserAttribute"]
    await now(alice.send_attribute_verification_code("email"))
    assert asked() == ["CustomMessage_VerifyUserAttribute"]
    await now(alice.verify_attribute("email", local.inbox.latest("alice").code))

    await now(pool.forgot_password("alice"))
    assert asked() == ["CustomMessage_ForgotPassword"]
    await now(pool.confirm_forgot_password("alice", local.inbox.latest("alice").code, OTHER))
    assert asked() == ["PostConfirmation_ConfirmForgotPassword"]


async def test_an_administrators_invitation_and_reset(
    asked: Any, local: LocalPool, pool: Any, now: Any
) -> None:
    request = AdminCreateUserRequest(
        user_pool_id=local.user_pool_id,
        username="bob",
        desired_delivery_mediums=["EMAIL"],
        user_attributes=[AttributeType(name="email", value=EMAIL), VERIFIED],
    )
    local.call(AdminCreateUser, request)
    assert asked() == ["PreSignUp_AdminCreateUser", "CustomMessage_AdminCreateUser"]

    step = await now(pool.sign_in("bob", local.inbox.latest("bob").code))
    assert asked() == ["PreAuthentication_Authentication"]
    await now(pool.answer(step.password(PASSWORD)))
    assert asked() == ["PostAuthentication_Authentication", "TokenGeneration_NewPasswordChallenge"]

    reset = AdminResetUserPasswordRequest(user_pool_id=local.user_pool_id, username="bob")
    local.call(AdminResetUserPassword, reset)
    assert asked() == ["CustomMessage_ForgotPassword"]


async def test_somebody_whom_nobody_knows(asked: Any, pool: Any, now: Any) -> None:
    with pytest.raises(NotAuthorizedException):
        await now(pool.sign_in("mallory", PASSWORD, flow="USER_PASSWORD_AUTH"))

    assert asked() == ["UserMigration_Authentication", "PreAuthentication_Authentication"]
