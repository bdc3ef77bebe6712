"""Who takes messages, by what the settings say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from trigger_functions import FunctionServer

from userpool.effects import FixedEffects
from userpool.errors import SettingsError
from userpool.server.build import open_server
from userpool.server.context import Context
from userpool.server.messages.inbox import Inbox
from userpool.server.messages.opening import open_carriers
from userpool.server.messages.smtp import SmtpSender
from userpool.server.messages.webhook import WebhookSender
from userpool.server.settings import Settings

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("database_url", ["sqlite-memory"], indirect=True),
]

MAIL = {"smtp_url": "smtp://127.0.0.1:1", "smtp_from": "no-reply@example.com"}
TEXT = {"sms_url": "https://sms.example.com/"}


@pytest.mark.parametrize(
    ("members", "carriers"),
    [
        ({}, {}),
        (MAIL, {"EMAIL": SmtpSender}),
        (TEXT, {"SMS": WebhookSender}),
        ({**MAIL, **TEXT}, {"EMAIL": SmtpSender, "SMS": WebhookSender}),
    ],
)
async def test_a_medium_has_the_sender_that_the_settings_name(
    context: Context, members: dict[str, Any], carriers: dict[str, type]
) -> None:
    found = open_carriers(Settings(**members), context.directory, inbox=None)

    assert {name: type(sender) for name, sender in found.by_carrier.items()} == carriers
    await found.close()


async def test_an_inbox_takes_what_no_sender_takes(context: Context) -> None:
    found = open_carriers(Settings(dev=True, **MAIL), context.directory, inbox=Inbox())

    assert {name: type(sender) for name, sender in found.by_carrier.items()} == {
        "EMAIL": SmtpSender,
        "SMS": Inbox,
    }
    await found.close()


async def test_a_code_leaves_through_the_sender_of_a_server(
    settings_for: Callable[..., Settings], effects: FixedEffects, make_key: Any
) -> None:
    from userpool.server.capabilities.user_pools import create_user_pool
    from userpool.server.capabilities.users import admin_create_user
    from userpool.wire.shapes import AttributeTypeInput
    from userpool.wire.user_pools import CreateUserPoolRequest
    from userpool.wire.users import AdminCreateUserRequest

    with FunctionServer(lambda *_: (200, {}, b"")) as gateway:
        settings = settings_for(sms_url=gateway.origin)
        server = await open_server(settings, effects=effects, make_key=make_key)
        pool = (await create_user_pool(server.context, CreateUserPoolRequest(pool_name="p"))).user_pool
        number = AttributeTypeInput(name="phone_number", value="+15551234567")
        request = AdminCreateUserRequest(user_pool_id=pool.id, username="ann", user_attributes=[number])

        await admin_create_user(server.context, request)
        await until(lambda: bool(gateway.requests))
        await server.close()

    assert b"Your username is ann" in gateway.requests[0][3]


async def test_a_server_whose_sender_cannot_work_is_not_opened(
    settings_for: Callable[..., Settings],
) -> None:
    with pytest.raises(SettingsError, match="smtp_from"):
        await open_server(settings_for(smtp_url="smtp://127.0.0.1:1", smtp_from="nobody"))


async def until(condition: Callable[[], bool]) -> None:
    import asyncio

    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not happen in five seconds")
