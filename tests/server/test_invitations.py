"""Invitations: to whom, by which medium, in which words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.server.context import Context
from userpool.server.invitations import promise_invitations
from userpool.server.messages.inbox import Inbox
from userpool.server.records import Message, Pool, User
from userpool.server.wording import Medium
from userpool.wire.user_pools import AdminCreateUserConfigTypeInput, MessageTemplateTypeInput

pytestmark = pytest.mark.anyio

Make = Callable[..., Awaitable[Any]]

BOTH = {"email": "ann@example.com", "phone_number": "+15551234567"}


@pytest.mark.parametrize(
    ("mediums", "attributes", "expected"),
    [
        (None, BOTH, ["SMS"]),
        ([], BOTH, ["SMS"]),
        (["EMAIL"], BOTH, ["EMAIL"]),
        (["EMAIL", "SMS"], BOTH, ["EMAIL", "SMS"]),
        (["EMAIL", "EMAIL"], BOTH, ["EMAIL"]),
        (["EMAIL", "SMS"], {"email": "ann@example.com"}, ["EMAIL"]),
        (None, {"email": "ann@example.com"}, []),
        (["EMAIL"], {}, []),
    ],
)
async def test_an_invitation_goes_where_it_was_asked_to_and_can_go(
    context: Context, make_pool: Make, mediums: Any, attributes: dict[str, str], expected: list[str]
) -> None:
    messages = await invited(context, await make_pool(), attributes, mediums)

    assert [message.medium for message in messages] == expected


async def test_an_invitation_waits_to_be_handed_over_and_hides_its_password(
    context: Context, make_pool: Make, inbox: Inbox
) -> None:
    (message,) = await invited(context, await make_pool(), BOTH, ["EMAIL"])

    assert inbox.messages() == []
    assert (message.kind, message.code) == ("AdminCreateUser", "Temporary-1")
    assert "Temporary-1" not in repr(message)


async def test_a_pool_words_its_own_invitations(context: Context, make_pool: Make) -> None:
    template = MessageTemplateTypeInput(
        email_subject="Welcome", email_message="{username}: {####} ({####})", sms_message="{####} {username}"
    )
    config = AdminCreateUserConfigTypeInput(invite_message_template=template)

    email, sms = await invited(
        context, await make_pool(admin_create_user_config=config), BOTH, ["EMAIL", "SMS"]
    )

    assert (email.subject, email.text) == ("Welcome", "ann: Temporary-1 (Temporary-1)")
    assert (sms.subject, sms.text) == ("", "Temporary-1 ann")


async def test_neither_name_nor_password_is_taken_for_a_placeholder(
    context: Context, make_pool: Make
) -> None:
    (message,) = await invited(
        context, await make_pool(), BOTH, ["EMAIL"], username="{####}", password="{username}"
    )

    assert message.text == "Your username is {####} and temporary password is {username}"


async def test_a_user_is_called_by_the_name_that_signs_in(context: Context, make_pool: Make) -> None:
    pool = await make_pool(username_attributes=["email", "phone_number"])

    (message,) = await invited(context, pool, BOTH, ["SMS"], username="the-sub")

    assert message.text == "Your username is ann@example.com and temporary password is Temporary-1"


async def invited(
    context: Context,
    pool: Pool,
    attributes: dict[str, str],
    mediums: list[Medium] | None,
    *,
    username: str = "ann",
    password: str = "Temporary-1",
) -> list[Message]:
    """Promise invitations to Ann."""
    ann = User(
        sub="34c84488-e0e1-40ae-92ee-991ad1a898c8",
        pool_id=pool.pool_id,
        username=username,
        status="FORCE_CHANGE_PASSWORD",
        created_ms=0,
        modified_ms=0,
        attributes=attributes,
    )
    return await context.database.write(
        lambda transaction: promise_invitations(
            context, transaction, pool, ann, mediums=mediums, password=password
        )
    )
