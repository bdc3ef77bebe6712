"""What a client holds while a sign-in is under way: sealed, bound, short-lived."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.capabilities.sign_in.machine import State
from userpool.server.capabilities.sign_in.sealed_state import (
    Pending,
    SrpBlock,
    expiry_ms,
    new_spent_id,
    open_block,
    open_session,
    seal_block,
    seal_session,
)
from userpool.server.context import Context
from userpool.server.records import Client, Pool
from userpool.wire.faults import NotAuthorizedException

pytestmark = pytest.mark.anyio

Make = Callable[..., Awaitable[Any]]

NO_SESSION = "Invalid session for the user."


@pytest.fixture
def pending(context: Context, client: Client) -> Pending:
    """A sign-in that waits for a new password."""
    return Pending(
        spent_id=new_spent_id(context),
        sub="6d2f3f0e-0000-4000-8000-000000000000",
        username="ann",
        state=State.NEW_PASSWORD_REQUIRED,
        expires_ms=expiry_ms(context, client),
        typed_name="ann@example.com",
        version=3,
    )


@pytest.fixture
def block(context: Context, client: Client) -> SrpBlock:
    """An SRP exchange."""
    return SrpBlock(
        spent_id=new_spent_id(context),
        sub="6d2f3f0e-0000-4000-8000-000000000000",
        is_real=True,
        username="ann",
        typed_name="ann@example.com",
        client_public=bytes(384),
        server_public=bytes(384),
        server_secret=b"secret".ljust(32),
        expires_ms=expiry_ms(context, client),
    )


# ---- sessions ----


async def test_a_session_opens_to_what_was_sealed(context: Context, client: Client, pending: Pending) -> None:
    session = seal_session(context, client, pending)

    assert open_session(context, client, session, state=State.NEW_PASSWORD_REQUIRED) == pending


async def test_a_session_looks_like_the_services_and_tells_nothing(
    context: Context, client: Client, pending: Pending
) -> None:
    session = seal_session(context, client, pending)

    assert session.startswith("AYABe")
    assert b"ann" not in b64decode(session + "=" * (-len(session) % 4), altchars=b"-_")


@pytest.mark.parametrize("letter", ["a", "я", "\U0001d54f"])
async def test_a_session_of_the_longest_name_fits_the_model(
    context: Context, client: Client, pending: Pending, letter: str
) -> None:
    longest = Pending(
        spent_id=pending.spent_id,
        sub=pending.sub,
        username=letter * 128,
        state=pending.state,
        expires_ms=pending.expires_ms,
        typed_name=letter * 128,
        version=2**40,
    )

    assert 20 <= len(seal_session(context, client, longest)) <= 4096


async def test_a_session_is_of_one_client(
    context: Context, pool: Pool, client: Client, make_client: Make, pending: Pending
) -> None:
    other = await make_client(pool)
    session = seal_session(context, client, pending)

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        open_session(context, other, session, state=State.NEW_PASSWORD_REQUIRED)


async def test_a_session_waits_for_one_answer(context: Context, client: Client, pending: Pending) -> None:
    session = seal_session(context, client, pending)

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        open_session(context, client, session, state=State.PASSWORD_VERIFIER)


async def test_a_session_ends_to_the_millisecond(
    context: Context, client: Client, pending: Pending, effects: FixedEffects
) -> None:
    session = seal_session(context, client, pending)

    effects.advance(180 - 0.001)
    assert open_session(context, client, session, state=State.NEW_PASSWORD_REQUIRED)
    effects.advance(0.001)

    with pytest.raises(NotAuthorizedException, match="session is expired"):
        open_session(context, client, session, state=State.NEW_PASSWORD_REQUIRED)


async def test_a_block_is_no_session_and_a_session_no_block(
    context: Context, client: Client, pending: Pending, block: SrpBlock
) -> None:
    session, text = seal_session(context, client, pending), seal_block(context, client, block)

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        open_session(context, client, f"AYABe{text}", state=State.NEW_PASSWORD_REQUIRED)
    sealed = session.removeprefix("AYABe")
    assert open_block(context, client, sealed + "=" * (-len(sealed) % 4)) is None


# ---- secret blocks ----


async def test_a_block_opens_to_what_was_sealed_and_to_its_own_bytes(
    context: Context, client: Client, block: SrpBlock
) -> None:
    text = seal_block(context, client, block)

    assert open_block(context, client, text) == (block, b64decode(text))


async def test_a_block_is_of_one_client(
    context: Context, pool: Pool, client: Client, make_client: Make, block: SrpBlock
) -> None:
    other = await make_client(pool)

    assert open_block(context, other, seal_block(context, client, block)) is None


@pytest.mark.parametrize("text", ["", "x", "====", "not base64", "ß", b64encode(bytes(100)).decode()])
async def test_what_was_never_a_block_does_not_open(context: Context, client: Client, text: str) -> None:
    assert open_block(context, client, text) is None


async def test_neither_shows_what_is_in_it(pending: Pending, block: SrpBlock) -> None:
    assert repr(pending) == "Pending(state=State.NEW_PASSWORD_REQUIRED, ***)"
    assert repr(block) == "SrpBlock(***)"
