"""Codes of a second factor, and the messages that take them to their owners."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace
from trigger_functions import Functions, triggered

from userpool.server.context import Context
from userpool.server.mfa_messages import MfaCode, compose_mfa_code
from userpool.server.records import Pool, PoolFactors, User
from userpool.wire.mfa import EmailMfaConfigType

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pool(make_pool: Callable[..., Awaitable[Pool]]) -> Pool:
    """A pool with the standard words."""
    return await make_pool()


async def test_a_code_by_sms_has_six_digits_and_the_standard_words(context: Context, pool: Pool) -> None:
    composed = await compose(context, pool, "phone_number", "+15550001234")

    assert composed.code.isdigit()
    assert len(composed.code) == 6
    assert composed.message.medium == "SMS"
    assert composed.message.kind == "Authentication"
    assert composed.message.text == f"Your authentication code is {composed.code}."


async def test_a_code_by_email_has_eight_digits_and_a_subject(context: Context, pool: Pool) -> None:
    composed = await compose(context, pool, "email", "ann@example.com")

    assert len(composed.code) == 8
    assert composed.message.destination == "ann@example.com"
    assert composed.message.subject == "Your authentication code"


async def test_a_pools_own_words_are_used(context: Context, pool: Pool) -> None:
    email = EmailMfaConfigType(message="Here: {####}", subject="Come in")
    described = replace(pool.description, sms_authentication_message="SMS {####}")
    worded = replace(pool, description=described, factors=PoolFactors(email=email))

    sms = await compose(context, worded, "phone_number", "+15550001234")
    mail = await compose(context, worded, "email", "ann@example.com")

    assert sms.message.text == f"SMS {sms.code}"
    assert (mail.message.subject, mail.message.text) == ("Come in", f"Here: {mail.code}")


async def test_a_function_sees_the_address_that_is_being_set_up(
    context: Context, make_pool: Callable[..., Awaitable[Pool]], functions: Functions
) -> None:
    pool = await make_pool(lambda_config=triggered("CustomMessage"))

    await compose(context, pool, "email", "new@example.com")

    shown = functions.event("CustomMessage_Authentication")["request"]["userAttributes"]
    assert shown["email"] == "new@example.com"


async def test_no_two_codes_are_one(context: Context, pool: Pool) -> None:
    codes = {(await compose(context, pool, "email", "ann@example.com")).code for _ in range(5)}

    assert len(codes) == 5


async def test_nothing_shows_the_code(context: Context, pool: Pool) -> None:
    composed = await compose(context, pool, "email", "ann@example.com")

    assert repr(composed) == "MfaCode(***)"


async def compose(context: Context, pool: Pool, attribute: str, value: str, **more: Any) -> MfaCode:
    """Compose a code for Ann."""
    ann = User(
        sub="34c84488-e0e1-40ae-92ee-991ad1a898c8",
        pool_id=pool.pool_id,
        username="ann",
        status="CONFIRMED",
        created_ms=0,
        modified_ms=0,
    )
    return await compose_mfa_code(
        context, pool, ann, client_id="web", attribute=attribute, value=value, client_metadata=None, **more
    )
