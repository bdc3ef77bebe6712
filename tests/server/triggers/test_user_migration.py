"""UserMigration: what it is sent; who it returns is the story of `tests/server/test_migrating_users.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from trigger_functions import Functions

from userpool.server.context import Context
from userpool.server.triggers.user_migration import FoundUser, ask_for_user

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("functions", ["callable", "endpoint"], indirect=True),
]

Make = Callable[..., Awaitable[Any]]

NOTHING_YET = {
    "userAttributes": None,
    "finalUserStatus": None,
    "messageAction": None,
    "desiredDeliveryMediums": None,
    "forceAliasCreation": None,
    "enableSMSMFA": None,
}


async def ask(context: Context, begin: Make, **changed: Any) -> FoundUser | None:
    client = await begin("UserMigration")
    pool = await context.directory.pool(client.pool_id)
    asked = {
        "name": "Ann",
        "password": "secret one",
        "source": "UserMigration_Authentication",
        "validation_data": None,
        "client_metadata": None,
    }
    return await ask_for_user(context, pool, client, **{**asked, **changed})


async def test_the_function_sees_the_name_and_the_password_as_they_were_typed(
    context: Context, begin: Make, functions: Functions
) -> None:
    await ask(context, begin, validation_data={"from": "here"})

    event = functions.event("UserMigration_Authentication")
    assert event["userName"] == "Ann"
    assert event["request"] == {
        "password": "secret one",
        "validationData": {"from": "here"},
        "clientMetadata": None,
    }
    assert event["response"] == NOTHING_YET


async def test_there_is_no_password_when_it_was_forgotten(
    context: Context, begin: Make, functions: Functions
) -> None:
    await ask(
        context, begin, password=None, source="UserMigration_ForgotPassword", client_metadata={"a": "b"}
    )

    request = functions.event("UserMigration_ForgotPassword")["request"]
    assert request == {"validationData": None, "clientMetadata": {"a": "b"}}


@pytest.mark.parametrize("response", [None, {}, NOTHING_YET])
async def test_no_attributes_mean_nobody(
    context: Context, begin: Make, functions: Functions, response: Any
) -> None:
    functions["UserMigration"] = lambda event: {**event, "response": response}

    assert await ask(context, begin) is None


async def test_what_was_found_is_not_shown_in_logs(
    context: Context, begin: Make, functions: Functions
) -> None:
    functions.reply("UserMigration", userAttributes={"email": "ann@example.com"}, enableSMSMFA=True)

    found = await ask(context, begin)

    assert found is not None
    assert found.enable_sms_mfa is True
    assert "ann@example.com" not in repr(found)
