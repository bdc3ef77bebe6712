"""Wording: what is settled before a transaction, and the message that is made of it within."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from trigger_functions import Functions, triggered

from userpool.server.context import Context
from userpool.server.messages.templates import Text
from userpool.server.records import Message, Pool, User
from userpool.server.triggers.custom_message import CustomText
from userpool.server.wording import PLAIN, Medium, Wording, make_message, wording_for

pytestmark = pytest.mark.anyio

Make = Callable[..., Awaitable[Any]]

DEFAULT = Text("Your code", "The code is 481516")


def ann(pool: Pool) -> User:
    return User(
        sub="s", pool_id=pool.pool_id, username="ann", status="CONFIRMED", created_ms=0, modified_ms=0
    )


async def settled(context: Context, pool: Pool, *mediums: Medium) -> Wording:
    return await wording_for(
        context,
        pool,
        ann(pool),
        kind="Authentication",
        mediums=mediums,
        client_id="c",
        client_metadata={"a": "b"},
    )


def made(context: Context, pool: Pool, wording: Wording, medium: Medium = "EMAIL") -> Message:
    return make_message(
        context,
        pool,
        ann(pool),
        wording=wording,
        medium=medium,
        destination="there",
        kind="Authentication",
        code="481516",
        default=DEFAULT,
    )


async def test_without_triggers_nothing_is_settled_but_who_asked(context: Context, make_pool: Make) -> None:
    wording = await settled(context, await make_pool(), "SMS")

    assert wording == Wording(CustomText(), "c", {"a": "b"})


async def test_a_message_that_a_custom_sender_takes_is_worded_by_nobody(
    context: Context, make_pool: Make, functions: Functions
) -> None:
    pool = await make_pool(lambda_config=triggered("CustomMessage", "CustomSMSSender"))

    await settled(context, pool, "SMS")
    assert functions.sources == []

    await settled(context, pool, "SMS", "EMAIL")
    assert functions.sources == ["CustomMessage_Authentication"]


async def test_nobody_is_asked_about_no_message(
    context: Context, make_pool: Make, functions: Functions
) -> None:
    await settled(context, await make_pool(lambda_config=triggered("CustomMessage")))

    assert functions.events == []


async def test_the_words_of_the_medium_count(context: Context, make_pool: Make) -> None:
    pool = await make_pool()
    wording = Wording(CustomText(sms="S {####}", email="E {####}", subject=""))

    by_mail, by_text = made(context, pool, wording), made(context, pool, wording, "SMS")

    assert (by_mail.subject, by_mail.text) == ("", "E 481516")
    assert (by_text.subject, by_text.text) == ("Your code", "S 481516")


async def test_plain_words_are_the_pools(context: Context, make_pool: Make) -> None:
    message = made(context, await make_pool(), PLAIN)

    assert Text(message.subject, message.text) == DEFAULT
    assert message.function is None


async def test_a_message_is_marked_as_its_functions(context: Context, make_pool: Make) -> None:
    pool = await make_pool(lambda_config=triggered("CustomEmailSender"))
    wording = Wording(client_id="c", client_metadata={"a": "b"})

    message = made(context, pool, wording)

    assert (message.function, message.client_id) == ("CustomEmailSender", "c")
    assert message.client_metadata == {"a": "b"}
    assert made(context, pool, wording, "SMS").function is None


async def test_words_with_markup_make_the_mail_html(context: Context, make_pool: Make) -> None:
    pool = await make_pool()
    wording = Wording(CustomText(sms="<b>{####}</b>", email="<b>{####}</b>"))

    assert made(context, pool, wording).is_html
    assert not made(context, pool, wording, "SMS").is_html
