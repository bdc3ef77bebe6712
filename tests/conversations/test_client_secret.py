"""A client with a secret: every verb proves that it has it, under whatever name the person signs in."""

from __future__ import annotations

import pytest

from userpool import NotAuthorizedException, SignedIn
from userpool.testing import LocalPool
from userpool.wire.user_pool_clients import CreateUserPoolClientRequest
from userpool.wire.user_pools import CreateUserPoolRequest

pytestmark = pytest.mark.anyio

PASSWORD = "Correct-Horse-7-Staple"


@pytest.fixture
def local(database_url, tmp_path, monkeypatch):
    """A pool whose client has a secret, and whose users may sign in with their e-mail address."""
    monkeypatch.chdir(tmp_path)
    pool = CreateUserPoolRequest(
        pool_name="local", auto_verified_attributes=["email"], alias_attributes=["email"]
    )
    client = CreateUserPoolClientRequest(
        user_pool_id="", client_name="local", generate_secret=True, prevent_user_existence_errors="ENABLED"
    )
    with LocalPool(pool=pool, app_client=client, database_url=database_url) as opened:
        yield opened


async def test_every_verb_of_a_client_with_a_secret_works(local, make_pool, now):
    pool = make_pool(client_secret=local.client_secret)
    await now(pool.sign_up("alice", PASSWORD, {"email": "alice@example.com"}))
    await now(pool.resend_confirmation_code("alice"))
    await now(pool.confirm_sign_up("alice", local.inbox.latest("alice").code))

    step = await now(pool.sign_in("alice@example.com", PASSWORD))
    assert isinstance(step, SignedIn)
    assert step.user.username == "alice"

    await now(step.user.refresh())
    assert (await now(step.user.sign_out())).revoked


async def test_without_the_secret_nothing_is_answered(local, make_pool, now):
    pool = make_pool(client_secret=None)

    with pytest.raises(NotAuthorizedException, match="SECRET_HASH was not received"):
        await now(pool.sign_up("alice", PASSWORD, {"email": "alice@example.com"}))


async def test_with_another_secret_nothing_is_answered(local, make_pool, now):
    pool = make_pool(client_secret="x" * 40)

    with pytest.raises(NotAuthorizedException, match="Unable to verify secret hash for client"):
        await now(pool.sign_up("alice", PASSWORD, {"email": "alice@example.com"}))
