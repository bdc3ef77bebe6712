"""A pool demands a second factor of somebody who has none: they set one up in the middle of their sign-in."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest
from stories import EACH_WAY_ONCE, PASSWORD, enrol, time_of

from userpool import (
    ChallengeError,
    CodeMismatchException,
    EmailCodeRequired,
    EnableSoftwareTokenMFAException,
    MfaSetupRequired,
    NotAuthorizedException,
    SignedIn,
    TotpRequired,
    TotpSetupRequired,
    load_step,
)
from userpool.testing import LocalPool
from userpool.wire.mfa import EmailMfaConfigType, SetUserPoolMfaConfigRequest, SoftwareTokenMfaConfigType
from userpool.wire.user_pools import CreateUserPoolRequest, EmailConfigurationType

pytestmark = [pytest.mark.anyio, EACH_WAY_ONCE]

SENDER = "arn:aws:ses:us-east-1:000000000000:identity/example.com"


@pytest.fixture
def options() -> dict[str, Any]:
    """A pool that demands a second factor: an app, or a code by e-mail."""
    sender = EmailConfigurationType(email_sending_account="DEVELOPER", source_arn=SENDER)
    mfa = SetUserPoolMfaConfigRequest(
        user_pool_id="",
        mfa_configuration="ON",
        software_token_mfa_configuration=SoftwareTokenMfaConfigType(enabled=True),
        email_mfa_configuration=EmailMfaConfigType(),
    )
    return {"pool": CreateUserPoolRequest(pool_name="strict", email_configuration=sender), "mfa": mfa}


@pytest.fixture
async def step(local: LocalPool, make_pool: Any, now: Any) -> Any:
    """The step at which Alice, who has no address and no app, is asked to set something up."""
    enrol(local, "alice")
    step = await now(make_pool().sign_in("alice", PASSWORD))
    assert isinstance(step, MfaSetupRequired)
    assert sorted(step.choices) == ["EMAIL_OTP", "SOFTWARE_TOKEN_MFA"]
    return load_step(step.dump())


async def test_an_app_may_be_wrong_once_and_is_right_on_the_same_step(
    local: LocalPool, make_pool: Any, now: Any, step: Any
) -> None:
    shown = await now(make_pool().answer(step.totp()))
    assert isinstance(shown, TotpSetupRequired)
    app = pyotp.parse_uri(shown.uri(issuer="Kites"))
    parked, elsewhere = shown.dump(), make_pool()

    with pytest.raises(EnableSoftwareTokenMFAException):
        await now(elsewhere.answer(load_step(parked).code(app.at(time_of(local) - 900))))
    done = await now(elsewhere.answer(load_step(parked).code(app.at(time_of(local)), "her phone")))

    assert isinstance(done, SignedIn)
    assert (await now(done.user.mfa_preference())).enabled == ("SOFTWARE_TOKEN_MFA",)


async def test_the_app_that_was_set_up_is_asked_for_the_next_time(
    local: LocalPool, make_pool: Any, now: Any, step: Any
) -> None:
    shown = await now(make_pool().answer(step.totp()))
    app = pyotp.TOTP(shown.secret)
    await now(make_pool().answer(shown.code(app.at(time_of(local)), "her phone")))
    local.advance(minutes=1)

    again = await now(make_pool().sign_in("alice", PASSWORD))

    assert isinstance(again, TotpRequired)
    assert again.device_name == "her phone"
    assert isinstance(await now(make_pool().answer(again.code(app.at(time_of(local))))), SignedIn)


async def test_a_step_that_has_set_up_an_app_sets_up_nothing_else(
    local: LocalPool, make_pool: Any, now: Any, step: Any
) -> None:
    shown = await now(make_pool().answer(step.totp()))
    answer = shown.code(pyotp.TOTP(shown.secret).at(time_of(local)))
    await now(make_pool().answer(answer))

    for replayed in (answer, step.totp(), step.email("eve@example.com")):
        with pytest.raises(NotAuthorizedException):
            await now(make_pool().answer(replayed))


async def test_an_address_is_set_up_by_the_code_that_is_mailed_to_it(
    local: LocalPool, make_pool: Any, now: Any, step: Any
) -> None:
    asked = await now(make_pool().answer(step.email("alice@example.com")))
    assert isinstance(asked, EmailCodeRequired)
    assert asked.destination == "a***@e***"
    code, elsewhere, parked = local.inbox.latest("alice@example.com").code, make_pool(), asked.dump()

    with pytest.raises(CodeMismatchException):
        await now(elsewhere.answer(load_step(parked).code(f"{(int(code) + 1) % 10**8:08d}")))
    done = await now(elsewhere.answer(load_step(parked).code(code)))

    assert isinstance(done, SignedIn)
    assert (await now(done.user.attributes()))["email_verified"] == "true"
    assert isinstance(await now(make_pool().sign_in("alice", PASSWORD)), EmailCodeRequired)


async def test_what_the_pool_does_not_offer_is_not_even_sent(step: Any) -> None:
    with pytest.raises(ChallengeError, match="empty"):
        step.email("")
