"""What the challenges after a proof tell, and what leaves with them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from userpool.effects import FixedEffects
from userpool.server.capabilities.sign_in.giving import (
    give_code,
    give_device_srp,
    give_mfa_choice,
    give_mfa_setup,
    give_software_token,
)
from userpool.server.capabilities.sign_in.machine import State
from userpool.server.capabilities.sign_in.parameters import Asked
from userpool.server.context import Context
from userpool.server.messages.inbox import Inbox
from userpool.server.pending_sign_ins import Pending, open_session
from userpool.server.records import Client, Pool, User
from userpool.server.rules.lockout import HOURLY_LIMITS
from userpool.wire.faults import InvalidParameterException, LimitExceededException

pytestmark = pytest.mark.anyio

Make = Callable[..., Awaitable[Any]]


@pytest.fixture
async def ann(context: Context, pool: Pool, make_user: Make) -> User:
    """Ann, who has an address and no phone number."""
    await make_user(pool, "ann", email="ann@example.com")
    user = await context.directory.user(pool, "ann")
    assert user is not None
    return user


@pytest.fixture
def asked(pool: Pool, client: Client) -> Asked:
    """A request."""
    return Asked(pool, client, {})


@pytest.fixture
def pending(pool: Pool, client: Client, ann: User) -> Pending:
    """Ann's sign-in."""
    return Pending(
        pool_id=pool.pool_id,
        client_id=client.client_id,
        spent_id="",
        sub=ann.sub,
        username="ann",
        state="START",
        expires_ms=0,
        typed_name="ann",
        version=1,
    )


async def test_a_code_is_kept_in_the_session_as_a_digest(
    context: Context, client: Client, asked: Asked, ann: User, pending: Pending, inbox: Inbox
) -> None:
    outcome = await give_code(context, asked, ann, pending, state=State.EMAIL_OTP)

    kept = open_session(context, outcome.session, state="EMAIL_OTP", client=client).code
    (message,) = inbox.messages()
    assert kept is not None
    assert (kept.attribute, kept.value, kept.sets_up) == ("email", "ann@example.com", False)
    assert kept.digest
    assert message.code not in kept.digest


async def test_nobody_is_sent_nothing_and_told_the_same(
    context: Context, asked: Asked, pending: Pending, inbox: Inbox
) -> None:
    outcome = await give_code(context, asked, None, pending, state=State.EMAIL_OTP)

    assert inbox.messages() == []
    assert outcome.parameters is not None
    assert outcome.parameters["CODE_DELIVERY_DELIVERY_MEDIUM"] == "EMAIL"
    assert "***@" in outcome.parameters["CODE_DELIVERY_DESTINATION"]


@pytest.mark.parametrize("name", ["nobody", "nobody@example.com"])
async def test_a_code_by_sms_is_said_to_go_to_a_number_even_of_nobody(
    context: Context, asked: Asked, pending: Pending, name: str
) -> None:
    outcome = await give_code(context, asked, None, replace(pending, typed_name=name), state=State.SMS_MFA)

    assert outcome.parameters is not None
    assert outcome.parameters["CODE_DELIVERY_DELIVERY_MEDIUM"] == "SMS"
    assert outcome.parameters["CODE_DELIVERY_DESTINATION"].startswith("+***")


async def test_without_a_number_there_is_no_code(
    context: Context, asked: Asked, ann: User, pending: Pending
) -> None:
    with pytest.raises(InvalidParameterException):
        await give_code(context, asked, ann, pending, state=State.SMS_MFA)


@pytest.mark.parametrize("somebody", [True, False])
async def test_codes_are_sent_so_many_times_an_hour_and_no_more(
    context: Context,
    asked: Asked,
    ann: User,
    pending: Pending,
    inbox: Inbox,
    effects: FixedEffects,
    *,
    somebody: bool,
) -> None:
    user = ann if somebody else None
    for _ in range(HOURLY_LIMITS["SendMfaCode"]):
        await give_code(context, asked, user, pending, state=State.EMAIL_OTP)
    sent = len(inbox.messages())

    with pytest.raises(
        LimitExceededException, match=r"^Attempt limit exceeded, please try after some time\.$"
    ):
        await give_code(context, asked, user, pending, state=State.EMAIL_OTP)
    assert len(inbox.messages()) == sent

    effects.advance(60 * 60)
    assert await give_code(context, asked, user, pending, state=State.EMAIL_OTP)


async def test_an_authenticator_without_a_name_is_not_named(
    context: Context, asked: Asked, pending: Pending
) -> None:
    outcome = await give_software_token(context, asked, pending)

    assert outcome.parameters == {"USER_ID_FOR_SRP": "ann"}


async def test_lists_are_told_as_json_in_a_string(context: Context, asked: Asked, pending: Pending) -> None:
    methods = ["SMS_MFA", "SOFTWARE_TOKEN_MFA"]

    choice = give_mfa_choice(context, asked, pending, methods=methods).parameters
    setup = give_mfa_setup(context, asked, pending, methods=methods).parameters

    assert choice == {"MFAS_CAN_CHOOSE": '["SMS_MFA","SOFTWARE_TOKEN_MFA"]', "USER_ID_FOR_SRP": "ann"}
    assert setup == {"MFAS_CAN_SETUP": '["SMS_MFA","SOFTWARE_TOKEN_MFA"]', "USER_ID_FOR_SRP": "ann"}


async def test_a_device_is_asked_by_the_users_name(context: Context, asked: Asked, pending: Pending) -> None:
    outcome = give_device_srp(context, asked, pending)

    assert outcome.challenge_name == "DEVICE_SRP_AUTH"
    assert outcome.parameters == {"USERNAME": "ann", "USER_ID_FOR_SRP": "ann"}
