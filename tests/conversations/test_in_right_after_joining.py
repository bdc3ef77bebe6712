"""Somebody joins and is signed in with the code that confirms them, without typing their password again."""

from __future__ import annotations

from typing import Any

import pytest
from stories import EACH_WAY_ONCE, PASSWORD

from userpool import InvalidParameterException, NotAuthorizedException, SignedIn
from userpool.testing import LocalPool
from userpool.wire.user_pool_clients import CreateUserPoolClientRequest

pytestmark = [pytest.mark.anyio, EACH_WAY_ONCE]

EMAIL = "alice@example.com"


@pytest.fixture(params=[False, True], ids=["public", "with a secret"])
def options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A pool whose app client may sign people in right after they have joined."""
    client = CreateUserPoolClientRequest(
        user_pool_id="",
        client_name="choice",
        generate_secret=request.param,
        explicit_auth_flows=["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )
    return {"app_client": client}


async def confirmed(local: LocalPool, pool: Any, now: Any) -> str:
    """Let Alice join; return the session that her confirmation came back with."""
    joined = await now(pool.sign_up("alice", PASSWORD, {"email": EMAIL}))
    code = local.inbox.latest("alice").code
    return (await now(pool.confirm_sign_up("alice", code, session=joined.session))).session


async def test_the_session_of_the_confirmation_signs_in(local: LocalPool, make_pool: Any, now: Any) -> None:
    session = await confirmed(local, make_pool(), now)
    pool = make_pool()

    step = await now(pool.sign_in("alice", session=session))

    assert isinstance(step, SignedIn)
    assert pool.current_user().username == "alice"
    assert (await now(step.user.attributes()))["email_verified"] == "true"
    assert (await now(step.user.refresh())).username == "alice"


async def test_it_signs_in_once_and_nobody_else(local: LocalPool, make_pool: Any, now: Any) -> None:
    pool = make_pool()
    session = await confirmed(local, pool, now)
    await now(pool.sign_up("eve", PASSWORD, {"email": "eve@example.com"}))

    with pytest.raises((NotAuthorizedException, InvalidParameterException)):
        await now(pool.sign_in("eve", session=session))
    await now(pool.sign_in("alice", session=session))
    with pytest.raises(NotAuthorizedException):
        await now(pool.sign_in("alice", session=session))


async def test_it_is_over_after_three_minutes(local: LocalPool, make_pool: Any, now: Any) -> None:
    session = await confirmed(local, make_pool(), now)

    local.advance(minutes=3, seconds=1)

    with pytest.raises(NotAuthorizedException):
        await now(make_pool().sign_in("alice", session=session))
