"""Somebody with second factors is asked for one after their password, in one program, and answers in another."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest
from stories import EACH_WAY_ONCE, PASSWORD, enrol, time_of

from userpool import (
    CodeMismatchException,
    EmailCodeRequired,
    ExpiredCodeException,
    MfaChoiceRequired,
    NotAuthorizedException,
    SignedIn,
    SmsCodeRequired,
    TotpRequired,
    load_step,
)
from userpool.testing import LocalPool
from userpool.wire.mfa import (
    EmailMfaConfigType,
    SetUserPoolMfaConfigRequest,
    SmsMfaConfigType,
    SoftwareTokenMfaConfigType,
)
from userpool.wire.user_pools import CreateUserPoolRequest, EmailConfigurationType, SmsConfigurationType

pytestmark = [pytest.mark.anyio, EACH_WAY_ONCE]

EVERY_FACTOR = {"sms": "enabled", "totp": "enabled", "email": "enabled"}
ROLE = "arn:aws:iam::000000000000:role/sms"
SENDER = "arn:aws:ses:us-east-1:000000000000:identity/example.com"


@pytest.fixture
def options() -> dict[str, Any]:
    """A pool that offers every second factor."""
    sender = EmailConfigurationType(email_sending_account="DEVELOPER", source_arn=SENDER)
    mfa = SetUserPoolMfaConfigRequest(
        user_pool_id="",
        mfa_configuration="OPTIONAL",
        software_token_mfa_configuration=SoftwareTokenMfaConfigType(enabled=True),
        email_mfa_configuration=EmailMfaConfigType(),
        sms_mfa_configuration=SmsMfaConfigType(sms_configuration=SmsConfigurationType(sns_caller_arn=ROLE)),
    )
    return {"pool": CreateUserPoolRequest(pool_name="factors", email_configuration=sender), "mfa": mfa}


@pytest.fixture
def joined(local: LocalPool, make_pool: Any, now: Any) -> Any:
    """Give a function that lets Alice in and switches second factors on; it returns her authenticator."""

    async def joining(**factors: str) -> pyotp.TOTP:
        enrol(local, "alice", email="alice@example.com", email_verified="true", phone_number="+15555550123")
        user = (await now(make_pool().sign_in("alice", PASSWORD))).user
        app = pyotp.TOTP((await now(user.begin_totp_setup())).secret)
        await now(user.verify_totp(app.at(time_of(local)), device_name="her phone"))
        await now(user.set_mfa_preference(**factors))
        local.advance(minutes=1)  # A code of an app is good once, and it has just shown one.
        return app

    return joining


def carried(step: Any) -> Any:
    """Carry a step over to another program."""
    return load_step(step.dump())


@pytest.mark.parametrize(
    ("factor", "expected", "destination"),
    [("sms", SmsCodeRequired, "+*******0123"), ("email", EmailCodeRequired, "a***@e***")],
)
async def test_a_code_that_was_sent_is_good_once(
    local: LocalPool, make_pool: Any, now: Any, joined: Any, factor: str, expected: Any, destination: str
) -> None:
    await joined(**{factor: "preferred"})
    step = await now(make_pool().sign_in("alice", PASSWORD))
    assert isinstance(step, expected)
    assert step.destination == destination
    code, elsewhere = local.inbox.latest("alice").code, make_pool()

    with pytest.raises(CodeMismatchException):
        await now(elsewhere.answer(carried(step).code(f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}")))
    done = await now(elsewhere.answer(carried(step).code(code)))
    with pytest.raises(NotAuthorizedException):
        await now(make_pool().answer(carried(step).code(code)))

    assert isinstance(done, SignedIn)
    assert elsewhere.current_user().username == "alice"


async def test_a_code_of_an_app_is_good_once_in_any_sign_in(
    local: LocalPool, make_pool: Any, now: Any, joined: Any
) -> None:
    app = await joined(totp="preferred")
    steps = [await now(make_pool().sign_in("alice", PASSWORD)) for _ in range(2)]
    assert [type(step) for step in steps] == [TotpRequired] * 2
    assert steps[0].device_name == "her phone"
    code = app.at(time_of(local))

    done = await now(make_pool().answer(carried(steps[0]).code(code)))
    with pytest.raises(ExpiredCodeException, match="already been used once"):
        await now(make_pool().answer(carried(steps[1]).code(code)))
    with pytest.raises(NotAuthorizedException, match="Invalid session"):
        await now(make_pool().answer(carried(steps[0]).code(code)))
    local.advance(minutes=1)
    with pytest.raises(NotAuthorizedException, match="Invalid session"):
        await now(make_pool().answer(carried(steps[0]).code(app.at(time_of(local)))))

    assert isinstance(done, SignedIn)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [("SMS_MFA", SmsCodeRequired), ("EMAIL_OTP", EmailCodeRequired), ("SOFTWARE_TOKEN_MFA", TotpRequired)],
)
async def test_whoever_has_several_factors_chooses_one(
    local: LocalPool, make_pool: Any, now: Any, joined: Any, choice: str, expected: Any
) -> None:
    app = await joined(**EVERY_FACTOR)
    step = await now(make_pool().sign_in("alice", PASSWORD))
    assert isinstance(step, MfaChoiceRequired)
    assert sorted(step.choices) == ["EMAIL_OTP", "SMS_MFA", "SOFTWARE_TOKEN_MFA"]

    asked = await now(make_pool().answer(carried(step).choose(choice)))
    assert isinstance(asked, expected)
    code = app.at(time_of(local)) if choice == "SOFTWARE_TOKEN_MFA" else local.inbox.latest("alice").code

    assert isinstance(await now(make_pool().answer(carried(asked).code(code))), SignedIn)
