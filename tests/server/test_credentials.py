"""Passwords: what is kept of them, and what proves them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from userpool.crypto.srp import N
from userpool.server.context import Context
from userpool.server.credentials import (
    credential_of,
    keep_credential,
    make_credential,
    nobodys_credential,
    proves,
)
from userpool.server.database.credentials import put_credential, sealed_credential
from userpool.server.records import Pool, User
from userpool.server.sealing import UnsealError
from userpool.wire.user_pools import UsernameConfigurationType

pytestmark = pytest.mark.anyio

Make = Callable[..., Awaitable[Any]]

PASSWORD = "Correct-horse-1"


@pytest.fixture
async def pool(make_pool: Make) -> Pool:
    """A pool."""
    pool: Pool = await make_pool()
    return pool


async def test_a_password_proves_itself_and_no_other_does(context: Context, pool: Pool) -> None:
    credential = make_credential(context, pool, username="ann", password=PASSWORD)

    assert proves(context, pool, credential, username="ann", password=PASSWORD)
    for password in ("", PASSWORD.lower(), f"{PASSWORD} ", PASSWORD[:-1]):
        assert not proves(context, pool, credential, username="ann", password=password)


async def test_a_credential_is_for_one_user_of_one_pool(
    context: Context, pool: Pool, make_pool: Make
) -> None:
    credential = make_credential(context, pool, username="ann", password=PASSWORD)

    assert not proves(context, pool, credential, username="bob", password=PASSWORD)
    assert not proves(context, await make_pool(), credential, username="ann", password=PASSWORD)


async def test_the_same_password_is_never_kept_in_the_same_form(context: Context, pool: Pool) -> None:
    first, second = [make_credential(context, pool, username="ann", password=PASSWORD) for _ in range(2)]

    assert first.salt != second.salt
    assert first.verifier != second.verifier


async def test_a_credential_is_sealed_at_rest(context: Context, pool: Pool) -> None:
    ann = user(pool, "34c84488-e0e1-40ae-92ee-991ad1a898c8")
    credential = make_credential(context, pool, username="ann", password=PASSWORD)

    await context.database.write(lambda transaction: keep_credential(context, transaction, ann, credential))

    sealed = await sealed_credential(context.database.reader, ann.sub, "password")
    assert sealed is not None
    assert credential.verifier not in sealed
    assert credential.salt not in sealed
    assert await credential_of(context, ann) == credential


async def test_a_credential_does_not_open_for_another_user(context: Context, pool: Pool) -> None:
    ann, bob = user(pool, f"a{'0' * 35}"), user(pool, f"b{'0' * 35}")
    credential = make_credential(context, pool, username="ann", password=PASSWORD)
    await context.database.write(lambda transaction: keep_credential(context, transaction, ann, credential))
    sealed = await sealed_credential(context.database.reader, ann.sub, "password") or b""

    await context.database.write(
        lambda transaction: put_credential(transaction, bob.sub, "password", sealed=sealed)
    )

    with pytest.raises(UnsealError):
        await credential_of(context, bob)
    with pytest.raises(UnsealError):
        await credential_of(context, replace(ann, pool_id="us-east-1_Another99"))


async def test_who_has_no_password_has_no_credential(context: Context, pool: Pool) -> None:
    assert await credential_of(context, user(pool, "34c84488-e0e1-40ae-92ee-991ad1a898c8")) is None


async def test_nobodys_credential_stays_the_same_and_looks_like_somebodys(
    context: Context, pool: Pool
) -> None:
    real = make_credential(context, pool, username="ann", password=PASSWORD)

    first, again, other = [nobodys_credential(context, pool, name) for name in ("who", "who", "else")]

    assert first == again
    assert first != other
    assert len(first.salt) == len(real.salt)
    assert len(first.verifier) == len(real.verifier)
    assert 0 < int.from_bytes(first.verifier, "big") < N


async def test_nobody_is_the_same_in_any_case_where_case_does_not_count(
    context: Context, pool: Pool, make_pool: Make
) -> None:
    configuration = UsernameConfigurationType(case_sensitive=False)
    any_case = await make_pool(username_configuration=configuration)

    assert nobodys_credential(context, any_case, "Who") == nobodys_credential(context, any_case, "wHO")
    assert nobodys_credential(context, pool, "Who") != nobodys_credential(context, pool, "wHO")


def user(pool: Pool, sub: str) -> User:
    """Return a user."""
    return User(
        sub=sub, pool_id=pool.pool_id, username="ann", status="CONFIRMED", created_ms=0, modified_ms=0
    )
