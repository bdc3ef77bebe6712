"""Changing attributes: what is written, what waits, which codes leave; the doors are tested with the capabilities."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.server.attribute_changes import (
    SentCode,
    change_attributes,
    purpose_of,
    value_to_verify,
    verify_attribute,
)
from userpool.server.context import Context
from userpool.server.database.users import user_by_sub
from userpool.server.records import Code, Pool, User
from userpool.server.roster import enrol
from userpool.wire.faults import ExpiredCodeException, InvalidParameterException
from userpool.wire.user_pools import UserAttributeUpdateSettingsTypeInput

pytestmark = pytest.mark.anyio

Make = Callable[..., Awaitable[Any]]

SUB = "34c84488-e0e1-40ae-92ee-991ad1a898c8"
OLD, NEW = "old@example.com", "new@example.com"


@pytest.fixture
async def pool(context: Context, make_pool: Make) -> Pool:
    """A pool in which an address counts once it is verified, with Ann."""
    settings = UserAttributeUpdateSettingsTypeInput(attributes_require_verification_before_update=["email"])
    pool = await make_pool(
        auto_verified_attributes=["email", "phone_number"], user_attribute_update_settings=settings
    )
    ann = User(
        sub=SUB,
        pool_id=pool.pool_id,
        username="ann",
        status="CONFIRMED",
        created_ms=0,
        modified_ms=0,
        attributes={"email": OLD, "email_verified": "true"},
    )
    await context.database.write(lambda transaction: enrol(transaction, pool, ann, taken="taken"))
    return pool


async def test_one_change_is_written_and_another_waits(context: Context, pool: Pool) -> None:
    sent = await changed(context, pool, email=NEW, name="Ann")

    ann = await current(context)
    assert ann.attributes == {"email": OLD, "email_verified": "true", "name": "Ann"}
    assert ann.pending_attributes == {"email": NEW}
    assert ann.modified_ms == context.now_ms
    assert [(code.attribute, code.message.destination) for code in sent] == [("email", NEW)]


async def test_what_waits_does_not_wait_for_whom_an_administrator_vouches(
    context: Context, pool: Pool
) -> None:
    assert await changed(context, pool, email=NEW, email_verified="TRUE") == []

    ann = await current(context)
    assert (ann.attributes, ann.pending_attributes) == ({"email": NEW, "email_verified": "true"}, {})


async def test_a_flag_does_not_reach_the_old_value_while_the_new_one_waits(
    context: Context, pool: Pool
) -> None:
    await changed(context, pool, email=NEW, email_verified="false")

    assert (await current(context)).attributes == {"email": OLD, "email_verified": "true"}


async def test_the_last_value_waits(context: Context, pool: Pool) -> None:
    await changed(context, pool, email="first@example.com")
    await changed(context, pool, email=NEW)

    assert (await current(context)).pending_attributes == {"email": NEW}


@pytest.mark.parametrize("value", ["", OLD])
async def test_clearing_and_going_back_end_the_waiting(context: Context, pool: Pool, value: str) -> None:
    await changed(context, pool, email=NEW)

    assert await changed(context, pool, email=value) == []

    ann = await current(context)
    assert ann.pending_attributes == {}
    assert ann.attributes.get("email", "") == value


async def test_other_attributes_leave_what_waits_alone(context: Context, pool: Pool) -> None:
    await changed(context, pool, email=NEW)

    await changed(context, pool, phone_number="+15551234567")

    ann = await current(context)
    assert ann.pending_attributes == {"email": NEW}
    assert ann.attributes["phone_number"] == "+15551234567"


async def test_a_verified_value_takes_the_place_of_the_old_one(context: Context, pool: Pool) -> None:
    await changed(context, pool, email=NEW)

    await verified(context, pool, NEW)

    ann = await current(context)
    assert (ann.attributes, ann.pending_attributes) == ({"email": NEW, "email_verified": "true"}, {})


async def test_a_code_for_the_old_value_leaves_the_new_one_waiting(context: Context, pool: Pool) -> None:
    await changed(context, pool, email=NEW)

    await verified(context, pool, OLD)

    ann = await current(context)
    assert ann.attributes == {"email": OLD, "email_verified": "true"}
    assert ann.pending_attributes == {"email": NEW}


@pytest.mark.parametrize("value", ["other@example.com", None])
async def test_a_code_for_another_value_verifies_nothing(
    context: Context, pool: Pool, value: str | None
) -> None:
    with pytest.raises(ExpiredCodeException, match=r"^Invalid code provided, please request a code again\.$"):
        await verified(context, pool, value)


async def test_a_code_goes_to_what_waits_and_otherwise_to_what_there_is(context: Context, pool: Pool) -> None:
    assert value_to_verify(await current(context), "email") == OLD
    await changed(context, pool, email=NEW)
    assert value_to_verify(await current(context), "email") == NEW

    for attribute in ("phone_number", "name"):
        with pytest.raises(InvalidParameterException):
            value_to_verify(await current(context), attribute)


async def changed(context: Context, pool: Pool, **changes: str) -> list[SentCode]:
    """Change Ann's attributes."""
    ann = await current(context)
    return await context.database.write(
        lambda transaction: change_attributes(context, transaction, pool, ann, changes)
    )


async def verified(context: Context, pool: Pool, value: str | None) -> None:
    """Redeem a code that went to a value."""
    ann = await current(context)
    code = Code(digest="", attribute="email", value=value)
    assert purpose_of("email") == "attribute:email"
    await context.database.write(lambda transaction: verify_attribute(context, transaction, pool, ann, code))


async def current(context: Context) -> User:
    """Return Ann as she is now."""
    ann = await user_by_sub(context.database.reader, SUB)
    assert ann is not None
    return ann
