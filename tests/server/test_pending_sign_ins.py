"""What a client holds while a sign-in is under way: sealed, bound, short-lived."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from userpool.effects import FixedEffects
from userpool.server.context import Context
from userpool.server.pending_sign_ins import (
    Custom,
    Pending,
    SentCode,
    SrpBlock,
    code_digest,
    expiry_ms,
    new_spent_id,
    open_block,
    open_session,
    open_sign_up_session,
    seal_block,
    seal_session,
    sign_up_session,
)
from userpool.server.records import Client, Pool, User
from userpool.server.triggers.custom_auth import ChallengeResult
from userpool.wire.faults import NotAuthorizedException

pytestmark = pytest.mark.anyio

Make = Callable[..., Awaitable[Any]]

NO_SESSION = "Invalid session for the user."
STATE = "NEW_PASSWORD_REQUIRED"


@pytest.fixture
async def pool(make_pool: Make) -> Pool:
    """A pool."""
    pool: Pool = await make_pool()
    return pool


@pytest.fixture
async def client(make_client: Make, pool: Pool) -> Client:
    """A client of it."""
    client: Client = await make_client(pool)
    return client


@pytest.fixture
def pending(context: Context, client: Client) -> Pending:
    """A sign-in that waits for a new password."""
    return Pending(
        pool_id=client.pool_id,
        client_id=client.client_id,
        spent_id=new_spent_id(context),
        sub="6d2f3f0e-0000-4000-8000-000000000000",
        username="ann",
        state=STATE,
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
    session = seal_session(context, pending)

    assert open_session(context, session, state=STATE, client=client) == pending


async def test_a_session_looks_like_the_services_and_tells_nothing(
    context: Context, client: Client, pending: Pending
) -> None:
    session = seal_session(context, pending)

    assert session.startswith("AYABe")
    sealed = session.removeprefix("AYABe")
    assert b"ann" not in b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_")


@pytest.mark.parametrize("letter", ["a", "я", "\U0001d54f"])
async def test_a_session_of_the_longest_name_fits_the_model(
    context: Context, client: Client, pending: Pending, letter: str
) -> None:
    longest = replace(pending, username=letter * 128, typed_name=letter * 128, version=2**40)

    assert 20 <= len(seal_session(context, longest)) <= 4096


async def test_a_session_is_of_one_client(
    context: Context, pool: Pool, client: Client, make_client: Make, pending: Pending
) -> None:
    other = await make_client(pool)
    session = seal_session(context, pending)

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        open_session(context, session, state=STATE, client=other)


async def test_a_session_waits_for_one_answer(context: Context, client: Client, pending: Pending) -> None:
    session = seal_session(context, pending)

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        open_session(context, session, state="PASSWORD_VERIFIER", client=client)


async def test_a_session_ends_to_the_millisecond(
    context: Context, client: Client, pending: Pending, effects: FixedEffects
) -> None:
    session = seal_session(context, pending)

    effects.advance(180 - 0.001)
    assert open_session(context, session, state=STATE, client=client)
    effects.advance(0.001)

    with pytest.raises(NotAuthorizedException, match="session is expired"):
        open_session(context, session, state=STATE, client=client)


async def test_a_block_is_no_session_and_a_session_no_block(
    context: Context, client: Client, pending: Pending, block: SrpBlock
) -> None:
    session, text = seal_session(context, pending), seal_block(context, client, block)

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        open_session(context, f"AYABe{text}", state=STATE, client=client)
    sealed = session.removeprefix("AYABe")
    assert open_block(context, client, sealed + "=" * (-len(sealed) % 4)) is None


async def test_a_session_keeps_all_that_a_sign_in_has_come_to(
    context: Context, client: Client, pending: Pending
) -> None:
    result = ChallengeResult(challenge_name="SRP_A", challenge_result=True)
    code = SentCode(digest="d", attribute="email", value="ann@example.com", sets_up=True)
    custom = Custom(results=[result], private={"answer": "four"}, metadata="TRY-1", client_public="abc")
    going = replace(
        pending,
        device_key="us-east-1_0",
        password_salt=b"salt",
        choices=["SMS_MFA"],
        code=code,
        custom=custom,
    )

    assert open_session(context, seal_session(context, going), state=STATE, client=client) == going


async def test_a_session_may_be_opened_where_no_client_is_named(context: Context, pending: Pending) -> None:
    opened = open_session(context, seal_session(context, pending), state=STATE, client=None)

    assert opened.client_id == pending.client_id


# ---- sign-ups ----


async def test_the_session_of_a_sign_up_is_one_thing_before_it_is_confirmed_and_another_after(
    context: Context, pool: Pool, client: Client
) -> None:
    waiting = User(
        sub="6d2f3f0e-0000-4000-8000-000000000000",
        pool_id=pool.pool_id,
        username="ann",
        status="UNCONFIRMED",
        created_ms=0,
        modified_ms=0,
    )
    first = sign_up_session(context, pool, client, waiting)
    second = sign_up_session(context, pool, client, replace(waiting, status="CONFIRMED"))

    assert open_sign_up_session(context, first, client=client).sub == waiting.sub
    assert open_sign_up_session(context, second, client=client, is_confirmed=True).sub == waiting.sub
    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        open_sign_up_session(context, first, client=client, is_confirmed=True)
    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        open_sign_up_session(context, second, client=client)


async def test_the_digest_of_a_code_is_of_one_user(context: Context) -> None:
    assert code_digest(context, "one", "123456") == code_digest(context, "one", "123456")
    assert code_digest(context, "one", "123456") != code_digest(context, "other", "123456")


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
    assert repr(pending) == "Pending(state=NEW_PASSWORD_REQUIRED, ***)"
    assert repr(block) == "SrpBlock(***)"
    assert repr(Custom(private={"answer": "four"})) == "Custom(***)"
    assert repr(SentCode(digest="d", attribute="email", value="ann@example.com")) == "SentCode(***)"
