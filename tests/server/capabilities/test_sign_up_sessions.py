"""The Session that signing up returns to clients that may sign in with USER_AUTH, for signing in without a password."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.context import Context
from userpool.server.messages.inbox import Inbox
from userpool.server.pending_sign_ins import open_sign_up_session
from userpool.server.records import Client, Pool

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]


@pytest.fixture
async def choosing(make_client: Make, pool: Pool) -> Client:
    """A client that may begin with a choice."""
    made: Client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_AUTH"])
    return made


async def joined(call: Call, client: Client, username: str = "ann") -> dict[str, Any]:
    return await call(
        "SignUp",
        ClientId=client.client_id,
        Username=username,
        Password="Correct-horse-1",
        UserAttributes=[{"Name": "email", "Value": f"{username}@example.com"}],
    )


async def confirmed(call: Call, client: Client, code: str, **members: Any) -> dict[str, Any]:
    return await call(
        "ConfirmSignUp", ClientId=client.client_id, Username="ann", ConfirmationCode=code, **members
    )


async def test_a_session_goes_from_the_sign_up_to_its_confirmation(
    call: Call, choosing: Client, context: Context, inbox: Inbox
) -> None:
    first = await joined(call, choosing)

    second = await confirmed(call, choosing, inbox.messages()[0].code, Session=first["Session"])

    pending = open_sign_up_session(context, second["Session"], client=choosing, is_confirmed=True)
    assert pending.sub == first["UserSub"]


async def test_without_the_first_session_there_is_no_second(
    call: Call, choosing: Client, inbox: Inbox
) -> None:
    await joined(call, choosing)

    assert await confirmed(call, choosing, inbox.messages()[0].code) == {}


async def test_the_session_of_somebody_else_is_worth_nothing(
    call: Call, choosing: Client, inbox: Inbox
) -> None:
    other = await joined(call, choosing, "bob")
    await joined(call, choosing)

    assert await confirmed(call, choosing, inbox.messages()[0].code, Session=other["Session"]) == {}


async def test_a_session_that_is_too_old_does_not_keep_anybody_from_being_confirmed(
    call: Call, choosing: Client, effects: FixedEffects, inbox: Inbox
) -> None:
    first = await joined(call, choosing)
    effects.advance(60 * 60)

    assert await confirmed(call, choosing, inbox.messages()[0].code, Session=first["Session"]) == {}


async def test_other_clients_get_none(call: Call, client: Client, choosing: Client, inbox: Inbox) -> None:
    first = await joined(call, choosing)

    assert "Session" not in await joined(call, client, "bob")
    code = inbox.messages()[1].code
    assert await confirmed(call, client, code, Session=first["Session"]) == {}
