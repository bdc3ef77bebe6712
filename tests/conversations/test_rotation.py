"""A pool that replaces the refresh token at every renewal, and ends the session when an old one turns up."""

from __future__ import annotations

from typing import Any

import pytest
from stories import EACH_WAY_ONCE, PASSWORD, enrol

from userpool import NotAuthorizedException, NotSignedInError, RefreshTokenReuseException
from userpool.events import RefreshFailed
from userpool.testing import DEFAULT_FLOWS, LocalPool
from userpool.wire.user_pool_clients import CreateUserPoolClientRequest, RefreshTokenRotationTypeInput

pytestmark = [pytest.mark.anyio, EACH_WAY_ONCE]

GRACE_SECONDS = 30


@pytest.fixture
def options() -> dict[str, Any]:
    """A pool whose app client has its refresh tokens rotated."""
    rotation = RefreshTokenRotationTypeInput(feature="ENABLED", retry_grace_period_seconds=GRACE_SECONDS)
    # A client has either rotation or the older way to renew.
    flows = [flow for flow in DEFAULT_FLOWS if flow != "ALLOW_REFRESH_TOKEN_AUTH"]
    client = CreateUserPoolClientRequest(
        user_pool_id="", client_name="rotating", explicit_auth_flows=flows, refresh_token_rotation=rotation
    )
    return {"app_client": client}


@pytest.fixture
async def alice(local: LocalPool, make_pool: Any, now: Any) -> Any:
    """Alice, who is signed in; her tokens are stored."""
    enrol(local, "alice")
    return (await now(make_pool(storage={}).sign_in("alice", PASSWORD))).user


async def test_every_renewal_brings_another_refresh_token(alice: Any, now: Any) -> None:
    seen = {alice.tokens.refresh_token}

    for _ in range(3):
        renewed = await now(alice.refresh())
        assert renewed.refresh_token not in seen
        assert alice.tokens == renewed
        seen.add(renewed.refresh_token)


async def test_a_renewal_whose_answer_was_lost_may_be_repeated_for_a_while(
    local: LocalPool, alice: Any, make_pool: Any, now: Any
) -> None:
    before = alice.tokens
    await now(alice.refresh())
    local.advance(seconds=GRACE_SECONDS - 1)

    again = await now(make_pool().user_from_tokens(before).refresh())

    assert again.refresh_token not in {None, before.refresh_token}
    assert (await now(alice.refresh())).username == again.username == "alice"


async def test_an_old_refresh_token_ends_the_session_for_its_thief_and_its_owner(
    local: LocalPool, alice: Any, make_pool: Any, now: Any
) -> None:
    heard: list[Any] = []
    stolen = alice.tokens
    await now(alice.refresh())
    local.advance(seconds=GRACE_SECONDS + 1)

    with pytest.raises(RefreshTokenReuseException):
        await now(make_pool(on_event=heard.append).user_from_tokens(stolen).refresh())
    with pytest.raises(NotAuthorizedException):
        await now(alice.refresh())

    assert not alice.is_signed_in
    assert [(type(event), event.signed_out) for event in heard] == [(RefreshFailed, True)]
    with pytest.raises(NotSignedInError):
        await now(alice.attributes())


async def test_other_sessions_of_the_same_person_go_on(
    local: LocalPool, alice: Any, make_pool: Any, now: Any
) -> None:
    phone = (await now(make_pool().sign_in("alice", PASSWORD))).user
    stolen = alice.tokens
    await now(alice.refresh())
    local.advance(seconds=GRACE_SECONDS + 1)

    with pytest.raises(RefreshTokenReuseException):
        await now(make_pool().user_from_tokens(stolen).refresh())

    assert (await now(phone.refresh())).username == "alice"
