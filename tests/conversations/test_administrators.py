"""A server signs people in for them, with AWS credentials."""

from __future__ import annotations

from typing import Any

import pytest

from userpool import AwsCredentials, NewPasswordRequired, NotAuthorizedException, SignedIn
from userpool.testing import LocalPool
from userpool.wire.users import AdminCreateUser, AdminCreateUserRequest

pytestmark = pytest.mark.anyio

TEMPORARY, PASSWORD = "Temporary-1-Password!", "Correct-Horse-7-Staple"
KEY = AwsCredentials("AKIDEXAMPLE", "the secret key")


@pytest.fixture
def server(make_pool: Any, local: LocalPool) -> Any:
    """A pool object with credentials; Alice was invited to the pool."""
    request = AdminCreateUserRequest(
        user_pool_id=local.user_pool_id, username="alice", temporary_password=TEMPORARY
    )
    local.call(AdminCreateUser, request)
    return make_pool(credentials=lambda: KEY, storage={})


async def test_an_invited_person_is_let_in_through_the_administrators_door(server: Any, now: Any) -> None:
    step = await now(server.admin_sign_in("alice", TEMPORARY))
    assert isinstance(step, NewPasswordRequired)
    assert step.under_way.admin
    done = await now(server.answer(step.password(PASSWORD)))

    assert isinstance(done, SignedIn)
    renewed = await now(server.admin_refresh(done.user.tokens))
    assert renewed.username == "alice"
    assert renewed.refresh_token == done.user.tokens.refresh_token


async def test_a_password_proves_itself_there_too(server: Any, now: Any) -> None:
    step = await now(server.admin_sign_in("alice", TEMPORARY))
    await now(server.answer(step.password(PASSWORD)))

    assert isinstance(await now(server.admin_sign_in("alice", PASSWORD, flow="USER_SRP_AUTH")), SignedIn)
    with pytest.raises(NotAuthorizedException):
        await now(server.admin_sign_in("alice", "Another-8-Staples,please"))
