"""Codes: made, kept as digests, sent, redeemed once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.codes import (
    MOST_WRONG_TRIES,
    attribute_to_verify,
    count_call,
    delivery_details,
    new_code,
    pretend_code,
    redeem,
    send_code,
)
from userpool.server.context import Context
from userpool.server.database.credentials import code_of
from userpool.server.messages.inbox import Inbox
from userpool.server.records import Code, Message, Pool, User
from userpool.wire.faults import ExpiredCodeException, LimitExceededException

pytestmark = pytest.mark.anyio

Make = Callable[..., Awaitable[Any]]

HOUR = 60 * 60
SUB = "34c84488-e0e1-40ae-92ee-991ad1a898c8"
OTHER = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def pool(make_pool: Make) -> Pool:
    """A pool."""
    pool: Pool = await make_pool()
    return pool


async def test_a_code_has_six_digits_and_is_kept_as_a_digest(context: Context, pool: Pool) -> None:
    message = await sent(context, pool)

    assert len(message.code) == 6
    assert message.code.isdigit()
    kept = await code_of(context.database.reader, SUB, "sign_up")
    assert kept is not None
    assert message.code not in repr(kept)
    assert (kept[0].attribute, kept[0].value) == ("email", "ann@example.com")


async def test_a_message_leaves_when_it_is_handed_over_and_not_before(
    context: Context, pool: Pool, inbox: Inbox
) -> None:
    message = await sent(context, pool)
    assert inbox.messages() == []

    await context.outbox.hand_over(message)

    assert inbox.messages() == [message]


async def test_a_code_works_once(context: Context, pool: Pool) -> None:
    code = (await sent(context, pool)).code

    redeemed = await tried(context, code)

    assert redeemed is not None
    assert (redeemed.attribute, redeemed.value) == ("email", "ann@example.com")
    with pytest.raises(ExpiredCodeException, match=r"^Invalid code provided, please request a code again\.$"):
        await tried(context, code)


async def test_a_code_is_for_one_user_and_one_purpose(context: Context, pool: Pool) -> None:
    code = (await sent(context, pool)).code
    await sent(context, pool, purpose="forgot_password")

    with pytest.raises(ExpiredCodeException):
        await tried(context, code, sub=OTHER)
    assert await tried(context, code, purpose="forgot_password") is None
    assert await tried(context, code) is not None


async def test_a_newer_code_voids_the_older(context: Context, pool: Pool) -> None:
    older, newer = (await sent(context, pool)).code, (await sent(context, pool)).code

    assert await tried(context, older) is None
    assert await tried(context, newer) is not None


async def test_wrong_tries_are_counted_and_run_out(context: Context, pool: Pool) -> None:
    code = (await sent(context, pool)).code
    for _ in range(MOST_WRONG_TRIES):
        assert await tried(context, "x") is None

    with pytest.raises(
        LimitExceededException, match=r"^Attempt limit exceeded, please try after some time\.$"
    ):
        await tried(context, code)

    assert await tried(context, (await sent(context, pool)).code) is not None


@pytest.mark.parametrize(
    ("purpose", "hours"), [("sign_up", 24), ("attribute:email", 24), ("forgot_password", 1)]
)
async def test_a_code_lives_for_a_day_and_one_that_sets_a_password_for_an_hour(
    context: Context, pool: Pool, effects: FixedEffects, purpose: str, hours: int
) -> None:
    first = (await sent(context, pool, purpose=purpose)).code
    effects.advance(hours * HOUR - 1)
    assert await tried(context, first, purpose=purpose) is not None

    second = (await sent(context, pool, purpose=purpose)).code
    effects.advance(hours * HOUR)
    with pytest.raises(ExpiredCodeException):
        await tried(context, second, purpose=purpose)


async def test_a_pretended_code_is_tried_like_a_real_one_and_nothing_redeems_it(
    context: Context, effects: FixedEffects
) -> None:
    await context.database.write(
        lambda transaction: pretend_code(context, transaction, SUB, "forgot_password")
    )

    for code in ("", "000000"):
        assert await tried(context, code, purpose="forgot_password") is None
    effects.advance(HOUR)
    with pytest.raises(ExpiredCodeException):
        await tried(context, "000000", purpose="forgot_password")


async def test_calls_are_counted_for_each_user_and_each_operation(context: Context) -> None:
    for _ in range(5):
        await called(context, SUB, "ForgotPassword")

    with pytest.raises(LimitExceededException):
        await called(context, SUB, "ForgotPassword")

    await called(context, OTHER, "ForgotPassword")
    await called(context, SUB, "ResendConfirmationCode")


async def test_a_reply_tells_where_a_code_went_without_telling_the_address() -> None:
    email, number = (
        delivery_details("email", "ann@example.com"),
        delivery_details("phone_number", "+15551234567"),
    )

    assert (email.destination, email.delivery_medium, email.attribute_name) == ("a***@e***", "EMAIL", "email")
    assert (number.destination, number.delivery_medium) == ("+*******4567", "SMS")


async def test_a_sign_up_code_goes_to_what_the_pool_verifies_the_number_first(make_pool: Make) -> None:
    both = {"email": "ann@example.com", "phone_number": "+15551234567"}
    pool = await make_pool(auto_verified_attributes=["email", "phone_number"])

    assert attribute_to_verify(pool, both) == "phone_number"
    assert attribute_to_verify(pool, {"email": "ann@example.com"}) == "email"
    assert attribute_to_verify(await make_pool(auto_verified_attributes=["email"]), both) == "email"
    assert attribute_to_verify(await make_pool(), both) is None


async def sent(context: Context, pool: Pool, purpose: str = "sign_up") -> Message:
    """Promise a code to Ann."""
    ann = User(
        sub=SUB, pool_id=pool.pool_id, username="ann", status="UNCONFIRMED", created_ms=0, modified_ms=0
    )
    return await context.database.write(
        lambda transaction: send_code(
            context,
            transaction,
            pool,
            ann,
            purpose=purpose,
            attribute="email",
            kind="SignUp",
            value="ann@example.com",
        )
    )


async def tried(context: Context, code: str, *, sub: str = SUB, purpose: str = "sign_up") -> Code | None:
    """Try a code."""
    return await context.database.write(
        lambda transaction: redeem(context, transaction, sub, purpose, code=code)
    )


async def called(context: Context, sub: str, operation: str) -> None:
    """Count a call."""
    await context.database.write(lambda transaction: count_call(context, transaction, sub, operation))


async def test_in_development_every_code_may_be_the_same(context: Context) -> None:
    fixed = replace(context, settings=replace(context.settings, fixed_code="123456"))

    assert new_code(fixed, 6) == "123456"
    assert new_code(fixed, 8) == "12345612"
    assert new_code(context, 8) != new_code(context, 8)
